// SPDX-License-Identifier: MIT
#include "scanout/framebuffer.h"

#include <drm_fourcc.h>

namespace oriel {
namespace {

uint64_t next_generation() {
    static uint64_t last = 0;
    return ++last;
}

}  // namespace

Framebuffer::Framebuffer(std::shared_ptr<MemoryPixels> pixels, uint32_t format)
    : generation_{next_generation()},
      size_{pixels->size()},
      format_{format},
      pixels_{std::move(pixels)} {}

Framebuffer::Framebuffer(std::shared_ptr<VgaPicture> picture)
    : generation_{next_generation()},
      size_{picture->data().size},
      format_{DRM_FORMAT_XRGB8888},
      pixels_{std::move(picture)} {}

Framebuffer::Framebuffer(std::shared_ptr<DmabufPixels> dmabuf)
    : generation_{next_generation()},
      size_{dmabuf->layout().size},
      format_{dmabuf->layout().fourcc},
      pixels_{std::move(dmabuf)} {}

const std::shared_ptr<MemoryPixels>& Framebuffer::memory() const {
    if (const auto* own = std::get_if<std::shared_ptr<MemoryPixels>>(&pixels_)) {
        return *own;
    }
    if (const auto* dmabuf = std::get_if<std::shared_ptr<DmabufPixels>>(&pixels_)) {
        return (*dmabuf)->pixels();
    }
    return std::get<std::shared_ptr<VgaPicture>>(pixels_)->pixels();
}

const std::shared_ptr<MemoryPixels>& Framebuffer::storage() const {
    if (const auto* own = std::get_if<std::shared_ptr<MemoryPixels>>(&pixels_)) {
        return *own;
    }
    return dmabuf() != nullptr ? dmabuf()->storage() : vga()->storage();
}

uint64_t Framebuffer::uncopied() const {
    if (const DmabufPixels* pixels = dmabuf()) {
        return pixels->uncopied();
    }
    const std::shared_ptr<MemoryPixels>& own = storage();
    return own ? own->lag() : 0;
}

bool Framebuffer::copy_piece() const {
    if (const auto* dmabuf = std::get_if<std::shared_ptr<DmabufPixels>>(&pixels_)) {
        return (*dmabuf)->copy_piece();
    }
    const std::shared_ptr<MemoryPixels>& own = memory();
    return own && own->copy_piece();
}

bool Framebuffer::copy_under_way() const {
    const DmabufPixels* pixels = dmabuf();
    return pixels != nullptr && pixels->copy_under_way();
}

void Framebuffer::trim_memory() const {
    if (const auto* own = std::get_if<std::shared_ptr<MemoryPixels>>(&pixels_)) {
        (*own)->trim();
    } else if (const auto* dmabuf = std::get_if<std::shared_ptr<DmabufPixels>>(&pixels_)) {
        (*dmabuf)->drop_copy();
    } else {
        std::get<std::shared_ptr<VgaPicture>>(pixels_)->drop_pixels();
    }
}

std::weak_ptr<const void> Framebuffer::lifetime() const {
    return std::visit([](const auto& pixels) { return std::weak_ptr<const void>{pixels}; },
                      pixels_);
}

}  // namespace oriel
