// SPDX-License-Identifier: MIT
// How much video memory there is decides which modes there are.
#include <doctest/doctest.h>

#include <cstring>

#include "core/descriptors.h"
#include "scanout/null_display.h"
#include "vga/vga_device.h"

namespace oriel::vga {
namespace {

using std::chrono::milliseconds;

class TestDisplay final : public NullDisplay {
public:
    TestDisplay() : NullDisplay{{ScreenInfo{}}} {}
    void attach(ScanoutId, FramebufferRef framebuffer, const Rect&) override {
        attached = std::move(framebuffer);
    }
    void detach(ScanoutId) override { attached.reset(); }
    void flush(ScanoutId, const Region&, FlushDone) override {}
    [[nodiscard]] bool visible(ScanoutId) const override { return true; }

    FramebufferRef attached;
};

struct Bench {
    explicit Bench(uint64_t megabytes) : vga{loop, display, megabytes << 20} {}

    ManualClock clock;
    EventLoop loop{clock};
    TestDisplay display;
    VgaDevice vga;

    void write(DispiIndex index, uint16_t value) {
        vga.write_dispi(static_cast<uint16_t>(index), value);
    }
    uint16_t read(DispiIndex index) { return vga.read_dispi(static_cast<uint16_t>(index)); }
    void set_mode(uint16_t xres, uint16_t yres) {
        write(DispiIndex::kEnable, 0);
        write(DispiIndex::kXres, xres);
        write(DispiIndex::kYres, yres);
        write(DispiIndex::kBpp, 32);
        write(DispiIndex::kEnable, 0x41);
        for (int i = 0; i < 50; ++i) {
            while (loop.dispatch(Nanoseconds{0})) {
            }
            clock.advance(milliseconds{1});
        }
    }
};

TEST_SUITE("video memory") {
    TEST_CASE("a guest that sets modes without end holds one picture, and its presenter another" *
              doctest::test_suite("long")) {
        Bench bench{16};
        bench.set_mode(640, 480);
        const size_t before = open_descriptors();
        for (uint16_t i = 0; i < 200; ++i) {
            bench.set_mode(static_cast<uint16_t>(640 + 8 * (i % 2)), 480);
            REQUIRE(bench.display.attached != nullptr);
            REQUIRE(open_descriptors() <= before + 2);
        }
    }

    TEST_CASE("the guest reads how much there is") {
        for (const uint64_t megabytes : {16U, 32U, 64U, 128U}) {
            CAPTURE(megabytes);
            Bench bench{megabytes};
            CHECK(bench.vga.video_memory().size() == megabytes << 20);
            CHECK(bench.read(DispiIndex::kVideoMemory64K) == megabytes * 16);
        }
    }

    TEST_CASE("3840x2160 with 32 bits is shown to its last pixel in 64 MiB") {
        Bench bench{64};
        bench.set_mode(3840, 2160);
        CHECK(bench.vga.mode_name() == "bochs 3840x2160x32");
        const uint32_t colour = 0x00123456;
        const size_t last = (size_t{3840} * 2160 - 1) * sizeof colour;
        std::memcpy(bench.vga.video_memory().data() + last, &colour, sizeof colour);
        bench.vga.update_picture();
        REQUIRE(bench.display.attached != nullptr);
        REQUIRE(bench.display.attached->size() == Size{3840, 2160});
        uint32_t shown = 0;
        std::memcpy(&shown, bench.display.attached->memory()->latest().row(2159) + size_t{3839} * 4,
                    4);
        CHECK((shown & 0xffffff) == colour);
    }

    TEST_CASE("in 16 MiB it is cut to the rows that fit, which the guest reads back") {
        Bench bench{16};
        bench.set_mode(3840, 2160);
        constexpr uint16_t kRows = (16 << 20) / (3840 * 4);
        CHECK(bench.read(DispiIndex::kXres) == 3840);
        CHECK(bench.read(DispiIndex::kYres) == kRows);
        CHECK(bench.read(DispiIndex::kVirtHeight) == kRows);
        REQUIRE(bench.display.attached != nullptr);
        CHECK(bench.display.attached->size() == Size{3840, kRows});
        // And what fits still does.
        bench.set_mode(1920, 1080);
        CHECK(bench.vga.mode_name() == "bochs 1920x1080x32");
        REQUIRE(bench.display.attached != nullptr);
        CHECK(bench.display.attached->size() == Size{1920, 1080});
    }
}

}  // namespace
}  // namespace oriel::vga
