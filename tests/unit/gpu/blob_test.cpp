// SPDX-License-Identifier: MIT
#include <doctest/doctest.h>

#include <array>
#include <cstring>
#include <filesystem>

#include "core/memfd.h"
#include "rig.h"
#include "support/blob_screen.h"
#include "support/heap_bytes.h"
#include "support/sanitized.h"

namespace {

using namespace oriel;
using namespace oriel::test;
using gpu::command::BackingEntry;
using wire::Type;
using Kind = RecordingDisplay::Call::Kind;

constexpr uint64_t kPage = 4096;

size_t open_files() {
    size_t count = 0;
    for ([[maybe_unused]] const auto& entry :
         std::filesystem::directory_iterator{"/proc/self/fd"}) {
        ++count;
    }
    return count;
}

/// Nothing of a refused command may be left.
void check_untouched(GpuRig& rig) {
    const gpu::Stats stats = rig.device->stats();
    CHECK(stats.resources == 0);
    CHECK(stats.blobs == 0);
    CHECK(stats.blob_bytes == 0);
    CHECK(stats.backing_entries == 0);
    CHECK(stats.host_bytes == 0);
    CHECK(rig.display.calls().empty());
}

TEST_CASE("blob ids: 0 and a used one are refused, of either kind, one given back is free again") {
    GpuRig rig;
    const auto pages = rig.driver.allocate(kPage);
    CHECK(rig.driver.create_blob(0, kPage, pages) == Type::kErrInvalidResourceId);
    CHECK(rig.driver.create_blob(1, kPage, pages) == Type::kOkNodata);
    CHECK(rig.driver.create_blob(1, kPage, pages) == Type::kErrInvalidResourceId);
    CHECK(rig.driver.create_2d(1, {8, 8}) == Type::kErrInvalidResourceId);
    CHECK(rig.driver.create_2d(2, {8, 8}) == Type::kOkNodata);
    CHECK(rig.driver.create_blob(2, kPage, pages) == Type::kErrInvalidResourceId);
    CHECK(rig.device->stats().blobs == 1);
    CHECK(rig.device->stats().blob_bytes == kPage);
    CHECK(rig.device->stats().resources == 2);
    CHECK(rig.driver.unref(1) == Type::kOkNodata);
    CHECK(rig.driver.create_blob(1, kPage, pages) == Type::kOkNodata);
    CHECK(rig.device->stats().backing_entries == 1);
}

TEST_CASE("only guest memory with known flags makes a blob") {
    GpuRig rig;
    const auto pages = rig.driver.allocate(kPage);
    for (const uint32_t memory :
         {0U, wire::kBlobMemHost3d, wire::kBlobMemHost3dGuest, 4U, 0xffffffffU}) {
        CHECK(rig.driver.create_blob(1, kPage, pages, memory) == Type::kErrInvalidParameter);
    }
    CHECK(rig.driver.create_blob(1, kPage, pages, 1, 8) == Type::kErrInvalidParameter);
    CHECK(rig.driver.create_blob(1, kPage, pages, 1, 0x80000002) == Type::kErrInvalidParameter);
    check_untouched(rig);
    for (const uint32_t flags : {0U, 1U, 2U, 7U}) {
        CHECK(rig.driver.create_blob(1 + flags, kPage, pages, 1, flags) == Type::kOkNodata);
    }
}

TEST_CASE("a blob's size and its entries have to fit") {
    GpuRig rig;
    const uint64_t base = rig.link.allocate(16 * kPage);
    const auto page = [base](uint64_t index, uint32_t bytes = kPage) {
        return BackingEntry{base + index * kPage, bytes};
    };
    struct Case {
        const char* what;
        uint64_t size;
        std::vector<BackingEntry> entries;
        Type answer;
    };
    const std::array<Case, 17> cases{{
        {"no size", 0, {page(0)}, Type::kErrInvalidParameter},
        {"no entries", kPage, {}, Type::kErrInvalidParameter},
        {"larger than its page", kPage + 1, {page(0)}, Type::kErrInvalidParameter},
        {"larger by far", UINT64_MAX, {page(0)}, Type::kErrInvalidParameter},
        {"larger than all entries", 3 * kPage, {page(0), page(2)}, Type::kErrInvalidParameter},
        {"an empty entry", kPage, {page(0), page(1, 0)}, Type::kErrInvalidParameter},
        {"an empty entry first", kPage, {page(1, 0), page(0)}, Type::kErrInvalidParameter},
        {"an address within a page", kPage, {{base + 512, 2 * kPage}}, Type::kErrInvalidParameter},
        {"half a page before others", kPage, {page(0, 2048), page(1)}, Type::kErrInvalidParameter},
        {"a page twice", 2 * kPage, {page(3), page(3)}, Type::kErrInvalidParameter},
        {"a page twice, far apart",
         3 * kPage,
         {page(3), page(1), page(3)},
         Type::kErrInvalidParameter},
        {"entries that overlap",
         4 * kPage,
         {page(4, 3 * kPage), page(6, 2 * kPage)},
         Type::kErrInvalidParameter},
        {"entries that overlap, descending",
         4 * kPage,
         {page(6, 2 * kPage), page(4, 3 * kPage)},
         Type::kErrInvalidParameter},
        {"memory that isn't there", kPage, {{0, kPage}}, Type::kErrInvalidParameter},
        {"memory that ends within",
         3 * kPage,
         {page(0), {DirectGpuLink::kRamBase + DirectGpuLink::kRamSize - kPage, 2 * kPage}},
         Type::kErrInvalidParameter},
        {"an address that wraps", kPage, {{0 - kPage, 2 * kPage}}, Type::kErrInvalidParameter},
        {"more entries than the limit", kPage,
         std::vector<BackingEntry>(gpu::Limits{}.backing_entries + 1, page(0)),
         Type::kErrOutOfMemory},
    }};
    for (const Case& wrong : cases) {
        CAPTURE(wrong.what);
        CHECK(rig.driver.create_blob(1, wrong.size, wrong.entries) == wrong.answer);
        check_untouched(rig);
    }
    // What drivers really send: any order, whole pages, the end of the last one perhaps not used.
    CHECK(rig.driver.create_blob(1, 2 * kPage, {page(5), page(2), page(9)}) == Type::kOkNodata);
    CHECK(rig.driver.create_blob(2, kPage + 100, {page(5), page(2, 100)}) == Type::kOkNodata);
    CHECK(rig.device->stats().backing_entries == 5);
}

TEST_CASE("a blob command that is cut short changes nothing") {
    GpuRig rig;
    wire::ResourceCreateBlob create{{}, 1,    wire::kBlobMemGuest, wire::kBlobFlagUseShareable, 1,
                                    0,  kPage};
    create.header.type = static_cast<uint32_t>(Type::kResourceCreateBlob);
    std::vector<std::byte> bytes(sizeof create + sizeof(wire::MemEntry));
    ByteWriter writer{bytes};
    writer.write(create);
    writer.write(wire::MemEntry{rig.link.allocate(kPage), kPage, 0});
    for (size_t length = sizeof(wire::Header); length < bytes.size(); ++length) {
        const auto answer =
            GpuDriver::header_of(rig.driver.raw(std::span{bytes}.first(length), 24));
        CHECK(static_cast<Type>(answer.type) == Type::kErrInvalidParameter);
    }
    check_untouched(rig);
    rig.link.split_requests(7);  // in many descriptors, as vmalloc'ed lists are
    const auto answer = GpuDriver::header_of(rig.driver.raw(bytes, 24));
    CHECK(static_cast<Type>(answer.type) == Type::kOkNodata);
}

TEST_CASE(
    "where blobs are switched off the feature isn't offered, and there are no blob commands") {
    GpuRig rig;
    const auto pages = rig.driver.allocate(kPage);
    rig.device = std::make_unique<gpu::GpuDevice>(rig.loop, rig.display, rig.link.memory(),
                                                  gpu::GpuDevice::Options{.blobs = false});
    rig.link.start(*rig.device);
    CHECK(rig.device->features() == wire::kFeatureEdid);
    CHECK(rig.driver.config().blob_alignment == 0);
    CHECK(rig.driver.create_blob(1, kPage, pages) == Type::kErrUnspec);
    CHECK(rig.driver.create_blob(0, 0, {}) == Type::kErrUnspec);
    CHECK(rig.driver.set_scanout_blob(0, 0, {}, {}) == Type::kErrUnspec);
    CHECK(rig.driver.set_scanout_blob(9, 1, {}, {}) == Type::kErrUnspec);
    check_untouched(rig);
}

TEST_CASE("a transfer to a blob does nothing and is answered, with its fence") {
    GpuRig rig;
    BlobScreen screen{rig.driver, {64, 32}};
    CHECK(screen.transfer() == Type::kOkNodata);
    CHECK(rig.driver.transfer(screen.id(), {0, 0, 5000, 5000}, UINT64_MAX) == Type::kOkNodata);
    const auto answer = rig.driver.fenced(77).send(
        Type::kTransferToHost2d, wire::TransferToHost2d{{}, {0, 0, 64, 32}, 0, screen.id(), 0});
    CHECK(static_cast<Type>(answer.type) == Type::kOkNodata);
    CHECK(answer.flags == wire::kFlagFence);
    CHECK(answer.fence_id == 77);
    CHECK(rig.device->stats().transferred_bytes == 0);
    CHECK(rig.device->stats().host_bytes == 0);
}

TEST_CASE("transfers to and flushes of a blob aren't held back") {
    GpuRig rig;
    BlobScreen screen{rig.driver, {64, 32}};
    REQUIRE(screen.show_on(0) == Type::kOkNodata);
    rig.display.set_frame_pending(0, true);
    CHECK(screen.transfer() == Type::kOkNodata);
    CHECK(screen.flush() == Type::kOkNodata);
    CHECK(rig.device->stats().updates_held == 0);
    CHECK(rig.display.count(Kind::kFlush) == 1);
}

TEST_CASE("backing of a blob can be detached and attached again") {
    GpuRig rig;
    BlobScreen screen{rig.driver, {64, 32}};
    CHECK(rig.driver.attach_backing(screen.id(), screen.entries()) == Type::kErrUnspec);
    CHECK(rig.driver.detach_backing(screen.id()) == Type::kOkNodata);
    CHECK(rig.driver.detach_backing(screen.id()) == Type::kErrUnspec);
    CHECK(screen.show_on(0) == Type::kErrUnspec);
    CHECK(rig.device->stats().backing_entries == 0);
    CHECK(rig.driver.attach_backing(screen.id(), {screen.entries()[0]}) ==
          Type::kErrInvalidParameter);
    CHECK(rig.device->stats().backing_entries == 0);
    CHECK(rig.driver.attach_backing(screen.id(), screen.entries()) == Type::kOkNodata);
    screen.fill(0x123456);
    CHECK(screen.show_on(0) == Type::kOkNodata);
    CHECK(screen.flush() == Type::kOkNodata);
    CHECK(rig.display.pixel(0, 63, 31) == 0x123456);
}

TEST_CASE("the limits count blobs: resources, entries, and copies when they can be shown") {
    gpu::Limits limits;
    limits.resources = 3;
    limits.backing_entries = 64;
    limits.host_bytes = 2 * uint64_t{64} * 256;
    GpuRig rig{2, limits};
    BlobScreen first{rig.driver, {64, 64}};  // 4 pages
    BlobScreen second{rig.driver, {64, 64}};
    CHECK(rig.driver.create_blob(99, 61 * kPage, rig.driver.allocate(61 * kPage)) ==
          Type::kErrOutOfMemory);
    BlobScreen third{rig.driver, {64, 64}};
    CHECK(rig.driver.create_blob(99, kPage, rig.driver.allocate(kPage)) == Type::kErrOutOfMemory);
    CHECK(rig.device->stats().host_bytes == 0);
    REQUIRE(first.show_on(0) == Type::kOkNodata);
    REQUIRE(second.show_on(1) == Type::kOkNodata);
    CHECK(rig.device->stats().host_bytes == limits.host_bytes);
    CHECK(third.show_on(0) == Type::kErrOutOfMemory);
    CHECK(rig.display.attached(0) != nullptr);
    // A picture that nobody shows makes room.
    REQUIRE(rig.driver.set_scanout(0, 0, {}) == Type::kOkNodata);
    rig.display.forget_calls();
    CHECK(third.show_on(0) == Type::kOkNodata);
    CHECK(rig.device->stats().host_bytes == limits.host_bytes);
    CHECK(third.unref() == Type::kOkNodata);
    CHECK(second.unref() == Type::kOkNodata);
    CHECK(first.unref() == Type::kOkNodata);
    rig.display.forget_calls();
    check_untouched(rig);
}

TEST_CASE("100 000 blobs made, shown and destroyed leave nothing behind" *
          doctest::test_suite("long")) {
    // With sanitizers, which find a leak in any of them, fewer do.
    constexpr uint64_t kBlobs = kSanitized ? 10'000 : 100'000;
    constexpr uint64_t kFirst = 1000;
    GpuRig rig;
    const auto pages = rig.driver.allocate(64 * 64 * 4, Pages::kContiguous);
    const GpuDriver::BlobView view{.size = {64, 64}, .stride = 256};
    const auto round = [&] {
        REQUIRE(rig.driver.create_blob(1, 64 * 64 * 4, pages) == Type::kOkNodata);
        REQUIRE(rig.driver.set_scanout_blob(0, 1, view, {0, 0, 64, 64}) == Type::kOkNodata);
        REQUIRE(rig.display.attached(0)->dmabuf()->files().has_value());
        REQUIRE(rig.driver.flush(1, {0, 0, 64, 64}) == Type::kOkNodata);
        REQUIRE(rig.driver.unref(1) == Type::kOkNodata);
        rig.display.forget_calls();
    };
    for (uint64_t i = 0; i < kFirst; ++i) {
        round();
    }
    const size_t files = open_files();
    const size_t before = heap_bytes();
    for (uint64_t i = kFirst; i < kBlobs; ++i) {
        round();
    }
    CHECK(open_files() == files);
    CHECK(heap_bytes() < before + 65536);
    CHECK(rig.exporter.exported() == kBlobs);
    check_untouched(rig);
}

}  // namespace
