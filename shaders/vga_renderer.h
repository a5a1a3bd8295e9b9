// SPDX-License-Identifier: MIT
#pragma once

#include <array>
#include <cstdint>
#include <memory>
#include <optional>

#include "api.h"
#include "core/geometry.h"
#include "core/result.h"
#include "program.h"
#include "scanout/framebuffer.h"
#include "scanout/framebuffer_cache.h"
#include "vga_textures.h"

namespace oriel::shaders {

/// Draws raw VGA pictures: what a VGA's memory holds goes to the GPU as it is, and fragment shaders
/// are the character generator and the DAC. Made, used and deleted while the context is current.
class VgaRenderer {
public:
    /// `gl` is lent and must outlive this; `max_side` is GL_MAX_TEXTURE_SIZE or less.
    VgaRenderer(const GlApi& gl, uint32_t max_side);

    /// Uploads what has changed in the framebuffer's vga(), which isn't null, and draws it as
    /// Program::draw() does. The error says why it can't be drawn raw here; nothing has been
    /// drawn then.
    [[nodiscard]] Result<void> draw(const Framebuffer& framebuffer, const Place& place);

    /// Forgets pictures that are gone.
    void delete_unused();
    /// At most so many pictures are kept.
    void set_max(size_t max) { pictures_.set_max(max); }

    [[nodiscard]] uint64_t bytes_uploaded() const { return bytes_uploaded_; }

private:
    static constexpr size_t kKinds = 4;

    /// A kind's program, and where its uniforms are (-1: it has none).
    struct KindProgram {
        KindProgram(const GlApi& gl, std::unique_ptr<Program> built);
        void set(const GlApi& gl, const VgaPictureData& picture) const;

        std::unique_ptr<Program> program;
        int32_t grid, line_count, pixels_per_unit, pixels_per_dot;
        // Only kText has these.
        int32_t cursor, has_cursor, blink, blink_off, line_graphics, underline_scan;
    };
    struct Picture {
        Picture(const Framebuffer& framebuffer, const GlApi& gl)
            : lifetime{framebuffer.lifetime()}, textures{gl} {}
        [[nodiscard]] static bool held() { return false; }

        std::weak_ptr<const void> lifetime;
        VgaTextures textures;
    };

    [[nodiscard]] Result<const KindProgram*> program_for(VgaKind kind);
    [[nodiscard]] VgaTextures& textures_for(const Framebuffer& framebuffer);

    const GlApi& gl_;
    uint32_t max_side_;
    bool exact_;
    /// By VgaKind; nothing until needed: most guests use one or two.
    std::array<std::optional<KindProgram>, kKinds> programs_;
    FramebufferCache<Picture> pictures_;
    uint64_t bytes_uploaded_ = 0;
};

}  // namespace oriel::shaders
