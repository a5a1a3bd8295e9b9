// SPDX-License-Identifier: MIT
#include "guest/guest_memory.h"

#include <doctest/doctest.h>
#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>

#include <array>
#include <string>
#include <utility>

#include "core/memfd.h"

using namespace oriel;
using namespace oriel::guest;

namespace {

constexpr uint64_t kPage = 4096;

UniqueFd ram_file(size_t pages) {
    return create_memfd("test-ram", pages * kPage, MemfdSeals::kNone).value();
}

UniqueFd duplicate(const UniqueFd& fd) {
    return UniqueFd{::fcntl(fd.get(), F_DUPFD_CLOEXEC, 0)};
}

void put(const UniqueFd& fd, uint64_t offset, std::byte value) {
    REQUIRE(::pwrite(fd.get(), &value, 1, static_cast<off_t>(offset)) == 1);
}

std::byte get(const GuestMemory& memory, uint64_t address) {
    std::array<std::byte, 1> byte{};
    REQUIRE(memory.read(address, byte));
    return byte[0];
}

TEST_CASE("memory is located in its files, joined where it is adjacent there") {
    const UniqueFd fd = create_memfd("ram", 16 * kPage, MemfdSeals::kNone).value();
    const auto dup = [&fd] { return UniqueFd{::fcntl(fd.get(), F_DUPFD_CLOEXEC, 0)}; };
    GuestMemory memory;
    REQUIRE(memory.map(0, 4 * kPage, dup(), 8 * kPage, true));
    REQUIRE(memory.map(4 * kPage, 2 * kPage, dup(), 12 * kPage, true));
    REQUIRE(memory.map(6 * kPage, kPage, dup(), 0, false));
    REQUIRE(memory.map(7 * kPage, kPage, UniqueFd{}, 0, true));
    std::vector<FileSpan> spans;
    REQUIRE(memory.locate(kPage + 100, 4 * kPage, Access::kWrite, spans));
    REQUIRE(spans.size() == 1);
    CHECK(spans[0].offset == 9 * kPage + 100);
    CHECK(spans[0].length == 4 * kPage);
    struct stat located = {};
    struct stat original = {};
    REQUIRE(::fstat(spans[0].fd, &located) == 0);
    REQUIRE(::fstat(fd.get(), &original) == 0);
    CHECK(located.st_ino == original.st_ino);
    // Onto what is there already.
    REQUIRE(memory.locate(5 * kPage + 100, kPage - 100, Access::kWrite, spans));
    CHECK(spans.size() == 1);
    CHECK(spans[0].length == 5 * kPage - 100);
    REQUIRE(memory.locate(6 * kPage, 8, Access::kRead, spans));
    CHECK(spans.size() == 2);
    // Nothing is appended of what isn't all there.
    CHECK_FALSE(memory.locate(5 * kPage, 2 * kPage, Access::kWrite, spans));
    CHECK_FALSE(memory.locate(6 * kPage, 2 * kPage, Access::kRead, spans));
    CHECK_FALSE(memory.locate(UINT64_MAX, 2, Access::kRead, spans));
    CHECK(spans.size() == 2);
}

}  // namespace

TEST_CASE("an address finds the byte of the file that is mapped there") {
    GuestMemory memory;
    const UniqueFd file = ram_file(8);
    put(file, 3 * kPage + 5, std::byte{0x5a});
    REQUIRE(memory.map(0x100000, 4 * kPage, duplicate(file), 2 * kPage, true));
    CHECK(get(memory, 0x100000 + kPage + 5) == std::byte{0x5a});

    std::array<std::byte, 1> byte{std::byte{0x11}};
    REQUIRE(memory.write(0x100000, byte));
    REQUIRE(::pread(file.get(), byte.data(), 1, 2 * kPage) == 1);
    CHECK(byte[0] == std::byte{0x11});
}

TEST_CASE("nothing outside the ranges is accessible, not even by one byte") {
    GuestMemory memory;
    REQUIRE(memory.map(kPage, 2 * kPage, ram_file(2), 0, true));
    CHECK(memory.accessible(kPage, 2 * kPage, Access::kWrite));
    CHECK_FALSE(memory.accessible(kPage - 1, 2, Access::kRead));
    CHECK_FALSE(memory.accessible(3 * kPage - 1, 2, Access::kRead));
    CHECK_FALSE(memory.accessible(3 * kPage, 1, Access::kRead));
    CHECK_FALSE(memory.accessible(0, 1, Access::kRead));
    CHECK_FALSE(memory.accessible(kPage, UINT64_MAX, Access::kRead));
    CHECK_FALSE(memory.accessible(UINT64_MAX, 2, Access::kRead));
}

