// SPDX-License-Identifier: MIT
#pragma once

#include <cstdint>

#include "api.h"
#include "core/geometry.h"

namespace oriel::shaders {

/// A texture that is read texel by texel, and between two only where filter() says so. Made, used
/// and deleted while the context is current.
class Texture {
public:
    /// `format` is GL_RGBA, GL_BGRA_EXT, GL_LUMINANCE_ALPHA or GL_LUMINANCE, a byte a channel; the
    /// contents are undefined. Left bound to the active unit. `gl` is lent and must outlive this.
    Texture(const GlApi& gl, uint32_t format, Size size);
    Texture(const Texture&) = delete;
    Texture& operator=(const Texture&) = delete;
    ~Texture();

    /// Makes it the one that samplers with this number read, and that update() of this or another
    /// texture writes to.
    void bind(uint32_t unit) const;

    /// Whether what is read between two texels is mixed; of the bound texture.
    void filter(bool linear) const;

    /// Writes to the bound texture; the rows of `texels` are apart as glPixelStorei says.
    void update(const Rect& rect, const void* texels) const;

private:
    const GlApi& gl_;
    uint32_t format_;
    uint32_t name_ = 0;
    mutable bool linear_ = false;
};

}  // namespace oriel::shaders
