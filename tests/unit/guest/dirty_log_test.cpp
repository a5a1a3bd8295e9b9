// SPDX-License-Identifier: MIT
#include "guest/dirty_log.h"

#include <doctest/doctest.h>
#include <fcntl.h>
#include <sys/eventfd.h>
#include <unistd.h>

#include <array>
#include <vector>

#include "core/memfd.h"
#include "guest/guest_memory.h"

using namespace oriel;
using guest::DirtyLog;

namespace {

constexpr size_t kBytes = 4096;

struct SharedLog {
    UniqueFd file{std::move(*create_memfd("log", kBytes, MemfdSeals::kNone))};
    Mapping mapping{std::move(*Mapping::map(file.get(), 0, kBytes, MapAccess::kReadWrite))};
    DirtyLog log;

    SharedLog() { REQUIRE(log.share(file, 0, kBytes)); }
    /// The pages whose bits are set; clears them.
    std::vector<uint64_t> take() const {
        std::vector<uint64_t> pages;
        for (uint64_t page = 0; page < 8 * kBytes; ++page) {
            std::byte& byte = mapping.bytes()[page / 8];
            const std::byte bit{static_cast<uint8_t>(1U << page % 8)};
            if ((byte & bit) != std::byte{0}) {
                pages.push_back(page);
                byte &= ~bit;
            }
        }
        return pages;
    }
};

using Pages = std::vector<uint64_t>;

}  // namespace

TEST_CASE("each page that is touched is marked, and no other") {
    const SharedLog shared;
    shared.log.mark(0x5000, 1);
    CHECK(shared.take() == Pages{5});
    shared.log.mark(0x5fff, 2);
    CHECK(shared.take() == Pages{5, 6});
    shared.log.mark(0x8000, 0x3000);
    CHECK(shared.take() == Pages{8, 9, 10});
    shared.log.mark(0x8000, 0);
    CHECK(shared.take().empty());
}

TEST_CASE("pages beyond the log are nobody's") {
    const SharedLog shared;
    shared.log.mark(uint64_t{8} * kBytes * 4096 - 1, 100);
    CHECK(shared.take() == Pages{8 * kBytes - 1});
    shared.log.mark(UINT64_MAX - 10, 10);
    shared.log.mark(uint64_t{1} << 60, 4096);
    CHECK(shared.take().empty());
    DirtyLog none;
    none.mark(0, 4096);
}

TEST_CASE("whoever waits for the log is told of bits that were not set") {
    SharedLog shared;
    const UniqueFd event{::eventfd(0, EFD_CLOEXEC | EFD_NONBLOCK)};
    shared.log.tell(UniqueFd{::fcntl(event.get(), F_DUPFD_CLOEXEC, 0)});
    const auto told = [&event] {
        uint64_t count = 0;
        return ::read(event.get(), &count, sizeof count) == sizeof count ? count : 0;
    };
    shared.log.mark(0, 0x3000);
    CHECK(told() == 1);
    shared.log.mark(0, 0x3000);
    CHECK(told() == 0);
}

TEST_CASE("a log that can't be one is refused, and the one before stays") {
    SharedLog shared;
    CHECK_FALSE(shared.log.share(shared.file, 0, kBytes + 1));
    CHECK_FALSE(shared.log.share(shared.file, 0, 0));
    CHECK_FALSE(shared.log.share(shared.file, 1, 16));
    CHECK_FALSE(shared.log.share(shared.file, UINT64_MAX - 4095, 4096));
    CHECK_FALSE(shared.log.share(shared.file, 0, DirtyLog::kMaxBytes + 1));
    std::array<int, 2> pipe{};
    REQUIRE(::pipe2(pipe.data(), O_CLOEXEC) == 0);
    const UniqueFd reading{pipe[0]};
    const UniqueFd writing{pipe[1]};
    CHECK_FALSE(shared.log.share(reading, 0, kBytes));
    CHECK_FALSE(shared.log.share(UniqueFd{}, 0, kBytes));
    const UniqueFd readable{::open("/proc/self/exe", O_RDONLY | O_CLOEXEC)};
    CHECK_FALSE(shared.log.share(readable, 0, kBytes));
    shared.log.mark(0x1000, 1);
    CHECK(shared.take() == Pages{1});
}

TEST_CASE("a log that shrinks is survived") {
    const SharedLog shared;
    REQUIRE(::ftruncate(shared.file.get(), 0) == 0);
    shared.log.mark(0x1000, 1);
}

TEST_CASE("what is written to guest memory is in its log, as long as there is one") {
    const SharedLog shared;
    guest::GuestMemory memory;
    REQUIRE(memory.map(0x100000, 0x100000,
                       std::move(*create_memfd("ram", 0x100000, MemfdSeals::kNone)), 0, true));
    const std::array<std::byte, 8> bytes{};
    REQUIRE(memory.write(0x101000, bytes));
    CHECK(shared.take().empty());
    memory.log_writes(&shared.log);
    REQUIRE(memory.write(0x101000, bytes));
    CHECK_FALSE(memory.write(0x901000, bytes));
    memory.written(0x103000, 2);
    CHECK(shared.take() == Pages{0x101, 0x103});
    std::array<std::byte, 8> read{};
    REQUIRE(memory.read(0x104000, read));
    CHECK(shared.take().empty());
    memory.clear();
    memory.written(0x103000, 2);
    CHECK(shared.take().empty());
}
