// SPDX-License-Identifier: MIT
#include "core/core_dump.h"

#include <doctest/doctest.h>
#include <sys/mman.h>

#include <cstdint>
#include <fstream>
#include <sstream>
#include <string>

#include "core/mapping.h"
#include "core/memfd.h"

namespace oriel {
namespace {

/// The kernel's two-letter words about the mapping at an address.
std::string flags_at(const void* address) {
    std::ostringstream wanted;
    wanted << std::hex << reinterpret_cast<uintptr_t>(address) << '-';
    std::ifstream maps{"/proc/self/smaps"};
    std::string line;
    bool found = false;
    while (std::getline(maps, line)) {
        found = found || line.starts_with(wanted.str());
        if (found && line.starts_with("VmFlags:")) {
            return line + ' ';
        }
    }
    return {};
}

TEST_CASE("memory that is shared with a guest is in no core dump") {
    const auto fd = create_memfd("test", 4 * page_size(), MemfdSeals::kFixedSize);
    REQUIRE(fd);
    const auto mapping = Mapping::map(fd->get(), 0, 4 * page_size(), MapAccess::kReadWrite);
    REQUIRE(mapping);
    CHECK(flags_at(mapping->data()).find(" dd ") != std::string::npos);
    // Mapped anew, it has to be said anew.
    REQUIRE(::mmap(mapping->data(), mapping->size(), PROT_READ, MAP_SHARED | MAP_FIXED, fd->get(),
                   0) != MAP_FAILED);
    CHECK(flags_at(mapping->data()).find(" dd ") == std::string::npos);
    keep_out_of_core_dump(mapping->bytes());
    CHECK(flags_at(mapping->data()).find(" dd ") != std::string::npos);
}

}  // namespace
}  // namespace oriel
