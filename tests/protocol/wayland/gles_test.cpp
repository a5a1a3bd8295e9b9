// SPDX-License-Identifier: MIT
// The gles path where a guest's own pixels can't be imported: they are uploaded, and the statistics
// say why. Skipped, with the reason, where EGL can't start.
#include <doctest/doctest.h>

#include <memory>
#include <string>

#include "presenter_desk.h"
#include "support/known_leaks.h"
#include "support/memfd_dmabuf.h"

namespace oriel::test {
namespace {

constexpr Size kSize{320, 200};

/// Shows `buffer` twice and compares; where it can't be drawn here, says so.
void check_shown(wayland::PathChoice choice, const char* path, const std::string& reason,
                 const MemfdDmabuf::Options& options) {
    std::unique_ptr<PresenterDesk> desk;
    try {
        desk = std::make_unique<PresenterDesk>(
            CompositorOptions{.strict_buffers = choice == wayland::PathChoice::kShm},
            presenter_options(kSize, choice));
    } catch (const StartupError& error) {
        MESSAGE("skipped: ", std::string{error.what()});
        return;
    }
    keep_gl_libraries_loaded();
    const auto pixels = std::make_shared<MemfdDmabuf>(kSize, options);
    const auto framebuffer = std::make_shared<const Framebuffer>(pixels);
    pixels->scribble(pixels->all(), 1);
    desk->settle();
    desk->presenter->attach(0, framebuffer, pixels->all());
    for (const Rect damage : {pixels->all(), Rect{20, 30, 40, 50}}) {
        pixels->scribble(damage, damage.width);
        const uint64_t answered = desk->answered;
        desk->flush(damage);
        desk->settle();
        Picture expected{kSize, pixels->expected(pixels->all())};
        for (uint32_t& pixel : expected.pixels) {
            pixel |= 0xff00'0000;
        }
        CHECK_SAME_PICTURE(desk->state().picture(), expected);
        CHECK(desk->answered == answered + 1);
    }
    CHECK(desk->stats().path == path);
    if (desk->stats().path_reason != "EGL has no dma-buf import") {  // Mesa 22's llvmpipe
        CHECK(desk->stats().path_reason == reason);
    }
    CHECK(desk->stats().bytes_copied >= 2 * kSize.area());
}

}  // namespace

TEST_CASE("a guest's pixels without a dma-buf are uploaded, with the reason") {
    check_shown(wayland::PathChoice::kGles, "upload", "there is no /dev/udmabuf",
                {.export_error = "there is no /dev/udmabuf"});
}

TEST_CASE("a path that uploads imports nothing") {
    check_shown(wayland::PathChoice::kUpload, "upload", "a copy was asked for", {});
}

TEST_CASE("a guest's own pixels go through wl_shm where that was asked for") {
    check_shown(wayland::PathChoice::kShm, "shm", "asked for", {});
}

}  // namespace oriel::test
