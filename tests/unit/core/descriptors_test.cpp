// SPDX-License-Identifier: MIT
#include "core/descriptors.h"

#include <doctest/doctest.h>
#include <fcntl.h>

#include <cerrno>
#include <vector>

#include "support/descriptor_limit.h"

using namespace oriel;

namespace {

UniqueFd open_one() {
    return UniqueFd{::open("/dev/null", O_RDONLY | O_CLOEXEC)};
}

}  // namespace

TEST_CASE("what a guest asks for leaves half of few descriptors, and 256 of many") {
    {
        const test::DescriptorLimit few{100};
        CHECK(descriptor_limit() == 100);
        CHECK(reserved_descriptors() == 50);
    }
    const test::DescriptorLimit many{1024};
    CHECK(reserved_descriptors() == 256);
}

TEST_CASE("a descriptor of those that are reserved is closed, and an error that says why") {
    const test::DescriptorLimit limit{100};
    REQUIRE(test::first_free_descriptor() < 40);
    const size_t before = open_descriptors();
    std::vector<UniqueFd> guests;
    guests.reserve(100);
    for (int i = 0; i < 100; ++i) {
        auto fd = for_guest(open_one());
        if (!fd) {
            CHECK(fd.error().code == EMFILE);
            CHECK(fd.error().message().find("100 file descriptors") != std::string::npos);
            break;
        }
        guests.push_back(std::move(*fd));
    }
    CHECK(test::first_free_descriptor() == 50);
    CHECK(open_descriptors() == before + guests.size());
    // The others go on.
    CHECK(open_one().valid());
    guests.pop_back();
    CHECK(for_guest(open_one()).has_value());
    // An error stays the error that it was.
    CHECK(for_guest(tl::unexpected(HostError{ENOSPC, "full"})).error().code == ENOSPC);
}
