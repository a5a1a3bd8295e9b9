// SPDX-License-Identifier: MIT
#include "vdpy/surfaces.h"

#include <doctest/doctest.h>
#include <drm_fourcc.h>
#include <fcntl.h>
#include <sys/mman.h>
#include <unistd.h>

#include <cstring>
#include <vector>

#include "core/memfd.h"
#include "support/recording_display.h"

namespace oriel::app::vdpy {
namespace {

using test::RecordingDisplay;
using Kind = RecordingDisplay::Call::Kind;

constexpr Size kSize{64, 48};

struct Rig {
    explicit Rig(uint32_t colour = 0xff10'2030) : pixels(kSize.area(), colour) {}

    [[nodiscard]] surface memory(pixman_format_code_t format = PIXMAN_x8r8g8b8) {
        surface given{};
        given.surf_type = SURFACE_PIXMAN;
        given.surf_format = format;
        given.width = kSize.width;
        given.height = kSize.height;
        given.bpp = 32;
        given.stride = kSize.width * 4;
        given.pixel = pixels.data();
        return given;
    }
    /// As the device model fills it in when it names a blob.
    [[nodiscard]] static surface dmabuf(int fd) {
        surface given{};
        given.surf_type = SURFACE_DMABUF;
        given.width = kSize.width;
        given.height = kSize.height;
        given.stride = kSize.width * 4;
        given.dma_info = {fd, DRM_FORMAT_XRGB8888, 0};
        return given;
    }

    std::vector<uint32_t> pixels;
    RecordingDisplay display{2};
    Surfaces surfaces{display};
};

/// What C may write there.
template <class Enum>
void fill(Enum& enumerator, uint32_t value) {
    static_assert(sizeof enumerator == sizeof value);
    std::memcpy(&enumerator, &value, sizeof value);
}

UniqueFd file_of(uint32_t colour) {
    UniqueFd file{::memfd_create("guest", MFD_CLOEXEC)};
    const std::vector<uint32_t> pixels(kSize.area(), colour);
    const auto bytes = static_cast<ssize_t>(pixels.size() * 4);
    REQUIRE(::write(file.get(), pixels.data(), static_cast<size_t>(bytes)) == bytes);
    return file;
}

}  // namespace

TEST_CASE("a memory surface shows with its first update, and then what has changed in it") {
    Rig rig;
    const surface given = rig.memory();
    REQUIRE(rig.surfaces.set(0, given));
    CHECK(rig.display.attached(0));
    const auto first = rig.surfaces.update(0, given);
    CHECK(first.good);
    CHECK(first.token != 0);
    CHECK((rig.display.pixel(0, 5, 5) & 0xff'ffff) == 0x10'2030);
    CHECK(rig.display.last(Kind::kFlush).damage.bounds() == Rect::of(kSize));

    CHECK(rig.surfaces.update(0, given).token == 0);  // the same
    rig.pixels[10 * kSize.width + 20] = 0xff00'ff00;
    CHECK(rig.surfaces.update(0, given).token != 0);
    CHECK((rig.display.pixel(0, 20, 10) & 0xff'ffff) == 0x00'ff00);
    CHECK(rig.display.last(Kind::kFlush).damage.bounds().size().area() < kSize.area() / 4);
}

TEST_CASE("formats of 32 bits a pixel aren't confused") {
    struct Expected {
        pixman_format_code_t format;
        uint32_t word;  // little endian
    };
    for (const Expected& one :
         {Expected{PIXMAN_x8r8g8b8, 0xff10'2030}, Expected{PIXMAN_a8r8g8b8, 0xff10'2030},
          Expected{PIXMAN_x8b8g8r8, 0xff30'2010}, Expected{PIXMAN_a8b8g8r8, 0xff30'2010},
          Expected{PIXMAN_r8g8b8x8, 0x1020'30ff}, Expected{PIXMAN_r8g8b8a8, 0x1020'30ff},
          Expected{PIXMAN_b8g8r8x8, 0x3020'10ff}, Expected{PIXMAN_b8g8r8a8, 0x3020'10ff}}) {
        CAPTURE(one.format);
        Rig rig{one.word};
        const surface given = rig.memory(one.format);
        REQUIRE(rig.surfaces.set(0, given));
        REQUIRE(rig.surfaces.update(0, given).good);
        CHECK((rig.display.pixel(0, 1, 1) & 0xff'ffff) == 0x10'2030);
    }
}

TEST_CASE("a blob's update names nothing but its descriptor") {
    Rig rig;
    const UniqueFd file = file_of(0xff40'5060);
    REQUIRE(rig.surfaces.set(1, Rig::dmabuf(file.get())));
    surface update{};
    update.surf_type = SURFACE_DMABUF;
    update.width = 0xdead'beef;  // what was on the stack
    update.stride = 3;
    update.dma_info.dmabuf_fd = file.get();
    CHECK(rig.surfaces.update(1, update).good);
    CHECK((rig.display.pixel(1, 3, 3) & 0xff'ffff) == 0x40'5060);

    SUBCASE("another one is another picture of that layout") {
        const UniqueFd other = file_of(0xff70'8090);
        update.dma_info.dmabuf_fd = other.get();
        CHECK(rig.surfaces.update(1, update).good);
        CHECK((rig.display.pixel(1, 3, 3) & 0xff'ffff) == 0x70'8090);
    }
    SUBCASE("a closed one is the one that was named") {
        update.dma_info.dmabuf_fd = 1'000'000;
        CHECK(rig.surfaces.update(1, update).good);
        CHECK((rig.display.pixel(1, 3, 3) & 0xff'ffff) == 0x40'5060);
    }
}

TEST_CASE("a guest that flips shows each of its buffers as the same picture again and again") {
    Rig rig;
    const UniqueFd one = file_of(0xff00'0001);
    const UniqueFd two = file_of(0xff00'0002);
    std::vector<FramebufferRef> shown;
    for (const UniqueFd* file : {&one, &two, &one, &two}) {
        REQUIRE(rig.surfaces.set(0, Rig::dmabuf(file->get())));
        shown.push_back(rig.display.attached(0));
    }
    CHECK(shown[0] == shown[2]);
    CHECK(shown[1] == shown[3]);
    CHECK(shown[0] != shown[1]);
}

TEST_CASE("the caller may close its descriptor, and not more than eight are kept") {
    const auto lowest_free = [] {
        const int free = ::fcntl(0, F_DUPFD_CLOEXEC, 0);
        ::close(free);
        return free;
    };
    Rig rig;
    const int before = lowest_free();
    for (uint32_t i = 0; i < 20; ++i) {
        const UniqueFd file = file_of(0xff00'0000 + i);
        REQUIRE(rig.surfaces.set(0, Rig::dmabuf(file.get())));
    }
    CHECK(lowest_free() <= before + 9);
    surface update{};
    update.surf_type = SURFACE_DMABUF;
    update.dma_info.dmabuf_fd = -1;
    CHECK(rig.surfaces.update(0, update).good);
    CHECK((rig.display.pixel(0, 0, 0) & 0xff) == 19);
}

TEST_CASE("surfaces that make no sense change nothing") {
    Rig rig;
    const surface good = rig.memory();
    REQUIRE(rig.surfaces.set(0, good));
    REQUIRE(rig.surfaces.update(0, good).good);
    const FramebufferRef shown = rig.display.attached(0);
    const auto refused = [&](auto change) {
        surface given = rig.memory();
        change(given);
        CHECK_FALSE(rig.surfaces.set(0, given));
        CHECK(rig.display.attached(0) == shown);
    };
    refused([](surface& s) { s.width = 0; });
    refused([](surface& s) { s.height = 100'000; });
    refused([](surface& s) { s.stride = s.width * 4 - 1; });
    refused([](surface& s) { s.surf_format = PIXMAN_r5g6b5; });
    refused([](surface& s) { fill(s.surf_format, 0xffff'ffff); });
    refused([](surface& s) { fill(s.surf_type, 7); });
    refused([](surface& s) { s = Rig::dmabuf(-1); });
    refused([](surface& s) { s = Rig::dmabuf(1'000'000); });
    surface update = rig.memory();
    update.pixel = nullptr;
    CHECK_FALSE(rig.surfaces.update(0, update).good);
    update = rig.memory();
    update.height = kSize.height + 1;
    CHECK_FALSE(rig.surfaces.update(0, update).good);
    fill(update.surf_type, 0xffff'ffff);
    CHECK_FALSE(rig.surfaces.update(0, update).good);
    CHECK_FALSE(rig.surfaces.update(1, rig.memory()).good);  // nothing was set
}

TEST_CASE("a cursor is where its corner was told to be, and has its hot spot there") {
    Rig rig;
    const std::vector<uint32_t> pixels(16 * 16, 0x8000'0080);
    cursor given{};
    given.width = given.height = 16;
    given.hot_x = 3;
    given.hot_y = 4;
    given.data = const_cast<uint32_t*>(pixels.data());
    rig.surfaces.move_cursor(0, {100, 50});
    REQUIRE(rig.surfaces.define_cursor(0, given));
    CHECK(rig.display.last(Kind::kSetCursor).cursor->pixels == pixels);
    CHECK(rig.display.last(Kind::kMoveCursor).position == Point{103, 54});
    rig.surfaces.move_cursor(0, {INT32_MAX, INT32_MIN});
    CHECK(rig.display.last(Kind::kMoveCursor).position == Point{INT32_MAX, INT32_MIN + 4});
    given.data = nullptr;
    CHECK_FALSE(rig.surfaces.define_cursor(0, given));
    given.data = const_cast<uint32_t*>(pixels.data());
    given.width = 100'000;
    CHECK_FALSE(rig.surfaces.define_cursor(0, given));
}

}  // namespace oriel::app::vdpy
