// SPDX-License-Identifier: MIT
#include "scanout/pacing.h"
#include "support/flush_done.h"

#include <doctest/doctest.h>

using namespace oriel;
using namespace std::chrono_literals;
using Action = FramePacer::Action;

namespace {

using test::when_done;

struct Pacing {
    ManualClock clock;
    FramePacer pacer{clock};
    int answered = 0;

    Action flush() {
        return pacer.flush(when_done([this] { ++answered; }));
    }
    /// A flush that is committed at once, showing the guest's own buffer.
    void flip(uint64_t buffer) {
        REQUIRE(flush() == Action::kCommit);
        pacer.committed(shared(buffer));
    }
    /// Shows buffers 1 and 2 in turn with a compositor that needs `latency` to latch and release.
    void flips_answered_after(Nanoseconds latency, int rounds) {
        for (int round = 0; round < rounds; ++round) {
            const uint64_t buffer = 1 + static_cast<uint64_t>(round) % 2;
            flip(buffer);
            clock.advance(latency);
            pacer.expire();
            static_cast<void>(pacer.frame_done());
            pacer.released(3 - buffer);
        }
    }

    static CommittedFrame shared(uint64_t buffer) {
        return {CommittedFrame::Pixels::kShared, buffer};
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
    static_cast<void>(p.pacer.flush(
        when_done([&] { static_cast<void>(p.pacer.flush(when_done([&] { ++inner; }))); })));
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

TEST_CASE("a guest with two buffers gets one back when the other is latched and it is released") {
    Pacing p;
    p.flip(1);
    CHECK(p.answered == 0);
    CHECK(p.pacer.frame_done() == Action::kNone);
    CHECK(p.answered == 1);  // there was none before

    p.flip(2);
    SUBCASE("latched, then released") {
        CHECK(p.pacer.frame_done() == Action::kNone);
        CHECK(p.answered == 1);
        p.pacer.released(1);
        CHECK(p.answered == 2);
    }
    SUBCASE("released, then latched") {
        p.pacer.released(1);
        CHECK(p.answered == 1);
        CHECK(p.pacer.frame_done() == Action::kNone);
        CHECK(p.answered == 2);
    }
    SUBCASE("another buffer's release doesn't count") {
        CHECK(p.pacer.frame_done() == Action::kNone);
        p.pacer.released(2);
        p.pacer.released(7);
        CHECK(p.answered == 1);
    }
}

TEST_CASE("the same buffer again is answered when it is latched") {
    Pacing p;
    p.flip(1);
    static_cast<void>(p.pacer.frame_done());
    p.flip(1);
    CHECK(p.answered == 1);
    static_cast<void>(p.pacer.frame_done());
    CHECK(p.answered == 2);
}

TEST_CASE("with three buffers each flush waits for the one before it and no other") {
    Pacing p;
    p.flip(1);
    static_cast<void>(p.pacer.frame_done());
    p.flip(2);
    static_cast<void>(p.pacer.frame_done());
    p.flip(3);
    static_cast<void>(p.pacer.frame_done());
    CHECK(p.answered == 1);
    p.pacer.released(2);  // a compositor may give them back in any order
    CHECK(p.answered == 2);
    p.pacer.released(1);
    CHECK(p.answered == 3);
}

TEST_CASE("a guest that flips faster than the compositor shows is merged, never queued") {
    Pacing p;
    p.pacer.set_refresh(60'000);
    p.flip(1);
    for (int i = 0; i < 788; ++i) {
        CHECK(p.flush() == Action::kNone);
    }
    CHECK(p.pacer.frame_done() == Action::kCommit);
    p.pacer.committed(Pacing::shared(2));
    CHECK(p.answered == 1);
    static_cast<void>(p.pacer.frame_done());
    p.pacer.released(1);
    CHECK(p.answered == 789);
}

TEST_CASE("a compositor that never answers blocks a flip for one refresh period") {
    Pacing p;
    p.pacer.set_refresh(60'000);
    for (uint64_t buffer = 1; buffer <= 20; ++buffer) {
        CHECK(p.flush() == (buffer == 1 ? Action::kCommit : Action::kNone));
        if (buffer == 1) {
            p.pacer.committed(Pacing::shared(buffer));
        }
        REQUIRE(p.pacer.deadline());
        CHECK(*p.pacer.deadline() - p.clock.now() == p.pacer.refresh_period());
        p.clock.advance(p.pacer.refresh_period());
        CHECK(p.pacer.expire() == 1);
    }
    CHECK(p.answered == 20);
}

TEST_CASE("a compositor that never releases costs a period a frame, and no memory") {
    Pacing p;
    for (uint64_t buffer = 1; buffer <= 1000; ++buffer) {
        p.flip(buffer);
        static_cast<void>(p.pacer.frame_done());
        if (buffer > 1) {
            REQUIRE(p.pacer.deadline());
            CHECK(*p.pacer.deadline() - p.clock.now() <= p.pacer.refresh_period());
            p.clock.advance(p.pacer.refresh_period());
            CHECK(p.pacer.expire() == 1);
        }
    }
    CHECK(p.answered == 1000);
}

TEST_CASE("a slow compositor is waited for, so that nothing tears") {
    Pacing p;
    p.pacer.set_refresh(60'000);
    p.flips_answered_after(40ms, 2);  // learned: 40 ms
    const int before = p.answered;
    p.flip(1);
    p.clock.advance(45ms);
    CHECK(p.pacer.expire() == 0);
    static_cast<void>(p.pacer.frame_done());
    p.pacer.released(2);
    CHECK(p.answered == before + 1);

    SUBCASE("once it falls silent, for one more time and then for a period") {
        p.flip(2);
        CHECK(*p.pacer.deadline() - p.clock.now() <= 60ms);
        p.clock.advance(60ms);
        CHECK(p.pacer.expire() == 1);
        CHECK(p.flush() == Action::kNone);
        CHECK(*p.pacer.deadline() - p.clock.now() == p.pacer.refresh_period());
    }
}

TEST_CASE("patience ends at a quarter of a second") {
    Pacing p;
    p.pacer.set_refresh(60'000);
    p.flips_answered_after(249ms, 4);
    p.flip(1);
    CHECK(*p.pacer.deadline() - p.clock.now() == 250ms);
}

TEST_CASE("what a GPU needs to read isn't taken for the compositor's pace") {
    Pacing p;
    p.pacer.set_refresh(60'000);
    REQUIRE(p.flush() == Action::kCommit);
    p.pacer.committed({CommittedFrame::Pixels::kRead, 7});
    static_cast<void>(p.pacer.frame_done());
    p.clock.advance(100ms);
    p.pacer.expire();
    p.flip(1);
    p.pacer.released(7);
    static_cast<void>(p.pacer.frame_done());
    p.flip(2);
    CHECK(*p.pacer.deadline() - p.clock.now() == p.pacer.refresh_period());
}

TEST_CASE("a compositor's pace is learnt from the guest's own buffers, whatever is shown by then") {
    Pacing p;
    p.pacer.set_refresh(60'000);
    p.flip(1);
    static_cast<void>(p.pacer.frame_done());
    p.flip(2);  // waits for buffer 1
    static_cast<void>(p.pacer.frame_done());
    REQUIRE(p.flush() == Action::kCommit);
    p.pacer.committed();
    p.clock.advance(40ms);
    p.pacer.released(1);
    static_cast<void>(p.pacer.frame_done());
    p.flip(3);
    static_cast<void>(p.pacer.frame_done());
    p.flip(1);
    CHECK(*p.pacer.deadline() - p.clock.now() > 40ms);
}

TEST_CASE("a second release of a buffer and one that was never committed do nothing") {
    Pacing p;
    p.flip(1);
    static_cast<void>(p.pacer.frame_done());
    p.flip(2);
    static_cast<void>(p.pacer.frame_done());
    p.pacer.released(1);
    p.pacer.released(1);
    p.pacer.released(99);
    CHECK(p.answered == 2);
    p.flip(1);
    static_cast<void>(p.pacer.frame_done());
    CHECK(p.answered == 2);
    p.pacer.released(2);
    CHECK(p.answered == 3);
}

TEST_CASE("pixels that a GPU reads are the guest's again when it has read them") {
    Pacing p;
    REQUIRE(p.flush() == Action::kCommit);
    p.pacer.committed({CommittedFrame::Pixels::kRead, 1});
    CHECK(p.answered == 0);
    p.pacer.released(1);
    CHECK(p.answered == 1);
    CHECK(p.pacer.awaiting_frame());
}

TEST_CASE("black after a guest's own buffer answers at once, and so does losing everything") {
    Pacing p;
    p.flip(1);
    SUBCASE("copied pixels wait for no release") {
        CHECK(p.pacer.frame_done() == Action::kNone);
        REQUIRE(p.flush() == Action::kCommit);
        p.pacer.committed();
        CHECK(p.answered == 2);
    }
    SUBCASE("drop") {
        p.pacer.drop();
        CHECK(p.answered == 1);
    }
    SUBCASE("reset") {
        p.pacer.reset();
        CHECK(p.answered == 1);
        CHECK_FALSE(p.pacer.deadline());
    }
}

TEST_CASE("an answer from inside a frame callback may bring the next flip, which goes out") {
    Pacing p;
    bool inner = false;
    REQUIRE(p.pacer.flush(when_done([&] {
        inner = p.flush() == Action::kCommit;
        p.pacer.committed(Pacing::shared(2));
    })) == Action::kCommit);
    p.pacer.committed(Pacing::shared(1));
    CHECK(p.pacer.frame_done() == Action::kNone);
    CHECK(inner);
    CHECK(p.pacer.awaiting_frame());
}
