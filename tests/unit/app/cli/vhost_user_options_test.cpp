// SPDX-License-Identifier: MIT
#include <doctest/doctest.h>
#include <fcntl.h>
#include <sys/socket.h>

#include <array>
#include <string>
#include <vector>

#include "cli/options.h"
#include "core/result.h"
#include "core/unique_fd.h"

using namespace oriel;
using namespace oriel::app;

namespace {

using VhostWords = std::vector<std::string>;

ServeOptions vhost_accepted(const VhostWords& words) {
    return std::get<ServeOptions>(parse_options(words));
}

std::string vhost_refused(const VhostWords& words) {
    try {
        static_cast<void>(parse_options(words));
    } catch (const StartupError& error) {
        CHECK(error.exit_code() == 2);
        return error.what();
    }
    return {};
}

}  // namespace

TEST_CASE("vhost-user takes a socket, with the input devices beside it or where they are named") {
    const ServeOptions plain = vhost_accepted({"show", "--vhost-user", "/run/s"});
    REQUIRE(plain.vhost_user);
    CHECK(plain.vhost_user->path == "/run/s");
    CHECK(plain.vhost_user->text() == "/run/s");
    CHECK(plain.input_socket == "/run/s");
    CHECK(plain.vfio_user.empty());
    CHECK(vhost_accepted({"headless", "--vhost-user", "/s", "--input-socket", "/in", "--keep"})
              .input_socket == "/in");
}

TEST_CASE("vhost-user takes a socket that is connected already, which leads to one VMM only") {
    std::array<int, 2> ends{};
    REQUIRE(::socketpair(AF_UNIX, SOCK_STREAM, 0, ends.data()) == 0);
    const UniqueFd ours{ends[0]};
    const UniqueFd theirs{ends[1]};
    const std::string word = "fd:" + std::to_string(theirs.get());
    const ServeOptions options = vhost_accepted({"show", "--vhost-user", word});
    REQUIRE(options.vhost_user);
    CHECK(options.vhost_user->fd == theirs.get());
    CHECK(options.vhost_user->text() == word);
    CHECK_FALSE(options.input_socket);
    // Whoever this program starts does not get it.
    CHECK((::fcntl(theirs.get(), F_GETFD) & FD_CLOEXEC) != 0);
    CHECK(vhost_refused({"show", "--vhost-user", word, "--keep"}) ==
          "--keep waits for the next VMM, and a socket of fd:N leads to one only");
    for (const char* wrong : {"fd:", "fd:1", "fd:999", "fd:x"}) {
        CAPTURE(wrong);
        CHECK(vhost_refused({"show", "--vhost-user", wrong}).find("open stream socket") !=
              std::string::npos);
    }
}

TEST_CASE("what is another road's, or for a PCI function of Oriel's own, does not go with it") {
    CHECK(vhost_refused({"show", "--vhost-user", "/s", "--vfio-user", "/t"}) ==
          "--vfio-user and --vhost-user are two roads to a VMM: expected one of them");
    CHECK(vhost_refused({"show", "--vhost-user", "/s", "--dbus", "qmp:/q"}).find("--dbus") !=
          std::string::npos);
    CHECK(
        vhost_refused({"show", "--vhost-user", "/s", "--option-rom", "/r"}).find("--option-rom") ==
        0);
    CHECK(vhost_refused({"show", "--vhost-user", "/s", "--pci-class", "vga"}).find("--pci-class") ==
          0);
    CHECK(vhost_refused({"show", "--vhost-user", ""}) == "--vhost-user SOCKET is empty");
}

TEST_CASE("run goes over vhost-user where --road says so, or --vhost-user says where") {
    const auto run = [](VhostWords words) {
        words.insert(words.begin(), "run");
        words.insert(words.end(), {"--", "qemu"});
        return words;
    };
    const ServeOptions road = vhost_accepted(run({"--road", "vhost-user"}));
    CHECK(road.road == RoadOption::kVhostUser);
    CHECK_FALSE(road.vhost_user);
    const ServeOptions named = vhost_accepted(run({"--vhost-user", "/s"}));
    CHECK(named.road == RoadOption::kVhostUser);
    CHECK(named.vhost_user->path == "/s");
    CHECK(named.input_socket == "/s");
    CHECK(vhost_refused(run({"--vhost-user", "/s", "--road", "dbus"})) ==
          "--vhost-user says the road: it does not go with --road dbus");
    CHECK(vhost_refused(run({"--vhost-user", "/s", "--road", "vfio-user"})).find("--road") !=
          std::string::npos);
    CHECK(vhost_refused(run({"--road", "vhost-user", "--vfio-user", "/s"})) ==
          "--vfio-user is another road than --road vhost-user");
    CHECK(vhost_refused(run({"--road", "vhost-user", "--vga-memory", "32M"})) ==
          "--vga-memory is for a PCI function of Oriel's own: with --road vhost-user it is the "
          "VMM's");
    std::array<int, 2> ends{};
    REQUIRE(::socketpair(AF_UNIX, SOCK_STREAM, 0, ends.data()) == 0);
    const UniqueFd ours{ends[0]};
    const UniqueFd theirs{ends[1]};
    CHECK(vhost_refused(run({"--vhost-user", "fd:" + std::to_string(theirs.get())})) ==
          "--vhost-user fd:N is for a VMM that runs already, and run starts one");
}
