// SPDX-License-Identifier: MIT
#include "vga/vga_device.h"

#include <doctest/doctest.h>

#include <cstring>
#include <optional>

#include "core/log.h"
#include "scanout/null_display.h"

namespace oriel::vga {
namespace {

using std::chrono::milliseconds;

/// Counts, and keeps the answers to flushes until told.
class TestDisplay final : public NullDisplay {
public:
    TestDisplay() : NullDisplay{{ScreenInfo{.refresh_mhz = 50'000}}} {}

    void attach(ScanoutId, FramebufferRef framebuffer, const Rect& source) override {
        CHECK(source == Rect::of(framebuffer->size()));
        ++attaches;
        attached = std::move(framebuffer);
    }
    void flush(ScanoutId, const Region& damage, FlushDone done) override {
        ++flushes;
        last_damage = damage;
        waiting = std::move(done);
        if (answers) {
            answer();
        }
    }
    void detach(ScanoutId) override {
        attached.reset();
        ++detaches;
    }
    [[nodiscard]] bool visible(ScanoutId) const override { return is_visible; }

    void answer() {
        if (waiting) {
            std::exchange(waiting, {})();
        }
    }

    bool is_visible = true;
    bool answers = true;
    int attaches = 0;
    int detaches = 0;
    int flushes = 0;
    Region last_damage;
    FramebufferRef attached;
    FlushDone waiting;
};

struct Bench {
    ManualClock clock;
    EventLoop loop{clock};
    TestDisplay display;
    VgaDevice vga{loop, display};

    void write(DispiIndex index, uint16_t value) {
        vga.write_dispi(static_cast<uint16_t>(index), value);
    }
    uint16_t read(DispiIndex index) { return vga.read_dispi(static_cast<uint16_t>(index)); }
    void set_mode(uint16_t xres, uint16_t yres, uint16_t bpp = 32) {
        write(DispiIndex::kEnable, 0);
        write(DispiIndex::kXres, xres);
        write(DispiIndex::kYres, yres);
        write(DispiIndex::kBpp, bpp);
        write(DispiIndex::kEnable, 0x41);
    }
    uint32_t shown(uint32_t x, uint32_t y) {
        uint32_t pixel = 0;
        std::memcpy(&pixel, display.attached->memory()->latest().row(y) + size_t{x} * 4, 4);
        return pixel;
    }
    void run(Nanoseconds time) {
        constexpr Nanoseconds kStep{1'000'000};
        for (Nanoseconds gone{0}; gone < time; gone += kStep) {
            while (loop.dispatch(Nanoseconds{0})) {
            }
            clock.advance(kStep);
        }
        while (loop.dispatch(Nanoseconds{0})) {
        }
    }
    void poke(uint32_t value) { std::memcpy(vga.memory().data(), &value, 4); }
};

TEST_SUITE("vga device") {
    TEST_CASE("a bochs mode attaches a picture of its size and flushes all of it, black or not") {
        Bench bench;
        bench.run(milliseconds{50});
        CHECK(bench.display.attaches == 0);
        bench.set_mode(64, 48);
        bench.run(milliseconds{50});
        CHECK(bench.display.attaches == 1);
        REQUIRE(bench.display.attached);
        CHECK(bench.display.attached->size() == Size{64, 48});
        CHECK(bench.display.flushes == 1);
        CHECK(bench.display.last_damage == Region{Rect{0, 0, 64, 48}});
        CHECK(bench.vga.mode_name() == "bochs 64x48x32");
    }

    TEST_CASE("what a guest draws into video memory is flushed with its damage only") {
        Bench bench;
        bench.set_mode(64, 48);
        bench.run(milliseconds{50});
        const uint32_t red = 0x00ff0000;
        std::memcpy(bench.vga.memory().data() + (10 * 64 + 20) * 4, &red, 4);
        bench.run(milliseconds{25});
        CHECK(bench.display.flushes == 2);
        CHECK(bench.display.last_damage.bounds().inside({64, 48}));
        CHECK(bench.display.last_damage.contains({20, 10, 1, 1}));
        CHECK(bench.display.last_damage.area() <= 64);
        CHECK(bench.shown(20, 10) == red);
    }

    TEST_CASE("virtual width and offsets choose what is shown, at once") {
        Bench bench;
        bench.set_mode(64, 48);
        bench.write(DispiIndex::kVirtWidth, 128);
        bench.run(milliseconds{2000});
        const uint32_t blue = 0x000000ff;
        std::memcpy(bench.vga.memory().data() + ((5 + 2) * 128 + 30 + 3) * 4, &blue, 4);
        bench.write(DispiIndex::kXOffset, 30);
        bench.write(DispiIndex::kYOffset, 5);
        bench.run(milliseconds{2});
        CHECK(bench.shown(3, 2) == blue);
        CHECK(bench.display.attaches == 1);
    }

    TEST_CASE("a new size is a new picture") {
        Bench bench;
        bench.set_mode(64, 48);
        bench.run(milliseconds{50});
        bench.set_mode(32, 16);
        bench.run(milliseconds{50});
        CHECK(bench.display.attaches == 2);
        CHECK(bench.display.detaches == 0);
        CHECK(bench.display.attached->size() == Size{32, 16});
    }

    TEST_CASE(
        "a mode that is switched off leaves its picture for 100 ms, then the screen is dark") {
        Bench bench;
        bench.set_mode(64, 48);
        bench.run(milliseconds{50});
        bench.write(DispiIndex::kEnable, 0);
        bench.run(milliseconds{90});
        CHECK(bench.display.detaches == 0);
        bench.run(milliseconds{20});
        CHECK(bench.display.detaches == 1);
        CHECK(bench.vga.mode_name() == "dark");
        bench.set_mode(64, 48);
        bench.run(milliseconds{20});
        CHECK(bench.display.attaches == 2);
    }

    TEST_CASE("a reset forgets the mode but not the memory") {
        Bench bench;
        bench.set_mode(64, 48);
        bench.poke(0x1234);
        bench.run(milliseconds{50});
        bench.vga.reset();
        CHECK(bench.read(DispiIndex::kEnable) == 0);
        bench.run(milliseconds{110});
        CHECK(bench.display.detaches == 1);
        uint32_t first = 0;
        std::memcpy(&first, bench.vga.memory().data(), 4);
        CHECK(first == 0x1234);
    }

    TEST_CASE("a reset while virtio has the screen leaves no old picture behind") {
        Bench bench;
        bench.set_mode(64, 48);
        bench.run(milliseconds{50});
        bench.vga.set_active(false);
        bench.vga.reset();
        bench.vga.set_active(true);
        bench.run(milliseconds{300});
        CHECK(bench.display.attaches == 1);
        CHECK(bench.display.flushes == 1);
    }

    TEST_CASE("the next look waits for the answer to the flush") {
        Bench bench;
        bench.display.answers = false;
        bench.set_mode(64, 48);
        bench.run(milliseconds{50});
        bench.poke(1);
        bench.vga.write_port(0x3c4, 0);
        bench.run(milliseconds{200});
        CHECK(bench.display.flushes == 1);
        bench.display.answer();
        bench.run(milliseconds{25});
        CHECK(bench.display.flushes == 2);
    }

    TEST_CASE("silence lowers the rate to 4 Hz within a second, a change restores it") {
        Bench bench;
        bench.set_mode(64, 48);
        bench.run(milliseconds{1000});
        // Every change is found, but late: between 1 and 4 looks in the next second.
        const int before = bench.display.flushes;
        bench.poke(1);
        int waited = 0;
        while (bench.display.flushes == before && waited < 1000) {
            bench.run(milliseconds{1});
            ++waited;
        }
        CHECK(waited <= 252);
        // Now it looks each 20 ms again.
        for (uint32_t i = 2; i < 12; ++i) {
            bench.poke(i);
            bench.run(milliseconds{21});
        }
        CHECK(bench.display.flushes - before == 11);
    }

    TEST_CASE("an idle screen is looked at four times a second") {
        Bench bench;
        bench.set_mode(64, 48);
        bench.run(milliseconds{1500});
        int looks = 0;
        for (int i = 0; i < 4000; ++i) {
            while (bench.loop.dispatch(Nanoseconds{0})) {
                ++looks;
            }
            bench.clock.advance(milliseconds{1});
        }
        CHECK(looks >= 14);
        CHECK(looks <= 17);
    }

    TEST_CASE("a screen that nobody sees is not looked at") {
        Bench bench;
        bench.set_mode(64, 48);
        bench.run(milliseconds{50});
        bench.display.is_visible = false;
        bench.vga.visibility_changed();
        bench.poke(1);
        CHECK_FALSE(bench.loop.dispatch(Nanoseconds{0}));
        bench.clock.advance(std::chrono::seconds{10});
        CHECK_FALSE(bench.loop.dispatch(Nanoseconds{0}));
        bench.display.is_visible = true;
        bench.vga.visibility_changed();
        bench.run(milliseconds{2});
        CHECK(bench.display.flushes == 2);
    }

    TEST_CASE("a screenshot of a hidden screen is up to date, and what it found is flushed later") {
        Bench bench;
        bench.set_mode(64, 48);
        bench.run(milliseconds{50});
        bench.display.is_visible = false;
        bench.vga.visibility_changed();
        bench.poke(7);
        bench.vga.update_picture();
        CHECK(bench.shown(0, 0) == 7);
        CHECK(bench.display.flushes == 1);
        bench.display.is_visible = true;
        bench.vga.visibility_changed();
        bench.run(milliseconds{25});
        CHECK(bench.display.flushes == 2);
        CHECK(bench.display.last_damage.contains({0, 0, 1, 1}));
    }

    TEST_CASE("virtio takes the screen and gives it back with all of VGA's picture") {
        Bench bench;
        bench.set_mode(64, 48);
        bench.run(milliseconds{50});
        bench.vga.set_active(false);
        bench.poke(1);
        bench.run(milliseconds{500});
        CHECK(bench.display.flushes == 1);
        bench.vga.set_active(true);
        bench.run(milliseconds{25});
        CHECK(bench.display.attaches == 2);
        CHECK(bench.display.flushes == 2);
        CHECK(bench.display.last_damage == Region{Rect{0, 0, 64, 48}});
        CHECK(bench.shown(0, 0) == 1);
    }
}

}  // namespace
}  // namespace oriel::vga
