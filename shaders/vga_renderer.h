// SPDX-License-Identifier: MIT
#pragma once

#include <array>
#include <cstdint>
#include <list>
#include <memory>

#include "api.h"
#include "core/geometry.h"
#include "core/result.h"
#include "program.h"
#include "scanout/framebuffer.h"
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

    [[nodiscard]] uint64_t bytes_uploaded() const { return bytes_uploaded_; }

private:
    static constexpr size_t kKinds = 4;

    struct Known {
        Known(const Framebuffer& framebuffer, const GlApi& gl)
            : generation{framebuffer.generation()},
              lifetime{framebuffer.lifetime()},
              textures{gl} {}

        uint64_t generation;
        std::weak_ptr<const void> lifetime;
        VgaTextures textures;
    };

    [[nodiscard]] Result<const Program*> program_for(VgaKind kind);
    [[nodiscard]] VgaTextures& textures_for(const Framebuffer& framebuffer);

    const GlApi& gl_;
    uint32_t max_side_;
    bool exact_;
    /// By VgaKind; null until needed: most guests use one or two.
    std::array<std::unique_ptr<Program>, kKinds> programs_;
    std::list<Known> known_;
    uint64_t bytes_uploaded_ = 0;
};

}  // namespace oriel::shaders
