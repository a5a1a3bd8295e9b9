// SPDX-License-Identifier: MIT
#include "vdpy/display_loop.h"

#include <errno.h>
#include <sys/eventfd.h>

#include <utility>

#include "scanout/screen_row.h"
#include "serve/vhost_user_socket.h"
#include "wayland/compositor_socket.h"

namespace oriel::app::vdpy {
namespace {

constexpr const char* kVdpyArea = "vdpy";
// One turn may last that long; whoever wants something wakes the thread.
constexpr Nanoseconds kNoHurry{3'600'000'000'000};

std::vector<ScreenInfo> screens_of(const WindowWords& words) {
    std::vector<ScreenInfo> all;
    for (const ScreenWords& words_of_one : words.screens) {
        ScreenInfo& info = all.emplace_back();
        info.preferred = words_of_one.size.value_or(kUnnamed);
    }
    put_side_by_side(all);
    return all;
}

Nanoseconds period_of(const ScreenInfo& screen) {
    return Nanoseconds{1'000'000'000'000 / std::max<uint32_t>(screen.refresh_mhz, 1'000)};
}

}  // namespace

DisplayLoop::DisplayLoop(DisplayThread& thread, const WindowWords& words)
    : thread_{thread},
      words_{words},
      configured_{screens_of(words)},
      input_{make_input()},
      no_presenter_{loop_, configured_},
      card_{no_presenter_, this},
      surfaces_{card_.add_source("acrn", 0)},
      windows_{loop_, card_, no_presenter_, static_cast<DisplayOwner&>(*this), keeper_options()} {
    auto watch = loop_.watch(thread.wake_.get(), FdEvents::kRead, [this](FdEvents) {
        eventfd_t count = 0;
        ::eventfd_read(thread_.wake_.get(), &count);
        has_work_ = true;
    });
    if (!watch) {
        throw StartupError{watch.error()};
    }
    woken_ = std::move(*watch);
    if (!words_.input.empty()) {
        input_sockets_.emplace(loop_, *input_, words_.input, VhostUserInput{});
    }
}

DisplayLoop::~DisplayLoop() {
    surfaces_.clear();
    no_presenter_.look_like(card_.target());
    card_.retarget(no_presenter_);
}

std::unique_ptr<VmInput> DisplayLoop::make_input() {
    // Without a device that could get it there is no reason to grab what users do.
    if (words_.input.empty() && words_.qmp.empty()) {
        return nullptr;
    }
    return std::make_unique<VmInput>(
        loop_, [this](ScanoutId screen) { return input_area(card_, screen); }, words_.qmp);
}

// --- windows -------------------------------------------------------------------------------------

DisplayKeeper::Options DisplayLoop::keeper_options() const {
    return {.socket = wayland::compositor_socket(), .await_first = !words_.need_compositor};
}

wayland::PresenterOptions DisplayLoop::presenter_options() {
    wayland::PresenterOptions window;
    window.screens = configured_;
    // The program that the library is in.
    window.name = ::program_invocation_short_name;
    // Its GPU is none of ours to start up: what the compositor doesn't take is copied.
    window.path = words_.shm_only ? wayland::PathChoice::kShm : wayland::PathChoice::kDirectOrShm;
    window.input = input_ ? &input_->router() : nullptr;
    const std::vector<ScreenWords>& words = words_.screens;
    for (size_t screen = 0; screen < words.size(); ++screen) {
        window.output_names.push_back(words[screen].output);
        window.kept.push_back({.configured = configured_[screen],
                               .size_explicit = words[screen].size.has_value(),
                               .fullscreen = !words[screen].size.has_value()});
    }
    return window;
}

void DisplayLoop::display_ready() {
    windows_.display_ready();
}

void DisplayLoop::windows_ready() {
    shown_ = DisplayThread::Shown::kYes;
}

void DisplayLoop::display_lost(const std::string& reason) {
    windows_.display_lost(reason);
}

void DisplayLoop::windows_gone(const std::string& reason) {
    // log: once a process
    log_error(kVdpyArea, "{}: nothing is shown any more", reason);
    shown_ = DisplayThread::Shown::kNever;
}

void DisplayLoop::close_requested(ScanoutId) {
    // The VM has no power button here, and the process is another program's.
    if (closes_.admit(clock_.now())) {
        log_info(kVdpyArea, "a window was to be closed: it stays as long as its VM runs");
    }
}

// --- the thread ----------------------------------------------------------------------------------

void DisplayLoop::run() {
    publish();
    for (;;) {
        turn(has_work_ ? Nanoseconds{0} : kNoHurry);
        if (!std::exchange(has_work_, false)) {
            continue;
        }
        take_requests();
        {
            const std::lock_guard lock{thread_.mutex_};
            if (thread_.stopping_) {
                return;
            }
        }
        thread_.bottom_halves_.run_waiting();
    }
}

void DisplayLoop::turn(Nanoseconds max_wait) {
    static_cast<void>(loop_.dispatch(max_wait));
    publish();
}

void DisplayLoop::publish() {
    const Display& target = card_.target();
    const std::lock_guard lock{thread_.mutex_};
    bool changed = std::exchange(thread_.shown_, shown_) != shown_;
    for (ScanoutId screen = 0; screen < thread_.screens_.size(); ++screen) {
        const ScreenInfo now = target.screen(screen);
        changed = changed || now != thread_.screens_[screen];
        thread_.screens_[screen] = now;
    }
    if (changed) {
        thread_.changed_.notify_all();
    }
}

void DisplayLoop::take_requests() {
    std::array<std::optional<Point>, kMaxScreens> moved;
    const char* complaint = nullptr;
    bool closing = false;
    {
        const std::lock_guard lock{thread_.mutex_};
        moved = std::exchange(thread_.moved_, {});
        complaint = std::exchange(thread_.complaint_, nullptr);
        closing = thread_.closing_;
    }
    if (complaint != nullptr) {
        complain(complaint);
    }
    for (ScanoutId screen = 0; screen < moved.size(); ++screen) {
        if (moved.at(screen)) {
            surfaces_.move_cursor(screen, *moved.at(screen));
        }
    }
    if (closing) {
        surfaces_.clear();
        const std::lock_guard lock{thread_.mutex_};
        thread_.closing_ = false;
        thread_.changed_.notify_all();
    }
}

void DisplayLoop::complain(const char* call) {
    if (complaints_.admit(clock_.now())) {
        log_warn(kVdpyArea, "{}: a call that makes no sense: ignored", call);
    }
}

// --- inside bottom halves ------------------------------------------------------------------------

void DisplayLoop::set_surface(ScanoutId screen, const surface* given) {
    if (given == nullptr) {
        surfaces_.unset(screen);
    } else if (!surfaces_.set(screen, *given)) {
        complain("vdpy_surface_set");
    }
}

void DisplayLoop::update_surface(ScanoutId screen, const surface& given) {
    const Surfaces::Update update = surfaces_.update(screen, given);
    if (!update.good) {
        complain("vdpy_surface_update");
        return;
    }
    if (!words_.paced || update.token == 0) {
        return;
    }
    // The loop sleeps for whole milliseconds, rounded up.
    constexpr Nanoseconds kMillisecond{1'000'000};
    const TimePoint latest = clock_.now() + period_of(card_.target().screen(screen)) - kMillisecond;
    while (surfaces_.waits(update.token)) {
        const TimePoint now = clock_.now();
        if (now >= latest) {
            return;
        }
        turn(latest - now);
    }
}

void DisplayLoop::define_cursor(ScanoutId screen, const cursor& given) {
    if (!surfaces_.define_cursor(screen, given)) {
        complain("vdpy_cursor_define");
    }
}

}  // namespace oriel::app::vdpy
