// SPDX-License-Identifier: MIT
#include "direct_desk.h"

#include <utility>

namespace oriel::test {
namespace {

constexpr uint32_t kOpaque = 0xff00'0000;

uint32_t scribble_at(uint32_t x, uint32_t y, uint32_t seed) {
    return (x * 0x9e37'79b1U ^ y * 0x85eb'ca77U) + seed * 0xc2b2'ae3dU;
}

wayland::PresenterOptions direct_options(size_t screens, wayland::OpenSyncDevice open_sync_device) {
    auto options = presenter_options({320, 200}, wayland::PathChoice::kDirect, screens);
    options.open_sync_device = std::move(open_sync_device);
    return options;
}

}  // namespace

GuestBuffer::GuestBuffer(Size size, const MemfdDmabuf::Options& options)
    : pixels_{std::make_shared<MemfdDmabuf>(size, options)},
      framebuffer_{std::make_shared<Framebuffer>(std::shared_ptr<DmabufPixels>{pixels_})} {}

void GuestBuffer::destroy() {
    framebuffer_.reset();
    pixels_.reset();
}

void GuestBuffer::fill(uint32_t word) {
    pixels_->draw(all(), word);
    pixels_->flushed(Region{all()});
}

void GuestBuffer::scribble(uint32_t seed) {
    for (uint32_t y = 0; y < all().height; ++y) {
        for (uint32_t x = 0; x < all().width; ++x) {
            pixels_->put(x, y, scribble_at(x, y, seed));
        }
    }
    pixels_->flushed(Region{all()});
}

Picture GuestBuffer::scribbled(const Rect& part, uint32_t seed) {
    Picture picture{part.size(), {}};
    for (uint32_t y = part.y; y < part.bottom(); ++y) {
        for (uint32_t x = part.x; x < part.right(); ++x) {
            picture.pixels.push_back(scribble_at(x, y, seed) | kOpaque);
        }
    }
    return picture;
}

CompositorOptions with_dmabuf(CompositorOptions options, uint32_t version) {
    if (options.linux_dmabuf == 0) {
        options.linux_dmabuf = version;
    }
    return options;
}

DirectDesk::DirectDesk(CompositorOptions options, size_t screens,
                       wayland::OpenSyncDevice open_sync_device)
    : PresenterDesk{with_dmabuf(std::move(options)),
                    direct_options(screens, std::move(open_sync_device))} {
    settle();  // the windows are configured
}

void DirectDesk::attach(const GuestBuffer& buffer, ScanoutId scanout) {
    presenter->attach(scanout, buffer.framebuffer(), buffer.all());
}

void DirectDesk::flip(const GuestBuffer& buffer, ScanoutId scanout) {
    attach(buffer, scanout);
    flush(buffer.all(), scanout);
}

void DirectDesk::show(const GuestBuffer& buffer, ScanoutId scanout) {
    flip(buffer, scanout);
    settle();
}

}  // namespace oriel::test
