// SPDX-License-Identifier: MIT
#include "text_clipboard.h"

#include <doctest/doctest.h>

#include <algorithm>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "qemu_session.h"
#include "support/clipboard_double.h"
#include "support/log_lines.h"
#include "support/qemu_double.h"
#include "support/recording_display.h"

namespace oriel::qemu_dbus {
namespace {

using namespace std::chrono_literals;
constexpr const char* kText = "text/plain;charset=utf-8";

struct Rig final : public SessionListener {
    test::LogLines log;
    SystemClock clock;
    EventLoop loop{clock};
    test::RecordingDisplay display;
    test::ClipboardDouble host;
    test::QemuDouble qemu;
    std::unique_ptr<DisplaySession> session;
    bool ended = false;

    explicit Rig(bool shared = true) {
        SessionOptions options;
        options.address.kind = DisplayAddress::Kind::kSocket;
        options.address.socket = qemu.take_socket();
        options.clipboard = shared;
        session = make_session(loop, display, *this, std::move(options));
        session->clipboard().join(&host);
        run([&] { return session->attached(); });
        run([&] { return !shared || qemu.count("Register") == 1; });
        turn();
        qemu.calls.clear();
    }
    void display_attached() override {}
    void screens_changed() override {}
    void display_detached(const std::string&) override { ended = true; }

