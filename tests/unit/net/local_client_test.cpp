// SPDX-License-Identifier: MIT
// A client of a socket that comes and goes. (What its users test of it isn't repeated here.)
#include "net/local_client.h"

#include <doctest/doctest.h>
#include <sys/socket.h>

#include <string>
#include <vector>

#include "net/local_socket.h"
#include "support/log_lines.h"
#include "support/temp_dir.h"

namespace oriel {
namespace {

struct Rig final : private LocalClient::Listener {
    test::LogLines log;
    test::TempDir dir;
    ManualClock clock;
    EventLoop loop{clock};
    UniqueFd listener = listen_local(dir.file("socket")).value();
    size_t connects = 0;
    size_t losses = 0;
    size_t drains = 0;
    std::string got;
    LocalClient client{loop, dir.file("socket"), {.area = "test", .server = "the server"}, *this};
    UniqueFd server{::accept4(listener.get(), nullptr, nullptr, SOCK_NONBLOCK)};

    void turn() {
        for (int i = 0; i < 50; ++i) {
            loop.dispatch(Nanoseconds{0});
        }
    }

private:
    void connected() override { ++connects; }
    void received(std::string_view bytes) override { got += bytes; }
    void lost() override { ++losses; }
    void drained() override { ++drains; }
};

TEST_CASE("what doesn't go at once goes when there is room, in order") {
    Rig rig;
    REQUIRE(rig.connects == 1);
    std::string sent;
    for (size_t i = 0; sent.size() < size_t{8} << 20; ++i) {
        sent += std::to_string(i) + ' ';
    }
    rig.client.queue(sent);
    rig.client.flush();
    CHECK(rig.client.unsent() > 0);
    CHECK(rig.drains == 0);
    std::string got;
    std::vector<char> buffer(size_t{1} << 20);
    while (got.size() < sent.size()) {
        rig.turn();
        const ssize_t count = ::recv(rig.server.get(), buffer.data(), buffer.size(), 0);
        REQUIRE(count > 0);
        got.append(buffer.data(), static_cast<size_t>(count));
    }
    rig.turn();
    CHECK(got == sent);
    CHECK(rig.client.unsent() == 0);
    CHECK(rig.drains == 1);
}

TEST_CASE("memory of what is sent is given back while the rest waits") {
    Rig rig;
    constexpr size_t kText = size_t{16} << 20;
    rig.client.queue(std::string(kText, 'x'));
    rig.client.flush();
    std::vector<char> buffer(size_t{1} << 20);
    while (rig.client.unsent() > kText / 8) {
        static_cast<void>(::recv(rig.server.get(), buffer.data(), buffer.size(), 0));
        rig.turn();
        CHECK(rig.client.held_bytes() <= 2 * rig.client.unsent() + (size_t{1} << 20));
    }
    CHECK(rig.client.held_bytes() < kText / 2);
}

TEST_CASE("a connection that is over is told once, and nothing waits for the next one") {
    Rig rig;
    rig.client.queue("half a ");
    rig.server.reset();
    rig.turn();
    CHECK(rig.losses == 1);
    CHECK_FALSE(rig.client.connected());
    rig.client.queue("nobody's");
    CHECK(rig.client.unsent() == 0);
    rig.client.flush();
    CHECK(rig.log.count("closed by the server; trying again") == 1);
    rig.clock.advance(LocalClient::kRetry);
    rig.turn();
    CHECK(rig.connects == 2);
    CHECK(rig.losses == 1);
}

}  // namespace
}  // namespace oriel
