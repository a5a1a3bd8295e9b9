// SPDX-License-Identifier: MIT
#include "card/card.h"

#include <doctest/doctest.h>

#include <memory>
#include <string>
#include <utility>
#include <vector>

#include "scanout/null_display.h"
#include "support/flush_done.h"

using namespace oriel;
using card::Card;
using test::when_done;

namespace {

/// Says in words what it was told, and answers flushes when the test wants it.
class LoggingDisplay final : public NullDisplay {
public:
    explicit LoggingDisplay(size_t screens = 2) : NullDisplay{std::vector<ScreenInfo>(screens)} {}

    void attach(ScanoutId scanout, FramebufferRef framebuffer, const Rect&) override {
        note("attach" + std::to_string(scanout) + ":" + std::to_string(framebuffer->size().width));
    }
    void flush(ScanoutId scanout, const Region& damage, FlushDone done) override {
        note("flush" + std::to_string(scanout) + (damage.empty() ? "" : ":") +
             (damage.empty() ? "" : std::to_string(damage.area())));
        if (hold) {
            held.push_back(std::move(done));
        }
    }
    void detach(ScanoutId scanout) override {
        note("detach" + std::to_string(scanout));
        held.clear();
    }
    void set_cursor(ScanoutId scanout, std::shared_ptr<const CursorImage> image) override {
        note("cursor" + std::to_string(scanout) + ":" +
             (image ? std::to_string(image->size.width) : "none"));
    }
    void move_cursor(ScanoutId scanout, Point position) override {
        note("move" + std::to_string(scanout) + ":" + std::to_string(position.x));
    }

    std::string take() { return std::exchange(log_, {}); }
    ScreenInfo& info(ScanoutId scanout) { return screens_[scanout]; }

    bool hold = false;
    std::vector<FlushDone> held;

private:
    void note(const std::string& what) { log_ += what + " "; }
    std::string log_;
};

class LoggingSource final : public SourceListener {
public:
    void screen_changed(ScanoutId screen) override { note("changed", screen); }
    void visibility_changed(ScanoutId screen) override { note("visibility", screen); }
    void frame_done(ScanoutId screen) override { note("frame", screen); }
    void screen_given(ScanoutId screen, bool given) override {
        note(given ? "given" : "taken", screen);
    }
    std::string take() { return std::exchange(log_, {}); }

private:
    void note(const std::string& what, ScanoutId screen) {
        log_ += what + std::to_string(screen) + " ";
    }
    std::string log_;
};

FramebufferRef framebuffer(uint32_t width) {
    return std::make_shared<Framebuffer>(*MemoryPixels::create({width, 10}), 0);
}

std::shared_ptr<const CursorImage> cursor(uint32_t side) {
    auto image = std::make_shared<CursorImage>();
    image->size = {side, side};
    image->pixels.resize(image->size.area());
    return image;
}

/// Shows all of a picture.
void show(Display& display, ScanoutId screen, const FramebufferRef& picture, FlushDone done = {}) {
    display.attach(screen, picture, Rect::of(picture->size()));
    display.flush(screen, Region{Rect::of(picture->size())}, std::move(done));
}

/// A card with a VGA and a virtio GPU.
struct Rig {
    LoggingDisplay display;
    Card card{display};
    Display& vga = card.add_source("vga", 0, 1);
    Display& virtio = card.add_source("virtio", 1);
    LoggingSource vga_hears;
    LoggingSource virtio_hears;

    Rig() {
        vga.listen(&vga_hears);
        virtio.listen(&virtio_hears);
    }
};

}  // namespace

