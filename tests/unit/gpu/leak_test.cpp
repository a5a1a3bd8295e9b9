// SPDX-License-Identifier: MIT
// Commands that come without end, right and wrong ones: nothing of them stays. Most of the
// published faults of other virtio-gpu devices are of this kind (tests/CVES.md).
#include <doctest/doctest.h>

#include <vector>

#include "core/descriptors.h"
#include "rig.h"
#include "support/blob_screen.h"
#include "support/heap_bytes.h"
#include "support/sanitized.h"

namespace {

using namespace oriel;
using namespace oriel::test;
using gpu::command::BackingEntry;
using wire::Type;

constexpr Size kSize{64, 64};
constexpr uint64_t kPictureBytes = kSize.area() * 4;
/// Outside of all guest memory.
constexpr BackingEntry kNowhere{DirectGpuLink::kRamBase + DirectGpuLink::kRamSize, 4096};

/// After some rounds, which fill what is kept for later, more of them change nothing. Eight bytes
/// left by a round would be more than is allowed here.
template <class Round>
void check_leaves_nothing(GpuRig& rig, Round round) {
    // Sanitizers find what is left by one round.
    constexpr int kFirst = kSanitized ? 20 : 200;
    constexpr int kMore = kSanitized ? 50 : 3000;
    const auto run = [&](int rounds) {
        for (int i = 0; i < rounds; ++i) {
            round();
            rig.turn();
            rig.display.forget_calls();
        }
    };
    run(kFirst);
    const gpu::Stats before = rig.device->stats();
    const size_t files = open_descriptors();
    const size_t heap = heap_bytes();
    run(kMore);
    CHECK(heap_bytes() < heap + size_t{8} * kMore);
    CHECK(open_descriptors() == files);
    const gpu::Stats after = rig.device->stats();
    CHECK(after.resources == before.resources);
    CHECK(after.host_bytes == before.host_bytes);
    CHECK(after.kept_bytes == before.kept_bytes);
    CHECK(after.backing_entries == before.backing_entries);
    CHECK(after.blob_bytes == before.blob_bytes);
}

TEST_CASE("resources that are refused leave nothing behind, however many there are") {
    gpu::Limits limits;
    limits.host_bytes = 2 * kPictureBytes;
    GpuRig rig{1, limits};
    REQUIRE(rig.driver.create_2d(1, kSize) == Type::kOkNodata);
    check_leaves_nothing(rig, [&] {
        REQUIRE(rig.driver.create_2d(0, kSize) == Type::kErrInvalidResourceId);
        REQUIRE(rig.driver.create_2d(1, kSize) == Type::kErrInvalidResourceId);
        REQUIRE(rig.driver.create_2d(2, {0, 64}) == Type::kErrInvalidParameter);
        REQUIRE(rig.driver.create_2d(2, {UINT32_MAX, 64}) == Type::kErrInvalidParameter);
        REQUIRE(rig.driver.create_2d(2, kSize, wire::Format{5}) == Type::kErrInvalidParameter);
        REQUIRE(rig.driver.create_2d(2, {16384, 16384}) == Type::kErrOutOfMemory);
    });
}

TEST_CASE("backing that is refused leaves nothing behind, however often it comes") {
    gpu::Limits limits;
    limits.backing_entries = 8;
    GpuRig rig{1, limits};
    const auto pages = rig.driver.allocate(4 * uint64_t{4096});
    auto half_good = pages;
    half_good.back() = kNowhere;
    REQUIRE(rig.driver.create_2d(1, kSize) == Type::kOkNodata);
    REQUIRE(rig.driver.attach_backing(1, pages) == Type::kOkNodata);
    REQUIRE(rig.driver.create_2d(2, kSize) == Type::kOkNodata);
    const std::vector<BackingEntry> too_many(9, pages[0]);
    check_leaves_nothing(rig, [&] {
        REQUIRE(rig.driver.attach_backing(1, pages) == Type::kErrUnspec);
        REQUIRE(rig.driver.attach_backing(9, pages) == Type::kErrInvalidResourceId);
        REQUIRE(rig.driver.attach_backing(2, half_good) == Type::kErrInvalidParameter);
        REQUIRE(rig.driver.attach_backing(2, {kNowhere}) == Type::kErrInvalidParameter);
        REQUIRE(rig.driver.attach_backing(2, too_many) == Type::kErrOutOfMemory);
        REQUIRE(rig.driver.create_blob(3, kPictureBytes, half_good) == Type::kErrInvalidParameter);
        REQUIRE(rig.driver.create_blob(1, kPictureBytes, pages) == Type::kErrInvalidResourceId);
    });
}

TEST_CASE("a resource that is destroyed with its backing attached leaves nothing behind") {
    GpuRig rig;
    const auto pages = rig.driver.allocate(kPictureBytes);
    // More often than there is room for entries, were they not given back.
    check_leaves_nothing(rig, [&] {
        REQUIRE(rig.driver.create_2d(1, kSize) == Type::kOkNodata);
        REQUIRE(rig.driver.attach_backing(1, pages) == Type::kOkNodata);
        REQUIRE(rig.driver.transfer(1, Rect::of(kSize), 0) == Type::kOkNodata);
        REQUIRE(rig.driver.unref(1) == Type::kOkNodata);
    });
}

TEST_CASE("a reset with resources, backing, scanouts and cursors there leaves nothing behind") {
    GpuRig rig;
    const auto pages = rig.driver.allocate(kPictureBytes);
    int left = 300;  // each start has new rings in the guest's memory
    check_leaves_nothing(rig, [&] {
        if (left-- < 0) {
            return;
        }
        REQUIRE(rig.driver.create_2d(1, kSize) == Type::kOkNodata);
        REQUIRE(rig.driver.attach_backing(1, pages) == Type::kOkNodata);
        REQUIRE(rig.driver.set_scanout(0, 1, Rect::of(kSize)) == Type::kOkNodata);
        REQUIRE(rig.driver.create_blob(2, kPictureBytes, pages) == Type::kOkNodata);
        REQUIRE(rig.driver.update_cursor(0, 1, {}) == Type::kOkNodata);
        rig.link.restart();
    });
    CHECK(rig.device->stats().resources == 0);
    CHECK(rig.device->stats().backing_entries == 0);
}

TEST_CASE("scanouts that are set without end leave nothing behind") {
    GpuRig rig{2};
    auto front = rig.driver.show(0, kSize);
    auto back = rig.driver.create(kSize);
    const BlobScreen blob{rig.driver, kSize};
    uint32_t turn = 0;
    check_leaves_nothing(rig, [&] {
        ++turn;
        REQUIRE(back.show_on(turn % 2) == Type::kOkNodata);
        REQUIRE(front.show_on(0) == Type::kOkNodata);
        REQUIRE(rig.driver.set_scanout(0, front.id(), {turn % 32, 0, 8, 8}) == Type::kOkNodata);
        // Always another part and another layout.
        REQUIRE(rig.driver.set_scanout_blob(1, blob.id(),
                                            {.size = {1 + turn % 64, 8}, .stride = 256},
                                            {0, 0, 1, 1}) == Type::kOkNodata);
        REQUIRE(rig.driver.set_scanout(1, 0, {}) == Type::kOkNodata);
        REQUIRE(rig.driver.set_scanout(2, 0, {}) == Type::kErrInvalidScanoutId);
        REQUIRE(rig.driver.set_scanout(0, 99, {0, 0, 8, 8}) == Type::kErrInvalidResourceId);
    });
}

TEST_CASE("cursors that are set without end leave nothing behind") {
    GpuRig rig;
    auto arrow = rig.driver.create(kSize);
    auto hand = rig.driver.create(kSize);
    auto large = rig.driver.create({512, 512});
    uint32_t turn = 0;
    check_leaves_nothing(rig, [&] {
        arrow.fill({0, 0, 8, 8}, ++turn);
        REQUIRE(arrow.transfer({0, 0, 8, 8}) == Type::kOkNodata);
        REQUIRE(rig.driver.update_cursor(0, arrow.id(), {1, 2}) == Type::kOkNodata);
        REQUIRE(rig.driver.update_cursor(0, hand.id(), {3, 4}, {static_cast<int32_t>(turn), 1}) ==
                Type::kOkNodata);
        REQUIRE(rig.driver.update_cursor(0, large.id(), {}) == Type::kErrInvalidParameter);
        REQUIRE(rig.driver.update_cursor(0, 99, {}) == Type::kErrInvalidResourceId);
        REQUIRE(rig.driver.update_cursor(0, 0, {}) == Type::kOkNodata);
    });
}

}  // namespace
