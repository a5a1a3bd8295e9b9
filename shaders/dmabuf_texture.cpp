// SPDX-License-Identifier: MIT
#include "dmabuf_texture.h"

#include <drm_fourcc.h>

#include <array>
#include <limits>
#include <utility>
#include <vector>

#include "api.h"
#include "scanout/memory_buffer.h"
#include "scanout/plane_bounds.h"
#include "shaders/egl.h"

namespace oriel::shaders {
namespace {

/// Drivers believe what they are told, and read beyond the end if it is wrong.
Result<void> check_bounds(const std::vector<UniqueFd>& files, const PixelLayout& layout,
                          uint32_t index) {
    constexpr uint64_t kMost = std::numeric_limits<EGLint>::max();
    const PlaneLayout& plane = layout.planes.at(index);
    // Only the driver knows how many bytes tiles are, and the planes behind the first.
    // Without a modifier they may be tiles, which take no less.
    const bool rows = index == 0 && (layout.modifier == DRM_FORMAT_MOD_LINEAR ||
                                     layout.modifier == DRM_FORMAT_MOD_INVALID);
    const uint64_t row = rows ? uint64_t{layout.size.width} * MemoryBuffer::kBytesPerPixel : 1;
    const uint64_t needed = (rows ? uint64_t{plane.stride} * (layout.size.height - 1) : 0) + row;
    if (plane.stride < row || plane.stride > kMost || plane.offset > kMost) {
        return host_error("rows of {} bytes at {} can't be told EGL", plane.stride, plane.offset);
    }
    return check_plane(files, plane, needed);
}

/// The names of a plane's attributes.
struct PlaneNames {
    EGLint file, offset, pitch, modifier_low, modifier_high;
};
constexpr std::array<PlaneNames, PixelLayout::kMaxPlanes> kPlaneNames{{
    {EGL_DMA_BUF_PLANE0_FD_EXT, EGL_DMA_BUF_PLANE0_OFFSET_EXT, EGL_DMA_BUF_PLANE0_PITCH_EXT,
     EGL_DMA_BUF_PLANE0_MODIFIER_LO_EXT, EGL_DMA_BUF_PLANE0_MODIFIER_HI_EXT},
    {EGL_DMA_BUF_PLANE1_FD_EXT, EGL_DMA_BUF_PLANE1_OFFSET_EXT, EGL_DMA_BUF_PLANE1_PITCH_EXT,
     EGL_DMA_BUF_PLANE1_MODIFIER_LO_EXT, EGL_DMA_BUF_PLANE1_MODIFIER_HI_EXT},
    {EGL_DMA_BUF_PLANE2_FD_EXT, EGL_DMA_BUF_PLANE2_OFFSET_EXT, EGL_DMA_BUF_PLANE2_PITCH_EXT,
     EGL_DMA_BUF_PLANE2_MODIFIER_LO_EXT, EGL_DMA_BUF_PLANE2_MODIFIER_HI_EXT},
    {EGL_DMA_BUF_PLANE3_FD_EXT, EGL_DMA_BUF_PLANE3_OFFSET_EXT, EGL_DMA_BUF_PLANE3_PITCH_EXT,
     EGL_DMA_BUF_PLANE3_MODIFIER_LO_EXT, EGL_DMA_BUF_PLANE3_MODIFIER_HI_EXT},
}};

std::vector<EGLint> attributes(const std::vector<UniqueFd>& files, const PixelLayout& layout,
                               const ImportAs& as) {
    std::vector<EGLint> list{EGL_WIDTH, static_cast<EGLint>(layout.size.width), EGL_HEIGHT,
                             static_cast<EGLint>(layout.size.height), EGL_LINUX_DRM_FOURCC_EXT,
                             static_cast<EGLint>(as.fourcc),
                             // Otherwise an import may destroy what the guest has drawn.
                             EGL_IMAGE_PRESERVED_KHR, EGL_TRUE};
    for (uint32_t i = 0; i < layout.plane_count; ++i) {
        const PlaneLayout& plane = layout.planes.at(i);
        const PlaneNames& names = kPlaneNames.at(i);
        list.insert(list.end(), {names.file, files[plane.file].get(), names.offset,
                                 static_cast<EGLint>(plane.offset), names.pitch,
                                 static_cast<EGLint>(plane.stride)});
        if (as.names_modifier) {
            list.insert(list.end(),
                        {names.modifier_low, static_cast<EGLint>(layout.modifier & 0xffff'ffff),
                         names.modifier_high, static_cast<EGLint>(layout.modifier >> 32)});
        }
    }
    list.push_back(EGL_NONE);
    return list;
}

}  // namespace

Result<std::unique_ptr<DmabufTexture>> DmabufTexture::import(const Egl& egl,
                                                             const DmabufPixels& pixels,
                                                             const ImportAs& as) {
    const PixelLayout& layout = pixels.layout();
    const Result<std::vector<UniqueFd>>& files = pixels.files();
    if (!files) {
        return tl::unexpected(files.error());
    }
    for (uint32_t plane = 0; plane < layout.plane_count; ++plane) {
        if (auto fits = check_bounds(*files, layout, plane); !fits) {
            return tl::unexpected(std::move(fits).error());
        }
    }
    EGLImageKHR image = egl.api().CreateImage(egl.display(), EGL_NO_CONTEXT, EGL_LINUX_DMA_BUF_EXT,
                                              nullptr, attributes(*files, layout, as).data());
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

void DmabufTexture::filter(bool linear) const {
    if (std::exchange(linear_, linear) != linear) {
        const GLint filter = linear ? GL_LINEAR : GL_NEAREST;
        egl_.gl().TexParameteri(target_, GL_TEXTURE_MIN_FILTER, filter);
        egl_.gl().TexParameteri(target_, GL_TEXTURE_MAG_FILTER, filter);
    }
}

bool DmabufTexture::external() const {
    return target_ == GL_TEXTURE_EXTERNAL_OES;
}

}  // namespace oriel::shaders
