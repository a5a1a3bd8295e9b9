// SPDX-License-Identifier: MIT
#pragma once

#include <sys/epoll.h>

#include <cstdint>
#include <functional>
#include <map>
#include <memory>
#include <optional>
#include <utility>
#include <vector>

#include "core/clock.h"
#include "core/result.h"
#include "core/unique_fd.h"

namespace oriel {

class EventLoop;
class TurnWatchdog;

/// What made the loop call somebody.
enum class CallKind : uint8_t { kDescriptor, kTimer, kDeferred, kBeforeSleep };

/// What an event source of the loop calls.
using Callback = std::function<void()>;

/// What an fd watch is interested in, and what it is told. Error and hang-up are always reported.
enum class FdEvents : uint32_t {
    kNone = 0,
    kRead = EPOLLIN,
    kWrite = EPOLLOUT,
    kError = EPOLLERR,
    kHangUp = EPOLLHUP | EPOLLRDHUP,
};
constexpr FdEvents operator|(FdEvents a, FdEvents b) {
    return static_cast<FdEvents>(static_cast<uint32_t>(a) | static_cast<uint32_t>(b));
}
constexpr bool operator&(FdEvents a, FdEvents b) {
    return (static_cast<uint32_t>(a) & static_cast<uint32_t>(b)) != 0;
}

/// A registered file descriptor. Destroying it stops the callbacks, also from inside one. The fd is
/// lent and must stay open as long as the watch lives; the loop must outlive the watch.
class FdWatch {
public:
    using Callback = std::function<void(FdEvents)>;

    FdWatch() = default;
    FdWatch(FdWatch&&) noexcept = default;
    FdWatch& operator=(FdWatch&& other) noexcept;
    FdWatch(const FdWatch&) = delete;
    FdWatch& operator=(const FdWatch&) = delete;
    ~FdWatch();

    /// Changes what is watched for; kNone keeps the watch but only reports errors and hang-ups.
    void set_events(FdEvents events);
    [[nodiscard]] bool active() const { return entry_ != nullptr; }
    void reset();

private:
    friend class EventLoop;
    struct Entry;
    explicit FdWatch(std::shared_ptr<Entry> entry) : entry_{std::move(entry)} {}
    std::shared_ptr<Entry> entry_;
};

/// A one-shot timer that can be armed again and again, with a resolution of one millisecond.
/// Destroying it disarms it; its own callback must not destroy it. The loop must outlive it.
class Timer {
public:
    using Callback = oriel::Callback;

    Timer(EventLoop& loop, Callback callback);
    Timer(const Timer&) = delete;
    Timer& operator=(const Timer&) = delete;
    ~Timer();

    void arm_at(TimePoint deadline);
    void arm_after(Nanoseconds delay);
    void disarm();
    [[nodiscard]] std::optional<TimePoint> deadline() const { return deadline_; }

private:
    friend class EventLoop;
    EventLoop& loop_;
    Callback callback_;
    std::optional<TimePoint> deadline_;
};

/// A call made after each batch of events and before the loop sleeps, as long as the hook lives:
/// the place to flush what the batch produced (the Wayland connection, interrupts). Hooks run in
/// the order in which they were made. The loop must outlive the hook.
class BeforeSleep {
public:
    BeforeSleep(EventLoop& loop, Callback callback);
    BeforeSleep(const BeforeSleep&) = delete;
    BeforeSleep& operator=(const BeforeSleep&) = delete;
    ~BeforeSleep();

private:
    friend class EventLoop;
    EventLoop& loop_;
    Callback callback_;
};

/// A call that is made later: after the callback that runs now, before the loop sleeps. A member of
/// whoever is called, so there is at most one pending, and it ends with its owner. The loop must
/// outlive it.
///
/// It runs once a turn of the loop at most. Scheduled from inside its own call it comes in the next
/// turn, after all file descriptors have been looked at: long work that is cut into calls keeps
/// nobody else waiting.
class DeferredCall {
public:
    DeferredCall(EventLoop& loop, Callback callback);
    DeferredCall(const DeferredCall&) = delete;
    DeferredCall& operator=(const DeferredCall&) = delete;
    /// Cancels. Allowed from inside its own call.
    ~DeferredCall();

    /// Does nothing while it is scheduled already.
    void schedule();
    void cancel();
    [[nodiscard]] bool scheduled() const { return scheduled_; }

private:
    friend class EventLoop;
    EventLoop& loop_;
    Callback callback_;
    bool scheduled_ = false;
    /// The turn of the loop in which it ran last.
    uint64_t ran_in_turn_ = 0;
    /// Where its call hears that this object has ended meanwhile; null while it doesn't run.
    bool* destroyed_ = nullptr;
};

/// The process' only loop: file descriptors, timers and deferred calls, one thread, no locks.
///
/// Nothing that runs on it may block. Callbacks may add and remove watches, timers and deferred
/// calls freely.
class EventLoop {
public:
    /// `clock` is lent and must outlive the loop. Throws StartupError if the kernel gives no epoll.
    explicit EventLoop(const Clock& clock);
    EventLoop(const EventLoop&) = delete;
    EventLoop& operator=(const EventLoop&) = delete;
    ~EventLoop();

    [[nodiscard]] const Clock& clock() const { return clock_; }
    /// When this turn's events came: work that they started is measured from here.
    [[nodiscard]] TimePoint woken_at() const { return woken_at_; }

    /// Whether a piece of work that is cut may be done now, by whoever asks: the first piece of a
    /// turn always, more of them until the turn is 1 ms old. So the loop is never held for long by
    /// many who have much to do, and each of them gets on. A piece takes 2 ms at most; who is told
    /// no goes on by a DeferredCall.
    [[nodiscard]] bool take_piece();

    /// Starts watching an fd (lent). Fails for an fd that epoll can't watch.
    [[nodiscard]] Result<FdWatch> watch(int fd, FdEvents events, FdWatch::Callback callback);

    /// Runs until quit(); returns its exit code.
    int run();
    void quit(int exit_code = 0);
    [[nodiscard]] bool quitting() const { return quit_code_.has_value(); }

    /// One turn: waits at most `max_wait` for an event (zero: doesn't wait), runs what is due.
    /// Returns whether anything ran. Tests call it with zero and a ManualClock.
    bool dispatch(Nanoseconds max_wait);

private:
    friend class BeforeSleep;
    friend class DeferredCall;
    friend class FdWatch;
    friend class Timer;

    void run_before_sleep();
    bool run_due_timers();
    bool run_deferred_calls();
    static void run(DeferredCall& call);
    /// For the watchdog: a callback has run. `fd` is kDescriptor's, else -1.
    void called(CallKind kind, int fd = -1);
    [[nodiscard]] int wait_ms(Nanoseconds max_wait) const;

    const Clock& clock_;
    UniqueFd epoll_;
    std::multimap<TimePoint, Timer*> timers_;
    /// Null: cancelled while others were being called.
    std::vector<DeferredCall*> deferred_calls_;
    uint64_t turn_ = 0;
    /// The last turn that had a piece of work.
    uint64_t piece_turn_ = UINT64_MAX;
    std::vector<BeforeSleep*> before_sleep_;
    std::optional<int> quit_code_;
    /// Null in builds without assertions.
    std::unique_ptr<TurnWatchdog> watchdog_;
    TimePoint woken_at_{};
};

}  // namespace oriel
