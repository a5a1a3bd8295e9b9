// SPDX-License-Identifier: MIT
#include "core/descriptor_target.h"

#include <doctest/doctest.h>
#include <fcntl.h>
#include <sys/eventfd.h>

#include "core/unique_fd.h"

using namespace oriel;

TEST_CASE("a descriptor is named as the kernel names it, and a closed one not at all") {
    UniqueFd eventfd{::eventfd(0, EFD_CLOEXEC)};
    const int number = eventfd.get();
    CHECK(descriptor_target(number) == "anon_inode:[eventfd]");
    const UniqueFd null{::open("/dev/null", O_RDONLY | O_CLOEXEC)};
    CHECK(descriptor_target(null.get()) == "/dev/null");
    eventfd.reset();
    CHECK_FALSE(descriptor_target(number));
    CHECK_FALSE(descriptor_target(-1));
}
