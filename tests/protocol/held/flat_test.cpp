// SPDX-License-Identifier: MIT
// A hundred thousand pictures that were made, shown and destroyed leave nothing behind, of any
// kind.
#include <doctest/doctest.h>

#include <vector>

#include "held_rig.h"
#include "support/blob_screen.h"
#include "support/sanitized.h"
#include "support/vga_modes.h"

namespace {

using namespace oriel;
using namespace oriel::test;
using wire::Type;

/// Sanitizers find what is left by one round.
constexpr int kRounds = kSanitized ? 1'000 : 100'000;
/// Rounds at first, which fill what is kept for later.
constexpr int kFirst = 500;
constexpr Size kSize{64, 64};
constexpr uint64_t kBytes = kSize.area() * 4;

template <class Round>
void check_flat(Round&& round) {
    for (int i = 0; i < kFirst; ++i) {
        round();
    }
    const Holding before;
    for (int i = 0; i < kRounds; ++i) {
        round();
    }
    const Holding after;
    CHECK(after.descriptors == before.descriptors);
    CHECK(after.ledger.descriptors == before.ledger.descriptors);
    CHECK(after.ledger.bytes == before.ledger.bytes);
    if (!kSanitized) {
        // Less than three bytes a round.
        CHECK(after.resident <= before.resident + (uint64_t{256} << 10));
    }
}

TEST_SUITE("long") {
    TEST_CASE("100000 rounds with a 2D resource leave nothing behind") {
        HeldRig rig;
        const auto pages = rig.driver.allocate(kBytes, Pages::kContiguous);
        check_flat([&] {
            REQUIRE(rig.driver.create_2d(1, kSize) == Type::kOkNodata);
            REQUIRE(rig.driver.attach_backing(1, pages) == Type::kOkNodata);
            REQUIRE(rig.driver.set_scanout(0, 1, Rect::of(kSize)) == Type::kOkNodata);
            REQUIRE(rig.driver.transfer(1, Rect::of(kSize), 0) == Type::kOkNodata);
            const auto flush = rig.driver.post_flush(1, Rect::of(kSize));
            rig.next_frame();
            REQUIRE(rig.driver.unref(1) == Type::kOkNodata);
            static_cast<void>(rig.driver.wait(flush));
        });
    }

    TEST_CASE("100000 rounds with a blob and its dma-buf leave nothing behind") {
        HeldRig rig;
        const auto pages = rig.driver.allocate(kBytes, Pages::kContiguous);
        check_flat([&] {
            REQUIRE(rig.driver.create_blob(1, kBytes, pages) == Type::kOkNodata);
            REQUIRE(rig.driver.set_scanout_blob(0, 1, {.size = kSize, .stride = 256},
                                                Rect::of(kSize)) == Type::kOkNodata);
            const FramebufferRef shown = rig.card.attached(0)->framebuffer;
            REQUIRE(shown->dmabuf()->files().has_value());
            const auto flush = rig.driver.post_flush(1, Rect::of(kSize));
            rig.next_frame();
            REQUIRE(rig.driver.unref(1) == Type::kOkNodata);
            static_cast<void>(rig.driver.wait(flush));
        });
    }

    TEST_CASE("100000 rounds with a blob in pieces that is copied leave nothing behind") {
        HeldRig rig;
        const auto pages = rig.driver.allocate(kBytes, Pages::kScattered);
        check_flat([&] {
            REQUIRE(rig.driver.create_blob(1, kBytes, pages) == Type::kOkNodata);
            REQUIRE(rig.driver.set_scanout_blob(0, 1, {.size = kSize, .stride = 256},
                                                Rect::of(kSize)) == Type::kOkNodata);
            REQUIRE(rig.card.attached(0)->framebuffer->memory() != nullptr);
            REQUIRE(rig.driver.unref(1) == Type::kOkNodata);
            rig.next_frame();
        });
    }

    TEST_CASE("100000 rounds with a cursor leave nothing behind") {
        HeldRig rig;
        const auto pages = rig.driver.allocate(kBytes, Pages::kContiguous);
        check_flat([&] {
            REQUIRE(rig.driver.create_2d(1, kSize) == Type::kOkNodata);
            REQUIRE(rig.driver.create_blob(2, kBytes, pages) == Type::kOkNodata);
            for (const uint32_t id : {1U, 2U}) {
                REQUIRE(rig.driver.update_cursor(0, id, {}) == Type::kOkNodata);
                rig.loop.dispatch(Nanoseconds{0});
                REQUIRE(rig.driver.update_cursor(0, 0, {}) == Type::kOkNodata);
                REQUIRE(rig.driver.unref(id) == Type::kOkNodata);
            }
        });
    }

    TEST_CASE("100000 rounds with bochs and text modes leave nothing behind") {
        HeldRig rig;
        auto ports = vga_ports_of_device(rig.vga);
        const auto set = [&rig](vga::DispiIndex index, uint16_t value) {
            rig.vga.write_dispi(static_cast<uint16_t>(index), value);
        };
        ports.set_mode(vga_modes::kText80x25);
        check_flat([&] {
            set(vga::DispiIndex::kXres, 64);
            set(vga::DispiIndex::kYres, 64);
            set(vga::DispiIndex::kBpp, 32);
            set(vga::DispiIndex::kEnable, 0x41);
            rig.next_frame();
            REQUIRE(rig.card.attached(0)->framebuffer->size() == kSize);
            set(vga::DispiIndex::kEnable, 0);
            rig.next_frame();
            REQUIRE(rig.card.attached(0)->framebuffer->size().width == 720);
        });
    }
}

}  // namespace