    void turn() {
        for (int i = 0; i < 10; ++i) {
            qemu.turn();
            loop.dispatch(1ms);
        }
    }
    template <class Condition>
    void run(Condition until) {
        const TimePoint end = clock.now() + 20s;
        while (!until() && clock.now() < end) {
            qemu.turn();
            loop.dispatch(1ms);
        }
        REQUIRE(until());
    }
    /// What the guest gets when it pastes.
    std::optional<std::string> paste_in_guest() {
        const uint32_t before = qemu.replies;
        qemu.request(kText);
        run([&] { return qemu.replies > before; });
        return qemu.host_text;
    }
};

TEST_CASE("a text of the host is fetched once, and then the guest is told and has it at once") {
    Rig rig;
    rig.host.text = "h\xc3\xa9llo";
    rig.host.slow = true;
    rig.session->clipboard().offered();
    rig.turn();
    CHECK(rig.host.fetches == 1);
    // It isn't here yet, so QEMU, which would stand still, has not heard of it.
    CHECK(rig.qemu.calls.empty());
    CHECK_FALSE(rig.paste_in_guest());
    rig.host.answer();
    rig.run([&] { return rig.qemu.calls.size() == 1; });
    CHECK(rig.qemu.calls[0] == "Grab 0 0");
    for (int i = 0; i < 3; ++i) {
        CHECK(rig.paste_in_guest() == "h\xc3\xa9llo");
    }
    CHECK(rig.host.fetches == 1);
    rig.session->clipboard().withdrawn();
    rig.run([&] { return rig.qemu.calls.size() == 2; });
    CHECK(rig.qemu.calls[1] == "Release 0 0");
    CHECK_FALSE(rig.paste_in_guest());
}

TEST_CASE("a text that comes too late, after a newer offer, is nobody's") {
    Rig rig;
    rig.host.slow = true;
    rig.host.text = "old";
    rig.session->clipboard().offered();
    rig.session->clipboard().withdrawn();
    rig.host.answer();
    rig.turn();
    CHECK(rig.qemu.calls.empty());
    CHECK_FALSE(rig.paste_in_guest());
}

TEST_CASE("a guest's text is offered to the host, and comes when somebody pastes") {
    Rig rig;
    rig.qemu.guest_text = "from the guest";
    rig.qemu.grab(0, 1, kText);
    rig.run([&] { return rig.host.offers == 1; });
    CHECK(rig.qemu.calls.empty());
    std::vector<std::optional<std::string>> got;
    for (int i = 0; i < 6; ++i) {
        rig.session->clipboard().fetch([&](auto text) { got.push_back(std::move(text)); });
    }
    rig.run([&] { return got.size() == 6; });
    // Four may wait; the others hear at once that there is none.
    CHECK(std::count(got.begin(), got.end(), std::optional<std::string>{"from the guest"}) == 4);
    rig.qemu.release();
    rig.run([&] { return rig.host.withdrawals == 1; });
    got.clear();
    rig.session->clipboard().fetch([&](auto text) { got.push_back(std::move(text)); });
    CHECK(got == std::vector<std::optional<std::string>>{std::nullopt});
}

TEST_CASE("other selections, other types and old grabs are the guest's own") {
    Rig rig;
    rig.qemu.grab(1, 5, kText);
    rig.qemu.grab(0, 5, "image/png");
    rig.qemu.grab(0, 4, kText);
    rig.run([&] { return rig.qemu.replies == 3; });
    CHECK(rig.host.offers == 0);
    rig.qemu.grab(0, 6, kText);
    rig.run([&] { return rig.host.offers == 1; });
    // An agent that doesn't count.
    rig.qemu.grab(0, 0, kText);
    rig.run([&] { return rig.host.offers == 2; });
}

TEST_CASE(
    "texts have the numbers that a guest's agent expects: from 0, one more for each, by either "
    "side") {
    Rig rig;
    const auto copy = [&](const char* text) {
        rig.host.text = text;
        rig.session->clipboard().offered();
        const size_t calls = rig.qemu.calls.size();
        rig.run([&] { return rig.qemu.calls.size() > calls; });
        return rig.qemu.calls.back();
    };
    CHECK(copy("first") == "Grab 0 0");
    CHECK(copy("second") == "Grab 0 1");
    rig.qemu.grab(0, 2, kText);
    rig.run([&] { return rig.host.offers == 1; });
    CHECK(copy("third") == "Grab 0 3");
    // Another agent has come in the guest: it is told of the text, and begins to count.
    rig.qemu.register_anew();
    rig.run([&] { return rig.qemu.calls.size() == 4; });
    CHECK(rig.qemu.calls.back() == "Grab 0 0");
    CHECK(rig.paste_in_guest() == "third");
}

TEST_CASE("what is no text, or too long, does not cross, either way") {
    Rig rig;
    uint32_t serial = 0;
    for (const std::string& text : {std::string{"\xff\xfe"}, std::string("a\0b", 3),
                                    std::string(kMaxClipboardText + 1, 'x')}) {
        rig.host.text = text;
        rig.session->clipboard().offered();
        CHECK_FALSE(rig.paste_in_guest());
        rig.qemu.guest_text = text;
        rig.qemu.grab(0, ++serial, kText);
        const size_t before = rig.host.offers;
        rig.run([&] { return rig.host.offers > before; });
        std::optional<std::optional<std::string>> got;
        rig.session->clipboard().fetch([&](auto answer) { got = std::move(answer); });
        rig.run([&] { return got.has_value(); });
        CHECK_FALSE(*got);
    }
    CHECK(rig.session->clipboard_stats().refused == 6);
}

TEST_CASE("a QEMU that dies answers pastes that wait, and the host hears that its text is gone") {
    Rig rig;
    rig.qemu.guest_text = "x";
    rig.qemu.grab(0, 1, kText);
    rig.run([&] { return rig.host.offers == 1; });
    rig.qemu.stop();
    int answers = 0;
    rig.session->clipboard().fetch([&](const auto& text) {
        CHECK_FALSE(text);
        ++answers;
    });
    rig.qemu.die();
    rig.run([&] { return rig.ended; });
    CHECK(answers == 1);
    CHECK(rig.host.withdrawals == 1);
    // Another presenter, whose paste the one before isn't told of.
    rig.session->clipboard().join(nullptr);
    rig.session->clipboard().offered();
}

TEST_CASE("without the option nothing is shared") {
    Rig rig{false};
    rig.host.text = "secret";
    rig.session->clipboard().offered();
    rig.turn();
    CHECK(rig.qemu.calls.empty());
}

}  // namespace
}  // namespace oriel::qemu_dbus
