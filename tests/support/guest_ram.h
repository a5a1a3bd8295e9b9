// SPDX-License-Identifier: MIT
#pragma once

#include <cstddef>
#include <cstdint>
#include <cstring>
#include <span>
#include <type_traits>

#include "core/mapping.h"
#include "core/memfd.h"
#include "core/unique_fd.h"

namespace oriel::test {

/// A guest's RAM: a memfd mapped here, and an allocator that only ever goes up. Everything is
/// addressed as the guest does; an address outside throws.
class GuestRam {
public:
    /// `bytes` of RAM that begin at guest-physical `address`. Nothing is allocated below `address`
    /// + 64 KiB, so that 0 is no valid buffer. Unless it is sealed, shrink() works.
    explicit GuestRam(size_t bytes, uint64_t address = 0, MemfdSeals seals = MemfdSeals::kNone);

    /// The same in `file`, which gets that size.
    GuestRam(UniqueFd file, size_t bytes, uint64_t address = 0);

    [[nodiscard]] int fd() const { return fd_.get(); }
    [[nodiscard]] uint64_t address() const { return address_; }
    [[nodiscard]] size_t size() const { return mapping_.size(); }

    /// Guest address of `bytes` fresh, zeroed bytes. `alignment` is a power of two.
    [[nodiscard]] uint64_t allocate(size_t bytes, size_t alignment = 16);

    [[nodiscard]] std::span<std::byte> at(uint64_t address, size_t length) const;

    template <class T>
    [[nodiscard]] T load(uint64_t address) const {
        static_assert(std::is_trivially_copyable_v<T>);
        T value;
        std::memcpy(&value, at(address, sizeof(T)).data(), sizeof(T));
        return value;
    }
    template <class T>
    void store(uint64_t address, const T& value) const {
        static_assert(std::is_trivially_copyable_v<T>);
        std::memcpy(at(address, sizeof(T)).data(), &value, sizeof(T));
    }
    /// Allocates room for `bytes` and puts them there.
    [[nodiscard]] uint64_t put(std::span<const std::byte> bytes);

    /// Takes the file's end away while everybody has it mapped.
    void shrink(size_t bytes) const;

private:
    UniqueFd fd_;
    Mapping mapping_;
    uint64_t address_;
    uint64_t next_;
};

}  // namespace oriel::test
