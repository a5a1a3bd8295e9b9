// SPDX-License-Identifier: MIT
#include "net/local_socket.h"

#include <doctest/doctest.h>
#include <fcntl.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

#include <array>
#include <cerrno>
#include <csignal>
#include <cstring>
#include <string>
#include <vector>

#include "support/temp_dir.h"

namespace oriel {
namespace {

std::array<UniqueFd, 2> connected_pair() {
    std::array<int, 2> ends{};
    REQUIRE(::socketpair(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0, ends.data()) == 0);
    return {UniqueFd{ends[0]}, UniqueFd{ends[1]}};
}

void send_fds(int socket, size_t count) {
    const UniqueFd file{::open("/dev/null", O_RDONLY | O_CLOEXEC)};
    const std::vector<int> fds(count, file.get());
    std::vector<std::byte> control(CMSG_SPACE(count * sizeof(int)) + alignof(cmsghdr));
    char byte = 'x';
    iovec part{&byte, 1};
    msghdr message{};
    message.msg_iov = &part;
    message.msg_iovlen = 1;
    message.msg_control = control.data();
    message.msg_controllen = CMSG_SPACE(count * sizeof(int));
    cmsghdr* rights = CMSG_FIRSTHDR(&message);
    rights->cmsg_level = SOL_SOCKET;
    rights->cmsg_type = SCM_RIGHTS;
    rights->cmsg_len = CMSG_LEN(count * sizeof(int));
    std::memcpy(CMSG_DATA(rights), fds.data(), count * sizeof(int));
    REQUIRE(::sendmsg(socket, &message, MSG_NOSIGNAL) == 1);
}

int open_fds() {
    int count = 0;
    for (int fd = 0; fd < 1024; ++fd) {
        count += ::fcntl(fd, F_GETFD) >= 0 ? 1 : 0;
    }
    return count;
}

TEST_CASE("of the descriptors that come in a message one is kept, the others are closed") {
    const auto [here, there] = connected_pair();
    const int before = open_fds();
    std::array<char, 16> buffer{};
    for (const size_t count : {size_t{1}, size_t{2}, size_t{3}, size_t{100}, size_t{253}}) {
        send_fds(here.get(), count);
        const auto received = receive_with_fd(there.get(), buffer);
        REQUIRE(received);
        CHECK(received->bytes == 1);
        CHECK(received->fd.valid());
        CHECK(open_fds() == before + 1);
    }
    CHECK(open_fds() == before);
}

TEST_CASE("a socket that another user listens on is not connected to") {
    if (::geteuid() != 0) {
        MESSAGE("not root: nobody else to be");
        return;
    }
    const test::TempDir dir;
    const std::string path = dir.file("socket");
    REQUIRE(::chmod(dir.file("").c_str(), 0777) == 0);
    std::array<int, 2> ready{};
    REQUIRE(::pipe2(ready.data(), O_CLOEXEC) == 0);
    const UniqueFd from_child{ready[0]};
    UniqueFd to_parent{ready[1]};
    const pid_t child = ::fork();
    if (child == 0) {
        constexpr uid_t kNobody = 65534;
        const bool other = ::setuid(kNobody) == 0;
        const auto socket = listen_local(path);
        const char word = other && socket ? 'y' : 'n';
        static_cast<void>(!::write(to_parent.get(), &word, 1));
        ::pause();
        ::_exit(0);
    }
    to_parent.reset();
    char word = 0;
    CHECK(::read(from_child.get(), &word, 1) == 1);
    CHECK(word == 'y');
    const auto socket = connect_local(path);
    CHECK_FALSE(socket);
    if (!socket) {
        CHECK(socket.error().code == EPERM);
        CHECK(socket.error().message().find("belongs to another user") != std::string::npos);
    }
    ::kill(child, SIGKILL);
    ::waitpid(child, nullptr, 0);
}

}  // namespace
}  // namespace oriel
