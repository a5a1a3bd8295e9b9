// SPDX-License-Identifier: MIT
#include "core/event_loop.h"

#include <doctest/doctest.h>
#include <sys/eventfd.h>
#include <unistd.h>

#include <algorithm>
#include <array>
#include <optional>
#include <string>
#include <vector>

using namespace oriel;
using namespace std::chrono_literals;

namespace {

UniqueFd make_eventfd() {
    return UniqueFd{::eventfd(0, EFD_CLOEXEC | EFD_NONBLOCK)};
}

void signal(const UniqueFd& fd) {
    const uint64_t one = 1;
    REQUIRE(::write(fd.get(), &one, sizeof one) == sizeof one);
}

}  // namespace

TEST_CASE("a watch is told when its descriptor is readable, and no more once it is gone") {
    SystemClock clock;
    EventLoop loop{clock};
    const UniqueFd fd = make_eventfd();
    int calls = 0;
    auto watch = loop.watch(fd.get(), FdEvents::kRead, [&](FdEvents events) {
        CHECK((events & FdEvents::kRead));
        ++calls;
    });
    REQUIRE(watch);
    loop.dispatch(0ns);
    CHECK(calls == 0);
    signal(fd);
    loop.dispatch(0ns);
    CHECK(calls == 1);
    watch->reset();
    loop.dispatch(0ns);
    CHECK(calls == 1);
}

TEST_CASE("a callback may destroy its own watch and that of another descriptor in the same batch") {
    SystemClock clock;
    EventLoop loop{clock};
    const UniqueFd a = make_eventfd();
    const UniqueFd b = make_eventfd();
    std::optional<FdWatch> watch_a;
    std::optional<FdWatch> watch_b;
    int calls = 0;
    const auto drop_both = [&](FdEvents) {
        ++calls;
        watch_a.reset();
        watch_b.reset();
    };
    watch_a = std::move(*loop.watch(a.get(), FdEvents::kRead, drop_both));
    watch_b = std::move(*loop.watch(b.get(), FdEvents::kRead, drop_both));
    signal(a);
    signal(b);
    loop.dispatch(0ns);
    loop.dispatch(0ns);
    CHECK(calls == 1);
}

TEST_CASE("watching a descriptor that is not open is an error of the host, not a crash") {
    SystemClock clock;
    EventLoop loop{clock};
    const auto watch = loop.watch(-1, FdEvents::kRead, [](FdEvents) {});
    REQUIRE_FALSE(watch);
    CHECK(watch.error().code == EBADF);
}

TEST_CASE("timers fire in the order of their deadlines and only when the clock has passed them") {
    ManualClock clock;
    EventLoop loop{clock};
    std::string order;
    Timer late{loop, [&] { order += "late "; }};
    Timer early{loop, [&] { order += "early "; }};
    late.arm_after(20ms);
    early.arm_after(10ms);
    loop.dispatch(0ns);
    CHECK(order.empty());
    clock.advance(10ms);
    loop.dispatch(0ns);
    CHECK(order == "early ");
    CHECK_FALSE(early.deadline());
    clock.advance(10ms);
    loop.dispatch(0ns);
    CHECK(order == "early late ");
}

TEST_CASE("a clock that jumps by an hour makes each timer due once, also one that repeats") {
    ManualClock clock;
    EventLoop loop{clock};
    int once = 0;
    int beats = 0;
    Timer single{loop, [&] { ++once; }};
    std::optional<Timer> beat;
    beat.emplace(loop, [&] {
        ++beats;
        beat->arm_after(10ms);
    });
    single.arm_after(20ms);
    beat->arm_after(10ms);
    clock.advance(1h);
    while (loop.dispatch(0ns)) {
    }
    CHECK(once == 1);
    CHECK(beats == 1);
    // From now on at its pace.
    clock.advance(10ms);
    while (loop.dispatch(0ns)) {
    }
    CHECK(beats == 2);
}

TEST_CASE("a timer that is disarmed by an earlier timer of the same moment does not fire") {
    ManualClock clock;
    EventLoop loop{clock};
    int fired = 0;
    std::optional<Timer> second;
    Timer first{loop, [&] {
                    ++fired;
                    second.reset();
                }};
    second.emplace(loop, [&] { fired += 100; });
    first.arm_after(1ms);
    second->arm_after(2ms);
    clock.advance(5ms);
    loop.dispatch(0ns);
    CHECK(fired == 1);
}

TEST_CASE("a timer that arms itself for now does not starve the descriptors") {
    ManualClock clock;
    EventLoop loop{clock};
    const UniqueFd fd = make_eventfd();
    bool read = false;
    auto watch = loop.watch(fd.get(), FdEvents::kRead, [&](FdEvents) { read = true; });
    Timer* self = nullptr;
    Timer timer{loop, [&] { self->arm_after(0ns); }};
    self = &timer;
    timer.arm_after(0ns);
    signal(fd);
    loop.dispatch(0ns);
    loop.dispatch(0ns);
    CHECK(read);
}

