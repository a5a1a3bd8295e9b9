// SPDX-License-Identifier: MIT
#include "vga/vga_device.h"

#include <doctest/doctest.h>
#include <fcntl.h>
#include <unistd.h>

#include <algorithm>
#include <cstring>
#include <functional>

#include "card/card.h"
#include "core/mapping.h"
#include "scanout/null_display.h"
#include "support/random.h"
#include "support/vga_modes.h"

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
        if (on_attach) {
            on_attach();
        }
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
    [[nodiscard]] ScreenInfo screen(ScanoutId scanout) const override {
        ++looked_at;
        return NullDisplay::screen(scanout);
    }

    void answer() { waiting.answer(); }

    bool is_visible = true;
    bool answers = true;
    int attaches = 0;
    int detaches = 0;
    int flushes = 0;
    mutable int looked_at = 0;
    Region last_damage;
    FramebufferRef attached;
    FlushDone waiting;
    std::function<void()> on_attach;
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
    /// Wake-ups of the loop in so much time.
    int wakes(Nanoseconds time) {
        int count = 0;
        for (Nanoseconds gone{0}; gone < time; gone += milliseconds{1}) {
            while (loop.dispatch(Nanoseconds{0})) {
                ++count;
            }
            clock.advance(milliseconds{1});
        }
        return count;
    }
    void set_vga_mode(const test::VgaMode& mode) {
        auto ports = test::vga_ports_of_device(vga);
        ports.set_mode(mode);
        ports.set_colours();
    }
    void put_cell(uint32_t cell, uint8_t character, uint8_t attribute) {
        vga.video_memory()[cell * size_t{8}] = std::byte{character};
        vga.video_memory()[cell * size_t{8} + 1] = std::byte{attribute};
    }
    void hide_cursor() { test::vga_ports_of_device(vga).crtc(0x0a, 0x20); }
    void poke(uint32_t value) { std::memcpy(vga.video_memory().data(), &value, 4); }
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
        std::memcpy(bench.vga.video_memory().data() + (10 * 64 + 20) * 4, &red, 4);
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
        std::memcpy(bench.vga.video_memory().data() + ((5 + 2) * 128 + 30 + 3) * 4, &blue, 4);
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

    TEST_CASE("the DAC's width changes the colours at once") {
        Bench bench;
        bench.set_mode(64, 48, 8);
        bench.vga.write_port(0x3c8, 0);
        for (uint32_t part = 0; part < 3; ++part) {
            bench.vga.write_port(0x3c9, 0x3f);
        }
        bench.run(milliseconds{50});
        CHECK(bench.shown(0, 0) == 0xffffff);
        bench.write(DispiIndex::kEnable, 0x61);
        bench.run(milliseconds{50});
        CHECK(bench.shown(0, 0) == 0x3f3f3f);
    }

    TEST_CASE("the last picture before a reset is shown, whatever register came last") {
        Bench bench;
        bench.set_mode(64, 48, 8);
        bench.vga.write_port(0x3c8, 1);
        for (uint32_t part = 0; part < 3; ++part) {
            bench.vga.write_port(0x3c9, 0x3f);
        }
        bench.run(milliseconds{50});
        CHECK(bench.shown(0, 0) == 0);
        bench.poke(1);
        bench.vga.write_port(0x3c6, 0xff);
        bench.vga.reset();
        CHECK(bench.shown(0, 0) == 0xffffff);
        CHECK(bench.display.last_damage.contains({0, 0, 1, 1}));
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
        std::memcpy(&first, bench.vga.video_memory().data(), 4);
        CHECK(first == 0x1234);
    }

    TEST_CASE("the next VM finds other, empty video memory, and the last one can't see it") {
        Bench bench;
        bench.set_mode(64, 48);
        bench.poke(0x1234);
        bench.vga.write_window(0, 0x55);
        bench.run(milliseconds{50});
        const auto memory = bench.vga.video_memory();
        const UniqueFd old{::fcntl(bench.vga.video_memory_fd(), F_DUPFD_CLOEXEC, 0)};
        const auto kept = Mapping::map(old.get(), 0, memory.size(), MapAccess::kReadWrite).value();
        bench.vga.power_off();
        REQUIRE(bench.vga.video_memory().data() == memory.data());
        CHECK(std::all_of(memory.begin(), memory.end(),
                          [](std::byte byte) { return byte == std::byte{0}; }));
        CHECK(bench.read(DispiIndex::kEnable) == 0);
        memory[5] = std::byte{7};
        CHECK(kept.data()[5] != std::byte{7});
        std::byte seen{};
        REQUIRE(::pread(bench.vga.video_memory_fd(), &seen, 1, 5) == 1);
        CHECK(seen == std::byte{7});
        // And it is the memory that is shown.
        bench.set_mode(64, 48);
        bench.poke(0x00abcdef);
        bench.run(milliseconds{50});
        CHECK(bench.shown(0, 0) == 0xabcdef);
    }

    TEST_CASE("bytes that are written one by one wake the scanner once a turn of the loop") {
        Bench bench;
        bench.set_mode(64, 48);
        bench.run(milliseconds{50});
        bench.display.looked_at = 0;
        for (uint32_t i = 0; i < 5000; ++i) {
            bench.vga.write_window(i, 0x11);
        }
        bench.loop.dispatch(Nanoseconds{0});
        CHECK(bench.display.looked_at > 0);
        CHECK(bench.display.looked_at < 10);
        bench.run(milliseconds{50});
        CHECK(bench.display.last_damage.contains({0, 0, 1, 1}));
    }

    TEST_CASE("a reset while virtio has the screen leaves no old picture behind") {
        Bench bench;
        bench.set_mode(64, 48);
        bench.run(milliseconds{50});
        bench.vga.screen_given(0, false);
        bench.vga.reset();
        bench.vga.screen_given(0, true);
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
        bench.vga.visibility_changed(0);
        bench.poke(1);
        CHECK_FALSE(bench.loop.dispatch(Nanoseconds{0}));
        bench.clock.advance(std::chrono::seconds{10});
        CHECK_FALSE(bench.loop.dispatch(Nanoseconds{0}));
        bench.display.is_visible = true;
        bench.vga.visibility_changed(0);
        bench.run(milliseconds{2});
        CHECK(bench.display.flushes == 2);
    }

    TEST_CASE("a screenshot of a hidden screen is up to date, and what it found is flushed later") {
        Bench bench;
        bench.set_mode(64, 48);
        bench.run(milliseconds{50});
        bench.display.is_visible = false;
        bench.vga.visibility_changed(0);
        bench.poke(7);
        bench.vga.update_picture();
        CHECK(bench.shown(0, 0) == 7);
        CHECK(bench.display.flushes == 1);
        bench.display.is_visible = true;
        bench.vga.visibility_changed(0);
        bench.run(milliseconds{25});
        CHECK(bench.display.flushes == 2);
        CHECK(bench.display.last_damage.contains({0, 0, 1, 1}));
    }

    TEST_CASE("virtio takes the screen and gives it back with all of VGA's picture") {
        Bench bench;
        bench.set_mode(64, 48);
        bench.run(milliseconds{50});
        bench.vga.screen_given(0, false);
        bench.poke(1);
        bench.run(milliseconds{500});
        CHECK(bench.display.flushes == 1);
        bench.vga.screen_given(0, true);
        bench.run(milliseconds{25});
        CHECK(bench.display.attaches == 2);
        CHECK(bench.display.flushes == 2);
        CHECK(bench.display.last_damage == Region{Rect{0, 0, 64, 48}});
        CHECK(bench.shown(0, 0) == 1);
    }

    TEST_CASE("a text mode shows its cells, at once, as one new picture") {
        Bench bench;
        bench.set_vga_mode(test::vga_modes::kText80x25);
        bench.put_cell(81, ' ', 0x21);
        bench.run(milliseconds{20});
        REQUIRE(bench.display.attached);
        CHECK(bench.display.attaches == 1);
        CHECK(bench.display.attached->size() == Size{720, 400});
        CHECK(bench.display.last_damage == Region{Rect{0, 0, 720, 400}});
        CHECK(bench.vga.mode_name() == "text 80x25");
        CHECK(bench.shown(9, 16) == 0x00aa00);
        CHECK(bench.shown(8, 16) == 0);
        bench.put_cell(82, ' ', 0x41);
        bench.run(milliseconds{21});
        CHECK(bench.shown(18, 16) == 0xaa0000);
    }

    TEST_CASE("modes in between are not shown while one is being set") {
        Bench bench;
        bench.set_vga_mode(test::vga_modes::kText80x25);
        bench.run(milliseconds{50});
        bench.set_vga_mode(test::vga_modes::kPlanar640x480);
        bench.run(milliseconds{50});
        bench.set_mode(64, 48);
        bench.run(milliseconds{50});
        bench.write(DispiIndex::kEnable, 0);
        bench.set_vga_mode(test::vga_modes::kText80x25);
        bench.run(milliseconds{50});
        CHECK(bench.display.attaches == 4);
        CHECK(bench.display.detaches == 0);
        CHECK(bench.display.attached->size() == Size{720, 400});
    }

    TEST_CASE("a picture is attached only when it is complete, and then flushed") {
        Bench bench;
        bench.vga.video_memory()[4] = std::byte{0xff};
        bench.display.on_attach = [&] { CHECK(bench.shown(3, 0) != 0); };
        bench.set_vga_mode(test::vga_modes::kPlanar640x480);
        bench.vga.video_memory()[0] = std::byte{0xff};
        bench.run(milliseconds{20});
        CHECK(bench.display.attaches == 1);
        CHECK(bench.display.flushes == 1);
    }

    TEST_CASE("bits that only drawing uses don't wake anybody") {
        Bench bench;
        bench.set_vga_mode(test::vga_modes::kPlanar640x480);
        bench.run(milliseconds{2000});
        auto ports = test::vga_ports_of_device(bench.vga);
        CHECK(bench.wakes(milliseconds{1000}) <= 5);
        for (int i = 0; i < 5; ++i) {
            ports.graphics(8, static_cast<uint8_t>(i));
            ports.graphics(5, static_cast<uint8_t>(i % 3));
            ports.sequencer(2, static_cast<uint8_t>(i));
        }
        CHECK(bench.wakes(milliseconds{1000}) <= 5);
        ports.crtc(0x0d, 1);
        CHECK(bench.wakes(milliseconds{1000}) > 25);
    }

    TEST_CASE("registers that never rest are looked at all the same") {
        Bench bench;
        bench.set_vga_mode(test::vga_modes::kText80x25);
        bench.run(milliseconds{50});
        auto ports = test::vga_ports_of_device(bench.vga);
        const int before = bench.display.flushes;
        for (uint32_t i = 0; i < 1000; ++i) {
            ports.crtc(0x0f, static_cast<uint8_t>(i));
            bench.put_cell(i, 'A', static_cast<uint8_t>(i));
            bench.loop.dispatch(Nanoseconds{0});
            bench.clock.advance(std::chrono::microseconds{500});
        }
        CHECK(bench.display.flushes - before >= 12);
    }

    TEST_CASE("a screen that is blanked for less than 100 ms stays as it was") {
        Bench bench;
        bench.set_vga_mode(test::vga_modes::kText80x25);
        bench.put_cell(0, ' ', 0x21);
        bench.run(milliseconds{50});
        auto ports = test::vga_ports_of_device(bench.vga);
        bench.put_cell(0, ' ', 0x41);  // the last that was drawn is still to be seen
        ports.sequencer(1, 0x20);
        bench.put_cell(0, ' ', 0x11);
        bench.run(milliseconds{90});
        CHECK(bench.display.detaches == 0);
        CHECK(bench.shown(0, 0) == 0xaa0000);
        ports.sequencer(1, 0x00);
        bench.run(milliseconds{30});
        CHECK(bench.display.detaches == 0);
        CHECK(bench.display.attaches == 1);
        CHECK(bench.shown(0, 0) == 0x0000aa);
        ports.sequencer(1, 0x20);
        bench.run(milliseconds{110});
        CHECK(bench.display.detaches == 1);
        CHECK(bench.vga.mode_name() == "dark");
        ports.sequencer(1, 0x00);
        bench.run(milliseconds{30});
        CHECK(bench.display.attaches == 2);
    }

    TEST_CASE("without syncs a VGA mode is dark, and what was drawn last is still to be seen") {
        Bench bench;
        bench.set_vga_mode(test::vga_modes::kText80x25);
        bench.hide_cursor();
        bench.run(milliseconds{1500});
        auto ports = test::vga_ports_of_device(bench.vga);
        bench.put_cell(0, ' ', 0x41);
        ports.crtc(0x17, 0x23);
        bench.put_cell(0, ' ', 0x11);
        CHECK(bench.vga.mode_name() == "dark");
        bench.run(milliseconds{90});
        CHECK(bench.display.detaches == 0);
        CHECK(bench.shown(0, 0) == 0xaa0000);
        bench.run(milliseconds{20});
        CHECK(bench.display.detaches == 1);
        ports.crtc(0x17, 0xa3);
        bench.run(milliseconds{30});
        CHECK(bench.shown(0, 0) == 0x0000aa);
        // A bochs mode doesn't need the CRTC.
        bench.set_mode(64, 48);
        ports.crtc(0x17, 0x23);
        CHECK(bench.vga.mode_name() == "bochs 64x48x32");
    }

    TEST_CASE("a bochs mode is blanked by the palette only for a guest that has opened it") {
        Bench bench;
        bench.set_mode(64, 48);
        bench.run(milliseconds{200});
        CHECK(bench.display.attached);
        auto ports = test::vga_ports_of_device(bench.vga);
        ports.show();
        bench.run(milliseconds{50});
        ports.attribute(0, 0);
        bench.run(milliseconds{200});
        CHECK_FALSE(bench.display.attached);
        ports.show();
        bench.run(milliseconds{50});
        CHECK(bench.display.attached);
    }

    TEST_CASE("the cursor blinks 16 frames on and 16 off, and wakes nobody else") {
        Bench bench;
        bench.set_vga_mode(test::vga_modes::kText80x25);
        bench.put_cell(0, ' ', 0x02);
        bench.run(milliseconds{3000});
        const int before = bench.display.flushes;
        int shown = 0;
        for (int i = 0; i < 1600; ++i) {
            bench.run(milliseconds{1});
            shown += bench.shown(0, 13) == 0x00aa00 ? 1 : 0;
        }
        CHECK(bench.display.flushes - before == 6);
        CHECK(bench.display.last_damage == Region{Rect{0, 13, 9, 2}});
        // Each change may wait for the next refresh, 20 ms.
        CHECK(shown >= 800 - 60);
        CHECK(shown <= 800 + 60);
        CHECK(bench.wakes(milliseconds{4000}) <= 32);
        bench.hide_cursor();
        bench.run(milliseconds{2000});
        const int still = bench.display.flushes;
        CHECK(bench.wakes(milliseconds{4000}) <= 17);
        CHECK(bench.display.flushes == still);
    }

    TEST_CASE("blinking text blinks half as fast as the cursor, or never when it is frozen") {
        Bench bench;
        bench.set_vga_mode(test::vga_modes::kText80x25);
        bench.hide_cursor();
        std::memset(bench.vga.video_memory().data() + 2, 0, 1);
        bench.vga.video_memory()[size_t{'A'} * 128 + 2] = std::byte{0xff};  // its first line
        bench.put_cell(0, 'A', 0x82);
        const auto count_shown = [&bench] {
            int shown = 0;
            for (int i = 0; i < 3200; ++i) {
                bench.run(milliseconds{1});
                shown += bench.shown(0, 0) == 0x00aa00 ? 1 : 0;
            }
            return shown;
        };
        bench.run(milliseconds{3000});
        int before = bench.display.flushes;
        const int shown = count_shown();
        CHECK(shown >= 1600 - 60);
        CHECK(shown <= 1600 + 60);
        CHECK(bench.display.flushes - before == 6);
        bench.vga.freeze_blink(true);
        bench.run(milliseconds{600});
        before = bench.display.flushes;
        CHECK(count_shown() == 3200);
        CHECK(bench.display.flushes == before);
    }

    TEST_CASE("every bochs depth has a picture") {
        Bench bench;
        auto ports = test::vga_ports_of_device(bench.vga);
        ports.set_colours();
        for (uint8_t i = 0; i < 16; ++i) {
            ports.attribute(i, i);
        }
        ports.attribute(0x12, 0x0f);
        ports.show();
        for (const uint16_t bpp :
             {uint16_t{4}, uint16_t{8}, uint16_t{15}, uint16_t{16}, uint16_t{24}, uint16_t{32}}) {
            CAPTURE(bpp);
            bench.set_mode(64, 48, bpp);
            bench.run(milliseconds{20});
            REQUIRE(bench.display.attached);
            CHECK(bench.display.attached->size() == Size{64, 48});
            CHECK(bench.shown(1, 1) == 0);
            std::memset(bench.vga.video_memory().data(), 0xff, 64 * 48 * 4);
            bench.run(milliseconds{30});
            // Entries 15 and 255 of the test's DAC, or white.
            const uint32_t white = bpp == 4 ? 0x0055'55ff : bpp == 8 ? 0x00ff'ff00 : 0x00ff'ffff;
            CHECK((bench.shown(1, 1) & 0xffffff) == (bpp <= 8 ? bench.shown(2, 2) : white));
            CHECK(bench.shown(63, 47) != 0);
        }
        CHECK(bench.display.detaches == 0);
    }

    TEST_CASE("an answer that comes when the VGA has ended reaches nobody (C5)") {
        ManualClock clock;
        EventLoop loop{clock};
        TestDisplay display;
        display.answers = false;
        {
            VgaDevice vga{loop, display};
            auto ports = test::vga_ports_of_device(vga);
            ports.set_mode(test::vga_modes::kText80x25);
            for (int i = 0; i < 50; ++i) {
                while (loop.dispatch(Nanoseconds{0})) {
                }
                clock.advance(milliseconds{1});
            }
        }
        REQUIRE(display.waiting);
        display.answer();
        CHECK_FALSE(loop.dispatch(Nanoseconds{0}));  // no timer of its is left either
    }

    TEST_CASE("virtio and VGA take turns without a dark moment in between") {
        ManualClock clock;
        EventLoop loop{clock};
        TestDisplay display;
        card::Card card{display};
        Display& virtio = card.add_source("virtio", 1);
        VgaDevice vga{loop, card.add_source("vga", 0, 1)};
        const auto run = [&] {
            for (int i = 0; i < 50; ++i) {
                while (loop.dispatch(Nanoseconds{0})) {
                }
                clock.advance(milliseconds{1});
            }
        };
        auto ports = test::vga_ports_of_device(vga);
        ports.set_mode(test::vga_modes::kText80x25);
        run();
        REQUIRE(display.attached);
        CHECK(display.attached->size() == Size{720, 400});
        const auto picture =
            std::make_shared<Framebuffer>(MemoryPixels::create({32, 32}).value(), 0x34325258);
        virtio.attach(0, picture, {0, 0, 32, 32});
        const int flushes = display.flushes;
        run();
        CHECK(display.attached == picture);
        CHECK(display.flushes == flushes);
        // A mode that is set meanwhile is there at once when virtio lets go.
        ports.set_mode(test::vga_modes::kPlanar640x480);
        vga.video_memory()[0] = std::byte{0xff};
        run();
        CHECK(display.attached == picture);
        virtio.release();
        CHECK(display.attached->size() == Size{640, 480});
        CHECK(display.flushes == flushes + 1);
        CHECK(display.last_damage == Region{Rect{0, 0, 640, 480}});
        CHECK(display.detaches == 0);
    }

    TEST_CASE("random registers and random memory, with a picture after each" *
              doctest::test_suite("long")) {
        test::Random random{2026};
        Bench bench;
        auto ports = test::vga_ports_of_device(bench.vga);
        int pictures = 0;
        for (int round = 0; round < 400; ++round) {
            switch (random.below(4)) {
                case 0:
                    bench.set_vga_mode(test::vga_modes::kText80x25);
                    break;
                case 1:
                    bench.set_vga_mode(test::vga_modes::kPacked320x200);
                    break;
                default:
                    break;
            }
            for (int i = 0; i < 20; ++i) {
                bench.vga.write_port(static_cast<uint16_t>(0x3b0 + random.below(0x30)),
                                     static_cast<uint8_t>(random()));
                ports.crtc(static_cast<uint8_t>(random.below(25)), static_cast<uint8_t>(random()));
            }
            if (random.one_in(3)) {
                bench.write(static_cast<DispiIndex>(random.below(12)),
                            static_cast<uint16_t>(random() & 0x1ff));
                bench.write(DispiIndex::kEnable, static_cast<uint16_t>(random() & 0xff));
            } else {
                bench.write(DispiIndex::kEnable, 0);
            }
            ports.sequencer(1, static_cast<uint8_t>(random() & 0x1d));
            if (!random.one_in(8)) {
                ports.show();
            }
            for (int i = 0; i < 100; ++i) {
                bench.vga.video_memory()[random.below(0x40000)] = static_cast<std::byte>(random());
            }
            bench.run(milliseconds{20});
            bench.vga.update_picture();
            if (bench.display.attached) {
                const Size size = bench.display.attached->size();
                static_cast<void>(bench.shown(size.width - 1, size.height - 1));
                ++pictures;
            }
        }
        CHECK(pictures > 200);
    }
}

}  // namespace
}  // namespace oriel::vga
