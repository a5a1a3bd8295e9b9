// SPDX-License-Identifier: MIT
// The desktop's clipboard and the guest's.
#include <doctest/doctest.h>
#include <fcntl.h>
#include <linux/input-event-codes.h>
#include <unistd.h>

#include <algorithm>
#include <array>
#include <csignal>
#include <string>
#include <vector>

#include "input_desk.h"
#include "support/clipboard_double.h"
#include "support/compositor/extensions.h"

namespace oriel::test {
namespace {

using namespace std::chrono_literals;

const std::string kText = "text/plain;charset=utf-8";

CompositorOptions with_clipboard() {
    CompositorOptions options = with_input();
    options.data_device_manager = 3;
    return options;
}

wayland::PresenterOptions lend(GuestClipboard& guest, size_t windows) {
    wayland::PresenterOptions options = presenter_options(InputDesk::kSize);
    options.clipboard = &guest;
    options.screens.resize(windows, options.screens.front());
    return options;
}

/// A window, a user, and another client that copies and pastes.
struct ClipboardDesk {
    explicit ClipboardDesk(const CompositorOptions& compositor = with_clipboard(),
                           size_t windows = 1)
        : desk{compositor, lend(guest, windows)} {
        // As the program does.
        std::signal(SIGPIPE, SIG_IGN);
    }

    void copy(const std::vector<std::string>& forms) {
        desk.server([&](Server& server) { offer_selection(server, forms); });
    }
    /// What the guest's paste asks the other client for: form and pipe.
    std::pair<std::string, UniqueFd> asked() {
        std::pair<std::string, UniqueFd> paste;
        desk.server([&](Server& server) {
            if (!server.pastes.empty()) {
                paste = std::move(server.pastes.front());
                server.pastes.erase(server.pastes.begin());
            }
        });
        return paste;
    }
    void guest_pastes() {
        guest.joined->fetch([this](std::optional<std::string> text) {
            ++pasted;
            last = std::move(text);
        });
        desk.desk.settle();
    }
    /// The other client pastes.
    UniqueFd paste(const std::string& form = kText, int pipe_bytes = 0) {
        UniqueFd pipe;
        desk.server([&](Server& server) { pipe = ask_for_selection(server, form, pipe_bytes); });
        return pipe;
    }
    /// All that comes until the end.
    std::string read_all(const UniqueFd& pipe) {
        ::fcntl(pipe.get(), F_SETFL, O_NONBLOCK);
        std::string all;
        std::array<char, 4096> buffer;
        for (ssize_t count = 1; count != 0;) {
            desk.desk.settle();
            count = ::read(pipe.get(), buffer.data(), buffer.size());
            REQUIRE((count >= 0 || errno == EAGAIN));
            all.append(buffer.data(), static_cast<size_t>(std::max<ssize_t>(count, 0)));
        }
        return all;
    }
    void wait(Nanoseconds time) {
        desk.desk.clock.advance(time);
        desk.desk.settle();
    }
    [[nodiscard]] State state() const { return desk.state(); }

