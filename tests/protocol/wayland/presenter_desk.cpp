// SPDX-License-Identifier: MIT
#include "presenter_desk.h"

#include <doctest/doctest.h>
#include <drm_fourcc.h>

#include <algorithm>
#include <chrono>
#include <utility>

#include "support/flush_done.h"

namespace oriel::test {
namespace {

constexpr uint32_t kOpaque = 0xff00'0000;

/// The expected picture is where the guest has drawn: the pixels come from there.
class PictureRows final : public RowSource {
public:
    explicit PictureRows(const Picture& picture) : picture_{picture} {}
    const std::byte* row(uint32_t x, uint32_t y, uint32_t, std::byte*) override {
        return reinterpret_cast<const std::byte*>(picture_.pixels.data() +
                                                  size_t{y} * picture_.size.width + x);
    }

private:
    const Picture& picture_;
};

uint32_t scribbled(uint32_t x, uint32_t y, uint32_t seed) {
    uint32_t hash = x * 0x9e37'79b1U ^ y * 0x85eb'ca77U ^ seed * 0xc2b2'ae3dU;
    hash ^= hash >> 15;
    hash *= 0x2c1b'3c6dU;
    return hash ^ hash >> 12;
}

}  // namespace

GuestPicture::GuestPicture(Size size)
    : expected_{size, std::vector<uint32_t>(size.area(), kOpaque)},
      framebuffer_{
          std::make_shared<Framebuffer>(MemoryPixels::create(size).value(), DRM_FORMAT_XRGB8888)} {}

void GuestPicture::fill(const Rect& rect, uint32_t rgb) {
    for (uint32_t y = rect.y; y < rect.bottom(); ++y) {
        std::fill_n(expected_.pixels.data() + size_t{y} * expected_.size.width + rect.x, rect.width,
                    rgb | kOpaque);
    }
    update(rect);
}

void GuestPicture::scribble(const Rect& rect, uint32_t seed) {
    for (uint32_t y = rect.y; y < rect.bottom(); ++y) {
        for (uint32_t x = rect.x; x < rect.right(); ++x) {
            expected_.pixels[size_t{y} * expected_.size.width + x] =
                scribbled(x, y, seed) | kOpaque;
        }
    }
    update(rect);
}

void GuestPicture::update(const Rect& rect) {
    PictureRows rows{expected_};
    framebuffer_->memory()->update(rect, rows, Damage::kAsClaimed);
}

void GuestPicture::destroy() {
    framebuffer_.reset();
}

Picture GuestPicture::expected(const Rect& part) const {
    Picture cut{part.size(), {}};
    for (uint32_t y = part.y; y < part.bottom(); ++y) {
        const uint32_t* row = expected_.pixels.data() + size_t{y} * expected_.size.width + part.x;
        cut.pixels.insert(cut.pixels.end(), row, row + part.width);
    }
    return cut;
}

Picture GuestPicture::magnified(uint32_t times) const {
    const Size size{expected_.size.width * times, expected_.size.height * times};
    Picture larger{size, {}};
    for (uint32_t y = 0; y < size.height; ++y) {
        for (uint32_t x = 0; x < size.width; ++x) {
            larger.pixels.push_back(expected_.at(x / times, y / times));
        }
    }
    return larger;
}

PresenterDesk::PresenterDesk(CompositorOptions compositor_options,
                             wayland::PresenterOptions options)
    : compositor{std::move(compositor_options)} {
    options.connected_fd = compositor.connect();
    presenter = wayland::make_presenter(loop, events, std::move(options));
    wait_until_ready(loop, events);
}

void wait_until_ready(EventLoop& loop, const RecordedEvents& events) {
    const auto deadline = std::chrono::steady_clock::now() + std::chrono::seconds{5};
    while (events.ready == 0) {
        REQUIRE(events.lost == std::vector<std::string>{});
        REQUIRE(std::chrono::steady_clock::now() < deadline);
        loop.dispatch(Nanoseconds{1'000'000});
    }
}

wayland::PresenterOptions presenter_options(Size size, wayland::PathChoice path, size_t screens) {
    wayland::PresenterOptions options;
    options.screens.assign(screens, ScreenInfo{.preferred = size});
    options.name = "test";
    options.path = path;
    // No frames of our own, whatever is installed here: tests count surfaces.
    options.open_libdecor = [](const char*) -> void* { return nullptr; };
    return options;
}

void PresenterDesk::attach(const GuestPicture& picture, ScanoutId scanout) {
    presenter->attach(scanout, picture.framebuffer(), picture.all());
}

void PresenterDesk::flush(const Rect& damage, ScanoutId scanout) {
    presenter->flush(scanout, Region{damage}, when_done([this] { ++answered; }));
}

void PresenterDesk::show(const GuestPicture& picture, ScanoutId scanout) {
    settle();  // the window is configured
    attach(picture, scanout);
    flush(picture.all(), scanout);
    settle();
}

void PresenterDesk::advance(Nanoseconds by) {
    clock.advance(by);
    compositor.advance(by);
    settle();
}

void PresenterDesk::next_frame() {
    compositor.fire_frame_callbacks();
    settle();
}

}  // namespace oriel::test
