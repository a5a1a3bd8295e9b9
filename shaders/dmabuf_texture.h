// SPDX-License-Identifier: MIT
#pragma once

#include <cstdint>
#include <memory>

#include "core/result.h"
#include "import_formats.h"
#include "scanout/dmabuf_pixels.h"

namespace oriel::shaders {

class Egl;

/// A dma-buf that a shader samples where it is (EGL_EXT_image_dma_buf_import), texel by texel: what
/// a guest draws there later shows the next time it is drawn. Made, used and deleted while the
/// context is current.
class DmabufTexture {
public:
    /// Keeps a reference to the dma-buf of its own. `egl`, which has imports, is lent and must
    /// outlive this. The error says in one line why it can't be sampled.
    [[nodiscard]] static Result<std::unique_ptr<DmabufTexture>> import(const Egl& egl,
                                                                       const DmabufPixels& pixels,
                                                                       const ImportAs& as);
    DmabufTexture(const DmabufTexture&) = delete;
    DmabufTexture& operator=(const DmabufTexture&) = delete;
    ~DmabufTexture();

    /// Makes it the one that samplers of unit 0 read; also what makes new pixels visible.
    void bind() const;
    /// Whether what is read between two texels is mixed; while it is bound.
    void filter(bool linear) const;
    /// The sampler is a samplerExternalOES.
    [[nodiscard]] bool external() const;
    [[nodiscard]] std::string_view order() const { return order_; }

private:
    DmabufTexture(const Egl& egl, void* image, std::string_view order)
        : egl_{egl}, image_{image}, order_{order} {}
    [[nodiscard]] bool make_texture(uint32_t target);

    const Egl& egl_;
    void* image_;
    std::string_view order_;  // of a text that stays
    uint32_t target_ = 0;
    uint32_t name_ = 0;
    mutable bool linear_ = false;
};

}  // namespace oriel::shaders
