// SPDX-License-Identifier: MIT
#pragma once

#include <algorithm>
#include <cstddef>
#include <cstdint>
#include <iterator>
#include <list>
#include <utility>

namespace oriel {

/// What a presenter has made of a guest's pictures, at most so many: a wl_buffer, a texture, a
/// shared pool. A guest must not be able to make a compositor, a GPU or this process hold more.
///
/// `T` says by held() whether somebody outside still has what is in it (a compositor that reads a
/// wl_buffer). An entry is
///
///                 make()                   T::held()
///     absent ---------------> idle <---------------------> held
///        ^                     |
///        +---------------------+  it is the one used longest ago (find(), make()) of those that
///        are
///                                 idle, the cache is full, and make() needs room; or remove_if()
///
/// and held ones are never given up: where all are held, there is no room. Entries stay where they
/// are in memory. Looking up the one used last costs one comparison.
template <class T>
class FramebufferCache {
public:
    /// For one window. A guest that flips has two or three buffers, a compositor holds as many.
    static constexpr size_t kMax = 16;

    explicit FramebufferCache(size_t max = kMax) : max_{max} {}
    FramebufferCache(const FramebufferCache&) = delete;
    FramebufferCache& operator=(const FramebufferCache&) = delete;

    /// `key` is a Framebuffer::generation(), or another number that is never used again. Counts as
    /// a use. Null if there is no such entry; otherwise it is lent until the next call that
    /// changes anything.
    [[nodiscard]] T* find(uint64_t key) {
        const auto found = position(entries_, key);
        if (found == entries_.end()) {
            return nullptr;
        }
        entries_.splice(entries_.begin(), entries_, found);
        return &found->value;
    }
    /// The same without counting as a use.
    [[nodiscard]] const T* peek(uint64_t key) const {
        const auto found = position(entries_, key);
        return found == entries_.end() ? nullptr : &found->value;
    }
    /// make() would find room.
    [[nodiscard]] bool has_room() const {
        return entries_.size() < max_ ||
               std::any_of(entries_.begin(), entries_.end(),
                           [](const Entry& entry) { return !entry.value.held(); });
    }
    /// A new entry, made of `arguments`, for a key that has none. Null if there is no room.
    template <class... Arguments>
    [[nodiscard]] T* make(uint64_t key, Arguments&&... arguments) {
        if (!make_room(max_)) {
            return nullptr;
        }
        return &entries_.emplace_front(key, std::forward<Arguments>(arguments)...).value;
    }

    /// Gives up the entries, held or not, for which `unwanted(value)`.
    template <class Unwanted>
    void remove_if(Unwanted&& unwanted) {
        entries_.remove_if([&](const Entry& entry) { return unwanted(entry.value); });
    }
    void clear() { entries_.clear(); }
    /// Entries that are held stay, also if they are more.
    void set_max(size_t max) {
        max_ = max;
        static_cast<void>(make_room(max_ + 1));
    }

    [[nodiscard]] size_t size() const { return entries_.size(); }
    template <class Visit>
    void for_each(Visit&& visit) const {
        for (const Entry& entry : entries_) {
            visit(entry.value);
        }
    }

private:
    struct Entry {
        template <class... Arguments>
        explicit Entry(uint64_t its_key, Arguments&&... arguments)
            : key{its_key}, value{std::forward<Arguments>(arguments)...} {}
        uint64_t key;
        T value;
    };

    template <class Entries>
    [[nodiscard]] static auto position(Entries& entries, uint64_t key) {
        return std::find_if(entries.begin(), entries.end(),
                            [key](const Entry& entry) { return entry.key == key; });
    }
    /// Whether there are fewer than `max` entries now.
    [[nodiscard]] bool make_room(size_t max) {
        auto entry = entries_.end();
        while (entries_.size() >= max && entry != entries_.begin()) {
            --entry;
            if (!entry->value.held()) {
                entry = entries_.erase(entry);
            }
        }
        return entries_.size() < max;
    }

    size_t max_;
    /// The one used last first.
    std::list<Entry> entries_;
};

}  // namespace oriel
