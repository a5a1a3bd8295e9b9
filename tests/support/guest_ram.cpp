// SPDX-License-Identifier: MIT
#include "support/guest_ram.h"

#include <fmt/format.h>
#include <unistd.h>

#include <stdexcept>
#include <utility>

#include "core/memfd.h"

namespace oriel::test {
namespace {

constexpr uint64_t kFirstAllocation = 0x10000;

}  // namespace

GuestRam::GuestRam(size_t bytes, uint64_t address, MemfdSeals seals)
    : GuestRam{create_memfd("test-guest-ram", bytes, seals).value(), bytes, address} {}

GuestRam::GuestRam(UniqueFd file, size_t bytes, uint64_t address)
    : fd_{::ftruncate(file.get(), static_cast<off_t>(round_to_pages(bytes))) == 0 ? std::move(file)
                                                                                  : UniqueFd{}},
      mapping_{Mapping::map(fd_.get(), 0, round_to_pages(bytes), MapAccess::kReadWrite).value()},
      address_{address},
      next_{address + kFirstAllocation} {}

uint64_t GuestRam::allocate(size_t bytes, size_t alignment) {
    const uint64_t start = (next_ + alignment - 1) & ~uint64_t{alignment - 1};
    next_ = start + bytes;
    static_cast<void>(at(start, bytes));
    return start;
}

std::span<std::byte> GuestRam::at(uint64_t address, size_t length) const {
    if (address < address_ || address - address_ > size() ||
        length > size() - (address - address_)) {
        throw std::out_of_range{
            fmt::format("{} bytes at {:#x} are not in guest RAM ({:#x} + {:#x})", length, address,
                        address_, size())};
    }
    return mapping_.bytes().subspan(address - address_, length);
}

uint64_t GuestRam::put(std::span<const std::byte> bytes) {
    const uint64_t address = allocate(bytes.size());
    std::memcpy(at(address, bytes.size()).data(), bytes.data(), bytes.size());
    return address;
}

void GuestRam::shrink(size_t bytes) const {
    if (::ftruncate(fd_.get(), static_cast<off_t>(bytes)) != 0) {
        throw std::runtime_error{"ftruncate of guest RAM failed"};
    }
}

}  // namespace oriel::test
