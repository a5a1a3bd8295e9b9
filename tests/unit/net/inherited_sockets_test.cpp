// SPDX-License-Identifier: MIT
#include "net/inherited_sockets.h"

#include <doctest/doctest.h>
#include <fcntl.h>
#include <sys/socket.h>
#include <unistd.h>

#include <cstdlib>
#include <string>
#include <vector>

#include "net/descriptor_store.h"
#include "net/local_socket.h"
#include "support/temp_dir.h"

namespace oriel {
namespace {

constexpr int kFirst = 3;

/// Puts descriptors where a service manager puts them, for as long as it lives.
class HandedOver {
public:
    explicit HandedOver(std::vector<UniqueFd> descriptors, pid_t to = ::getpid()) {
        int place = kFirst;
        for (UniqueFd& descriptor : descriptors) {
            // Out of the way first: it may be at another one's place.
            const UniqueFd given{::fcntl(descriptor.get(), F_DUPFD_CLOEXEC, 100)};
            descriptor.reset();
            displaced_.emplace_back(::fcntl(place, F_DUPFD_CLOEXEC, 100));
            REQUIRE(::dup2(given.get(), place) == place);
            ++place;
        }
        ::setenv("LISTEN_FDS", std::to_string(descriptors.size()).c_str(), 1);
        ::setenv("LISTEN_PID", std::to_string(to).c_str(), 1);
    }
    HandedOver(const HandedOver&) = delete;
    HandedOver& operator=(const HandedOver&) = delete;
    ~HandedOver() {
        ::unsetenv("LISTEN_FDS");
        ::unsetenv("LISTEN_PID");
        int place = kFirst;
        for (const UniqueFd& descriptor : displaced_) {
            if (descriptor) {
                ::dup2(descriptor.get(), place);
            } else {
                ::close(place);
            }
            ++place;
        }
    }

private:
    std::vector<UniqueFd> displaced_;
};

UniqueFd listener(const std::string& path) {
    auto socket = listen_local(path);
    REQUIRE(socket);
    return std::move(*socket);
}

std::vector<UniqueFd> two_listeners(const test::TempDir& folder) {
    std::vector<UniqueFd> two;
    two.push_back(listener(folder.file("a")));
    two.push_back(listener(folder.file("b")));
    return two;
}

}  // namespace

TEST_CASE("a socket that the service manager has made is found by its path, once") {
    const test::TempDir folder;
    const HandedOver handed_over{two_listeners(folder)};
    const UniqueFd b = inherited_listener(folder.file("b"));
    REQUIRE(b);
    CHECK((::fcntl(b.get(), F_GETFL) & O_NONBLOCK) != 0);
    CHECK((::fcntl(b.get(), F_GETFD) & FD_CLOEXEC) != 0);
    CHECK(connect_local(folder.file("b")));
    CHECK_FALSE(inherited_listener(folder.file("b")));
    CHECK_FALSE(inherited_listener(folder.file("c")));
}

TEST_CASE("sockets that nobody has asked for are named, and no child has them") {
    const test::TempDir folder;
    const HandedOver handed_over{two_listeners(folder)};
    const UniqueFd a = inherited_listener(folder.file("a"));
    CHECK(unused_inherited_listeners() == std::vector{folder.file("b")});
    CHECK((::fcntl(kFirst + 1, F_GETFD) & FD_CLOEXEC) != 0);
}

TEST_CASE("what was handed to another process, or does not listen, is nothing of ours") {
    const test::TempDir folder;
    {
        const HandedOver handed_over{two_listeners(folder), ::getppid()};
        CHECK_FALSE(inherited_listener(folder.file("a")));
        CHECK(unused_inherited_listeners().empty());
    }
    std::vector<UniqueFd> others;
    others.emplace_back(::open("/dev/null", O_RDWR | O_CLOEXEC));
    others.emplace_back(::socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0));
    const HandedOver handed_over{std::move(others)};
    CHECK_FALSE(inherited_listener(""));
    CHECK(unused_inherited_listeners().empty());
    for (const char* wrong : {"", "-1", "x", "4294967299", "1000000000"}) {
        ::setenv("LISTEN_FDS", wrong, 1);
        CHECK(unused_inherited_listeners().empty());
    }
}

TEST_CASE(
    "descriptors that an earlier process has stored are found by their names, and sockets beside") {
    const test::TempDir folder;
    std::vector<UniqueFd> given = two_listeners(folder);
    given.emplace_back(::open("/dev/null", O_RDWR | O_CLOEXEC));
    given.emplace_back(::open("/dev/zero", O_RDWR | O_CLOEXEC));
    const HandedOver handed_over{std::move(given)};
    ::setenv("LISTEN_FDNAMES", "vm.socket:oriel-a:oriel-b:", 1);
    const InheritedDescriptors inherited = InheritedDescriptors::take("oriel-");
    ::unsetenv("LISTEN_FDNAMES");
    CHECK(inherited.names() == std::vector<std::string>{"oriel-a", "oriel-b"});
    CHECK(inherited.find("oriel-c") < 0);
    CHECK_FALSE(inherited.copy("oriel-c"));
    const UniqueFd copy = inherited.copy("oriel-b");
    CHECK((::fcntl(copy.get(), F_GETFD) & FD_CLOEXEC) != 0);
    CHECK(copy.get() != inherited.find("oriel-b"));
    // "a" has no such name, "b" has: it is nobody else's now.
    CHECK(inherited_listener(folder.file("a")));
    CHECK_FALSE(inherited_listener(folder.file("b")));
    CHECK(unused_inherited_listeners().empty());
}

}  // namespace oriel
