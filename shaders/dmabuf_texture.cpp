// SPDX-License-Identifier: MIT
#include "dmabuf_texture.h"

#include <unistd.h>

#include <limits>
#include <utility>
#include <vector>

#include "api.h"
#include "scanout/memory_buffer.h"
#include "shaders/egl.h"

namespace oriel::shaders {
namespace {

/// Drivers believe what they are told, and read beyond the end if it is wrong.
Result<void> check_bounds(int fd, const PixelLayout& layout) {
    constexpr uint64_t kMost = std::numeric_limits<EGLint>::max();
    const uint64_t row = uint64_t{layout.size.width} * MemoryBuffer::kBytesPerPixel;
    const uint64_t needed =
        layout.offset + uint64_t{layout.stride} * (layout.size.height - 1) + row;
    if (layout.stride < row || layout.stride > kMost || layout.offset > kMost) {
        return host_error("rows of {} bytes at {} can't be told EGL", layout.stride, layout.offset);
    }
    // A dma-buf's size is where its end is (Documentation/driver-api/dma-buf.rst).
    const off_t size = ::lseek(fd, 0, SEEK_END);
    if (size < 0) {
        return system_error("the size of a dma-buf");
    }
    if (static_cast<uint64_t>(size) < needed) {
        return host_error("a dma-buf of {} bytes has no picture of {}", size, needed);
    }
    return {};
}

std::vector<EGLint> attributes(int fd, const PixelLayout& layout, const ImportAs& as) {
    std::vector<EGLint> list{EGL_WIDTH, static_cast<EGLint>(layout.size.width), EGL_HEIGHT,
                             static_cast<EGLint>(layout.size.height), EGL_LINUX_DRM_FOURCC_EXT,
                             static_cast<EGLint>(as.fourcc), EGL_DMA_BUF_PLANE0_FD_EXT, fd,
                             EGL_DMA_BUF_PLANE0_OFFSET_EXT, static_cast<EGLint>(layout.offset),
                             EGL_DMA_BUF_PLANE0_PITCH_EXT, static_cast<EGLint>(layout.stride),
                             // Otherwise an import may destroy what the guest has drawn.
                             EGL_IMAGE_PRESERVED_KHR, EGL_TRUE};
    if (as.names_modifier) {
        list.insert(
            list.end(),
            {EGL_DMA_BUF_PLANE0_MODIFIER_LO_EXT, static_cast<EGLint>(layout.modifier & 0xffff'ffff),
             EGL_DMA_BUF_PLANE0_MODIFIER_HI_EXT, static_cast<EGLint>(layout.modifier >> 32)});
    }
    list.push_back(EGL_NONE);
    return list;
}

}  // namespace

Result<std::unique_ptr<DmabufTexture>> DmabufTexture::import(const Egl& egl,
                                                             const DmabufPixels& pixels,
                                                             const ImportAs& as) {
    const Result<UniqueFd>& dmabuf = pixels.dmabuf();
    if (!dmabuf) {
        return tl::unexpected(dmabuf.error());
    }
    if (auto fits = check_bounds(dmabuf->get(), pixels.layout()); !fits) {
        return tl::unexpected(std::move(fits).error());
    }
    EGLImageKHR image =
        egl.api().CreateImage(egl.display(), EGL_NO_CONTEXT, EGL_LINUX_DMA_BUF_EXT, nullptr,
                              attributes(dmabuf->get(), pixels.layout(), as).data());
    if (image == EGL_NO_IMAGE_KHR) {
        return host_error("EGL refuses the dma-buf (error {:#x})", egl.api().GetError());
    }
    std::unique_ptr<DmabufTexture> made{new DmabufTexture{egl, image, as.order}};
    // Where it isn't known which of the two it can be, trying is the only way to find out.
    const bool external = egl.has_gl_extension("GL_OES_EGL_image_external");
    if ((as.external_only || !made->make_texture(GL_TEXTURE_2D)) &&
        (!external || !made->make_texture(GL_TEXTURE_EXTERNAL_OES))) {
        return host_error("OpenGL ES can't sample the dma-buf");
    }
    return made;
}

bool DmabufTexture::make_texture(uint32_t target) {
    const GlApi& gl = egl_.gl();
    gl.DeleteTextures(1, &name_);
    gl.GenTextures(1, &name_);
    target_ = target;
    bind();
    // As Texture does, for the same reasons.
    gl.TexParameteri(target, GL_TEXTURE_MIN_FILTER, GL_NEAREST);
    gl.TexParameteri(target, GL_TEXTURE_MAG_FILTER, GL_NEAREST);
    gl.TexParameteri(target, GL_TEXTURE_WRAP_S, GL_CLAMP_TO_EDGE);
    gl.TexParameteri(target, GL_TEXTURE_WRAP_T, GL_CLAMP_TO_EDGE);
    egl_.api().ImageTargetTexture2D(target, image_);
    return gl.GetError() == GL_NO_ERROR;
}

DmabufTexture::~DmabufTexture() {
    egl_.gl().DeleteTextures(1, &name_);
    egl_.api().DestroyImage(egl_.display(), image_);
}

void DmabufTexture::bind() const {
    egl_.gl().ActiveTexture(GL_TEXTURE0);
    egl_.gl().BindTexture(target_, name_);
}

bool DmabufTexture::external() const {
    return target_ == GL_TEXTURE_EXTERNAL_OES;
}

}  // namespace oriel::shaders