TEST_CASE("a failed translation leaves the list of pieces alone") {
    GuestMemory memory;
    REQUIRE(memory.map(0, kPage, ram_file(1), 0, true));
    std::vector<HostSpan> pieces(1);
    CHECK_FALSE(memory.translate(0, 2 * kPage, Access::kRead, pieces));
    CHECK(pieces.size() == 1);
}

TEST_CASE("neighbours that are contiguous in their file are one piece, others are two") {
    GuestMemory memory;
    const UniqueFd file = ram_file(8);
    REQUIRE(memory.map(0, 2 * kPage, duplicate(file), 0, true));
    REQUIRE(memory.map(2 * kPage, 2 * kPage, duplicate(file), 2 * kPage, true));
    REQUIRE(memory.map(4 * kPage, kPage, duplicate(file), 7 * kPage, true));
    std::vector<HostSpan> pieces;
    REQUIRE(memory.translate(100, 4 * kPage - 200, Access::kWrite, pieces));
    CHECK(pieces.size() == 1);
    pieces.clear();
    REQUIRE(memory.translate(100, 4 * kPage, Access::kWrite, pieces));
    REQUIRE(pieces.size() == 2);
    CHECK(pieces[0].size() == 4 * kPage - 100);
    CHECK(pieces[1].size() == 100);
    CHECK(memory.find(3 * kPage, 2 * kPage, Access::kRead).empty());
    CHECK(memory.find(kPage, 2 * kPage, Access::kRead).size() == 2 * kPage);
    CHECK(memory.file_count() == 1);
}

TEST_CASE("a copy across ranges of different files is whole") {
    GuestMemory memory;
    REQUIRE(memory.map(0, kPage, ram_file(1), 0, true));
    REQUIRE(memory.map(kPage, kPage, ram_file(1), 0, true));
    const std::array<std::byte, 4> sent{std::byte{1}, std::byte{2}, std::byte{3}, std::byte{4}};
    REQUIRE(memory.write(kPage - 2, sent));
    std::array<std::byte, 4> got{};
    REQUIRE(memory.read(kPage - 2, got));
    CHECK(got == sent);
    CHECK(get(memory, kPage) == std::byte{3});
}

TEST_CASE("a range without a file exists but can't be reached") {
    GuestMemory memory;
    REQUIRE(memory.map(0xfffc0000, 0x40000, UniqueFd{}, 0, false));
    CHECK_FALSE(memory.accessible(0xfffc0000, 1, Access::kRead));
    CHECK(memory.without_file(0xfffc0000));
    CHECK_FALSE(memory.without_file(0xfffbffff));
    CHECK(memory.unmap(0xfffc0000, 0x40000));
    CHECK_FALSE(memory.without_file(0xfffc0000));
}

TEST_CASE("a read-only range can't be written") {
    GuestMemory memory;
    REQUIRE(memory.map(0, kPage, ram_file(1), 0, false));
    CHECK(memory.accessible(0, kPage, Access::kRead));
    CHECK_FALSE(memory.accessible(0, 1, Access::kWrite));
    CHECK_FALSE(memory.write(0, std::array<std::byte, 1>{}));
}

TEST_CASE("a file opened for reading only is mapped, read-only") {
    GuestMemory memory;
    const UniqueFd file = ram_file(1);
    put(file, 0, std::byte{7});
    const std::string path = "/proc/self/fd/" + std::to_string(file.get());
    REQUIRE(memory.map(0, kPage, UniqueFd{::open(path.c_str(), O_RDONLY | O_CLOEXEC)}, 0, true));
    CHECK(get(memory, 0) == std::byte{7});
    CHECK_FALSE(memory.accessible(0, 1, Access::kWrite));
    // The same file, now writable: the mapping is made anew.
    REQUIRE(memory.map(kPage, kPage, duplicate(file), 0, true));
    CHECK(memory.accessible(kPage, 1, Access::kWrite));
    CHECK(memory.file_count() == 1);
}

