// SPDX-License-Identifier: MIT
// QEMUs that stop answering before anything of them is shown.
#include <doctest/doctest.h>
#include <pixman.h>
#include <sys/socket.h>

#include <chrono>
#include <memory>
#include <string>
#include <utility>
#include <vector>

#include "core/clock.h"
#include "core/event_loop.h"
#include "net/local_socket.h"
#include "qemu_session.h"
#include "support/log_lines.h"
#include "support/qemu_double.h"
#include "support/recording_display.h"
#include "support/temp_dir.h"

namespace oriel::qemu_dbus {
namespace {

using namespace std::chrono_literals;

constexpr const char* kSilence =
    "does not answer (is another program connected to it, or is QEMU stopped?)";

/// A session whose time goes on when told. Ways to QEMU come from here.
struct Rig final : public SessionListener, public DisplayProvider {
    test::LogLines log;
    ManualClock clock;
    EventLoop loop{clock};
    test::RecordingDisplay display{4};
    std::unique_ptr<test::QemuDouble> qemu = std::make_unique<test::QemuDouble>();
    HandoverListener* asks = nullptr;
    int asked = 0;
    int attached = 0;
    std::vector<std::string> ends;
    std::unique_ptr<DisplaySession> session;

    void ask(HandoverListener& listener) override {
        asks = &listener;
        ++asked;
    }
    void forget() override { asks = nullptr; }
    void shown() override {}
    void display_attached() override { ++attached; }
    void screens_changed() override {}
    void display_detached(const std::string& reason) override { ends.push_back(reason); }

    void start(DisplayAddress::Kind kind, const std::string& path = {}) {
        SessionOptions options;
        options.address.kind = kind;
        options.address.path = path;
        options.address.name = "domain a";
        options.address.provider = kind == DisplayAddress::Kind::kProvider ? this : nullptr;
        if (kind == DisplayAddress::Kind::kSocket) {
            options.address.socket = qemu->take_socket();
        }
        session = make_session(loop, display, *this, std::move(options));
        run();
    }
    /// Both sides, until neither has anything to say.
    void run() {
        for (int i = 0; i < 100; ++i) {
            qemu->turn();
            loop.dispatch(Nanoseconds{0});
        }
    }
    void pass(Nanoseconds time) {
        clock.advance(time);
        run();
    }
};

/// Where in the conversation it stops.
void stops_somewhere(test::QemuDouble& qemu) {
    SUBCASE("before it authenticates anybody") {
        qemu.stop();
    }
    SUBCASE("before it says who the VM is") {
        qemu.ignore("GetAll");
    }
    SUBCASE("before it says what its console is") {
        qemu.ignore("GetAll", 1);
    }
    SUBCASE("before it takes a listener") {
        qemu.ignore("RegisterListener");
    }
}

TEST_CASE("a QEMU that stops answering before it is shown is one line, and is asked anew") {
    Rig rig;
    stops_somewhere(*rig.qemu);
    rig.start(DisplayAddress::Kind::kProvider);
    REQUIRE(rig.asked == 1);
    rig.asks->handed_over(rig.qemu->take_socket(), false);
    rig.run();
    rig.pass(QemuSession::kPatience - 1s);
    CHECK(rig.log.count(kSilence) == 0);
    rig.pass(1s);
    CHECK(rig.log.count(kSilence) == 1);
    rig.pass(QemuSession::kAnswers - QemuSession::kPatience - 1s);
    CHECK(rig.asked == 1);
    rig.pass(1s);
    rig.pass(QemuSession::kRetry);
    REQUIRE(rig.asked == 2);
    CHECK_FALSE(rig.session->attached());
    // The same once more: nothing is said again.
    rig.pass(1h);
    CHECK(rig.log.count(kSilence) == 1);
    CHECK(rig.log.count("trying again") == 0);
    CHECK(rig.attached == 0);
    rig.qemu = std::make_unique<test::QemuDouble>();
    rig.asks->handed_over(rig.qemu->take_socket(), false);
    rig.run();
    CHECK(rig.session->attached());
    CHECK(rig.attached == 1);
    CHECK(rig.ends.empty());
    // What is shown may take its time.
    rig.qemu->stop();
    rig.pass(1h);
    CHECK(rig.session->attached());
}

TEST_CASE("a socket that leads to a QEMU that stops answering is given up, once") {
    Rig rig;
    stops_somewhere(*rig.qemu);
    rig.start(DisplayAddress::Kind::kSocket);
    rig.pass(QemuSession::kPatience);
    CHECK(rig.log.count(kSilence) == 1);
    CHECK(rig.ends.empty());
    rig.pass(QemuSession::kAnswers - QemuSession::kPatience);
    CHECK(rig.ends == std::vector<std::string>{"it does not answer"});
    rig.pass(1h);
    CHECK(rig.ends.size() == 1);
    CHECK(rig.attached == 0);
    CHECK(rig.log.count(kSilence) == 1);
}

TEST_CASE("a monitor that greets and says no more is left to others, and asked anew") {
    const test::TempDir folder;
    Rig rig;
    const UniqueFd monitor = listen_local(folder.file("qmp")).value();
    const auto accepted = [&] {
        return UniqueFd{::accept4(monitor.get(), nullptr, nullptr, SOCK_NONBLOCK | SOCK_CLOEXEC)};
    };
    rig.start(DisplayAddress::Kind::kMonitor, folder.file("qmp"));
    for (int round = 0; round < 3; ++round) {
        CAPTURE(round);
        const UniqueFd viewer = accepted();
        REQUIRE(viewer);
        const std::string greeting = "{\"QMP\":{\"version\":{},\"capabilities\":[]}}\r\n";
        REQUIRE(::send(viewer.get(), greeting.data(), greeting.size(), MSG_NOSIGNAL) > 0);
        rig.run();
        rig.pass(QemuSession::kPatience);
        CHECK_FALSE(accepted());
        rig.pass(QmpHandover::kAnswers - QemuSession::kPatience);
        rig.pass(QemuSession::kRetry);
        CHECK(rig.log.count(kSilence) == 1);
        CHECK(rig.log.count("trying again") == 0);
    }
}

}  // namespace
}  // namespace oriel::qemu_dbus
