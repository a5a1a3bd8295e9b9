// SPDX-License-Identifier: MIT
#include "core/sigbus_guard.h"

#include <doctest/doctest.h>
#include <sys/wait.h>
#include <unistd.h>

#include <csignal>

#include "core/mapping.h"
#include "core/memfd.h"

using namespace oriel;

TEST_CASE("a guarded mapping survives a file that shrinks, and says so") {
    auto fd = create_memfd("shrinks", 4 * page_size(), MemfdSeals::kNone);
    REQUIRE(fd);
    auto mapping = Mapping::map(fd->get(), 0, 4 * page_size(), MapAccess::kReadWrite);
    REQUIRE(mapping);
    SigbusGuard guard{mapping->bytes()};
    REQUIRE(guard.active());
    mapping->data()[3 * page_size()] = std::byte{42};
    CHECK_FALSE(guard.damaged());

    REQUIRE(::ftruncate(fd->get(), 0) == 0);
    volatile std::byte* lost = mapping->data() + 3 * page_size();
    CHECK(*lost == std::byte{0});
    *lost = std::byte{1};
    CHECK(guard.damaged());
}

TEST_CASE("a SIGBUS outside every guarded mapping still ends the process") {
    auto fd = create_memfd("shrinks", 2 * page_size(), MemfdSeals::kNone);
    REQUIRE(fd);
    auto guarded = Mapping::map(fd->get(), 0, page_size(), MapAccess::kReadWrite);
    auto unguarded = Mapping::map(fd->get(), 0, page_size(), MapAccess::kReadWrite);
    SigbusGuard guard{guarded->bytes()};
    const pid_t child = ::fork();
    if (child == 0) {
        static_cast<void>(::ftruncate(fd->get(), 0));
        *const_cast<volatile std::byte*>(unguarded->data()) = std::byte{1};
        ::_exit(0);
    }
    int status = 0;
    REQUIRE(::waitpid(child, &status, 0) == child);
    // A sanitizer turns the signal into an exit of its own; silence would be exit code 0.
    CHECK((WIFSIGNALED(status) || WEXITSTATUS(status) != 0));
}

TEST_CASE("a sealed memfd can't be resized by whoever receives it") {
    auto fd = create_memfd("sealed", page_size(), MemfdSeals::kFixedSize);
    REQUIRE(fd);
    CHECK(::ftruncate(fd->get(), 0) != 0);
    CHECK(::ftruncate(fd->get(), static_cast<off_t>(2 * page_size())) != 0);
}
