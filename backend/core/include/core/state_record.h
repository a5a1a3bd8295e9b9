// SPDX-License-Identifier: MIT
#pragma once

#include <cstddef>
#include <cstdint>
#include <map>
#include <optional>
#include <span>
#include <utility>

#include "core/byte_reader.h"
#include "core/ledger.h"
#include "core/mapping.h"
#include "core/result.h"
#include "core/unique_fd.h"

namespace oriel {

/// State that outlives the process, in a memfd of which somebody else keeps a descriptor: values by
/// key, and some words that change in place. A process that ends at any instruction leaves either
/// the value before or the new one.
///
/// Two areas, of which one counts: values are written behind one another, the newest of a key is
/// the one; when too much is old they are copied to the other area, which counts from then on.
class StateRecord final : public LedgerItem {
public:
    /// What a value is about, and which of them. Each folder has kinds of its own.
    using Key = std::pair<uint32_t, uint64_t>;
    /// For all values together; beyond, the record says so and is good for nothing until clear().
    static constexpr uint64_t kAreaBytes = uint64_t{32} << 20;
    static constexpr size_t kWords = 2048;
    /// The first of the words are the transport's, the rest the device's.
    static constexpr size_t kTransportWords = 16;
    static constexpr uint32_t kVersion = 1;

    /// An empty one.
    [[nodiscard]] static Result<StateRecord> create();
    /// One that another process has made. All of it is checked: it is a file that cannot change its
    /// size, of this version, and each value is whole.
    [[nodiscard]] static Result<StateRecord> open(UniqueFd fd);

    /// Lent.
    [[nodiscard]] int fd() const { return fd_.get(); }

    void put(Key key, std::span<const std::byte> value);
    void erase(Key key);
    /// All values of a kind.
    void erase_kind(uint32_t kind);
    /// All values and all words.
    void clear();
    /// There was no room for a value since the last clear().
    [[nodiscard]] bool overflowed() const;

    /// Valid until the record changes.
    [[nodiscard]] std::optional<std::span<const std::byte>> find(Key key) const;
    /// A copy; nothing also where it is of another size.
    template <class T>
    [[nodiscard]] std::optional<T> find_whole(Key key) const {
        const auto bytes = find(key);
        return bytes ? whole<T>(*bytes) : std::nullopt;
    }
    /// What the bytes of a value are, if they are as many as a T has.
    template <class T>
    [[nodiscard]] static std::optional<T> whole(std::span<const std::byte> bytes) {
        return bytes.size() == sizeof(T) ? ByteReader{bytes}.read<T>() : std::nullopt;
    }
    /// The values of a kind, by the second half of the key, in its order: calls
    /// `visit(id, bytes)`, which must not change the record.
    template <class Visit>
    void for_each(uint32_t kind, Visit&& visit) const {
        for (auto it = places_.lower_bound({kind, 0});
             it != places_.end() && it->first.first == kind; ++it) {
            visit(it->first.second, bytes_at(it->second));
        }
    }

    /// Whoever writes them sees to it that they are right at any instruction.
    [[nodiscard]] std::span<uint64_t> words() const;

    [[nodiscard]] Held held() const override;

private:
    struct Head;
    struct Entry;
    struct Place {
        uint64_t offset = 0;  // of the value in the area
        uint32_t size = 0;
    };

    StateRecord(UniqueFd fd, Mapping mapping);
    [[nodiscard]] Head& head() const;
    [[nodiscard]] std::byte* area(uint32_t which) const;
    [[nodiscard]] std::span<const std::byte> bytes_at(const Place& place) const;
    [[nodiscard]] Result<void> read_values();
    void drop(std::map<Key, Place>::iterator place);
    void append(Key key, std::span<const std::byte> value, bool erased);
    void compact();

    UniqueFd fd_;
    Mapping mapping_;
    std::map<Key, Place> places_;
    /// What the values take, with what is before each.
    uint64_t live_bytes_ = 0;
};

}  // namespace oriel
