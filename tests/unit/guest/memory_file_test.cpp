// SPDX-License-Identifier: MIT
#include "memory_file.h"

#include <doctest/doctest.h>
#include <fcntl.h>
#include <fmt/format.h>
#include <sys/mman.h>
#include <sys/sysmacros.h>
#include <unistd.h>

#include <filesystem>
#include <fstream>
#include <string>

#include "core/mapping.h"
#include "core/memfd.h"
#include "support/temp_dir.h"

using namespace oriel;
using namespace oriel::guest;

namespace {

constexpr size_t kSize = size_t{8} << 20;

UniqueFd ram_file() {
    return create_memfd("test-ram", kSize, MemfdSeals::kNone).value();
}

UniqueFd duplicate(const UniqueFd& fd) {
    return UniqueFd{::fcntl(fd.get(), F_DUPFD_CLOEXEC, 0)};
}

struct stat device_node() {
    struct stat status = {};
    status.st_mode = S_IFCHR;
    status.st_rdev = makedev(252, 7);
    return status;
}

}  // namespace

TEST_CASE("a device's size is what the kernel tells, not the 0 bytes of its node") {
    const test::TempDir dir;
    const struct stat status = device_node();
    const auto refused = mappable_bytes(status, dir.file("none"));
    REQUIRE_FALSE(refused);
    CHECK(refused.error().message().find("0 bytes") == std::string::npos);
    CHECK(refused.error().message().find("252:7") != std::string::npos);

    std::filesystem::create_directory(dir.file("252:7"));
    std::ofstream{dir.file("252:7") + "/size"} << "34359738368\n";
    const auto known = mappable_bytes(status, dir.file("."));
    REQUIRE(known);
    CHECK(*known == uint64_t{32} << 30);
    std::ofstream{dir.file("252:7") + "/size"} << "large\n";
    CHECK_FALSE(mappable_bytes(status, dir.file(".")));
}

TEST_CASE("a device without a size is refused as one, and nothing is mapped") {
    GuestMemory memory;
    const auto mapped =
        memory.map(0, 4096, UniqueFd{::open("/dev/zero", O_RDWR | O_CLOEXEC)}, 0, true);
    REQUIRE_FALSE(mapped);
    CHECK(mapped.error().message().find("device whose size") != std::string::npos);
    CHECK(memory.range_count() == 0);
}

TEST_CASE("how a process has a file mapped is what its maps say") {
    struct stat file = {};
    file.st_dev = makedev(0, 1);
    file.st_ino = 1041;
    const std::string other = "7f00-7f10 rw-s 00000000 00:01 1042   /memfd:other (deleted)\n";
    const std::string mine = "7fff00000000-7fff10000000 rw-p 00001000 00:01 1041   /memfd:ram\n";
    const std::string shared = "7ffe00000000-7ffe10000000 rw-s 00000000 00:01 1041   /memfd:ram\n";
    CHECK(sharing_in("", file) == Sharing::kUnknown);
    CHECK(sharing_in(other + "nonsense\n\n", file) == Sharing::kUnknown);
    CHECK(sharing_in(other + mine, file) == Sharing::kPrivate);
    CHECK(sharing_in(mine + shared, file) == Sharing::kShared);
    auto* const place = reinterpret_cast<std::byte*>(0x7ffe00000000);
    CHECK(sharing_in(shared + mine, file, {place, 0x10000000}) == Sharing::kPrivate);
    file.st_dev = makedev(0, 2);
    CHECK(sharing_in(other + mine, file) == Sharing::kUnknown);
}

TEST_CASE("memory that its owner has mapped privately is known to be, shared memory too") {
    const UniqueFd ram = ram_file();
    int kind = MAP_PRIVATE;
    SUBCASE("privately") {
        kind = MAP_PRIVATE;
    }
    SUBCASE("shared") {
        kind = MAP_SHARED;
    }
    void* const own = ::mmap(nullptr, kSize, PROT_READ | PROT_WRITE, kind, ram.get(), 0);
    REQUIRE(own != MAP_FAILED);
    GuestMemory memory;
    REQUIRE(memory.map(0x100000, kSize, duplicate(ram), 0, true));
    CHECK(memory.sharing(0x100000) == Sharing::kUnknown);
    memory.set_owner(::getpid());
    CHECK(memory.sharing(0x100000) == (kind == MAP_PRIVATE ? Sharing::kPrivate : Sharing::kShared));
    CHECK(memory.sharing(0) == Sharing::kUnknown);
    memory.clear();
    REQUIRE(memory.map(0x100000, kSize, duplicate(ram), 0, true));
    CHECK(memory.sharing(0x100000) == Sharing::kUnknown);
    ::munmap(own, kSize);
}

TEST_CASE("a file is empty as long as nothing that is looked at was written to it") {
    for (const uint64_t at : {uint64_t{0}, uint64_t{700'000}, uint64_t{5'000'000}}) {
        CAPTURE(at);
        const UniqueFd ram = ram_file();
        CHECK(looks_empty(ram.get(), kSize, 5'242'880));
        struct stat status = {};
        REQUIRE(::fstat(ram.get(), &status) == 0);
        CHECK(status.st_blocks == 0);  // looking makes no pages
        REQUIRE(::pwrite(ram.get(), "x", 1, static_cast<off_t>(at)) == 1);
        CHECK_FALSE(looks_empty(ram.get(), kSize, 5'242'880));
    }
}
