// SPDX-License-Identifier: MIT
#include "scanout/copy_in_turns.h"

#include <doctest/doctest.h>

#include <memory>

#include "core/clock.h"
#include "scanout/buffer_rows.h"
#include "support/slow_picture.h"

using namespace oriel;
using test::SlowPicture;

namespace {

constexpr Rect kAll = Rect::of(SlowPicture::kSize);
constexpr uint32_t kLastRow = SlowPicture::kSize.height - 1;

/// Who shows a copy, and is called when there is more of it to be made.
struct Screen {
    void ask() { complete = copies.complete(framebuffer); }
    void turn() { loop.dispatch(Nanoseconds{0}); }
    /// Until the copy is complete; so many turns.
    int turns() {
        int count = 0;
        for (; !complete && count < 100; ++count) {
            turn();
        }
        return count;
    }

    ManualClock clock;
    EventLoop loop{clock};
    std::shared_ptr<SlowPicture> picture = std::make_shared<SlowPicture>(clock);
    Framebuffer framebuffer{picture};
    bool complete = false;
    CopyInTurns copies{loop, [this] { ask(); }};
};

}  // namespace

TEST_CASE("a long copy is made in turns, a piece in each") {
    Screen screen;
    screen.picture->paint(kAll, 0x112233);
    screen.turn();
    screen.ask();
    CHECK_FALSE(screen.complete);
    CHECK(screen.picture->rows_read == SlowPicture::kPieceRows);
    CHECK(screen.turns() == SlowPicture::kPieces - 1);
    CHECK(screen.picture->rows_read == SlowPicture::kSize.height);
    CHECK(screen.picture->copied(0, 0) == 0x112233);
    CHECK(screen.picture->copied(0, kLastRow) == 0x112233);
    CHECK(screen.picture->copies() == 1);
}

TEST_CASE("a short copy is made at once") {
    Screen screen;
    static_cast<void>(screen.framebuffer.memory());
    screen.picture->rows_read = 0;
    screen.picture->paint({0, 0, 64, 64}, 0x445566);
    screen.ask();
    CHECK(screen.complete);
    CHECK(screen.picture->rows_read == 64);
    CHECK(screen.picture->copied(63, 63) == 0x445566);
}

TEST_CASE("two screens with long copies have one piece a turn together") {
    Screen screen;
    SlowPicture& first = *screen.picture;
    const auto second = std::make_shared<SlowPicture>(screen.clock);
    const Framebuffer other{second};
    bool other_complete = false;
    CopyInTurns other_copies{screen.loop, [&] { other_complete = other_copies.complete(other); }};
    first.paint(kAll, 1);
    second->paint(kAll, 2);
    screen.turn();
    screen.ask();
    other_complete = other_copies.complete(other);
    CHECK(first.rows_read + second->rows_read == SlowPicture::kPieceRows);
    int turns = 0;
    while (!(screen.complete && other_complete) && turns < 100) {
        const int before = first.rows_read + second->rows_read;
        screen.turn();
        CHECK(first.rows_read + second->rows_read - before <= SlowPicture::kPieceRows);
        ++turns;
    }
    CHECK(first.copied(0, kLastRow) == 1);
    CHECK(second->copied(0, kLastRow) == 2);
}

TEST_CASE("what is flushed while a long copy is made is in the next one, and never lost") {
    Screen screen;
    SlowPicture& picture = *screen.picture;
    picture.paint(kAll, 1);
    screen.turn();
    screen.ask();
    picture.paint({0, 0, 8, 8}, 2);  // in rows that are copied already
    screen.turns();
    CHECK(screen.complete);
    CHECK(picture.copied(0, 0) == 1);
    CHECK(screen.picture->flushed_during_copy() == Region{Rect{0, 0, 8, 8}});
    CHECK(picture.changed_since(0).area() == SlowPicture::kSize.area());

    screen.ask();
    CHECK(picture.copied(0, 0) == 2);
    CHECK(screen.picture->flushed_during_copy().empty());
    CHECK(picture.changed_since(1).bounds() == Rect{0, 0, 8, 8});
}

TEST_CASE("a guest that flushes all of its picture in each turn has its copies completed") {
    Screen screen;
    screen.picture->paint(kAll, 1);
    screen.ask();
    int turns = 0;
    for (uint32_t colour = 2; !screen.complete && turns < 100; ++colour, ++turns) {
        screen.picture->paint(kAll, colour);
        screen.turn();
    }
    CHECK(turns <= static_cast<int>(SlowPicture::kPieces));
}

TEST_CASE("whoever wants a picture at once gets all of it, also in the middle of a long copy") {
    Screen screen;
    screen.picture->paint(kAll, 1);
    screen.turn();
    screen.ask();
    screen.picture->paint({0, 0, 8, 8}, 2);
    static_cast<void>(screen.framebuffer.memory());
    CHECK(screen.picture->copied(0, 0) == 2);
    CHECK(screen.picture->copied(0, kLastRow) == 1);
    CHECK(screen.picture->flushed_during_copy().empty());
    CHECK(screen.turns() == 1);
}

TEST_CASE("a picture that gives its copy back in the middle of it is copied anew") {
    Screen screen;
    screen.picture->paint(kAll, 1);
    screen.turn();
    screen.ask();
    screen.framebuffer.trim_memory();
    screen.turns();
    CHECK(screen.complete);
    CHECK(screen.picture->copied(0, 0) == 1);
    CHECK(screen.picture->copied(0, kLastRow) == 1);
}

TEST_CASE("a second buffer catches up in turns, and what is published is complete") {
    ManualClock clock;
    EventLoop loop{clock};
    const auto pixels = MemoryPixels::create(SlowPicture::kSize).value();
    const Framebuffer framebuffer{pixels, DRM_FORMAT_XRGB8888};
    const auto source = std::make_shared<SlowPicture>(clock);
    source->paint(kAll, 1);
    const Framebuffer from{source};
    const MemoryBuffer& painted = from.memory()->latest();
    BufferRows rows{painted};
    static_cast<void>(pixels->update(kAll, rows, Damage::kAsClaimed));
    const BufferLease shown = pixels->publish();
    static_cast<void>(pixels->update({0, 0, 8, 8}, rows, Damage::kAsClaimed));
    const uint64_t lag = SlowPicture::kSize.area() - 64;
    CHECK(framebuffer.uncopied() == lag);
    CHECK(framebuffer.copy_piece());
    CHECK(framebuffer.uncopied() <= lag - kPiecePixels);
    CHECK(framebuffer.copy_piece());
    CHECK_FALSE(framebuffer.copy_piece());
    CHECK(framebuffer.uncopied() == 0);
    const uint64_t copied = pixels->bytes_copied();
    const BufferLease next = pixels->publish();
    CHECK(pixels->bytes_copied() == copied);
    CHECK(next.buffer() != shown.buffer());
    const auto* last = reinterpret_cast<const uint32_t*>(next.buffer()->row(kLastRow));
    CHECK(last[SlowPicture::kSize.width - 1] == 1);
}
