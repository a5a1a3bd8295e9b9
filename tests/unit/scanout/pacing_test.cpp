// SPDX-License-Identifier: MIT
#include "scanout/pacing.h"

#include <doctest/doctest.h>

using namespace oriel;
using namespace std::chrono_literals;
using Action = FramePacer::Action;

namespace {

struct Pacing {
    ManualClock clock;
    FramePacer pacer{clock};
    int answered = 0;

    Action flush() {
        return pacer.flush([this] { ++answered; });
    }
};

}  // namespace

TEST_CASE("the first flush is committed and answered at once") {
    Pacing p;
    CHECK(p.flush() == Action::kCommit);
    CHECK(p.answered == 0);
    p.pacer.committed();
    CHECK(p.answered == 1);
    CHECK(p.pacer.awaiting_frame());
}

TEST_CASE("flushes that come before the frame callback merge into one commit and wait for it") {
    Pacing p;
    static_cast<void>(p.flush());
    p.pacer.committed();
    CHECK(p.flush() == Action::kNone);
    CHECK(p.flush() == Action::kNone);
    CHECK(p.answered == 1);
    CHECK(p.pacer.frame_done() == Action::kCommit);
    p.pacer.committed();
    CHECK(p.answered == 3);
    CHECK(p.pacer.frame_done() == Action::kNone);
    CHECK_FALSE(p.pacer.awaiting_frame());
}

TEST_CASE("a withheld frame callback never blocks a guest longer than one refresh period") {
    Pacing p;
    p.pacer.set_refresh(60'000);
    static_cast<void>(p.flush());
    p.pacer.committed();
    static_cast<void>(p.flush());
    REQUIRE(p.pacer.deadline());
    CHECK(*p.pacer.deadline() - p.clock.now() == p.pacer.refresh_period());
    p.clock.advance(16ms);
    CHECK(p.pacer.expire() == 0);
    CHECK(p.answered == 1);
    p.clock.advance(1ms);
    CHECK(p.pacer.expire() == 1);
    CHECK(p.answered == 2);
    CHECK_FALSE(p.pacer.deadline());

    SUBCASE("and its damage still goes out with the callback") {
        CHECK(p.pacer.frame_done() == Action::kCommit);
    }
}

TEST_CASE("a window counts as hidden after several silent periods, and no longer at the callback") {
    Pacing p;
    static_cast<void>(p.flush());
    p.pacer.committed();
    p.clock.advance(499ms);  // a busy machine
    CHECK_FALSE(p.pacer.hidden());
    p.clock.advance(1ms);
    CHECK(p.pacer.hidden());
    static_cast<void>(p.pacer.frame_done());
    CHECK_FALSE(p.pacer.hidden());
}

TEST_CASE("an idle window is never hidden, however long nothing is drawn") {
    Pacing p;
    static_cast<void>(p.flush());
    p.pacer.committed();
    static_cast<void>(p.pacer.frame_done());
    p.clock.advance(1h);
    CHECK_FALSE(p.pacer.hidden());
    CHECK_FALSE(p.pacer.hidden_at());
    CHECK_FALSE(p.pacer.deadline());
}

TEST_CASE("a blocked presenter commits when it is unblocked, not at the callback") {
    Pacing p;
    p.pacer.set_blocked(true);
    CHECK(p.flush() == Action::kNone);
    CHECK(p.pacer.frame_done() == Action::kNone);
    CHECK(p.pacer.unblocked() == Action::kCommit);
    p.pacer.committed();
    CHECK(p.answered == 1);
    CHECK(p.pacer.unblocked() == Action::kNone);
}

TEST_CASE("a reset answers everything that waits and forgets the callback") {
    Pacing p;
    static_cast<void>(p.flush());
    p.pacer.committed();
    static_cast<void>(p.flush());
    static_cast<void>(p.flush());
    p.pacer.reset();
    CHECK(p.answered == 3);
    CHECK_FALSE(p.pacer.awaiting_frame());
    CHECK(p.flush() == Action::kCommit);
}

TEST_CASE("an answer may bring the guest's next flush from inside") {
    Pacing p;
    int inner = 0;
    static_cast<void>(p.pacer.flush([&] { static_cast<void>(p.pacer.flush([&] { ++inner; })); }));
    p.pacer.committed();
    CHECK(inner == 0);
    CHECK(p.pacer.commit_due());
    CHECK(p.pacer.frame_done() == Action::kCommit);
    p.pacer.committed();
    CHECK(inner == 1);
}

TEST_CASE("a nonsensical refresh rate gives a sane period") {
    Pacing p;
    p.pacer.set_refresh(0);
    CHECK(p.pacer.refresh_period() == 1s);
    p.pacer.set_refresh(0xffffffff);
    CHECK(p.pacer.refresh_period() == 1ms);
}

TEST_CASE("drop answers what waits and still keeps the compositor's pace") {
    Pacing p;
    static_cast<void>(p.flush());
    p.pacer.committed();
    static_cast<void>(p.flush());
    p.pacer.drop();
    CHECK(p.answered == 2);
    CHECK(p.flush() == Action::kNone);
    CHECK(p.pacer.frame_done() == Action::kCommit);
}
