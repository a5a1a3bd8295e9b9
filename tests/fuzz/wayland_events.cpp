// SPDX-License-Identifier: MIT
// A compositor that sends any event of any interface that we bind, in any order, with any arguments
// that the wire allows, while a guest draws.
#include <drm_fourcc.h>
#include <sys/socket.h>

#include <array>
#include <cstddef>
#include <cstdlib>
#include <memory>
#include <optional>
#include <string>
#include <tuple>
#include <utility>
#include <vector>

#include "connection/globals_table.h"
#include "core/clock.h"
#include "core/event_loop.h"
#include "harness.h"
#include "scanout/framebuffer.h"
#include "scanout/memory_pixels.h"
#include "support/clipboard_double.h"
#include "support/flush_done.h"
#include "support/recording_input.h"
#include "wayland/presenter.h"
#include "wire_compositor.h"

using namespace oriel;
using namespace oriel::test;

namespace {

constexpr Size kPicture{64, 48};
constexpr int kMostSteps = 300;

std::vector<const wl_interface*> all_globals() {
    return std::apply(
        [](const auto&... row) { return std::vector<const wl_interface*>{row.interface...}; },
        wayland::kGlobals);
}

/// One is not there, or is there twice: that of the input's choice.
std::vector<const wl_interface*> some_globals(FuzzInput& input) {
    std::vector<const wl_interface*> globals = all_globals();
    const auto choice = input.take<uint8_t>();
    const auto one = globals.begin() + choice / 4 % static_cast<std::ptrdiff_t>(globals.size());
    if (choice % 4 == 2) {
        globals.erase(one);
    } else if (choice % 4 == 3) {
        globals.push_back(*one);
    }
    return globals;
}

class Desk final : DisplayEvents {
public:
    explicit Desk(FuzzInput& input) {
        const auto how = input.take<uint8_t>();
        std::array<int, 2> ends{};
        static_cast<void>(
            ::socketpair(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0, ends.data()));
        compositor_.emplace(UniqueFd{ends[0]}, some_globals(input));
        wayland::PresenterOptions options;
        options.screens.assign(2, ScreenInfo{.preferred = kPicture});
        // EGL's drivers are nothing to fuzz here.
        options.path = how % 2 == 0 ? wayland::PathChoice::kShm : wayland::PathChoice::kDirectOrShm;
        options.decorations = wayland::DecorationsChoice::kNone;
        options.input = &input_;
        clipboard_.text = "text";
        options.clipboard = &clipboard_;
        options.connected_fd = UniqueFd{ends[1]};
        presenter_ = wayland::make_presenter(loop_, *this, std::move(options));
        // One time of eight events come before it is ready.
        for (int i = how % 16 < 2 ? how / 16 % 4 : 12; i > 0; --i) {
            turn();
        }
    }

    [[nodiscard]] bool lost() const { return lost_; }

    void step(FuzzInput& input) {
        const auto choice = input.take<uint8_t>();
        if (choice < 176) {
            compositor_->send_any(input);
        } else if (choice < 224) {
            guest_draws(input);
        } else if (choice < 252) {
            clock_.advance(Nanoseconds{int64_t{input.take<uint8_t>()} * 4'000'000});
        } else {
            compositor_->send_bytes(input.take_bytes(input.take<uint8_t>() % 24));
        }
        turn();
        input_.events.clear();
    }

    void turn() {
        const Turn turn;
        compositor_->serve();
        loop_.dispatch(Nanoseconds{0});
    }

private:
    // DisplayEvents
    void display_ready() override { ready_ = true; }
    void close_requested(ScanoutId) override {}
    void display_lost(const std::string&) override { lost_ = true; }

    void guest_draws(FuzzInput& input) {
        if (!ready_ || lost_) {
            return;
        }
        const ScanoutId screen = input.take<uint8_t>() % 2;
        switch (input.take<uint8_t>() % 6) {
            case 0:
                framebuffer_ = std::make_shared<Framebuffer>(MemoryPixels::create(kPicture).value(),
                                                             DRM_FORMAT_XRGB8888);
                return presenter_->attach(screen, framebuffer_, Rect::of(kPicture));
            case 1:
                return presenter_->detach(screen);
            case 2: {
                const CursorImage image{{8, 8}, {1, 1}, std::vector<uint32_t>(64, 0xff00ff00)};
                return presenter_->set_cursor(screen, std::make_shared<CursorImage>(image));
            }
            case 3:
                presenter_->set_overlay(screen, {.dimmed = input.take<uint8_t>() % 2 == 0});
                return;
            case 4:
                return presenter_->move_cursor(screen, {input.take<uint8_t>(), 3});
            default:
                presenter_->flush(screen, Region{{0, 0, 8, 8}}, when_done([this] { ++answered_; }));
        }
    }

    ManualClock clock_;
    EventLoop loop_{clock_};
    RecordingInput input_;
    ClipboardDouble clipboard_;
    uint64_t answered_ = 0;
    FramebufferRef framebuffer_;
    std::optional<WireCompositor> compositor_;
    std::unique_ptr<wayland::Presenter> presenter_;
    bool ready_ = false;
    bool lost_ = false;
};

}  // namespace

void oriel::test::play(const uint8_t* data, size_t size) {
    // A theme of the system's takes longer to read than all the rest.
    static const int no_theme = ::setenv("XCURSOR_PATH", "/nowhere", 1);
    static_cast<void>(no_theme);
    FuzzInput input{data, size};
    Desk desk{input};
    for (int i = 0; i < kMostSteps && !input.empty() && !desk.lost(); ++i) {
        desk.step(input);
    }
}