TEST_CASE("a bad range is refused and changes nothing") {
    GuestMemory memory;
    REQUIRE(memory.map(4 * kPage, 4 * kPage, ram_file(4), 0, true));
    const uint64_t epoch = memory.epoch();
    CHECK_FALSE(memory.map(0, 0, ram_file(1), 0, true));
    CHECK_FALSE(memory.map(1, kPage, ram_file(1), 0, true));
    CHECK_FALSE(memory.map(0, kPage - 1, ram_file(1), 0, true));
    CHECK_FALSE(memory.map(0, kPage, ram_file(2), 1, true));
    CHECK_FALSE(memory.map(0, 2 * kPage, ram_file(1), 0, true));
    CHECK_FALSE(memory.map(0, kPage, ram_file(1), kPage, true));
    CHECK_FALSE(memory.map(0, kPage, ram_file(1), UINT64_MAX - kPage + 1, true));
    CHECK_FALSE(memory.map(UINT64_MAX - kPage + 1, 2 * kPage, ram_file(2), 0, true));
    CHECK_FALSE(memory.map(0, kPage, UniqueFd{::open("/dev/null", O_RDWR | O_CLOEXEC)}, 0, true));
    // Overlaps: from the left, from the right, inside, around.
    CHECK_FALSE(memory.map(3 * kPage, 2 * kPage, ram_file(2), 0, true));
    CHECK_FALSE(memory.map(7 * kPage, 2 * kPage, ram_file(2), 0, true));
    CHECK_FALSE(memory.map(5 * kPage, kPage, ram_file(1), 0, true));
    CHECK_FALSE(memory.map(0, 16 * kPage, ram_file(16), 0, true));
    CHECK(memory.epoch() == epoch);
    CHECK(memory.range_count() == 1);
    CHECK(memory.map(3 * kPage, kPage, ram_file(1), 0, true));
    CHECK(memory.map(8 * kPage, kPage, ram_file(1), 0, true));
}

TEST_CASE("unmap takes the ranges inside and leaves those that stick out") {
    GuestMemory memory;
    const UniqueFd file = ram_file(8);
    for (uint64_t i = 0; i < 4; ++i) {
        REQUIRE(memory.map(2 * i * kPage, 2 * kPage, duplicate(file), 2 * i * kPage, true));
    }
    CHECK_FALSE(memory.unmap(kPage, kPage));
    CHECK(memory.range_count() == 4);
    CHECK(memory.unmap(kPage, 6 * kPage));
    CHECK(memory.range_count() == 2);
    CHECK(memory.accessible(0, 2 * kPage, Access::kRead));
    CHECK_FALSE(memory.accessible(2 * kPage, 1, Access::kRead));
    CHECK(memory.accessible(6 * kPage, 2 * kPage, Access::kRead));
    CHECK(memory.unmap(0, UINT64_MAX));
    CHECK(memory.range_count() == 0);
    CHECK_FALSE(memory.unmap(0, UINT64_MAX));
    CHECK_FALSE(memory.unmap(kPage, UINT64_MAX));
}

TEST_CASE("taking all RAM away and giving it back keeps the mapping, and the epoch tells") {
    GuestMemory memory;
    const UniqueFd file = ram_file(4);
    REQUIRE(memory.map(0, 4 * kPage, duplicate(file), 0, true));
    const std::byte* before = memory.find(0, 1, Access::kRead).data();
    for (int i = 0; i < 100; ++i) {
        const uint64_t epoch = memory.epoch();
        REQUIRE(memory.unmap(0, 4 * kPage));
        CHECK(memory.epoch() != epoch);
        REQUIRE(memory.map(0, 4 * kPage, duplicate(file), 0, true));
    }
    CHECK(memory.find(0, 1, Access::kRead).data() == before);
    CHECK(memory.file_count() == 1);

    REQUIRE(memory.unmap(0, 4 * kPage));
    CHECK(memory.file_count() == 1);
    memory.release_unused();
    CHECK(memory.file_count() == 0);
}

TEST_CASE("a file that grew is mapped anew and its old ranges still work") {
    GuestMemory memory;
    const UniqueFd file = ram_file(1);
    put(file, 0, std::byte{9});
    REQUIRE(memory.map(0, kPage, duplicate(file), 0, true));
    REQUIRE(::ftruncate(file.get(), 8 * kPage) == 0);
    REQUIRE(memory.map(0x100000, 4 * kPage, duplicate(file), 4 * kPage, true));
    CHECK(memory.file_count() == 1);
    CHECK(get(memory, 0) == std::byte{9});
}

