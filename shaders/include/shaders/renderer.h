// SPDX-License-Identifier: MIT
#pragma once

#include <cstdint>
#include <memory>
#include <vector>

#include "core/geometry.h"
#include "core/result.h"
#include "scanout/framebuffer.h"
#include "shaders/egl.h"

namespace oriel::shaders {

/// Draws framebuffers with OpenGL ES 2.0: a texture each, updated where it is damaged, sampled to
/// the nearest so that a picture at 1:1 has exactly the guest's pixels.
class Renderer {
public:
    /// `egl` is lent and must outlive this.
    [[nodiscard]] static Result<std::unique_ptr<Renderer>> create(const Egl& egl);
    Renderer(const Renderer&) = delete;
    Renderer& operator=(const Renderer&) = delete;
    ~Renderer();

    /// Copies `damage` (framebuffer coordinates) to the framebuffer's texture and draws the part
    /// `source` of it over all of `window`, which is as large. Swaps. False if it can't be drawn:
    /// too large for a texture, or the context is lost.
    [[nodiscard]] bool show(EglWindow& window, const Framebuffer& framebuffer, const Rect& source,
                            const Region& damage);

    /// Bytes of pixels copied to textures so far.
    [[nodiscard]] uint64_t bytes_copied() const { return bytes_copied_; }

private:
    struct Texture {
        uint64_t generation;
        std::weak_ptr<MemoryPixels> pixels;
        uint32_t name;
    };

    explicit Renderer(const Egl& egl);
    [[nodiscard]] Result<void> build_program();
    [[nodiscard]] uint32_t texture_for(const Framebuffer& framebuffer);
    void upload(const MemoryBuffer& pixels, const Region& damage);
    void upload_rect(const MemoryBuffer& pixels, const Rect& rect);
    void draw(const Region& repaint, const Rect& source, Size picture);
    void delete_unused();

    const Egl& egl_;
    const GlApi& gl_;
    /// The format of uploads: GL_BGRA_EXT, or GL_RGBA and the shader swaps.
    uint32_t format_;
    bool has_row_length_;
    uint32_t max_side_ = 0;
    uint32_t program_ = 0;
    int32_t source_uniform_ = -1;
    std::vector<Texture> textures_;
    uint64_t bytes_copied_ = 0;
};

}  // namespace oriel::shaders
