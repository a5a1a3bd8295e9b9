// SPDX-License-Identifier: MIT
#include <doctest/doctest.h>
#include <fcntl.h>
#include <sys/resource.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <unistd.h>

#include <cstddef>
#include <cstring>
#include <utility>
#include <vector>

#include "net/acceptor.h"
#include "net/received_fds.h"

namespace {

using namespace oriel;

struct Listening {
    Listening() : socket{::socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0)} {
        // An address of the kernel's choice.
        address.sun_family = AF_UNIX;
        const auto* any = reinterpret_cast<const sockaddr*>(&address);
        REQUIRE(::bind(socket.get(), any, sizeof address.sun_family) == 0);
        REQUIRE(::getsockname(socket.get(), reinterpret_cast<sockaddr*>(&address), &length) == 0);
        REQUIRE(::listen(socket.get(), 4) == 0);
    }
    [[nodiscard]] UniqueFd connect() const {
        UniqueFd client{::socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0)};
        REQUIRE(::connect(client.get(), reinterpret_cast<const sockaddr*>(&address), length) == 0);
        return client;
    }

    UniqueFd socket;
    sockaddr_un address{};
    socklen_t length = sizeof address;
};

struct Clients final : ConnectionListener {
    void accepted(UniqueFd client) override { sockets.push_back(std::move(client)); }
    std::vector<UniqueFd> sockets;
};

/// No file descriptor is left while it lives.
class NoFds {
public:
    NoFds() {
        REQUIRE(::getrlimit(RLIMIT_NOFILE, &before_) == 0);
        const UniqueFd next{::open("/dev/null", O_RDONLY | O_CLOEXEC)};
        const rlimit none{static_cast<rlim_t>(next.get()), before_.rlim_max};
        REQUIRE(::setrlimit(RLIMIT_NOFILE, &none) == 0);
    }
    NoFds(const NoFds&) = delete;
    NoFds& operator=(const NoFds&) = delete;
    ~NoFds() { ::setrlimit(RLIMIT_NOFILE, &before_); }

private:
    rlimit before_{};
};

TEST_CASE(
    "a client that waits while no file descriptor is left is accepted later, without a spin") {
    ManualClock clock;
    EventLoop loop{clock};
    Listening listening;
    Clients clients;
    Acceptor acceptor{loop, listening.socket.get(), clients};
    // (clang 19's UBSan needs file descriptors when it sees a class for the first time.)
    CHECK_FALSE(loop.dispatch(Nanoseconds{0}));
    const UniqueFd client = listening.connect();
    {
        const NoFds none;
        CHECK(loop.dispatch(Nanoseconds{0}));
        CHECK_FALSE(loop.dispatch(Nanoseconds{0}));
        CHECK(clients.sockets.empty());
    }
    clock.advance(Acceptor::kPause);
    while (loop.dispatch(Nanoseconds{0})) {
    }
    CHECK(clients.sockets.size() == 1);
}

TEST_CASE("file descriptors come out of a message in the order in which they were sent") {
    int pair[2];
    REQUIRE(::socketpair(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0, pair) == 0);
    const UniqueFd here{pair[0]};
    const UniqueFd there{pair[1]};
    char byte = 1;
    iovec part{&byte, 1};
    alignas(cmsghdr) std::byte control[CMSG_SPACE(kMaxReceivedFds * sizeof(int))]{};
    msghdr message{};
    message.msg_iov = &part;
    message.msg_iovlen = 1;
    message.msg_control = control;
    message.msg_controllen = CMSG_SPACE(2 * sizeof(int));
    cmsghdr* rights = CMSG_FIRSTHDR(&message);
    rights->cmsg_level = SOL_SOCKET;
    rights->cmsg_type = SCM_RIGHTS;
    rights->cmsg_len = CMSG_LEN(2 * sizeof(int));
    const int sent[2] = {here.get(), ::open("/dev/null", O_RDONLY | O_CLOEXEC)};
    std::memcpy(CMSG_DATA(rights), sent, sizeof sent);
    REQUIRE(::sendmsg(here.get(), &message, 0) == 1);
    ::close(sent[1]);

    message.msg_controllen = sizeof control;
    REQUIRE(::recvmsg(there.get(), &message, MSG_CMSG_CLOEXEC) == 1);
    std::vector<UniqueFd> fds;
    take_received_fds(message, fds);
    REQUIRE(fds.size() == 2);
    int type = 0;
    socklen_t size = sizeof type;
    CHECK(::getsockopt(fds[0].get(), SOL_SOCKET, SO_TYPE, &type, &size) == 0);
    CHECK(::getsockopt(fds[1].get(), SOL_SOCKET, SO_TYPE, &type, &size) == -1);
}

}  // namespace
