// SPDX-License-Identifier: MIT
#include "console_screen.h"

#include <doctest/doctest.h>
#include <fcntl.h>
#include <pixman.h>
#include <sys/mman.h>
#include <unistd.h>

#include <cstring>
#include <vector>

#include "core/memfd.h"
#include "support/log_lines.h"
#include "support/recording_display.h"

namespace oriel::qemu_dbus {
namespace {

using Call = test::RecordingDisplay::Call;
constexpr uint32_t kXrgb = PIXMAN_x8r8g8b8;

struct Rig final : public ConsoleFacts {
    test::LogLines log;
    ManualClock clock;
    EventLoop loop{clock};
    test::RecordingDisplay display;
    DisplayStats stats;
    ConsoleScreen screen{loop, display, 0, *this, stats};
    int asked = 0;

    void ask_size() override { ++asked; }
    void listener_lost(const std::string&) override {}
    void listener_overrun() override {}

    void scanout(Size size, uint32_t color) {
        const std::vector<uint32_t> pixels(size.area(), color);
        const auto picture =
            check_scanout(size, size.width * 4, kXrgb, std::as_bytes(std::span{pixels}));
        REQUIRE(picture);
        screen.scanout(*picture);
    }
    void update(const Rect& rect, uint32_t color) {
        const std::vector<uint32_t> pixels(rect.size().area(), color);
        const auto update =
            check_update({static_cast<int>(rect.x), static_cast<int>(rect.y),
                          static_cast<int>(rect.width), static_cast<int>(rect.height)},
                         rect.width * 4, kXrgb, std::as_bytes(std::span{pixels}));
        REQUIRE(update);
        screen.update(*update);
    }
    void pass(Nanoseconds time) {
        clock.advance(time);
        loop.dispatch(Nanoseconds{0});
    }
    [[nodiscard]] uint32_t rgb(uint32_t x, uint32_t y) const {
        return display.pixel(0, x, y) & 0xffffff;
    }
    [[nodiscard]] Size shown() const { return display.source(0).size(); }
};

/// QEMU's memory, and what it draws there.
struct Shared {
    UniqueFd fd;
    Mapping mapping;
    explicit Shared(size_t bytes)
        : fd{create_memfd("test", bytes, MemfdSeals::kNone).value()},
          mapping{Mapping::map(fd.get(), 0, bytes, MapAccess::kReadWrite).value()} {}
    void fill(uint32_t color, size_t from = 0) {
        for (size_t at = from; at + 4 <= mapping.size(); at += 4) {
            std::memcpy(mapping.data() + at, &color, 4);
        }
    }
};

TEST_CASE("a picture that is sent shows, and its updates where they belong") {
    Rig rig;
    rig.scanout({64, 48}, 0x112233);
    CHECK(rig.shown() == Size{64, 48});
    CHECK(rig.rgb(63, 47) == 0x112233);
    rig.display.forget_calls();
    rig.update({10, 20, 9, 16}, 0x445566);
    CHECK(rig.rgb(10, 20) == 0x445566);
    CHECK(rig.rgb(18, 35) == 0x445566);
    CHECK(rig.rgb(9, 20) == 0x112233);
    CHECK(rig.rgb(19, 35) == 0x112233);
    CHECK(rig.display.last(Call::Kind::kFlush).damage.contains({10, 20, 9, 16}));
    CHECK(rig.display.count(Call::Kind::kAttach) == 0);
}

TEST_CASE("what is sent again and has not changed is not shown again") {
    Rig rig;
    rig.scanout({64, 48}, 1);
    rig.display.forget_calls();
    for (int i = 0; i < 10; ++i) {
        rig.scanout({64, 48}, 1);
        rig.update({0, 0, 64, 16}, 1);
    }
    CHECK(rig.display.calls().empty());
    rig.scanout({64, 48}, 2);
    CHECK(rig.display.count(Call::Kind::kFlush) == 1);
    CHECK(rig.display.count(Call::Kind::kAttach) == 0);
}

TEST_CASE("an update beyond the edge makes the picture larger, as a text mode is told") {
    Rig rig;
    rig.scanout({640, 480}, 0x0000ff);
    SUBCASE("the console's size comes later") {
        rig.update({0, 0, 720, 16}, 0x00ff00);
        CHECK(rig.shown() == Size{720, 480});
        CHECK(rig.rgb(719, 15) == 0x00ff00);
        rig.screen.console_size({720, 400}, false);
        rig.pass(ConsoleScreen::kSettles);
        REQUIRE(rig.asked == 1);
        rig.screen.console_size({720, 400}, true);
    }
    SUBCASE("the console's size came before") {
        rig.screen.console_size({720, 400}, false);
        rig.update({0, 0, 720, 16}, 0x00ff00);
    }
    CHECK(rig.shown() == Size{720, 400});
    CHECK(rig.rgb(719, 15) == 0x00ff00);
    // What was there stays until it is drawn over.
    CHECK(rig.rgb(0, 399) == 0x0000ff);
}

TEST_CASE("an update makes no picture larger than a text mode has it") {
    Rig rig;
    rig.scanout({640, 480}, 1);
    rig.update({1232, 0, 49, 16}, 2);
    rig.update({0, 8000, 16, 16}, 2);
    CHECK(rig.shown() == Size{640, 480});
    rig.screen.console_size({4000, 4000}, true);
    CHECK(rig.shown() == Size{640, 480});
    rig.update({1232, 0, 48, 16}, 2);
    CHECK(rig.shown() == Size{1280, 480});
}

TEST_CASE("a text mode in a corner of the picture makes it smaller, once QEMU has said so") {
    Rig rig;
    rig.screen.console_size({1280, 800}, false);
    rig.scanout({1280, 800}, 1);
    rig.update({0, 0, 720, 16}, 2);
    rig.screen.console_size({720, 400}, false);
    CHECK(rig.shown() == Size{1280, 800});
    rig.pass(ConsoleScreen::kSettles);
    REQUIRE(rig.asked == 1);
    rig.screen.console_size({720, 400}, true);
    CHECK(rig.shown() == Size{720, 400});
    CHECK(rig.rgb(719, 15) == 2);
}

TEST_CASE("a size that is told before its picture changes nothing") {
    Rig rig;
    rig.screen.console_size({640, 480}, false);
    rig.scanout({640, 480}, 1);
    rig.screen.console_size({1280, 800}, false);
    rig.scanout({1280, 800}, 2);
    rig.pass(ConsoleScreen::kSettles * 2);
    CHECK(rig.asked == 0);
    CHECK(rig.display.count(Call::Kind::kAttach) == 2);
}

TEST_CASE("shared memory is shown where it is, and copied only when somebody asks") {
    Rig rig;
    Shared memory{640 * 480 * 4};
    memory.fill(0xabcdef);
    REQUIRE(rig.screen.scanout_map(memory.fd.get(), {640, 480}, 0, 2560, kXrgb));
    CHECK(rig.display.count(Call::Kind::kFlush) == 0);
    rig.screen.update_map({0, 0, 640, 480});
    CHECK(rig.rgb(639, 479) == 0xabcdef);
    memory.fill(0x123456);
    CHECK(rig.rgb(0, 0) == 0xabcdef);  // nobody has said that it changed
    rig.screen.update_map({0, 0, 8, 8});
    CHECK(rig.rgb(7, 7) == 0x123456);
    CHECK(rig.rgb(8, 8) == 0xabcdef);
    CHECK(rig.display.last(Call::Kind::kFlush).damage.bounds() == Rect{0, 0, 8, 8});
}

TEST_CASE("a part of a resource is shown from an offset that is no page's") {
    Rig rig;
    Shared memory{1228800};
    memory.fill(0x010101);
    memory.fill(0x020202, 718560);
    REQUIRE(rig.screen.scanout_map(memory.fd.get(), {200, 200}, 718560, 2560, kXrgb));
    rig.screen.update_map({0, 0, 200, 200});
    CHECK(rig.rgb(0, 0) == 0x020202);
    CHECK(rig.rgb(199, 199) == 0x020202);
}

TEST_CASE("a guest that flips between two pictures has two framebuffers") {
    Rig rig;
    Shared first{4096};
    Shared second{4096};
    std::vector<uint64_t> generations;
    for (int i = 0; i < 6; ++i) {
        Shared& memory = i % 2 == 0 ? first : second;
        memory.fill(static_cast<uint32_t>(i));
        // Each time another descriptor.
        const UniqueFd copy{::fcntl(memory.fd.get(), F_DUPFD_CLOEXEC, 0)};
        REQUIRE(rig.screen.scanout_map(copy.get(), {32, 32}, 0, 128, kXrgb));
        rig.screen.update_map({0, 0, 1, 1});
        // All of it is new: it was drawn while it wasn't shown.
        CHECK(rig.rgb(31, 31) == static_cast<uint32_t>(i));
        generations.push_back(rig.display.attached(0)->generation());
    }
    CHECK(generations[0] == generations[4]);
    CHECK(generations[1] == generations[5]);
    CHECK(generations[0] != generations[1]);
}

TEST_CASE("no more than four shared pictures stay mapped") {
    Rig rig;
    std::vector<std::weak_ptr<const void>> lives;
    for (int i = 0; i < 20; ++i) {
        Shared memory{4096};
        REQUIRE(rig.screen.scanout_map(memory.fd.get(), {32, 32}, 0, 128, kXrgb));
        lives.push_back(rig.display.attached(0)->lifetime());
        rig.display.forget_calls();
    }
    const auto alive =
        std::count_if(lives.begin(), lives.end(), [](const auto& life) { return !life.expired(); });
    CHECK(alive == ConsoleScreen::kMaxMaps);
}

TEST_CASE("memory that can't be shown is refused, and the picture stays") {
    Rig rig;
    rig.scanout({64, 48}, 7);
    Shared memory{4096};
    const UniqueFd null{::open("/dev/null", O_RDWR | O_CLOEXEC)};
    // As QEMU does it for a blob without OpenGL.
    CHECK_FALSE(rig.screen.scanout_map(null.get(), {64, 48}, 0, 256, kXrgb));
    CHECK_FALSE(rig.screen.scanout_map(memory.fd.get(), {64, 48}, 0, 256, kXrgb));
    CHECK_FALSE(rig.screen.scanout_map(memory.fd.get(), {8, 8}, 4090, 32, kXrgb));
    CHECK_FALSE(rig.screen.scanout_map(memory.fd.get(), {8, 8}, 0, 32, PIXMAN_r5g6b5));
    CHECK(rig.stats.malformed == 4);
    CHECK(rig.rgb(63, 47) == 7);
    rig.update({0, 0, 1, 1}, 8);
    CHECK(rig.rgb(0, 0) == 8);
}

TEST_CASE("a shared file that is sealed against all change is shown") {
    Rig rig;
    const std::vector<uint32_t> pixels(64 * 48, 0x123456);
    const auto bytes = std::as_bytes(std::span{pixels});
    const UniqueFd file{::memfd_create("sealed", MFD_CLOEXEC | MFD_ALLOW_SEALING)};
    REQUIRE(::write(file.get(), bytes.data(), bytes.size()) == static_cast<ssize_t>(bytes.size()));
    REQUIRE(::fcntl(file.get(), F_ADD_SEALS,
                    F_SEAL_SHRINK | F_SEAL_GROW | F_SEAL_WRITE | F_SEAL_SEAL) == 0);
    REQUIRE(rig.screen.scanout_map(file.get(), {64, 48}, 0, 256, kXrgb));
    rig.screen.update_map({0, 0, 64, 48});
    CHECK(rig.rgb(63, 47) == 0x123456);
}

TEST_CASE("shared memory that shrinks under us ends nothing") {
    Rig rig;
    Shared memory{64 * 4096};
    memory.fill(0x515151);
    REQUIRE(rig.screen.scanout_map(memory.fd.get(), {256, 256}, 0, 1024, kXrgb));
    rig.screen.update_map({0, 0, 256, 256});
    CHECK(rig.rgb(255, 255) == 0x515151);
    REQUIRE(::ftruncate(memory.fd.get(), 4096) == 0);
    rig.screen.update_map({0, 0, 256, 256});
    static_cast<void>(rig.rgb(255, 255));
    rig.screen.update_map({0, 0, 256, 256});
    // Mapped anew it lies.
    CHECK_FALSE(rig.screen.scanout_map(memory.fd.get(), {256, 256}, 0, 1024, kXrgb));
    rig.scanout({64, 48}, 9);
    CHECK(rig.rgb(0, 0) == 9);
}

TEST_CASE("calls out of order are counted and forgotten") {
    Rig rig;
    rig.update({0, 0, 10, 10}, 1);
    rig.screen.update_map({0, 0, 10, 10});
    rig.screen.update_dmabuf({0, 0, 10, 10}, {});
    CHECK(rig.stats.malformed == 3);
    CHECK(rig.display.calls().empty());
    for (int i = 0; i < 1000; ++i) {
        rig.screen.lied();
    }
    CHECK(rig.log.lines.size() <= 5);
}

TEST_CASE("a dma-buf is shown upside down where QEMU says so, also as a copy") {
    Rig rig;
    Shared memory{16384};
    memory.fill(0xaa0000);
    memory.fill(0x0000bb, 8192);  // the lower half in memory
    const std::vector<uint32_t> offsets{0};
    const std::vector<uint32_t> strides{256};
    for (const bool inverted : {false, true}) {
        std::vector<UniqueFd> files;
        files.emplace_back(::fcntl(memory.fd.get(), F_DUPFD_CLOEXEC, 0));
        const auto picture = check_dmabuf({.visible = {0, 0, 64, 64},
                                           .offsets = offsets,
                                           .strides = strides,
                                           .planes = 1,
                                           .fourcc = DRM_FORMAT_XRGB8888,
                                           .backing = {64, 64},
                                           .modifier = DRM_FORMAT_MOD_INVALID,
                                           .y0_top = inverted,
                                           .files = 1});
        REQUIRE(picture);
        rig.screen.scanout_dmabuf(*picture, std::move(files));
        rig.screen.update_dmabuf({0, 0, 64, 64}, {});
        CHECK(rig.rgb(0, 0) == (inverted ? 0x0000bb : 0xaa0000));
        CHECK(rig.rgb(63, 63) == (inverted ? 0xaa0000 : 0x0000bb));
        REQUIRE(rig.display.attached(0)->dmabuf()->files());
    }
}

TEST_CASE("a cursor has its hot spot where the guest's pointer is, and hides") {
    Rig rig;
    auto image = std::make_shared<CursorImage>();
    image->size = {64, 64};
    image->hotspot = {5, 7};
    image->pixels.resize(64 * 64);
    rig.screen.cursor_define(image);
    rig.screen.mouse_set({100, 80}, true);
    rig.pass(Nanoseconds{0});
    CHECK(rig.display.last(Call::Kind::kSetCursor).cursor == image);
    CHECK(rig.display.last(Call::Kind::kMoveCursor).position == Point{105, 87});
    CHECK(rig.display.count(Call::Kind::kMoveCursor) == 1);
    rig.screen.mouse_set({INT32_MAX, -3}, false);
    rig.pass(Nanoseconds{0});
    CHECK(rig.display.last(Call::Kind::kSetCursor).cursor == nullptr);
    CHECK(rig.display.last(Call::Kind::kMoveCursor).position == Point{INT32_MAX, 4});
}

}  // namespace
}  // namespace oriel::qemu_dbus