TEST_CASE("a file that grew and comes again for reading only doesn't take writing away") {
    const UniqueFd fd = ram_file(1);
    GuestMemory memory;
    REQUIRE(memory.map(0, kPage, duplicate(fd), 0, true));
    REQUIRE(::ftruncate(fd.get(), 2 * kPage) == 0);
    UniqueFd reading{
        ::open(("/proc/self/fd/" + std::to_string(fd.get())).c_str(), O_RDONLY | O_CLOEXEC)};
    REQUIRE(reading);
    CHECK_FALSE(memory.map(kPage, kPage, std::move(reading), kPage, false));
    CHECK(memory.write(0, std::array{std::byte{5}}));
    CHECK(get(memory, 0) == std::byte{5});
}

TEST_CASE("memory that a vIOMMU maps page by page, in any order, is as good as whole") {
    constexpr size_t kPages = 4096;
    constexpr uint64_t kBase = uint64_t{1} << 40;
    const UniqueFd fd = ram_file(kPages);
    GuestMemory memory;
    // Neighbours in the guest's addresses are far apart in the file, and the other way round.
    for (size_t i = 0; i < kPages; ++i) {
        const size_t page = i * 1021 % kPages;
        REQUIRE(memory.map(kBase + page * kPage, kPage, duplicate(fd), (kPages - 1 - page) * kPage,
                           true));
    }
    CHECK(memory.range_count() == kPages);
    CHECK(memory.file_count() == 1);
    put(fd, (kPages - 1 - 7) * kPage, std::byte{7});
    CHECK(get(memory, kBase + 7 * kPage) == std::byte{7});
    CHECK(memory.accessible(kBase, kPages * kPage, Access::kWrite));
    CHECK_FALSE(memory.accessible(kBase, kPages * kPage + 1, Access::kWrite));
    for (size_t i = 0; i < kPages; ++i) {
        REQUIRE(memory.unmap(kBase + (kPages - 1 - i) * kPage, kPage));
    }
    CHECK(memory.range_count() == 0);
}

TEST_CASE("the number of files is bounded, and unused ones make room") {
    GuestMemory memory;
    for (uint64_t i = 0; i < kMaxFiles; ++i) {
        REQUIRE(memory.map(i * kPage, kPage, ram_file(1), 0, true));
    }
    CHECK_FALSE(memory.map(kMaxFiles * kPage, kPage, ram_file(1), 0, true));
    REQUIRE(memory.unmap(0, kPage));
    CHECK(memory.map(kMaxFiles * kPage, kPage, ram_file(1), 0, true));
}

TEST_CASE("memory that shrinks is survived and told, and is whole again after a new map") {
    GuestMemory memory;
    const UniqueFd file = ram_file(4);
    put(file, 3 * kPage, std::byte{1});
    REQUIRE(memory.map(0, 4 * kPage, duplicate(file), 0, true));
    REQUIRE(get(memory, 3 * kPage) == std::byte{1});
    REQUIRE(::ftruncate(file.get(), kPage) == 0);
    CHECK_FALSE(memory.damaged());
    CHECK(get(memory, 3 * kPage) == std::byte{0});
    CHECK(memory.damaged());
    // A smaller mapping would leave the old range without memory behind it.
    CHECK_FALSE(memory.map(0x100000, kPage, duplicate(file), 0, true));
    CHECK(memory.accessible(0, 4 * kPage, Access::kRead));
    CHECK(get(memory, 4 * kPage - 1) == std::byte{0});

    REQUIRE(memory.unmap(0, 4 * kPage));
    CHECK_FALSE(memory.damaged());
    put(file, 0, std::byte{2});
    REQUIRE(memory.map(0, kPage, duplicate(file), 0, true));
    CHECK_FALSE(memory.damaged());
    CHECK(get(memory, 0) == std::byte{2});
}

TEST_CASE("clear forgets everything") {
    GuestMemory memory;
    REQUIRE(memory.map(0, kPage, ram_file(1), 0, true));
    const uint64_t epoch = memory.epoch();
    memory.clear();
    CHECK(memory.epoch() != epoch);
    CHECK(memory.file_count() == 0);
    CHECK_FALSE(memory.accessible(0, 1, Access::kRead));
}
