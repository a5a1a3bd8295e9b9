// SPDX-License-Identifier: MIT
#include "vdpy/display_thread.h"

#include <pthread.h>
#include <signal.h>
#include <sys/eventfd.h>

#include <exception>
#include <utility>

#include "vdpy/display_loop.h"

namespace oriel::app::vdpy {
namespace {

// For a compositor that is needed at the start; the presenter itself gives up sooner.
constexpr Nanoseconds kLongestStart{15'000'000'000};

}  // namespace

Result<std::unique_ptr<DisplayThread>> DisplayThread::start(const WindowWords& words) {
    UniqueFd wake{::eventfd(0, EFD_CLOEXEC | EFD_NONBLOCK)};
    if (!wake) {
        return system_error("an eventfd for the display thread");
    }
    // The constructor is private. NOLINTNEXTLINE(modernize-make-unique)
    std::unique_ptr<DisplayThread> thread{new DisplayThread{words, std::move(wake)}};
    std::unique_lock lock{thread->mutex_};
    thread->changed_.wait(lock, [&] { return thread->started_; });
    if (thread->start_error_) {
        return tl::unexpected(*thread->start_error_);
    }
    lock.unlock();
    if (words.need_compositor && thread->wait_shown(kLongestStart) != Shown::kYes) {
        return host_error("there is no compositor, and compositor=need was given");
    }
    return thread;
}

DisplayThread::DisplayThread(const WindowWords& words, UniqueFd wake)
    : wake_{std::move(wake)},
      screen_count_{static_cast<uint32_t>(words.screens.size())},
      screens_(screen_count_) {
    // Signals are the program's, on its own threads.
    sigset_t all;
    sigset_t before;
    ::sigfillset(&all);
    for (const int fault : {SIGBUS, SIGSEGV, SIGFPE, SIGILL, SIGTRAP, SIGSYS}) {
        ::sigdelset(&all, fault);
    }
    ::pthread_sigmask(SIG_SETMASK, &all, &before);
    thread_ = std::thread{[this, words] { run(words); }};
    ::pthread_sigmask(SIG_SETMASK, &before, nullptr);
}

DisplayThread::~DisplayThread() {
    {
        const std::lock_guard lock{mutex_};
        stopping_ = true;
    }
    wake();
    thread_.join();
}

void DisplayThread::run(const WindowWords& words) {
    ::pthread_setname_np(::pthread_self(), "oriel-display");
    try {
        DisplayLoop loop{*this, words};
        loop_ = &loop;
        started({});
        loop.run();
    } catch (const std::exception& error) {
        // The start, or a host without memory.
        started(HostError{0, error.what()});
    }
    loop_ = nullptr;
    bottom_halves_.close();
    const std::lock_guard lock{mutex_};
    ended_ = true;
    changed_.notify_all();
}

void DisplayThread::started(std::optional<HostError> error) {
    const std::lock_guard lock{mutex_};
    started_ = true;
    start_error_ = std::move(error);
    changed_.notify_all();
}

void DisplayThread::wake() const {
    ::eventfd_write(wake_.get(), 1);
}

DisplayThread::Shown DisplayThread::wait_shown(Nanoseconds patience) {
    std::unique_lock lock{mutex_};
    changed_.wait_for(lock, patience, [this] { return shown_ != Shown::kNotYet; });
    return shown_;
}

std::optional<ScreenInfo> DisplayThread::screen(int number) {
    if (!known(number)) {
        return std::nullopt;
    }
    const std::lock_guard lock{mutex_};
    return screens_[static_cast<size_t>(number)];
}

void DisplayThread::open() {
    bottom_halves_.open();
}

void DisplayThread::close() {
    bottom_halves_.close();
    if (is_current()) {
        for (uint32_t screen = 0; screen < screen_count_; ++screen) {
            loop_->set_surface(screen, nullptr);
        }
        return;
    }
    {
        const std::lock_guard lock{mutex_};
        closing_ = true;
    }
    wake();
    std::unique_lock lock{mutex_};
    changed_.wait(lock, [this] { return !closing_ || ended_; });
}

bool DisplayThread::submit(vdpy_display_bh* bottom_half) {
    return bottom_halves_.submit(bottom_half);
}

void DisplayThread::move_cursor(int number, Point corner) {
    if (!known(number)) {
        complain("vdpy_cursor_move");
        return;
    }
    {
        const std::lock_guard lock{mutex_};
        moved_.at(static_cast<size_t>(number)) = corner;
    }
    wake();
}

void DisplayThread::complain(const char* call) {
    {
        const std::lock_guard lock{mutex_};
        complaint_ = call;
    }
    wake();
}

void DisplayThread::set_surface(int number, const surface* given) {
    if (!is_current() || !known(number)) {
        complain("vdpy_surface_set");
        return;
    }
    loop_->set_surface(static_cast<ScanoutId>(number), given);
}

void DisplayThread::update_surface(int number, const surface& given) {
    if (!is_current() || !known(number)) {
        complain("vdpy_surface_update");
        return;
    }
    loop_->update_surface(static_cast<ScanoutId>(number), given);
}

void DisplayThread::define_cursor(int number, const cursor& given) {
    if (!is_current() || !known(number)) {
        complain("vdpy_cursor_define");
        return;
    }
    loop_->define_cursor(static_cast<ScanoutId>(number), given);
}

}  // namespace oriel::app::vdpy
