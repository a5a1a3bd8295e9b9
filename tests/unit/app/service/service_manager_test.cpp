// SPDX-License-Identifier: MIT
#include "service/service_manager.h"

#include <doctest/doctest.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <unistd.h>

#include <algorithm>
#include <array>
#include <chrono>
#include <cstddef>
#include <cstdlib>
#include <string>
#include <utility>
#include <vector>

#include "core/event_loop.h"
#include "support/fd_passing.h"
#include "support/log_lines.h"
#include "support/temp_dir.h"

namespace oriel::app {
namespace {

using namespace std::chrono_literals;

/// Where a service manager listens.
class Manager {
public:
    explicit Manager(bool abstract = false)
        : name_{abstract ? "@oriel-test-" + std::to_string(::getpid()) : folder_.file("notify")} {
        sockaddr_un address{};
        address.sun_family = AF_UNIX;
        name_.copy(address.sun_path, sizeof address.sun_path - 1);
        if (abstract) {
            address.sun_path[0] = '\0';
        }
        const size_t size = offsetof(sockaddr_un, sun_path) + name_.size() + (abstract ? 0 : 1);
        REQUIRE(::bind(socket_.get(), reinterpret_cast<const sockaddr*>(&address),
                       static_cast<socklen_t>(size)) == 0);
    }

    [[nodiscard]] const std::string& name() const { return name_; }
    [[nodiscard]] int fd() const { return socket_.get(); }

    /// All that it was told since the last call.
    std::vector<std::string> heard() {
        std::vector<std::string> messages;
        std::array<char, 256> text{};
        ssize_t size = 0;
        while ((size = ::recv(socket_.get(), text.data(), text.size(), MSG_DONTWAIT)) >= 0) {
            messages.emplace_back(text.data(), static_cast<size_t>(size));
        }
        return messages;
    }

private:
    test::TempDir folder_;
    std::string name_;
    UniqueFd socket_{::socket(AF_UNIX, SOCK_DGRAM | SOCK_CLOEXEC, 0)};
};

struct Rig {
    ManualClock clock;
    EventLoop loop{clock};

