// SPDX-License-Identifier: MIT
#pragma once

#include <linux/input-event-codes.h>

#include <algorithm>
#include <cstdint>
#include <iterator>
#include <map>
#include <set>
#include <vector>

namespace oriel::wayland {

/// A code that can be a key or a button (linux/input-event-codes.h). Others are ignored: nothing
/// that is kept for each code grows beyond that.
[[nodiscard]] constexpr bool is_key(uint32_t code) {
    return code < KEY_CNT;
}

/// The keys, or the buttons, that all seats together hold down in the guest: two users may press
/// the same one, and the guest has only one of it.
class SharedPresses {
public:
    /// Whether nobody held it before.
    bool press(uint32_t code) { return ++holders_[code] == 1; }
    /// Whether nobody holds it any more. Of a code that is held.
    bool release(uint32_t code) {
        const auto it = holders_.find(code);
        if (--it->second != 0) {
            return false;
        }
        holders_.erase(it);
        return true;
    }
    /// Releases all that one device holds. Returns what nobody holds any more.
    [[nodiscard]] std::vector<uint32_t> release_all(const std::set<uint32_t>& held) {
        std::vector<uint32_t> free;
        std::copy_if(held.begin(), held.end(), std::back_inserter(free),
                     [this](uint32_t code) { return release(code); });
        return free;
    }
    [[nodiscard]] bool empty() const { return holders_.empty(); }

private:
    std::map<uint32_t, uint32_t> holders_;
};

/// Names for the fingers of all touch screens together: the smallest that is free, from 0 on.
class Contacts {
public:
    [[nodiscard]] int32_t take() {
        int32_t name = 0;
        while (!taken_.insert(name).second) {
            ++name;
        }
        return name;
    }
    void give_back(int32_t name) { taken_.erase(name); }
    [[nodiscard]] bool empty() const { return taken_.empty(); }

private:
    std::set<int32_t> taken_;
};

}  // namespace oriel::wayland
