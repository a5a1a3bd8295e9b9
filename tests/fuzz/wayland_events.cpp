// SPDX-License-Identifier: MIT
// A compositor that sends any event of any interface that we bind, in any order, with any arguments
// that the wire allows, while a guest draws.
#include <dlfcn.h>
#include <drm_fourcc.h>

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
#include "session_peer.h"
#include "support/clipboard_double.h"
#include "support/flush_done.h"
#include "support/recording_input.h"
#include "wayland/presenter.h"
#include "wire_compositor.h"
#include "wire_user.h"

using namespace oriel;
using namespace oriel::test;

namespace {

// So long that it is hardly magnified: a compositor may ask for windows of any size, and pictures
// that are drawn larger here take 8192x4608 px, which is more than the harness takes for sound.
constexpr Size kPicture{3000, 4};
constexpr int kMostSteps = 300;

/// Nearly all of the table, most of it in its newest version: what is missing, older or there twice
/// is the input's choice.
std::vector<WireGlobal> take_globals(FuzzInput& input) {
    std::vector<WireGlobal> globals;
    const auto add = [&](const wl_interface* interface) {
        const auto newest = static_cast<uint32_t>(interface->version);
        const auto choice = input.take<uint8_t>();
        // Without it all windows are drawn here, in their own size.
        if (choice >= 252 && interface != &wp_viewporter_interface) {
            return;
        }
        globals.push_back({interface, choice < 224 ? newest : 1 + choice % newest});
        if (choice % 64 == 63) {
            globals.push_back({interface, newest});
        }
    };
    std::apply([&](const auto&... row) { (add(row.interface), ...); }, wayland::kGlobals);
    // Not bound, and heard of.
    static const wl_interface only_in_kwin{"kde_output_management_v2", 1, 0, nullptr, 0, nullptr};
    if (input.take<uint8_t>() % 16 == 15) {
        globals.push_back({&only_in_kwin, 1});
    }
    return globals;
}

wayland::PresenterOptions take_options(FuzzInput& input) {
    wayland::PresenterOptions options;
    const auto how = input.take<uint8_t>();
    options.screens.assign(2, ScreenInfo{.preferred = kPicture});
    // EGL's drivers are nothing to fuzz here.
    options.path = how % 2 == 0 ? wayland::PathChoice::kShm : wayland::PathChoice::kDirectOrShm;
    options.grab = how % 4 < 2 ? wayland::GrabChoice::kFocus : wayland::GrabChoice::kClick;
    options.confine = how % 8 < 4;
    options.fullscreen = how % 16 == 15;
    options.resize = static_cast<wayland::Resize>(how / 16 % 3);
    options.scaling = static_cast<wayland::Scaling>(how / 64);
    if (how % 32 < 8) {
        options.output_names = {"DP-1"};
    }
    options.hide_without_output = how % 64 == 3;
    // Its frames are libdecor's, another library's, which is not there.
    options.decorations =
        how % 3 == 0 ? wayland::DecorationsChoice::kAuto : wayland::DecorationsChoice::kNone;
    options.open_libdecor = [](const char*) { return ::dlopen("/nowhere", RTLD_NOW); };
    return options;
}

class Desk final : DisplayEvents {
public:
    explicit Desk(FuzzInput& input) {
        const auto how = input.take<uint8_t>();
        auto [theirs, ours] = connected_sockets();
        compositor_.emplace(std::move(theirs), take_globals(input));
        user_.emplace(*compositor_);
        wayland::PresenterOptions options = take_options(input);
        input_.positions = how % 4 != 3;
        options.input = &input_;
        clipboard_.text = "text";
        options.clipboard = &clipboard_;
        options.connected_fd = std::move(ours);
        presenter_ = wayland::make_presenter(loop_, *this, std::move(options));
        // One time of eight events come before it is ready.
        for (int i = how % 16 < 2 ? how / 16 % 4 : 12; i > 0; --i) {
            turn();
        }
        if (how % 16 == 1) {
            compositor_->be_silent();
        }
        for (const ScanoutId screen : {0U, 1U}) {
            if (ready_ && how % 32 >= 8) {
                attach(screen);
            }
        }
    }

    [[nodiscard]] bool lost() const { return lost_; }

    void step(FuzzInput& input) {
        const auto choice = input.take<uint8_t>();
        if (choice < 112) {
            compositor_->send_any(input);
        } else if (choice < 192) {
            user_->act(input);
        } else if (choice < 232) {
            guest_acts(input);
        } else if (choice < 252) {
            const auto time = input.take<uint8_t>();
            clock_.advance(Nanoseconds{int64_t{time} * (time < 240 ? 4'000'000 : 50'000'000)});
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

    void attach(ScanoutId screen) {
        framebuffer_ = std::make_shared<Framebuffer>(MemoryPixels::create(kPicture).value(),
                                                     DRM_FORMAT_XRGB8888);
        presenter_->attach(screen, framebuffer_, Rect::of(kPicture));
    }

    void guest_acts(FuzzInput& input) {
        if (!ready_ || lost_) {
            return;
        }
        const ScanoutId screen = input.take<uint8_t>() % 2;
        switch (const auto what = input.take<uint8_t>(); what % 12) {
            case 0:
                return attach(screen);
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
            case 5:
                static_cast<void>(
                    presenter_->move_to_output(screen, what < 128 ? "DP-1" : "Maker Model"));
                return;
            case 6:
                static_cast<void>(presenter_->set_screen(screen, {.connected = what < 192}));
                return;
            case 7:
                input_.positions = !input_.positions;
                return;
            case 8:
                return share_text(what);
            default:
                presenter_->flush(screen, Region{{0, 0, 8, 8}}, when_done([this] { ++answered_; }));
        }
    }

    /// The guest has a text, has none any more, or wants the desktop's.
    void share_text(uint8_t how) {
        if (clipboard_.joined == nullptr) {
            return;
        }
        if (how < 96) {
            clipboard_.joined->offered();
        } else if (how < 128) {
            clipboard_.joined->withdrawn();
        } else {
            clipboard_.joined->fetch([this](const std::optional<std::string>&) { ++answered_; });
        }
    }

    ManualClock clock_;
    EventLoop loop_{clock_};
    RecordingInput input_;
    ClipboardDouble clipboard_;
    uint64_t answered_ = 0;
    FramebufferRef framebuffer_;
    std::optional<WireCompositor> compositor_;
    std::optional<WireUser> user_;
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
