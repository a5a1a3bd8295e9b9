// SPDX-License-Identifier: MIT
// A process that ends leaves the registers of its VGA, and the next one goes on with them.
#include <doctest/doctest.h>
#include <fcntl.h>

#include <algorithm>
#include <array>
#include <cstring>
#include <optional>
#include <string>
#include <vector>

#include "core/state_record.h"
#include "scanout/null_display.h"
#include "support/random.h"
#include "vga/vga_device.h"

namespace oriel::vga {
namespace {

using std::chrono::milliseconds;

constexpr uint16_t kDispi = static_cast<uint16_t>(DispiIndex::kVideoMemory64K) + 1;

/// Remembers what is shown.
class TestDisplay final : public NullDisplay {
public:
    TestDisplay() : NullDisplay{{ScreenInfo{.refresh_mhz = 50'000}}} {}
    void attach(ScanoutId, FramebufferRef framebuffer, const Rect&) override {
        attached = std::move(framebuffer);
    }
    void flush(ScanoutId, const Region&, FlushDone done) override { done.answer(); }
    FramebufferRef attached;
};

struct ServingProcess {
    explicit ServingProcess(UniqueFd memory = {})
        : vga{loop, display, uint64_t{1} << 20, std::move(memory)} {}
    [[nodiscard]] UniqueFd memory() const {
        return UniqueFd{::fcntl(vga.video_memory_fd(), F_DUPFD_CLOEXEC, 0)};
    }
    void settle() {
        clock.advance(VgaDevice::kSettledAtLast);
        while (loop.dispatch(Nanoseconds{0})) {
        }
    }
    ManualClock clock;
    EventLoop loop{clock};
    TestDisplay display;
    VgaDevice vga;
};

/// All that a guest can read, in an order whose side effects are the same for two devices.
std::string read_all(VgaDevice& vga) {
    std::string text = vga.mode_name();
    const auto add = [&text](uint32_t value) { text += fmt::format(" {:x}", value); };
    for (uint16_t index = 0; index < kDispi; ++index) {
        add(vga.read_dispi(index));
    }
    add(vga.read_word_port(0x1ce));
    add(vga.big_endian() ? 1 : 0);
    const uint16_t base = (vga.read_port(0x3cc) & 1) != 0 ? 0x3d0 : 0x3b0;
    const uint16_t crtc = base + 4;
    for (const uint16_t port :
         {uint16_t{0x3c0}, uint16_t{0x3c1}, uint16_t{0x3c4}, uint16_t{0x3c6}, uint16_t{0x3c8},
          uint16_t{0x3ca}, uint16_t{0x3cc}, uint16_t{0x3ce}, crtc}) {
        add(vga.read_port(port));
    }
    // Whether it expects an index or a value next.
    vga.write_port(0x3c0, 0x33);
    add(vga.read_port(0x3c0));
    for (const uint16_t port : {uint16_t{0x3c4}, uint16_t{0x3ce}, crtc}) {
        for (uint8_t index = 0; index < 0x20; ++index) {
            vga.write_port(port, index);
            add(vga.read_port(port + 1));
        }
    }
    for (uint8_t index = 0; index < 0x15; ++index) {
        static_cast<void>(vga.read_port(base + 0xa));
        vga.write_port(0x3c0, index);
        add(vga.read_port(0x3c1));
    }
    // The colour that was begun is completed.
    vga.write_port(0x3c9, 0x11);
    vga.write_port(0x3c9, 0x12);
    vga.write_port(0x3c7, 0);
    for (int i = 0; i < 768; ++i) {
        add(vga.read_port(0x3c9));
    }
    return text;
}

void write_at_random(VgaDevice& vga, test::Random& random) {
    switch (random.below(8)) {
        case 0:
            return vga.write_dispi(static_cast<uint16_t>(random.below(kDispi)),
                                   static_cast<uint16_t>(random.below(200)));
        case 1:
            return vga.write_dispi(static_cast<uint16_t>(DispiIndex::kEnable),
                                   static_cast<uint16_t>(random()));
        case 2:
            return vga.write_dispi(static_cast<uint16_t>(DispiIndex::kBpp),
                                   std::array<uint16_t, 4>{4, 8, 15, 32}[random.below(4)]);
        case 3:
            return vga.write_word_port(0x1ce, static_cast<uint16_t>(random.below(kDispi)));
        case 4:
            return vga.set_big_endian(random.one_in(2));
        case 5:
            vga.write_port(0x3c8, static_cast<uint8_t>(random()));
            for (uint32_t i = random.below(7); i > 0; --i) {
                vga.write_port(0x3c9, static_cast<uint8_t>(random()));
            }
            return;
        default:
            return vga.write_port(static_cast<uint16_t>(0x3b0 + random.below(0x30)),
                                  static_cast<uint8_t>(random()));
    }
}

TEST_SUITE("kept vga registers") {
    TEST_CASE("whatever a guest has written, the next process has the same registers") {
        test::Random random{20'261'201};
        for (int round = 0; round < 200; ++round) {
            CAPTURE(round);
            auto record = StateRecord::create();
            REQUIRE(record);
            ServingProcess first;
            first.vga.keep(&*record);
            for (uint32_t i = random.below(300); i > 0; --i) {
                write_at_random(first.vga, random);
            }
            first.settle();
            ServingProcess next{first.memory()};
            next.vga.resume(*record);
            next.vga.keep(&*record);
            // Not decomposed: a failure would print all of it.
            const std::string was = read_all(first.vga);
            const std::string is = read_all(next.vga);
            const auto differ = std::mismatch(is.begin(), is.end(), was.begin(), was.end());
            CAPTURE(differ.first - is.begin());
            CAPTURE(is.substr(0, 60));
            CAPTURE(was.substr(0, 60));
            REQUIRE(differ.first == is.end());
        }
    }

    TEST_CASE("a bochs mode's picture is on the screen again, and nothing of it is cleared") {
        auto record = StateRecord::create();
        REQUIRE(record);
        ServingProcess first;
        first.vga.keep(&*record);
        const auto write = [&](DispiIndex index, uint16_t value) {
            first.vga.write_dispi(static_cast<uint16_t>(index), value);
        };
        write(DispiIndex::kXres, 64);
        write(DispiIndex::kYres, 48);
        write(DispiIndex::kBpp, 32);
        write(DispiIndex::kEnable, Dispi::kEnabled | Dispi::kLinearFramebuffer);
        const uint32_t red = 0x00ff0000;
        std::memcpy(first.vga.video_memory().data(), &red, sizeof red);
        first.settle();
        REQUIRE(first.vga.shown_mode() == "bochs 64x48x32");

        ServingProcess next{first.memory()};
        next.vga.resume(*record);
        next.settle();
        CHECK(next.vga.shown_mode() == "bochs 64x48x32");
        REQUIRE(next.display.attached);
        uint32_t pixel = 0;
        std::memcpy(&pixel, next.display.attached->memory()->latest().row(0), sizeof pixel);
        CHECK((pixel & 0xffffff) == red);
    }

    TEST_CASE("a record of something else leaves the registers as they are, or makes others") {
        test::Random random{7};
        ServingProcess fresh;
        const std::string at_start = read_all(fresh.vga);
        for (int round = 0; round < 200; ++round) {
            auto record = StateRecord::create();
            REQUIRE(record);
            std::vector<std::byte> noise(round == 0 ? size_t{1} << 20 : random.below(4000));
            for (std::byte& byte : noise) {
                byte = static_cast<std::byte>(random.one_in(2) ? random() : random.below(4));
            }
            record->put({0x76676120, 0}, noise);
            ServingProcess process;
            process.vga.resume(*record);
            process.settle();
            if (noise.size() % sizeof(PortWrite) != 0 || round == 0) {
                const bool same = read_all(process.vga) == at_start;
                CHECK(same);
            }
        }
    }

    TEST_CASE("however much a guest writes in a turn, it is written down once") {
        auto record = StateRecord::create();
        REQUIRE(record);
        ServingProcess first;
        first.vga.keep(&*record);
        const auto kept = [&] { return record->find({0x76676120, 0})->data(); };
        const std::byte* const before = kept();
        for (int i = 0; i < 10'000; ++i) {
            first.vga.write_port(0x3c6, static_cast<uint8_t>(i));
        }
        CHECK(kept() == before);
        first.settle();
        CHECK(kept() != before);
        first.vga.keep(nullptr);
        first.vga.reset();
        const std::byte* const last = kept();
        first.settle();
        CHECK(kept() == last);
    }
}

}  // namespace
}  // namespace oriel::vga
