// SPDX-License-Identifier: MIT
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

namespace oriel::app {

/// What a process wants of its descriptor store.
struct StoreOrder {
    enum class Kind : uint8_t { kStore, kRemove };
    Kind kind = Kind::kStore;
    std::string name;
    friend bool operator==(const StoreOrder&, const StoreOrder&) = default;
};

/// Longer names are none.
inline constexpr size_t kMaxStoredName = 128;

/// A message of sd_notify(3), `FDSTORE=1` or `FDSTOREREMOVE=1`, each with `FDNAME=`. Nothing where
/// it is about something else, or the name is not one of letters, digits, '.', '_' and '-' that
/// begins with a letter or a digit.
[[nodiscard]] std::optional<StoreOrder> read_store_order(std::string_view message);

}  // namespace oriel::app