TEST_SUITE("card: who watches frames") {
    struct Watcher final : card::FrameWatcher {
        void frame_flushed(ScanoutId screen, const Region& damage) override {
            log += "frame" + std::to_string(screen) + ":" + std::to_string(damage.area()) + " ";
        }
        void cursor_changed(ScanoutId screen) override {
            log += "cursor" + std::to_string(screen) + " ";
        }
        void screen_went_dark(ScanoutId screen) override {
            log += "dark" + std::to_string(screen) + " ";
        }
        std::string take() { return std::exchange(log, {}); }
        std::string log;
    };

    TEST_CASE("a watcher hears each frame before it is answered, with what is new in it") {
        Rig rig;
        Watcher watcher;
        rig.card.watch_frames(0, &watcher);
        CHECK(rig.virtio_hears.take() == "visibility0 ");
        const FramebufferRef picture = framebuffer(64);
        rig.virtio.attach(0, picture, {0, 0, 32, 10});
        CHECK(watcher.take().empty());
        std::string at_answer;
        rig.virtio.flush(0, Region{{0, 0, 1, 1}}, when_done([&] { at_answer = watcher.log; }));
        // All of another picture is new.
        CHECK(at_answer == "frame0:320 ");
        CHECK(watcher.take() == "frame0:320 ");
        rig.virtio.flush(0, Region{{0, 0, 2, 1}}, {});
        rig.virtio.attach(1, picture, {0, 0, 32, 10});
        rig.virtio.flush(1, Region{{0, 0, 2, 1}}, {});
        rig.virtio.set_cursor(0, cursor(4));
        rig.virtio.move_cursor(0, {3, 4});
        rig.virtio.detach(0);
        CHECK(watcher.take() == "frame0:2 cursor0 cursor0 dark0 ");
        SUBCASE("until there is none any more") {
            rig.card.watch_frames(0, nullptr);
            show(rig.virtio, 0, picture);
            CHECK(watcher.take().empty());
        }
        SUBCASE("what a source does that the screen does not show is no frame") {
            show(rig.vga, 0, picture);
            CHECK(watcher.take().empty());
        }
        rig.card.watch_frames(kMaxScanouts, &watcher);
    }

    TEST_CASE("a screen whose frames are watched counts as seen") {
        struct Hidden final : NullDisplay {
            Hidden() : NullDisplay{{ScreenInfo{}, ScreenInfo{}}} {}
            [[nodiscard]] bool visible(ScanoutId) const override { return false; }
        } display;
        Card hidden{display};
        Display& source = hidden.add_source("any", 0);
        show(source, 0, framebuffer(8));
        show(source, 1, framebuffer(8));
        CHECK_FALSE(source.visible(0));
        Watcher watcher;
        hidden.watch_frames(0, &watcher);
        CHECK(source.visible(0));
        CHECK_FALSE(source.visible(1));
        hidden.watch_frames(0, nullptr);
        CHECK_FALSE(source.visible(0));
    }
}