TEST_CASE("deferred calls run once, before the loop sleeps, and may defer again") {
    SystemClock clock;
    EventLoop loop{clock};
    int runs = 0;
    DeferredCall second{loop, [&] {
                            ++runs;
                            loop.quit(7);
                        }};
    DeferredCall first{loop, [&] {
                           ++runs;
                           second.schedule();
                       }};
    first.schedule();
    CHECK(loop.run() == 7);
    CHECK(runs == 2);
}

TEST_CASE("every hook runs before the loop sleeps, in order, until it is gone") {
    ManualClock clock;
    EventLoop loop{clock};
    std::vector<int> calls;
    BeforeSleep first{loop, [&] { calls.push_back(1); }};
    std::optional<BeforeSleep> second;
    second.emplace(loop, [&] { calls.push_back(2); });
    loop.dispatch(0ns);
    REQUIRE(calls.size() >= 2);
    CHECK(calls[0] == 1);
    CHECK(calls[1] == 2);
    second.reset();
    calls.clear();
    loop.dispatch(0ns);
    CHECK(std::count(calls.begin(), calls.end(), 1) >= 1);
    CHECK(std::count(calls.begin(), calls.end(), 2) == 0);
}

TEST_CASE("a deferred call runs once, after what scheduled it") {
    ManualClock clock;
    EventLoop loop{clock};
    int calls = 0;
    DeferredCall call{loop, [&] { ++calls; }};
    call.schedule();
    call.schedule();
    CHECK(call.scheduled());
    CHECK(calls == 0);
    CHECK(loop.dispatch({}));
    CHECK(calls == 1);
    CHECK_FALSE(call.scheduled());
    CHECK_FALSE(loop.dispatch({}));
}

TEST_CASE("a deferred call that schedules itself comes in the next turn, after the descriptors") {
    ManualClock clock;
    EventLoop loop{clock};
    std::array<int, 2> ends{};
    REQUIRE(::pipe(ends.data()) == 0);
    const UniqueFd read_end{ends[0]};
    const UniqueFd write_end{ends[1]};
    std::string order;
    DeferredCall call{loop, [&] {
                          order += 'c';
                          if (order.size() < 3) {
                              call.schedule();
                          }
                      }};
    const auto watch = loop.watch(read_end.get(), FdEvents::kRead, [&](FdEvents) { order += 'f'; });
    REQUIRE(watch);
    call.schedule();
    loop.dispatch({});
    CHECK(order == "c");
    REQUIRE(::write(write_end.get(), "x", 1) == 1);
    loop.dispatch({});
    CHECK(order == "cfc");
}

TEST_CASE("a deferred call may schedule another one, which runs in the same turn") {
    ManualClock clock;
    EventLoop loop{clock};
    int calls = 0;
    DeferredCall second{loop, [&] { ++calls; }};
    DeferredCall first{loop, [&] { second.schedule(); }};
    first.schedule();
    loop.dispatch({});
    CHECK(calls == 1);
}

TEST_CASE("a deferred call that is cancelled or has ended doesn't run") {
    ManualClock clock;
    EventLoop loop{clock};
    int calls = 0;
    std::optional<DeferredCall> ended;
    DeferredCall cancelled{loop, [&] { ++calls; }};
    DeferredCall first{loop, [&] {
                           cancelled.cancel();
                           ended.reset();
                       }};
    ended.emplace(loop, [&] { ++calls; });
    first.schedule();
    cancelled.schedule();
    ended->schedule();
    loop.dispatch({});
    CHECK(calls == 0);
}

TEST_CASE("a deferred call may end its own object") {
    ManualClock clock;
    EventLoop loop{clock};
    std::string text = "a capture that is longer than what a std::function keeps inside itself";
    std::string seen;
    std::optional<DeferredCall> call;
    call.emplace(loop, [&call, &seen, text] {
        call.reset();
        seen = text;
    });
    call->schedule();
    loop.dispatch({});
    CHECK(seen == text);
}

TEST_CASE("each turn has a piece of long work, and more of them until it is 1 ms old") {
    ManualClock clock;
    EventLoop loop{clock};
    int pieces = 0;
    DeferredCall work{loop, [&] {
                          while (loop.take_piece()) {
                              ++pieces;
                              clock.advance(600us);
                          }
                          work.schedule();
                      }};
    work.schedule();
    loop.dispatch(0ns);
    CHECK(pieces == 2);
    loop.dispatch(0ns);
    CHECK(pieces == 4);
    // A turn that had much else to do before.
    DeferredCall slow{loop, [&] { clock.advance(5ms); }};
    work.cancel();
    slow.schedule();
    work.schedule();
    loop.dispatch(0ns);
    CHECK(pieces == 5);
}
