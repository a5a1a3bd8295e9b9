// SPDX-License-Identifier: MIT
// A guest with hundreds of pictures makes neither a compositor nor this process hold them all.
#include <doctest/doctest.h>

#include <chrono>
#include <filesystem>
#include <memory>
#include <vector>

#include "direct_desk.h"

namespace oriel::test {
namespace {

using namespace std::chrono_literals;

constexpr Size kSize{64, 48};
constexpr uint32_t kPictures = 200;
constexpr uint64_t kMax = 16;  // as the sentences say

size_t open_fds() {
    size_t count = 0;
    for ([[maybe_unused]] const auto& entry :
         std::filesystem::directory_iterator{"/proc/self/fd"}) {
        ++count;
    }
    return count;
}

std::vector<std::unique_ptr<GuestBuffer>> make_buffers() {
    std::vector<std::unique_ptr<GuestBuffer>> buffers;
    for (uint32_t i = 0; i < kPictures; ++i) {
        buffers.push_back(std::make_unique<GuestBuffer>(kSize));
        buffers.back()->scribble(i);
    }
    return buffers;
}

}  // namespace

TEST_CASE("a guest that flips 200 blobs makes at most sixteen wl_buffers live, each exact") {
    DirectDesk desk;
    const uint64_t before = desk.state().buffers_alive;
    const auto buffers = make_buffers();
    const size_t fds = open_fds();
    for (uint32_t round = 0; round < 2; ++round) {
        for (uint32_t i = 0; i < kPictures; ++i) {
            desk.show(*buffers[i]);
            REQUIRE(desk.path() == "direct");
            REQUIRE(desk.state().buffers_alive <= before + kMax);
            REQUIRE(buffers[i]->pixels().exports() == round + 1);
            if (i % 20 == 0) {
                CHECK_SAME_PICTURE(desk.state().picture(),
                                   GuestBuffer::scribbled(buffers[i]->all(), i));
            }
        }
        // Ours, and the compositor double's, which lives in this process: one each.
        CHECK(open_fds() <= fds + 2 * kMax + 2);
    }
    CHECK(desk.answered == 2 * kPictures);
    CHECK(desk.stats().bytes_copied == 0);
    // A few that are shown in turn are asked for once.
    const uint64_t asked = desk.state().imports_asked;
    for (uint32_t i = 0; i < 100; ++i) {
        desk.show(*buffers[kPictures - 1 - i % 3]);
    }
    CHECK(desk.state().imports_asked == asked);
}

TEST_CASE("a guest that flips 200 pictures of ours makes at most sixteen wl_buffers live") {
    PresenterDesk desk;
    desk.settle();
    const uint64_t before = desk.state().buffers_alive;
    std::vector<std::unique_ptr<GuestPicture>> pictures;
    for (uint32_t i = 0; i < kPictures; ++i) {
        pictures.push_back(std::make_unique<GuestPicture>(kSize));
        pictures.back()->scribble(pictures.back()->all(), i);
        desk.show(*pictures.back());
        CHECK_SAME_PICTURE(desk.state().picture(), pictures.back()->expected());
        REQUIRE(desk.state().buffers_alive <= before + kMax);
    }
    for (const auto& picture : pictures) {
        desk.show(*picture);
        CHECK_SAME_PICTURE(desk.state().picture(), picture->expected());
        REQUIRE(desk.state().buffers_alive <= before + kMax);
    }
    CHECK(desk.answered == 2 * kPictures);
}

TEST_CASE("a guest that shows 200 parts of a picture makes at most sixteen wl_buffers live") {
    PresenterDesk desk{{.frames = Frames::kManual, .releases = Releases::kManual}};
    desk.settle();
    const uint64_t before = desk.state().buffers_alive;
    GuestPicture picture{{400, 300}};
    picture.scribble(picture.all());
    const uint64_t answered_before = desk.answered;
    for (uint32_t i = 0; i < kPictures; ++i) {
        const Rect part{i, i / 2, 64, 48};
        desk.presenter->attach(0, picture.framebuffer(), part);
        desk.flush(part);
        desk.settle();
        desk.next_frame();
        desk.advance(17ms);
        REQUIRE(desk.state().buffers_alive <= before + kMax);
        REQUIRE(desk.answered == answered_before + i + 1);
    }
    desk.compositor.release_all();
    desk.settle();
    CHECK_SAME_PICTURE(desk.state().picture(),
                       picture.expected(Rect{kPictures - 1, (kPictures - 1) / 2, 64, 48}));
}

TEST_CASE("a compositor that keeps four pictures is waited for, and then shown the last one") {
    PresenterDesk desk{{.frames = Frames::kManual, .releases = Releases::kManual}};
    desk.settle();
    const uint64_t before = desk.state().buffers_alive;
    std::vector<std::unique_ptr<GuestPicture>> pictures;
    for (uint32_t i = 0; i < 40; ++i) {
        pictures.push_back(std::make_unique<GuestPicture>(kSize));
        pictures.back()->scribble(pictures.back()->all(), i);
        desk.show(*pictures.back());
        desk.next_frame();
        desk.advance(17ms);
        CHECK(desk.answered == i + 1);
    }
    CHECK(desk.state().buffers_alive == before + MemoryPixels::kMaxBuffers);
    CHECK(desk.stats().committed == MemoryPixels::kMaxBuffers);
    desk.compositor.release_all();
    desk.settle();
    CHECK_SAME_PICTURE(desk.state().picture(), pictures.back()->expected());
}

TEST_CASE("copies of 200 blobs are kept for the sixteen shown last") {
    PresenterDesk desk;  // on the shm path
    const auto buffers = make_buffers();
    const size_t fds = open_fds();
    for (uint32_t i = 0; i < kPictures; ++i) {
        desk.settle();
        desk.presenter->attach(0, buffers[i]->framebuffer(), buffers[i]->all());
        desk.flush(buffers[i]->all());
        desk.settle();
        CHECK_SAME_PICTURE(desk.state().picture(), GuestBuffer::scribbled(buffers[i]->all(), i));
    }
    size_t copies = 0;
    for (const auto& buffer : buffers) {
        copies += buffer->framebuffer()->storage() != nullptr ? 1 : 0;
    }
    CHECK(copies <= kMax);
    // The double maps what it shows; a picture that is shown twice in a row has two buffers.
    CHECK(open_fds() <= fds + 4 * kMax);
}

}  // namespace oriel::test
