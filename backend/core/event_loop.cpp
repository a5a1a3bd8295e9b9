// SPDX-License-Identifier: MIT
#include "core/event_loop.h"

#include <algorithm>
#include <array>
#include <chrono>

#include "turn_watchdog.h"

namespace oriel {
namespace {

/// What a turn has for pieces of work.
constexpr Nanoseconds kPieces{1'000'000};

}  // namespace

struct FdWatch::Entry {
    int epoll = -1;
    int fd = -1;
    FdEvents events = FdEvents::kNone;
    Callback callback;
    bool removed = false;
    // Keeps the entry alive while the kernel may still hand its address out, and while its callback
    // runs and removes it.
    std::shared_ptr<Entry> self;

    void remove() {
        if (removed) {
            return;
        }
        removed = true;
        ::epoll_ctl(epoll, EPOLL_CTL_DEL, fd, nullptr);
    }
};

FdWatch& FdWatch::operator=(FdWatch&& other) noexcept {
    if (this != &other) {
        reset();
        entry_ = std::move(other.entry_);
    }
    return *this;
}

FdWatch::~FdWatch() {
    reset();
}

void FdWatch::set_events(FdEvents events) {
    if (!entry_ || entry_->events == events) {
        return;
    }
    entry_->events = events;
    epoll_event event{};
    event.events = static_cast<uint32_t>(events);
    event.data.ptr = entry_.get();
    ::epoll_ctl(entry_->epoll, EPOLL_CTL_MOD, entry_->fd, &event);
}

void FdWatch::reset() {
    if (entry_) {
        entry_->remove();
        entry_->self.reset();
        entry_.reset();
    }
}

Timer::Timer(EventLoop& loop, Callback callback) : loop_{loop}, callback_{std::move(callback)} {}

Timer::~Timer() {
    disarm();
}

void Timer::arm_at(TimePoint deadline) {
    disarm();
    deadline_ = deadline;
    loop_.timers_.emplace(deadline, this);
}

void Timer::arm_after(Nanoseconds delay) {
    arm_at(loop_.clock_.now() + delay);
}

void Timer::disarm() {
    if (!deadline_) {
        return;
    }
    auto [it, end] = loop_.timers_.equal_range(*deadline_);
    it = std::find_if(it, end, [this](const auto& entry) { return entry.second == this; });
    if (it != end) {
        loop_.timers_.erase(it);
    }
    deadline_.reset();
}

DeferredCall::DeferredCall(EventLoop& loop, Callback callback)
    : loop_{loop}, callback_{std::move(callback)} {}

DeferredCall::~DeferredCall() {
    cancel();
    if (destroyed_ != nullptr) {
        *destroyed_ = true;
    }
}

void DeferredCall::schedule() {
    if (!scheduled_) {
        scheduled_ = true;
        loop_.deferred_calls_.push_back(this);
    }
}

void DeferredCall::cancel() {
    if (scheduled_) {
        scheduled_ = false;
        // Not erased: the loop may be walking over them.
        std::replace(loop_.deferred_calls_.begin(), loop_.deferred_calls_.end(), this,
                     static_cast<DeferredCall*>(nullptr));
    }
}

BeforeSleep::BeforeSleep(EventLoop& loop, Callback callback)
    : loop_{loop}, callback_{std::move(callback)} {
    loop_.before_sleep_.push_back(this);
}

BeforeSleep::~BeforeSleep() {
    std::erase(loop_.before_sleep_, this);
}

EventLoop::EventLoop(const Clock& clock) : clock_{clock}, epoll_{::epoll_create1(EPOLL_CLOEXEC)} {
    if (!epoll_) {
        throw StartupError{system_error("epoll_create1").value()};
    }
#ifndef NDEBUG
    watchdog_ = std::make_unique<TurnWatchdog>();
#endif
}

EventLoop::~EventLoop() = default;

bool EventLoop::take_piece() {
    const bool first = std::exchange(piece_turn_, turn_) != turn_;
    return first || clock_.now() - woken_at_ < kPieces;
}

Result<FdWatch> EventLoop::watch(int fd, FdEvents events, FdWatch::Callback callback) {
    auto entry = std::make_shared<FdWatch::Entry>();
    entry->epoll = epoll_.get();
    entry->fd = fd;
    entry->events = events;
    entry->callback = std::move(callback);
    epoll_event event{};
    event.events = static_cast<uint32_t>(events);
    event.data.ptr = entry.get();
    if (::epoll_ctl(epoll_.get(), EPOLL_CTL_ADD, fd, &event) != 0) {
        return system_error("watch file descriptor {}", fd);
    }
    entry->self = entry;
    return FdWatch{std::move(entry)};
}

void EventLoop::quit(int exit_code) {
    if (!quit_code_) {
        quit_code_ = exit_code;
    }
}

int EventLoop::run() {
    while (!quit_code_) {
        dispatch(Nanoseconds::max());
    }
    return *std::exchange(quit_code_, std::nullopt);
}

int EventLoop::wait_ms(Nanoseconds max_wait) const {
    if (!deferred_calls_.empty()) {
        return 0;
    }
    Nanoseconds wait = max_wait;
    if (!timers_.empty()) {
        wait = std::min(wait, std::max(Nanoseconds{0}, timers_.begin()->first - clock_.now()));
    }
    if (wait == Nanoseconds::max()) {
        return -1;
    }
    // Rounded up: waking a fraction of a millisecond early would spin until the deadline.
    const auto ms = std::chrono::ceil<std::chrono::milliseconds>(wait).count();
    return static_cast<int>(std::min<int64_t>(ms, 3'600'000));
}

void EventLoop::called(CallKind kind, int fd) {
    if (watchdog_) {
        watchdog_->called(kind, fd);
    }
}

bool EventLoop::dispatch(Nanoseconds max_wait) {
    // What was done outside the loop since the last turn may want to be flushed too.
    run_before_sleep();
    std::array<epoll_event, 32> events;
    const int count = ::epoll_wait(epoll_.get(), events.data(), static_cast<int>(events.size()),
                                   wait_ms(max_wait));
    woken_at_ = clock_.now();
    ++turn_;
    if (watchdog_) {
        watchdog_->turn_begins();
    }
    // An entry that an earlier callback of this batch removes must still be valid memory below.
    std::array<std::shared_ptr<FdWatch::Entry>, 32> batch;
    for (int i = 0; i < count; ++i) {
        const auto index = static_cast<size_t>(i);
        batch[index] = static_cast<FdWatch::Entry*>(events[index].data.ptr)->self;
    }
    bool ran = false;
    for (int i = 0; i < count; ++i) {
        const auto index = static_cast<size_t>(i);
        if (batch[index] && !batch[index]->removed) {
            batch[index]->callback(static_cast<FdEvents>(events[index].events));
            called(CallKind::kDescriptor, batch[index]->fd);
            ran = true;
        }
    }
    ran |= run_due_timers();
    ran |= run_deferred_calls();
    run_before_sleep();
    called(CallKind::kBeforeSleep);
    if (watchdog_) {
        watchdog_->turn_ends();
    }
    return ran;
}

void EventLoop::run_before_sleep() {
    // By index: a hook may end itself or make another one.
    for (size_t i = 0; i < before_sleep_.size(); ++i) {
        before_sleep_[i]->callback_();
    }
}

bool EventLoop::run_due_timers() {
    if (timers_.empty()) {
        return false;
    }
    // The time is read once, so that a timer that arms itself for "now" doesn't starve the fds.
    const TimePoint now = clock_.now();
    bool ran = false;
    std::vector<Timer*> due;
    for (auto it = timers_.begin(); it != timers_.end() && it->first <= now; ++it) {
        due.push_back(it->second);
    }
    for (Timer* timer : due) {
        // A callback may have destroyed or disarmed a later timer of this batch: fire only what is
        // still registered and due.
        const auto it = std::find_if(timers_.begin(), timers_.end(), [timer, now](const auto& e) {
            return e.second == timer && e.first <= now;
        });
        if (it == timers_.end()) {
            continue;
        }
        timers_.erase(it);
        timer->deadline_.reset();
        timer->callback_();
        called(CallKind::kTimer);
        ran = true;
    }
    return ran;
}

bool EventLoop::run_deferred_calls() {
    bool ran = false;
    // By index: calls schedule others, which run in this turn too, each once.
    for (size_t i = 0; i < deferred_calls_.size(); ++i) {
        DeferredCall* const call = deferred_calls_[i];
        if (call != nullptr && call->ran_in_turn_ != turn_) {
            deferred_calls_[i] = nullptr;
            run(*call);
            called(CallKind::kDeferred);
            ran = true;
        }
    }
    std::erase(deferred_calls_, nullptr);
    return ran;
}

void EventLoop::run(DeferredCall& call) {
    call.ran_in_turn_ = call.loop_.turn_;
    call.scheduled_ = false;
    // The call may end its object, and with it the function that runs.
    bool destroyed = false;
    call.destroyed_ = &destroyed;
    Callback callback = std::move(call.callback_);
    callback();
    if (!destroyed) {
        call.callback_ = std::move(callback);
        call.destroyed_ = nullptr;
    }
}

}  // namespace oriel