TEST_SUITE("card: which source a screen shows") {
    TEST_CASE("the screen is VGA until the driver sets a virtio scanout") {
        Rig rig;
        rig.vga.attach(0, framebuffer(640), {});
        CHECK(rig.display.take() == "attach0:640 ");
        CHECK(rig.card.source(0) == "vga");

        rig.virtio.attach(0, framebuffer(1024), {});
        CHECK(rig.display.take() == "attach0:1024 ");
        CHECK(rig.card.source(0) == "virtio");
        CHECK(rig.vga_hears.take() == "taken0 ");

        SUBCASE("what VGA does then is remembered, not shown") {
            rig.vga.attach(0, framebuffer(800), {});
            bool answered = false;
            rig.vga.flush(0, Region{}, when_done([&] { answered = true; }));
            CHECK(rig.display.take().empty());
            CHECK(answered);
            CHECK_FALSE(rig.vga.visible(0));
            CHECK(rig.virtio.visible(0));
        }
        SUBCASE("a virtio scanout that is switched off is dark, not VGA") {
            rig.virtio.detach(0);
            CHECK(rig.display.take() == "detach0 ");
            CHECK(rig.card.attached(0) == nullptr);
            CHECK(rig.card.source(0).empty());
            rig.vga.attach(0, framebuffer(800), {});
            CHECK(rig.display.take().empty());
        }
        SUBCASE("it is VGA again after a reset") {
            rig.virtio.release();
            CHECK(rig.display.take() == "cursor0:none attach0:640 ");
            CHECK(rig.vga_hears.take() == "given0 ");
            CHECK(rig.card.attached(0)->framebuffer->size().width == 640);
            CHECK(rig.card.source(0) == "vga");
        }
        CHECK(rig.virtio_hears.take().empty());
    }

    TEST_CASE("a reset without a VGA picture leaves the screen dark") {
        Rig rig;
        rig.virtio.attach(0, framebuffer(1024), {});
        rig.virtio.attach(1, framebuffer(1024), {});
        rig.display.take();
        rig.virtio.release();
        CHECK(rig.display.take() == "cursor0:none detach0 cursor1:none detach1 ");
        // What the device takes off after that is off already.
        rig.virtio.detach(0);
        CHECK(rig.display.take().empty());
    }

    TEST_CASE("VGA that went dark meanwhile is given a dark screen after a reset") {
        Rig rig;
        rig.vga.attach(0, framebuffer(640), {});
        rig.virtio.attach(0, framebuffer(1024), {});
        rig.vga.detach(0);
        rig.virtio.detach(0);
        rig.display.take();
        rig.vga_hears.take();
        rig.virtio.release();
        CHECK(rig.display.take() == "cursor0:none ");
        CHECK(rig.vga_hears.take() == "given0 ");
        rig.vga.attach(0, framebuffer(640), {});
        CHECK(rig.display.take() == "attach0:640 ");
    }

    TEST_CASE("detaching what is already dark does not reach the presenter again") {
        Rig rig;
        rig.virtio.attach(0, framebuffer(64), {});
        rig.virtio.detach(0);
        rig.display.take();
        rig.virtio.detach(0);
        CHECK(rig.display.take().empty());
    }

    TEST_CASE("screens beyond the last are ignored") {
        Rig rig;
        for (const ScanoutId screen : {ScanoutId{2}, ScanoutId{kMaxScanouts}, ~ScanoutId{0}}) {
            bool answered = false;
            rig.virtio.attach(screen, framebuffer(64), {});
            rig.virtio.flush(screen, Region{}, when_done([&] { answered = true; }));
            rig.virtio.set_cursor(screen, cursor(64));
            rig.virtio.move_cursor(screen, {});
            rig.virtio.detach(screen);
            CHECK(answered);
            CHECK_FALSE(rig.virtio.visible(screen));
            CHECK_FALSE(rig.virtio.frame_pending(screen));
            CHECK(rig.card.attached(screen) == nullptr);
            rig.card.screen_changed(screen);
        }
        rig.vga.attach(1, framebuffer(64), {});
        CHECK(rig.display.take().empty());
        CHECK(rig.vga.scanout_count() == 1);
        CHECK(rig.virtio.scanout_count() == 2);
        CHECK(rig.virtio_hears.take().empty());
    }

    TEST_CASE("of three sources the one of the highest priority has the screen") {
        LoggingDisplay display;
        Card card{display};
        Display& middle = card.add_source("middle", 5);
        Display& low = card.add_source("low", 1);
        Display& high = card.add_source("high", 9);
        show(middle, 0, framebuffer(50));
        show(low, 0, framebuffer(10));
        CHECK(card.source(0) == "middle");
        show(high, 0, framebuffer(90));
        CHECK(card.source(0) == "high");
        middle.release();
        CHECK(card.source(0) == "high");
        high.release();
        CHECK(card.source(0) == "low");
        low.release();
        CHECK(card.source(0).empty());
    }

    TEST_CASE("sources hear of their own screens only, and not after they have gone") {
        Rig rig;
        rig.card.screen_changed(0);
        rig.card.visibility_changed(1);
        rig.card.frame_done(1);
        CHECK(rig.vga_hears.take() == "changed0 ");
        CHECK(rig.virtio_hears.take() == "changed0 visibility1 frame1 ");
        rig.vga.listen(nullptr);
        rig.card.screen_changed(0);
        CHECK(rig.vga_hears.take().empty());
    }
}