    // Outlives the presenter.
    ClipboardDouble guest;
    size_t pasted = 0;
    std::optional<std::string> last;
    InputDesk desk;
};

}  // namespace

TEST_CASE("the guest hears of the desktop's text while a window has the keyboard") {
    ClipboardDesk desk;
    desk.copy({"text/html", kText});
    CHECK(desk.guest.offers == 0);
    desk.desk.focus();
    CHECK(desk.guest.offers == 1);
    desk.desk.press(KEY_A);
    CHECK(desk.guest.offers == 1);
    desk.desk.blur();
    CHECK(desk.guest.withdrawals == 1);
    desk.copy({kText});
    CHECK(desk.guest.offers == 1);
    desk.desk.focus();
    CHECK(desk.guest.offers == 2);
    desk.copy({kText});
    CHECK(desk.guest.offers == 3);
    desk.copy({"image/png"});
    CHECK(desk.guest.withdrawals == 2);
    desk.copy({});
    CHECK(desk.guest.withdrawals == 2);
    CHECK(desk.state().count("wl_data_offer.receive") == 0);
}

TEST_CASE("the desktop's text is moved when the guest pastes, in its best form") {
    ClipboardDesk desk;
    desk.desk.focus();
    desk.copy({"text/plain", "UTF8_STRING", kText, "text/html"});
    desk.guest_pastes();
    auto [form, pipe] = desk.asked();
    CHECK(form == kText);
    const std::string text = "zwölf Boxkämpfer";
    REQUIRE(::write(pipe.get(), text.data(), 4) == 4);
    desk.desk.desk.settle();
    CHECK(desk.pasted == 0);
    REQUIRE(::write(pipe.get(), text.data() + 4, text.size() - 4) > 0);
    pipe.reset();
    desk.desk.desk.settle();
    CHECK(desk.pasted == 1);
    CHECK(desk.last == text);
}

TEST_CASE("a client whose text doesn't come, is too large or no UTF-8 costs one paste") {
    ClipboardDesk desk;
    desk.desk.focus();
    desk.copy({kText});
    desk.guest_pastes();
    auto paste = desk.asked();
    std::signal(SIGPIPE, SIG_IGN);
    SUBCASE("it never comes") {
        desk.wait(4s);
        CHECK(desk.pasted == 0);
        desk.wait(1s);
    }
    SUBCASE("it never ends") {
        REQUIRE(::write(paste.second.get(), "x", 1) == 1);
        desk.desk.desk.settle();
        desk.wait(4s);
        REQUIRE(::write(paste.second.get(), "x", 1) == 1);
        desk.desk.desk.settle();
        desk.wait(4s);
        CHECK(desk.pasted == 0);
        desk.wait(1s);
    }
    SUBCASE("it is too large") {
        const std::string piece(size_t{32} << 10, 'x');
        for (size_t sent = 0; sent <= kMaxClipboardText; sent += piece.size()) {
            CHECK(desk.pasted == 0);
            if (::write(paste.second.get(), piece.data(), piece.size()) < 0) {
                break;
            }
            desk.desk.desk.settle();
        }
    }
    SUBCASE("it is no UTF-8") {
        REQUIRE(::write(paste.second.get(), "\xff", 1) == 1);
        paste.second.reset();
        desk.desk.desk.settle();
    }
    CHECK(desk.pasted == 1);
    CHECK_FALSE(desk.last.has_value());
    // The next one is fine.
    desk.guest_pastes();
    auto next = desk.asked();
    next.second.reset();
    desk.desk.desk.settle();
    CHECK(desk.pasted == 2);
    CHECK(desk.last == "");
}

TEST_CASE("the guest's text becomes the desktop's, with the serial of what the user did last") {
    ClipboardDesk desk;
    desk.guest.text = "zwölf";
    desk.desk.focus();
    desk.copy({kText});
    CHECK(desk.guest.offers == 1);
    desk.desk.press(KEY_C);
    desk.guest.joined->offered();
    desk.desk.desk.settle();
    State state = desk.state();
    CHECK(state.selections == 1);
    CHECK(std::count(state.selection_forms.begin(), state.selection_forms.end(), kText) == 1);
    // A later event has a later serial.
    desk.desk.point(10, 10);
    desk.desk.button(BTN_LEFT, true);
    desk.guest.joined->offered();
    desk.desk.desk.settle();
    CHECK(desk.state().selections == 2);
    CHECK(desk.state().selection_serial > state.selection_serial);
    CHECK(desk.guest.fetches == 0);
    for (const char* form : {"text/plain;charset=utf-8", "UTF8_STRING", "text/plain"}) {
        CHECK(desk.read_all(desk.paste(form)) == "zwölf");
    }
    CHECK(desk.guest.fetches == 3);
    CHECK(desk.read_all(desk.paste("image/png")).empty());
    CHECK(desk.guest.fetches == 3);
    // Its own selection came back, twice.
    CHECK(desk.guest.offers == 1);
    CHECK(desk.guest.withdrawals == 0);
    desk.desk.blur();
    desk.desk.focus();
    CHECK(desk.guest.offers == 1);
    CHECK(desk.state().selections == 2);
}

TEST_CASE("what another client copies, or the guest takes back, ends the guest's text there") {
    ClipboardDesk desk;
    desk.desk.focus();
    desk.guest.joined->offered();
    desk.desk.desk.settle();
    CHECK_FALSE(desk.state().selection_forms.empty());
    SUBCASE("another client") {
        desk.copy({kText});
        CHECK(desk.guest.offers == 1);
    }
    SUBCASE("the guest") {
        desk.guest.joined->withdrawn();
        desk.desk.desk.settle();
    }
    CHECK(desk.state().selection_forms.empty());
    const auto live = desk.desk.desk.compositor.live_objects();
    CHECK(std::none_of(live.begin(), live.end(), [](const std::string& name) {
        return name.find("wl_data_source") != std::string::npos;
    }));
}

TEST_CASE("a guest that copies while nobody is there waits for the keyboard") {
    ClipboardDesk desk;
    desk.guest.text = "waits";
    desk.guest.joined->offered();
    desk.desk.desk.settle();
    CHECK(desk.state().selections == 0);
    desk.copy({kText});
    desk.desk.focus();
    CHECK(desk.state().selections == 1);
    CHECK(desk.guest.offers == 0);
    CHECK(desk.read_all(desk.paste()) == "waits");
}

TEST_CASE("a guest that offers without end doesn't fill a compositor's socket") {
    ClipboardDesk desk;
    desk.guest.text = "the last one";
    desk.desk.focus();
    desk.desk.desk.compositor.stall();
    for (int i = 0; i < 5000; ++i) {
        desk.guest.joined->offered();
        desk.desk.desk.loop.dispatch(Nanoseconds{0});
    }
    desk.desk.desk.compositor.resume();
    desk.desk.desk.settle();
    CHECK(desk.desk.desk.events.lost.empty());
    CHECK(desk.state().selections == 2);
    CHECK(desk.read_all(desk.paste()) == "the last one");
    CHECK(desk.guest.offers == 0);
}

TEST_CASE("a large text goes to a client that reads slowly, and no client keeps it for ever") {
    ClipboardDesk desk;
    desk.guest.text = std::string(300'000, 'x');
    desk.desk.focus();
    desk.guest.joined->offered();
    desk.desk.desk.settle();
    const UniqueFd slow = desk.paste(kText, 4096);
    CHECK(desk.read_all(slow).size() == 300'000);
    SUBCASE("one that never reads") {
        const UniqueFd never = desk.paste(kText, 4096);
        desk.wait(5s);
        CHECK(desk.read_all(never).size() == 4096);
    }
    SUBCASE("one that closes its end") {
        UniqueFd gone = desk.paste(kText, 4096);
        gone.reset();
        desk.desk.desk.settle();
    }
    SUBCASE("one that gets no text") {
        desk.guest.text.reset();
        CHECK(desk.read_all(desk.paste()).empty());
    }
    CHECK(desk.read_all(desk.paste()).size() == desk.guest.text.value_or("").size());
}

TEST_CASE("the keyboard goes from one window to another, and the clipboard stays") {
    ClipboardDesk desk{with_clipboard(), 2};
    desk.desk.focus();
    desk.copy({kText});
    desk.desk.focus({}, 1);
    CHECK(desk.guest.offers == 1);
    CHECK(desk.guest.withdrawals == 0);
}

TEST_CASE("of several users the clipboard is that of who did something last") {
    ClipboardDesk desk;
    desk.desk.focus();
    desk.copy({kText});
    CHECK(desk.guest.offers == 1);
    // Nobody has copied anything on the other seat.
    desk.desk.other_user([](SeatGlobal& seat, Surface& surface) { seat.keyboard_enter(surface); });
    CHECK(desk.guest.withdrawals == 1);
    desk.desk.press(KEY_A);
    CHECK(desk.guest.offers == 2);
    desk.desk.other_user([](SeatGlobal& seat, Surface&) { seat.key(KEY_A, true); });
    CHECK(desk.guest.withdrawals == 2);
    desk.desk.server([](Server& server) { server.other_seat->keyboard_leave(); });
    CHECK(desk.guest.offers == 3);
    desk.desk.blur();
    CHECK(desk.guest.withdrawals == 3);
}

TEST_CASE("a seat or a compositor that goes takes its clipboard along") {
    ClipboardDesk desk;
    desk.desk.focus();
    desk.copy({kText});
    desk.guest_pastes();
    SUBCASE("the seat") {
        desk.desk.desk.compositor.remove_seat();
    }
    SUBCASE("the keyboard") {
        desk.desk.desk.compositor.set_seat_capabilities(1);
    }
    SUBCASE("the compositor") {
        desk.desk.desk.compositor.disconnect();
    }
    for (int i = 0; i < 10; ++i) {
        desk.desk.desk.loop.dispatch(Nanoseconds{1'000'000});
    }
    CHECK(desk.guest.withdrawals == 1);
    desk.guest_pastes();
    CHECK_FALSE(desk.last.has_value());
}

TEST_CASE("a compositor without a clipboard gets one line") {
    const LogLines log;
    ClipboardDesk desk{with_input()};
    desk.desk.focus();
    CHECK(desk.guest.joined == nullptr);
    CHECK(log.count("has no clipboard") == 1);
}

TEST_CASE("an old clipboard does, too") {
    CompositorOptions options = with_clipboard();
    options.data_device_manager = 1;
    ClipboardDesk desk{options};
    desk.guest.text = "old";
    desk.desk.focus();
    desk.copy({"text/plain"});
    CHECK(desk.guest.offers == 1);
    desk.guest.joined->offered();
    desk.desk.desk.settle();
    CHECK(desk.read_all(desk.paste()) == "old");
}

}  // namespace oriel::test
