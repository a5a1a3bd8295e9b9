// SPDX-License-Identifier: MIT
// What `oriel ctl stats` says is held for a guest, and what the kernel says that this process has.
#include <doctest/doctest.h>

#include <cmath>
#include <cstring>
#include <memory>
#include <span>
#include <vector>

#include "held_rig.h"
#include "support/blob_screen.h"
#include "support/heap_bytes.h"
#include "support/sanitized.h"

namespace {

using namespace oriel;
using namespace oriel::test;
using gpu::command::BackingEntry;
using wire::Type;

constexpr uint64_t kPage = 4096;
constexpr uint64_t kMiB = uint64_t{1} << 20;

/// `make` makes a guest hold some MiB.
template <class Make>
void check_agrees(Make&& make) {
    const Holding before;
    make();
    const Holding after;
    CHECK(after.ledger.descriptors - before.ledger.descriptors ==
          after.descriptors - before.descriptors);
    const auto ledger = static_cast<double>(after.ledger.bytes - before.ledger.bytes);
    CHECK(ledger > 4.0 * kMiB);
    if (kSanitized) {
        MESSAGE("AddressSanitizer's heap is another: bytes are not compared");
        return;
    }
    const auto resident = static_cast<double>(after.resident - before.resident);
    CHECK(std::abs(resident - ledger) <= 0.05 * resident);
}

/// Makes each byte behind a command a piece of its own: no address follows the one before.
void tear_apart(std::span<std::byte> request) {
    constexpr size_t kDescriptor = 16;
    for (size_t i = 101; i < 19'000; i += 2) {
        std::memcpy(&request[i * kDescriptor], &request[(i - 1) * kDescriptor], sizeof(uint64_t));
    }
}

TEST_CASE("the ledger has the pixels of 2D resources, as many as were written") {
    HeldRig rig;
    const auto pages = rig.driver.allocate(kMiB, Pages::kContiguous);
    check_agrees([&] {
        for (uint32_t id = 1; id <= 40; ++id) {
            REQUIRE(rig.driver.create_2d(id, {512, 512}) == Type::kOkNodata);
            REQUIRE(rig.driver.attach_backing(id, pages) == Type::kOkNodata);
            // A half of each stays as it is, and takes no memory.
            REQUIRE(rig.driver.transfer(id, {0, 0, 512, 256}, 0) == Type::kOkNodata);
        }
    });
}

TEST_CASE("the ledger has the buffers of a picture that a presenter holds") {
    HeldRig rig;
    auto screen = rig.driver.create({1024, 1024}, Pages::kContiguous);
    std::vector<BufferLease> leases;
    check_agrees([&] {
        REQUIRE(screen.show_on(0) == Type::kOkNodata);
        for (uint32_t i = 0; i < 3; ++i) {
            screen.fill(0x01010101 * (i + 1));
            REQUIRE(screen.transfer() == Type::kOkNodata);
            leases.push_back(rig.card.attached(0)->framebuffer->memory()->publish());
        }
    });
}

TEST_CASE("the ledger has the addresses behind 2D resources and blobs") {
    HeldRig rig;
    // None lies behind the one before: each is looked up by itself.
    const auto scattered = rig.driver.allocate(uint64_t{8000} * kPage);
    std::vector<BackingEntry> many;
    for (int i = 0; i < 5; ++i) {
        many.insert(many.end(), scattered.begin(), scattered.end());
    }
    check_agrees([&] {
        for (uint32_t id = 1; id <= 4; ++id) {
            REQUIRE(rig.driver.create_2d(id, {1, 1}) == Type::kOkNodata);
            REQUIRE(rig.driver.attach_backing(id, many) == Type::kOkNodata);
        }
    });
    check_agrees([&] {
        for (uint32_t id = 101; id <= 120; ++id) {
            REQUIRE(rig.driver.create_blob(id, scattered.size() * kPage, scattered) ==
                    Type::kOkNodata);
        }
    });
}

TEST_CASE("the ledger has the copies and the dma-bufs of blobs that are shown") {
    HeldRig rig;
    std::vector<FramebufferRef> shown;
    std::vector<BlobScreen> blobs;
    for (int i = 0; i < 8; ++i) {
        blobs.emplace_back(rig.driver, Size{512, 512},
                           BlobScreen::Options{.pages = Pages::kContiguous});
        blobs.back().fill(0xff336699);
    }
    check_agrees([&] {
        for (BlobScreen& blob : blobs) {
            REQUIRE(blob.show_on(0) == Type::kOkNodata);
            shown.push_back(rig.card.attached(0)->framebuffer);
            REQUIRE(shown.back()->memory() != nullptr);
            REQUIRE(shown.back()->dmabuf()->files().has_value());
        }
    });
    CHECK(held(HeldFor::kDmabufs).descriptors == 8);
}

TEST_CASE("the ledger has the cursors of all screens") {
    HeldRig rig{16};
    auto picture = rig.driver.create({256, 256}, Pages::kContiguous);
    picture.fill(0xff0000ff);
    REQUIRE(picture.transfer() == Type::kOkNodata);
    const uint64_t before = held(HeldFor::kCursors).bytes;
    const Holding all_before;
    for (uint32_t scanout = 0; scanout < 16; ++scanout) {
        REQUIRE(rig.driver.update_cursor(scanout, picture.id(), {}) == Type::kOkNodata);
    }
    CHECK(held(HeldFor::kCursors).bytes - before >= uint64_t{16} * 256 * 256 * 4);
    const Holding all_after;
    if (!kSanitized) {
        const auto ledger = static_cast<double>(all_after.ledger.bytes - all_before.ledger.bytes);
        const auto resident = static_cast<double>(all_after.resident - all_before.resident);
        CHECK(std::abs(resident - ledger) <= 0.05 * resident);
    }
}

TEST_CASE("the ledger has what is known of each resource, too small to be seen by the kernel") {
    HeldRig rig;
    const auto pages = rig.driver.allocate(kPage);
    const Held before = held_in_all();
    const size_t heap = heap_bytes();
    for (uint32_t id = 1; id <= 500; ++id) {
        REQUIRE(rig.driver.create_2d(id, {8, 8}) == Type::kOkNodata);
        REQUIRE(rig.driver.create_blob(1000 + id, kPage, pages) == Type::kOkNodata);
    }
    const auto ledger = static_cast<double>(held_in_all().bytes - before.bytes);
    if (kSanitized) {
        MESSAGE("AddressSanitizer's heap is another: bytes are not compared");
        return;
    }
    const auto in_use = static_cast<double>(heap_bytes() - heap);
    CHECK(std::abs(in_use - ledger) <= 0.05 * in_use);
}

TEST_CASE("a request of many pieces that waits for its answer keeps those for the answer only") {
    HeldRig rig;
    BlobScreen screen{rig.driver, {64, 64}, {.pages = Pages::kContiguous}};
    REQUIRE(screen.show_on(0) == Type::kOkNodata);
    rig.link.split_requests(1);
    const Held before = held(HeldFor::kRequests);
    std::vector<GpuDriver::Token> flushes;
    flushes.reserve(20);
    for (uint64_t i = 1; i <= 20; ++i) {
        wire::ResourceFlush flush{{}, {0, 0, 64, 64}, screen.id(), 0};
        flush.header.type = static_cast<uint32_t>(Type::kResourceFlush);
        flush.header.flags = wire::kFlagFence;
        flush.header.fence_id = i;
        std::vector<std::byte> bytes(20'000);
        std::memcpy(bytes.data(), &flush, sizeof flush);
        rig.link.set_kicking(false);
        flushes.push_back(rig.driver.post_raw(bytes));
        tear_apart(rig.link.memory_of(flushes.back()));
        rig.link.set_kicking(true);
        rig.link.kick(wire::kControlQueue);
    }
    CHECK(rig.device.stats().flushes_waiting > 10);
    // One chain at hand, and the indirect table at hand; else 20 times as much.
    CHECK(held(HeldFor::kRequests).bytes - before.bytes < 2 * kMiB);
}

TEST_CASE("nothing of a guest is in the ledger after a reset") {
    HeldRig rig;
    const Held before = held_in_all();
    auto screen = rig.driver.show(0, {640, 480});
    screen.fill(0xff336699);
    REQUIRE(screen.transfer() == Type::kOkNodata);
    REQUIRE(rig.driver.update_cursor(0, rig.driver.create({64, 64}).id(), {}) == Type::kOkNodata);
    CHECK(held_in_all().bytes > before.bytes + kMiB);
    CHECK(held_in_all().descriptors > before.descriptors);
    rig.link.restart();
    CHECK(held_in_all().descriptors == before.descriptors);
    CHECK(held_in_all().bytes < before.bytes + (uint64_t{64} << 10));
}

}  // namespace
