// SPDX-License-Identifier: MIT
#include "core/state_record.h"

#include <fcntl.h>
#include <linux/falloc.h>

#include <algorithm>
#include <array>
#include <atomic>
#include <cstring>

#include "core/memfd.h"

namespace oriel {

/// At the file's begin. `active` and `end` are written last: what is behind `end` does not count.
struct StateRecord::Head {
    uint64_t magic;
    uint32_t version;
    uint32_t active;              ///< which area counts
    std::array<uint64_t, 2> end;  ///< of each area's values
    uint64_t overflowed;
};

/// Before each value.
struct StateRecord::Entry {
    uint32_t kind;
    uint32_t size;
    uint64_t id;
    uint32_t check;  ///< of all the rest, and of the value
    uint32_t erased;
};

namespace {

constexpr uint64_t kRecordMagic = 0x4c4549524f524543;
constexpr size_t kWordsAt = 4096;
constexpr size_t kAreasAt = kWordsAt + StateRecord::kWords * sizeof(uint64_t);
constexpr uint64_t kRecordBytes = kAreasAt + 2 * StateRecord::kAreaBytes;
/// No area is copied for less that is old.
constexpr uint64_t kLeastOld = 64 << 10;

constexpr uint64_t rounded(uint64_t size) {
    return (size + 7) & ~uint64_t{7};
}

uint32_t mixed(uint32_t sum, std::span<const std::byte> bytes) {
    // FNV-1a, eight bytes at a time: this finds accidents, not forgeries.
    uint64_t hash = 0xcbf29ce484222325 ^ sum;
    while (bytes.size() >= 8) {
        uint64_t word = 0;
        std::memcpy(&word, bytes.data(), sizeof word);
        hash = (hash ^ word) * 0x100000001b3;
        hash ^= hash >> 29;
        bytes = bytes.subspan(8);
    }
    for (const std::byte byte : bytes) {
        hash = (hash ^ std::to_integer<uint64_t>(byte)) * 0x100000001b3;
    }
    return static_cast<uint32_t>(hash ^ hash >> 32);
}

/// What is stored before this is in the file before what is stored after it. A process that ends
/// leaves what it has carried out, in order: only the compiler must not change that.
void in_order() {
    std::atomic_signal_fence(std::memory_order_seq_cst);
}

}  // namespace

StateRecord::StateRecord(UniqueFd fd, Mapping mapping)
    : LedgerItem{HeldFor::kState}, fd_{std::move(fd)}, mapping_{std::move(mapping)} {}

Held StateRecord::held() const {
    // A node of the map has three pointers and a colour before its value.
    constexpr uint64_t kNode = 4 * sizeof(void*) + sizeof(decltype(places_)::value_type);
    return {file_bytes_of(fd_) + places_.size() * heap_bytes_of(kNode), fd_ ? 1U : 0U};
}

StateRecord::Head& StateRecord::head() const {
    return *static_cast<Head*>(static_cast<void*>(mapping_.data()));
}

std::byte* StateRecord::area(uint32_t which) const {
    return mapping_.data() + kAreasAt + which * kAreaBytes;
}

std::span<const std::byte> StateRecord::bytes_at(const Place& place) const {
    return {area(head().active) + place.offset, place.size};
}

std::span<uint64_t> StateRecord::words() const {
    return {static_cast<uint64_t*>(static_cast<void*>(mapping_.data() + kWordsAt)), kWords};
}

Result<StateRecord> StateRecord::create() {
    auto fd = create_memfd("oriel-state", kRecordBytes, MemfdSeals::kFixedSize);
    if (!fd) {
        return tl::unexpected(fd.error());
    }
    auto mapping = Mapping::map(fd->get(), 0, kRecordBytes, MapAccess::kReadWrite);
    if (!mapping) {
        return tl::unexpected(mapping.error());
    }
    StateRecord record{std::move(*fd), std::move(*mapping)};
    record.head() = {
        .magic = kRecordMagic, .version = kVersion, .active = 0, .end = {}, .overflowed = 0};
    return record;
}

Result<StateRecord> StateRecord::open(UniqueFd fd) {
    if (!has_fixed_size(fd.get(), round_to_pages(kRecordBytes))) {
        return host_error("the record of an earlier process is not one: another file");
    }
    auto mapping = Mapping::map(fd.get(), 0, kRecordBytes, MapAccess::kReadWrite);
    if (!mapping) {
        return tl::unexpected(mapping.error());
    }
    StateRecord record{std::move(fd), std::move(*mapping)};
    const Head& head = record.head();
    if (head.magic != kRecordMagic || head.version != kVersion) {
        return host_error("the record of an earlier process is of another version");
    }
    if (head.active > 1 || head.end[head.active] > kAreaBytes || head.overflowed != 0) {
        return host_error("the record of an earlier process is not complete");
    }
    if (const auto read = record.read_values(); !read) {
        return tl::unexpected(read.error());
    }
    return record;
}

Result<void> StateRecord::read_values() {
    const uint64_t end = head().end[head().active];
    const std::byte* const from = area(head().active);
    for (uint64_t at = 0; at < end;) {
        Entry entry{};
        if (end - at < sizeof entry) {
            return host_error("the record of an earlier process is cut off");
        }
        std::memcpy(&entry, from + at, sizeof entry);
        const uint64_t value_at = at + sizeof entry;
        if (rounded(entry.size) > end - value_at) {
            return host_error("the record of an earlier process is cut off");
        }
        const uint32_t check = std::exchange(entry.check, 0);
        if (mixed(mixed(0, bytes_of(entry)), {from + value_at, entry.size}) != check) {
            return host_error("the record of an earlier process is damaged");
        }
        const Key key{entry.kind, entry.id};
        if (const auto before = places_.find(key); before != places_.end()) {
            drop(before);
        }
        if (entry.erased == 0) {
            places_[key] = {value_at, entry.size};
            live_bytes_ += sizeof entry + rounded(entry.size);
        }
        at = value_at + rounded(entry.size);
    }
    return {};
}

void StateRecord::drop(std::map<Key, Place>::iterator place) {
    live_bytes_ -= sizeof(Entry) + rounded(place->second.size);
    places_.erase(place);
}

void StateRecord::append(Key key, std::span<const std::byte> value, bool erased) {
    const uint64_t size = sizeof(Entry) + rounded(value.size());
    if (head().end[head().active] - live_bytes_ > std::max(live_bytes_, kLeastOld)) {
        compact();
    }
    uint64_t& end = head().end[head().active];
    if (overflowed() || size > kAreaBytes - end) {
        head().overflowed = 1;
        return;
    }
    Entry entry{.kind = key.first,
                .size = static_cast<uint32_t>(value.size()),
                .id = key.second,
                .check = 0,
                .erased = erased ? 1U : 0U};
    entry.check = mixed(mixed(0, bytes_of(entry)), value);
    std::byte* const to = area(head().active) + end;
    std::memcpy(to, &entry, sizeof entry);
    if (!value.empty()) {
        std::memcpy(to + sizeof entry, value.data(), value.size());
    }
    in_order();
    const uint64_t value_at = end + sizeof entry;
    end += size;
    in_order();
    if (!erased) {
        places_[key] = {value_at, entry.size};
        live_bytes_ += size;
    }
}

void StateRecord::put(Key key, std::span<const std::byte> value) {
    if (const auto it = places_.find(key); it != places_.end()) {
        const auto before = bytes_at(it->second);
        if (before.size() == value.size() &&
            (value.empty() || std::memcmp(before.data(), value.data(), value.size()) == 0)) {
            return;
        }
        drop(it);
    }
    append(key, value, false);
}

void StateRecord::erase(Key key) {
    const auto it = places_.find(key);
    if (it == places_.end()) {
        return;
    }
    drop(it);
    append(key, {}, true);
}

void StateRecord::erase_kind(uint32_t kind) {
    for (auto it = places_.lower_bound({kind, 0}); it != places_.end() && it->first.first == kind;
         it = places_.lower_bound({kind, 0})) {
        erase(it->first);
    }
}

/// All values to the other area, which counts once they are there.
void StateRecord::compact() {
    Head& head = this->head();
    const uint32_t from = head.active;
    const uint32_t to = 1 - from;
    uint64_t end = 0;
    for (auto& [key, place] : places_) {
        const uint64_t size = sizeof(Entry) + rounded(place.size);
        std::memcpy(area(to) + end, area(from) + place.offset - sizeof(Entry), size);
        place.offset = end + sizeof(Entry);
        end += size;
    }
    head.end[to] = end;
    in_order();
    head.active = to;
    in_order();
    // Its memory goes back to the host; if not, it is written again next time.
    static_cast<void>(::fallocate(fd_.get(), FALLOC_FL_PUNCH_HOLE | FALLOC_FL_KEEP_SIZE,
                                  static_cast<off_t>(kAreasAt + from * kAreaBytes),
                                  static_cast<off_t>(kAreaBytes)));
}

void StateRecord::clear() {
    places_.clear();
    live_bytes_ = 0;
    head().end[head().active] = 0;
    in_order();
    head().overflowed = 0;
    std::memset(words().data(), 0, words().size_bytes());
    static_cast<void>(::fallocate(fd_.get(), FALLOC_FL_PUNCH_HOLE | FALLOC_FL_KEEP_SIZE,
                                  static_cast<off_t>(kAreasAt),
                                  static_cast<off_t>(2 * kAreaBytes)));
}

bool StateRecord::overflowed() const {
    return head().overflowed != 0;
}

std::optional<std::span<const std::byte>> StateRecord::find(Key key) const {
    const auto it = places_.find(key);
    return it == places_.end() ? std::nullopt : std::optional{bytes_at(it->second)};
}

}  // namespace oriel
