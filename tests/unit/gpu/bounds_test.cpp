// SPDX-License-Identifier: MIT
// What a guest can make this process hold: descriptors, memory of its own, memory of the kernel's.
#include <doctest/doctest.h>

#include <cerrno>
#include <vector>

#include "rig.h"
#include "support/blob_screen.h"
#include "support/descriptor_limit.h"
#include "support/heap_bytes.h"

namespace {

using namespace oriel;
using namespace oriel::test;
using wire::Type;

constexpr uint64_t kPage = 4096;

TEST_CASE(
    "a guest with many pictures and 256 descriptors hears ERR_OUT_OF_MEMORY, and half is left") {
    GpuRig rig;
    const DescriptorLimit limit{256};
    uint32_t id = 0;
    Type type = Type::kOkNodata;
    while (type == Type::kOkNodata) {
        REQUIRE(rig.driver.create_2d(++id, {64, 64}) == Type::kOkNodata);
        type = rig.driver.set_scanout(0, id, {0, 0, 64, 64});
        rig.display.forget_calls();
    }
    CHECK(type == Type::kErrOutOfMemory);
    CHECK(id > 50);
    CHECK(id <= 128);
    CHECK(first_free_descriptor() == 128);
    // One that is given back is one for another picture.
    REQUIRE(rig.driver.unref(1) == Type::kOkNodata);
    CHECK(rig.driver.set_scanout(0, id, {0, 0, 64, 64}) == Type::kOkNodata);
}

TEST_CASE("dma-bufs leave the reserve too, and are exported once there is room again") {
    GpuRig rig;
    std::vector<FramebufferRef> pictures;
    pictures.reserve(100);
    for (int i = 0; i < 100; ++i) {
        BlobScreen screen{rig.driver, {16, 16}};
        REQUIRE(screen.show_on(0) == Type::kOkNodata);
        pictures.push_back(rig.display.attached(0));
    }
    const DescriptorLimit limit{100};
    size_t exported = 0;
    for (const FramebufferRef& picture : pictures) {
        exported += picture->dmabuf()->files() ? 1 : 0;
    }
    CHECK(exported > 10);
    CHECK(first_free_descriptor() == 50);
    const auto& refused = pictures.back()->dmabuf()->files();
    REQUIRE_FALSE(refused.has_value());
    CHECK(refused.error().code == EMFILE);
    CHECK(refused.error().message().find("pictures are copied") == 0);
    pictures.front()->dmabuf()->close_files();
    CHECK(pictures.back()->dmabuf()->files().has_value());
}

TEST_CASE("all pictures of a blob are one dma-buf, as long as one of them is exported") {
    GpuRig rig;
    BlobScreen screen{rig.driver, {64, 64}, {.pages = Pages::kContiguous}};
    std::vector<FramebufferRef> pictures;
    const auto show = [&](uint32_t height) {
        REQUIRE(rig.driver.set_scanout_blob(0, screen.id(), {.size = {64, height}, .stride = 256},
                                            {0, 0, 64, height}) == Type::kOkNodata);
        pictures.push_back(rig.display.attached(0));
        REQUIRE(pictures.back()->dmabuf()->files().has_value());
    };
    for (uint32_t height = 1; height <= 8; ++height) {
        show(height);
    }
    CHECK(rig.exporter.exported() == 1);
    pictures.front()->dmabuf()->close_files();
    show(9);
    CHECK(rig.exporter.exported() == 1);
    for (const FramebufferRef& picture : pictures) {
        picture->dmabuf()->close_files();
    }
    show(10);
    CHECK(rig.exporter.exported() == 2);
    // The pages behind the same addresses may be others now.
    REQUIRE(rig.link.memory().map(uint64_t{8} << 30, kPage, {}, 0, true).has_value());
    show(11);
    CHECK(rig.exporter.exported() == 3);
}

TEST_CASE("a picture that is wide and low takes no memory that nobody counts") {
    GpuRig rig;
    constexpr uint32_t kCount = 200;
    const auto pages = rig.driver.allocate(kPage);
    const size_t before = heap_bytes();
    for (uint32_t id = 1; id <= kCount; ++id) {
        REQUIRE(rig.driver.create_2d(id, {16384, 1}) == Type::kOkNodata);
        REQUIRE(rig.driver.attach_backing(id, pages) == Type::kOkNodata);
        REQUIRE(rig.driver.transfer(id, {0, 0, 64, 1}, 0) == Type::kOkNodata);
    }
    // Four rows of each would be 50 MiB.
    CHECK(heap_bytes() < before + (size_t{1} << 20));
    CHECK(rig.device->stats().host_bytes == kCount * uint64_t{16384} * 4);
}

TEST_CASE("a picture counts as long as a presenter has it, whatever the guest has done with it") {
    gpu::Limits limits;
    limits.host_bytes = 3 * uint64_t{64} * 256;
    GpuRig rig{1, limits};
    SUBCASE("a 2D resource that was destroyed") {
        std::vector<FramebufferRef> held;
        held.reserve(3);
        for (uint32_t id = 1; id <= 3; ++id) {
            REQUIRE(rig.driver.create_2d(id, {64, 64}) == Type::kOkNodata);
            REQUIRE(rig.driver.set_scanout(0, id, {0, 0, 64, 64}) == Type::kOkNodata);
            held.push_back(rig.display.attached(0));
            REQUIRE(rig.driver.unref(id) == Type::kOkNodata);
        }
        rig.display.forget_calls();
        CHECK(rig.device->stats().host_bytes == 0);
        CHECK(rig.device->stats().kept_bytes == limits.host_bytes);
        CHECK(rig.driver.create_2d(4, {64, 64}) == Type::kErrOutOfMemory);
        held.pop_back();
        CHECK(rig.driver.create_2d(4, {64, 64}) == Type::kOkNodata);
    }
    SUBCASE("layouts of a blob that are forgotten for newer ones") {
        BlobScreen screen{rig.driver, {64, 64}};
        std::vector<FramebufferRef> held;
        const auto show = [&](uint32_t offset) {
            const Type type = rig.driver.set_scanout_blob(
                0, screen.id(), {.size = {32, 32}, .offset = offset, .stride = 256},
                {0, 0, 32, 32});
            held.push_back(rig.display.attached(0));
            rig.display.forget_calls();
            return type;
        };
        // Half as high each: six of them are as much as is allowed.
        uint32_t offset = 0;
        while (show(offset += 64) == Type::kOkNodata) {
            REQUIRE(offset < 1024);
        }
        CHECK(offset == 7 * 64);
        CHECK(rig.device->stats().host_bytes == 4 * 32 * 256);
        CHECK(rig.device->stats().kept_bytes == 2 * 32 * 256);
        held.clear();
        CHECK(show(offset) == Type::kOkNodata);
        CHECK(rig.device->stats().kept_bytes <= limits.host_bytes);
    }
    CHECK(rig.device->stats().host_bytes + rig.device->stats().kept_bytes <= limits.host_bytes);
}

}  // namespace