    void pass(Nanoseconds time) {
        clock.advance(time);
        turns();
    }
    void turns() {
        while (loop.dispatch(Nanoseconds{0})) {
        }
    }
};

using Messages = std::vector<std::string>;

}  // namespace

TEST_CASE("a service manager hears once that the service is ready, and that it ends") {
    Rig rig;
    Manager manager;
    {
        ServiceManager service{rig.loop, {.socket = manager.name(), .watchdog = {}}};
        CHECK(manager.heard().empty());
        service.ready();
        service.ready();
        CHECK(manager.heard() == Messages{"READY=1"});
    }
    CHECK(manager.heard() == Messages{"STOPPING=1"});
}

TEST_CASE("a service manager with an abstract name is told, too") {
    Rig rig;
    Manager manager{true};
    ServiceManager service{rig.loop, {.socket = manager.name(), .watchdog = {}}};
    service.ready();
    CHECK(manager.heard() == Messages{"READY=1"});
}

TEST_CASE("however often the status changes, the manager hears the newest once a second") {
    Rig rig;
    Manager manager;
    ServiceManager service{rig.loop, {.socket = manager.name(), .watchdog = {}}};
    rig.pass(1s);
    service.status("a");
    CHECK(manager.heard() == Messages{"STATUS=a"});
    for (int i = 0; i < 1000; ++i) {
        service.status("b" + std::to_string(i));
        rig.turns();
    }
    CHECK(manager.heard().empty());
    rig.pass(1s);
    CHECK(manager.heard() == Messages{"STATUS=b999"});
    service.status("c");
    service.status("b999");
    rig.pass(1s);
    CHECK(manager.heard().empty());
}

TEST_CASE("signs of life come three times in the watchdog's time, as long as the loop turns") {
    Rig rig;
    Manager manager;
    ServiceManager service{rig.loop, {.socket = manager.name(), .watchdog = 30s}};
    CHECK(manager.heard() == Messages{"WATCHDOG=1"});
    for (int i = 0; i < 6; ++i) {
        rig.pass(10s);
        CHECK(manager.heard() == Messages{"WATCHDOG=1"});
    }
    // A loop that doesn't turn: time goes on, and nothing is said.
    rig.clock.advance(60s);
    CHECK(manager.heard().empty());
    rig.turns();
    CHECK(manager.heard() == Messages{"WATCHDOG=1"});
}

TEST_CASE("a manager that doesn't read blocks nothing, and hears that the service is ready later") {
    Rig rig;
    Manager manager;
    ServiceManager service{rig.loop, {.socket = manager.name(), .watchdog = 1ms}};
    for (int i = 0; i < 5000; ++i) {
        rig.pass(1ms);
    }
    service.ready();
    const Messages early = manager.heard();
    CHECK(early.size() < 5000);
    CHECK(early.back() == "WATCHDOG=1");
    rig.pass(1s);
    const Messages late = manager.heard();
    CHECK(std::count(late.begin(), late.end(), "READY=1") == 1);
}

TEST_CASE("where nobody listens, nobody is told, and one line says why") {
    Rig rig;
    const test::LogLines log;
    SUBCASE("a wrong name") {
        const ServiceManager service{rig.loop, {.socket = "notify", .watchdog = {}}};
        CHECK_FALSE(service.listens());
        CHECK(log.count("NOTIFY_SOCKET is 'notify'") == 1);
    }
    SUBCASE("a manager that is not there") {
        const ServiceManager service{rig.loop, {.socket = "/nowhere/notify", .watchdog = 1s}};
        CHECK_FALSE(service.listens());
        CHECK(log.count("NOTIFY_SOCKET is '/nowhere/notify'") == 1);
    }
    SUBCASE("no name") {
        const ServiceManager service{rig.loop, {}};
        CHECK_FALSE(service.listens());
        CHECK(log.lines.empty());
    }
}

TEST_CASE("what a manager has put into the environment is taken out of it, for no child to use") {
    ::setenv("NOTIFY_SOCKET", "/run/notify", 1);
    ::setenv("WATCHDOG_USEC", "30000000", 1);
    ::setenv("WATCHDOG_PID", std::to_string(::getpid()).c_str(), 1);
    ServiceEnvironment environment = ServiceEnvironment::take();
    CHECK(environment.socket == "/run/notify");
    CHECK(environment.watchdog == Nanoseconds{30s});
    CHECK(std::getenv("NOTIFY_SOCKET") == nullptr);
    CHECK(std::getenv("WATCHDOG_USEC") == nullptr);
    CHECK(std::getenv("WATCHDOG_PID") == nullptr);

    for (const auto* wrong : {"0", "-5", "x", "9223372036854775807", "99999999999999999999"}) {
        ::setenv("WATCHDOG_USEC", wrong, 1);
        CHECK_FALSE(ServiceEnvironment::take().watchdog);
    }
    ::setenv("WATCHDOG_USEC", "30000000", 1);
    ::setenv("WATCHDOG_PID", "1", 1);
    CHECK_FALSE(ServiceEnvironment::take().watchdog);
}

namespace {

/// Descriptors that came with the messages: how many, by message.
std::vector<std::pair<std::string, size_t>> orders(int socket) {
    std::vector<std::pair<std::string, size_t>> all;
    std::array<char, 256> text{};
    while (true) {
        std::vector<UniqueFd> fds;
        const ssize_t size =
            test::receive_with_fds(socket, std::as_writable_bytes(std::span{text}), fds);
        if (size < 0) {
            return all;
        }
        all.emplace_back(std::string{text.data(), static_cast<size_t>(size)}, fds.size());
    }
}

using Orders = std::vector<std::pair<std::string, size_t>>;

}  // namespace

TEST_CASE(
    "a service manager is given descriptors to keep, each once, and told when nobody needs it") {
    Rig rig;
    Manager manager;
    ServiceManager service{rig.loop, {.socket = manager.name(), .watchdog = {}, .stores = true}};
    REQUIRE(service.stores());
    service.store("oriel-a", STDIN_FILENO);
    service.store("oriel-a", STDIN_FILENO);
    CHECK(orders(manager.fd()) == Orders{{"FDSTORE=1\nFDNAME=oriel-a", 1}});
    service.forget("oriel-a");
    CHECK(orders(manager.fd()).empty());
    service.forget("oriel-a");
    CHECK(orders(manager.fd()) == Orders{{"FDSTOREREMOVE=1\nFDNAME=oriel-a", 0}});
    // What the process before has stored.
    service.adopt("oriel-b");
    service.forget_unused("oriel-b");
    service.forget_unused("oriel-c");
    CHECK(orders(manager.fd()) == Orders{{"FDSTOREREMOVE=1\nFDNAME=oriel-c", 0}});
}

TEST_CASE("however often descriptors change, the manager hears of few, and of the last ones") {
    Rig rig;
    Manager manager;
    ServiceManager service{rig.loop, {.socket = manager.name(), .watchdog = {}, .stores = true}};
    rig.pass(1s);
    for (int i = 0; i < 5000; ++i) {
        service.store("oriel-" + std::to_string(i), STDIN_FILENO);
        if (i > 0) {
            service.forget("oriel-" + std::to_string(i - 1));
        }
    }
    size_t told = orders(manager.fd()).size();
    CHECK(told <= ServiceManager::kStoreBurst);
    std::string last;
    for (int i = 0; i < 20; ++i) {
        rig.pass(ServiceManager::kStoreEvery);
        for (const auto& [message, fds] : orders(manager.fd())) {
            last = message;
            ++told;
        }
    }
    CHECK(told <= ServiceManager::kStoreBurst + 20);
    CHECK(last == "FDSTORE=1\nFDNAME=oriel-4999");
}

TEST_CASE("without $FDSTORE nothing is stored, and the variable is no child's") {
    ::setenv("FDSTORE", "512", 1);
    CHECK(ServiceEnvironment::take().stores);
    CHECK(std::getenv("FDSTORE") == nullptr);
    CHECK_FALSE(ServiceEnvironment::take().stores);
    Rig rig;
    const ServiceManager service{rig.loop, {.socket = "", .watchdog = {}, .stores = true}};
    CHECK_FALSE(service.stores());
}

}  // namespace oriel::app
