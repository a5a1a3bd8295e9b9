// SPDX-License-Identifier: MIT
// Modes that are too large to be looked at in one turn of the loop.
#include <doctest/doctest.h>

#include <cstring>
#include <utility>

#include "scanout/null_display.h"
#include "scanout/pieces.h"
#include "support/passing_clock.h"
#include "vga/vga_device.h"

namespace oriel::vga {
namespace {

constexpr Size kLarge{2048, 1536};
constexpr uint32_t kPieces = kLarge.area() / kPiecePixels;
static_assert(kPieces == 8);

class LastPicture final : public NullDisplay {
public:
    LastPicture() : NullDisplay{{ScreenInfo{.refresh_mhz = 50'000}}} {}

    void attach(ScanoutId, FramebufferRef framebuffer, const Rect&) override {
        attached = std::move(framebuffer);
        damage.clear();
    }
    void flush(ScanoutId, const Region& flushed, FlushDone) override { damage.add(flushed); }
    void detach(ScanoutId) override { attached.reset(); }
    [[nodiscard]] bool visible(ScanoutId) const override { return true; }

    FramebufferRef attached;
    Region damage;
};

struct Bench {
    void write(DispiIndex index, uint32_t value) {
        vga.write_dispi(static_cast<uint16_t>(index), static_cast<uint16_t>(value));
    }
    void set_mode(Size size) {
        write(DispiIndex::kEnable, 0);
        write(DispiIndex::kXres, size.width);
        write(DispiIndex::kYres, size.height);
        write(DispiIndex::kBpp, 32);
        write(DispiIndex::kEnable,
              Dispi::kEnabled | Dispi::kLinearFramebuffer | Dispi::kNoClearMemory);
    }
    /// All of the memory that a large mode shows has this value in each byte.
    void draw(int value) { std::memset(vga.video_memory().data(), value, kLarge.area() * 4); }
    void turn() { loop.dispatch(Nanoseconds{0}); }
    /// Whether it comes true within many turns.
    template <class Condition>
    bool becomes(Condition&& condition) {
        for (int i = 0; i < 2000 && !condition(); ++i) {
            turn();
        }
        return condition();
    }
    /// A byte of the first px of a row, as the picture has it.
    [[nodiscard]] int shown(uint32_t row) const {
        return std::to_integer<int>(*display.attached->storage()->latest().row(row));
    }
    [[nodiscard]] bool all_flushed() const {
        return display.damage == Region{Rect::of(display.attached->size())};
    }

    test::PassingClock clock{Nanoseconds{700'000}};  // three pieces a turn
    EventLoop loop{clock};
    LastPicture display;
    VgaDevice vga{loop, display, uint64_t{16} << 20};
};

TEST_CASE("a large mode is looked at in turns, and attached when all of it was") {
    Bench bench;
    bench.draw(0x11);
    bench.set_mode(kLarge);
    REQUIRE(bench.becomes([&] { return bench.display.attached != nullptr; }));
    CHECK(bench.shown(0) == 0x11);
    CHECK(bench.shown(kLarge.height - 1) == 0x11);
    CHECK(bench.all_flushed());

    bench.display.damage.clear();
    bench.draw(0x22);
    REQUIRE(bench.becomes([&] { return bench.shown(0) == 0x22; }));
    int turns = 0;
    while (bench.shown(kLarge.height - 1) != 0x22 && turns < 100) {
        CHECK(bench.display.damage.empty());
        bench.turn();
        ++turns;
    }
    CHECK(turns >= 2);
    CHECK(bench.all_flushed());
}

TEST_CASE("a mode that comes in the middle of a look at another one is shown") {
    Bench bench;
    bench.draw(0x11);
    bench.set_mode(kLarge);
    REQUIRE(bench.becomes([&] { return bench.display.attached != nullptr; }));
    bench.draw(0x22);
    REQUIRE(bench.becomes([&] { return bench.shown(0) == 0x22; }));
    REQUIRE(bench.shown(kLarge.height - 1) == 0x11);
    bench.set_mode({64, 48});
    REQUIRE(bench.becomes([&] { return bench.display.attached->size() == Size{64, 48}; }));
    CHECK(bench.shown(47) == 0x22);
    CHECK(bench.all_flushed());
    bench.set_mode(kLarge);
    REQUIRE(bench.becomes([&] { return bench.display.attached->size() == kLarge; }));
    CHECK(bench.shown(kLarge.height - 1) == 0x22);
}

TEST_CASE("a mode that ends in the middle of a look leaves nothing behind that looks on") {
    Bench bench;
    bench.draw(0x11);
    bench.set_mode(kLarge);
    REQUIRE(bench.becomes([&] { return bench.display.attached != nullptr; }));
    bench.draw(0x22);
    REQUIRE(bench.becomes([&] { return bench.shown(0) == 0x22; }));
    bench.vga.reset();
    CHECK(bench.becomes([&] { return bench.display.attached == nullptr; }));
    for (int i = 0; i < 100; ++i) {
        bench.turn();
    }
    CHECK(bench.display.attached == nullptr);
}

TEST_CASE("a screenshot in the middle of a look has all of the picture") {
    Bench bench;
    bench.draw(0x11);
    bench.set_mode(kLarge);
    REQUIRE(bench.becomes([&] { return bench.display.attached != nullptr; }));
    bench.display.damage.clear();
    bench.draw(0x22);
    REQUIRE(bench.becomes([&] { return bench.shown(0) == 0x22; }));
    bench.draw(0x33);
    bench.vga.update_picture();
    CHECK(bench.shown(0) == 0x33);
    CHECK(bench.shown(kLarge.height - 1) == 0x33);
    CHECK(bench.becomes([&] { return bench.all_flushed(); }));
}

}  // namespace
}  // namespace oriel::vga