TEST_SUITE("card: another target") {
    TEST_CASE("a new presenter is told of everything that the old one showed, which goes dark") {
        Rig rig;
        show(rig.virtio, 0, framebuffer(1024));
        rig.virtio.set_cursor(0, cursor(64));
        rig.virtio.move_cursor(0, {7, 8});
        rig.display.take();

        LoggingDisplay next;
        rig.card.retarget(next);
        CHECK(rig.display.take() == "cursor0:none detach0 cursor1:none detach1 ");
        CHECK(next.take() == "cursor0:64 move0:7 attach0:1024 flush0:10240 ");
        CHECK(&rig.card.target() == &next);

        show(rig.virtio, 0, framebuffer(800));
        CHECK(next.take() == "attach0:800 flush0:8000 ");
        CHECK(rig.display.take().empty());
        CHECK(rig.virtio_hears.take() ==
              "changed0 visibility0 frame0 changed1 visibility1 frame1 ");
    }

    TEST_CASE("what was attached but not flushed isn't shown by the new presenter either") {
        Rig rig;
        show(rig.virtio, 0, framebuffer(100));
        rig.virtio.attach(0, framebuffer(200), Rect{0, 0, 200, 10});
        rig.virtio.attach(1, framebuffer(300), Rect{0, 0, 300, 10});
        LoggingDisplay next;
        rig.card.retarget(next);
        CHECK(next.take() == "attach0:100 flush0:1000 attach0:200 attach1:300 ");
    }

    TEST_CASE("a hidden cursor, and a screen that went dark, are not brought back") {
        Rig rig;
        show(rig.virtio, 0, framebuffer(100));
        rig.virtio.set_cursor(0, cursor(64));
        rig.virtio.set_cursor(0, nullptr);
        rig.virtio.detach(0);
        LoggingDisplay next;
        rig.card.retarget(next);
        CHECK(next.take().empty());
    }

    TEST_CASE("what the old presenter has not answered the new one answers, once") {
        Rig rig;
        rig.display.hold = true;
        int first = 0;
        int second = 0;
        show(rig.virtio, 0, framebuffer(100), when_done([&] { ++first; }));
        rig.virtio.flush(0, Region{Rect{0, 0, 1, 1}}, when_done([&] { ++second; }));

        LoggingDisplay next;
        next.hold = true;
        rig.card.retarget(next);
        // The old one has let go of its flushes when it was detached.
        CHECK(rig.display.held.empty());
        CHECK(first == 0);
        CHECK(second == 0);
        CHECK(next.take() == "attach0:100 flush0:1000 flush0 ");
        REQUIRE(next.held.size() == 2);
        next.held.erase(next.held.begin());
        CHECK(first == 1);
        CHECK(second == 0);
        next.held.clear();
        CHECK(first == 1);
        CHECK(second == 1);
    }

    TEST_CASE("an old presenter that answers late is not heard") {
        Rig rig;
        rig.display.hold = true;
        int answers = 0;
        show(rig.virtio, 0, framebuffer(100), when_done([&] { ++answers; }));
        std::vector<FlushDone> late = std::move(rig.display.held);
        LoggingDisplay next;
        next.hold = true;
        rig.card.retarget(next);
        late.clear();
        CHECK(answers == 0);
        next.held.clear();
        CHECK(answers == 1);
    }

    TEST_CASE("a flush of a source that lost the screen is answered with the one that has it") {
        Rig rig;
        rig.display.hold = true;
        int answers = 0;
        show(rig.vga, 0, framebuffer(100), when_done([&] { ++answers; }));
        rig.virtio.attach(0, framebuffer(200), Rect{0, 0, 200, 10});
        LoggingDisplay next;
        rig.card.retarget(next);
        CHECK(next.take() == "attach0:100 flush0:1000 attach0:200 ");
        CHECK(answers == 1);
    }
}

TEST_SUITE("card: every flush is answered once") {
    TEST_CASE("by a presenter that answers from inside the call, also if that brings a flush") {
        Rig rig;
        int answers = 0;
        const auto picture = framebuffer(64);
        show(rig.virtio, 0, picture, when_done([&] {
                 ++answers;
                 show(rig.virtio, 0, picture, when_done([&] { ++answers; }));
             }));
        CHECK(answers == 2);
    }

    TEST_CASE("where the presenter loses it (C2)") {
        Rig rig;
        rig.display.hold = true;
        int answers = 0;
        show(rig.virtio, 0, framebuffer(64), when_done([&] { ++answers; }));
        CHECK(answers == 0);
        rig.display.held.clear();  // as the members of a presenter that goes away
        CHECK(answers == 1);
    }

    TEST_CASE("where the card goes away first, and what answers later reaches nobody (C5)") {
        int answers = 0;
        LoggingDisplay display;
        display.hold = true;
        {
            Card card{display};
            Display& source = card.add_source("any", 0);
            show(source, 0, framebuffer(64), when_done([&] { ++answers; }));
        }
        CHECK(answers == 1);
        display.held.clear();
        CHECK(answers == 1);
    }

    TEST_CASE("also by a source that has no screen, or whose screen went dark") {
        Rig rig;
        rig.display.hold = true;
        int answers = 0;
        show(rig.virtio, 0, framebuffer(64), when_done([&] { ++answers; }));
        rig.virtio.detach(0);
        CHECK(answers == 1);
        rig.vga.flush(0, Region{}, when_done([&] { ++answers; }));
        CHECK(answers == 2);
    }
}
