// SPDX-License-Identifier: MIT
// Fingers, and several heads, as QEMU hears of them.
#include "input_targets.h"

#include <doctest/doctest.h>
#include <linux/input-event-codes.h>

#include <memory>
#include <string>
#include <vector>

#include "input/router.h"
#include "qemu_session.h"
#include "support/log_lines.h"
#include "support/qemu_double.h"
#include "support/recording_display.h"

namespace oriel::qemu_dbus {
namespace {

using namespace std::chrono_literals;

struct Rig final : public SessionListener {
    test::LogLines log;
    SystemClock clock;
    EventLoop loop{clock};
    test::RecordingDisplay display{4};
    test::QemuDouble qemu;
    std::unique_ptr<DisplaySession> session;
    bool attached = false;

    explicit Rig(uint32_t consoles) : qemu{consoles} {
        for (uint32_t id = 0; id < consoles; ++id) {
            qemu.console(id).width = 800;
            qemu.console(id).height = 600;
        }
        SessionOptions options;
        options.address.kind = DisplayAddress::Kind::kSocket;
        options.address.socket = qemu.take_socket();
        options.has_touch_screen = true;
        session = make_session(loop, display, *this, std::move(options));
        run([&] { return attached; });
        // The second head is told of its monitor.
        run([&] { return consoles == 1 || !qemu.calls.empty(); });
        qemu.calls.clear();
    }
    void display_attached() override { attached = true; }
    void screens_changed() override {}
    void display_detached(const std::string&) override { attached = false; }

    template <class Condition>
    void run(Condition until) {
        const TimePoint end = clock.now() + 1s;
        while (!until() && clock.now() < end) {
            qemu.turn();
            loop.dispatch(1ms);
        }
        REQUIRE(until());
    }
    [[nodiscard]] input::InputRouter router() {
        return {clock,
                [this](ScanoutId screen) { return session->area(screen); },
                {.pointers = {&session->pointer()},
                 .mice = {&session->mouse()},
                 .touch = &session->touch()}};
    }
    void expect(const std::vector<std::string>& wanted) {
        const TimePoint end = clock.now() + 1s;
        while (qemu.calls.size() < wanted.size() && clock.now() < end) {
            qemu.turn();
            loop.dispatch(1ms);
        }
        CHECK(qemu.calls == wanted);
        qemu.calls.clear();
    }
};

TEST_CASE("fingers begin, move, end and are taken back, each in its slot") {
    Rig rig{1};
    rig.run([&] { return rig.session->touch().ready(); });
    input::InputRouter router = rig.router();
    router.touch_at(7, {0, 100, 50});
    router.frame();
    router.touch_at(9, {0, 400, 300});
    router.touch_at(7, {0, 101, 51});
    router.frame();
    rig.expect({"SendEvent 0 0 100 50", "SendEvent 1 0 101 51", "SendEvent 0 1 400 300"});
    router.touch_up(7);
    router.frame();
    rig.expect({"SendEvent 2 0 101 51"});
    router.touch_cancelled();
    rig.expect({"SendEvent 3 1 400 300"});
    router.touch_at(1, {0, 799, 599});
    router.touch_up(1);
    router.frame();
    rig.expect({"SendEvent 0 0 799 599", "SendEvent 2 0 799 599"});
}

TEST_CASE("with two heads a place on the second one is where the guest's desktop has it") {
    Rig rig{2};
    rig.run([&] { return rig.session->pointer().ready(); });
    input::InputRouter router = rig.router();
    // QEMU takes the first console's size for the whole desktop's, 1600 px here.
    router.pointer_at({1, 400, 300});
    router.frame();
    rig.expect({"SetAbsPosition 600 300"});
    router.pointer_at({0, 400, 300});
    router.frame();
    rig.expect({"SetAbsPosition 200 300"});
}

TEST_CASE("what is down when a viewer ends is released") {
    Rig rig{1};
    rig.run([&] { return rig.session->pointer().ready(); });
    input::InputRouter router = rig.router();
    router.button(BTN_LEFT, true);
    router.touch_at(1, {0, 5, 5});
    router.frame();
    router.release_buttons();
    router.touch_cancelled();
    rig.session.reset();
    rig.expect({"ButtonPress 0", "SendEvent 0 0 5 5", "ButtonRelease 0", "SendEvent 3 0 5 5"});
}

}  // namespace
}  // namespace oriel::qemu_dbus
