// SPDX-License-Identifier: MIT
#pragma once

#include <cstdint>
#include <map>
#include <memory>
#include <string>
#include <utility>

#include "core/geometry.h"
#include "core/result.h"
#include "dmabuf_texture.h"
#include "import_formats.h"
#include "program.h"
#include "scanout/framebuffer.h"
#include "scanout/framebuffer_cache.h"

namespace oriel::shaders {

/// Draws guests' own pixels where they are, without a copy: an EGLImage a framebuffer, for as long
/// as there is the framebuffer and it is among those drawn last. Made, used and deleted while the
/// context is current.
class DmabufRenderer {
public:
    /// `egl` is lent and must outlive this; `max_side` is GL_MAX_TEXTURE_SIZE or less; `formats` is
    /// what ImportFormats::query() has answered.
    DmabufRenderer(const Egl& egl, uint32_t max_side, Result<ImportFormats> formats)
        : egl_{egl}, max_side_{max_side}, formats_{std::move(formats)} {}

    /// Imports the framebuffer, which has a dmabuf(), if that hasn't been tried yet. Empty, or in
    /// one line why it can't be.
    [[nodiscard]] const std::string& import(const FramebufferRef& framebuffer);
    /// What import() of this framebuffer said; null if it was never asked.
    [[nodiscard]] const std::string* refusal(const Framebuffer& framebuffer) const;
    [[nodiscard]] bool imported(const Framebuffer& framebuffer) const;

    /// Draws an imported framebuffer as Program::draw() does.
    void draw(const Framebuffer& framebuffer, const Place& place);

    /// Lets go of the dma-bufs of framebuffers that are gone.
    void delete_unused();
    /// At most so many framebuffers are kept.
    void set_max(size_t max) { imports_.set_max(max); }
    [[nodiscard]] size_t count() const { return imports_.size(); }

private:
    struct Import {
        explicit Import(const FramebufferRef& its_framebuffer) : framebuffer{its_framebuffer} {}
        Import(const Import&) = delete;
        Import& operator=(const Import&) = delete;
        ~Import();
        [[nodiscard]] static bool held() { return false; }

        std::weak_ptr<const Framebuffer> framebuffer;
        std::unique_ptr<DmabufTexture> texture;  ///< null if it can't be imported
        const Program* program = nullptr;
        std::string refusal;
    };

    [[nodiscard]] Result<void> import(const DmabufPixels& pixels, Import& import);
    [[nodiscard]] Result<const Program*> program_for(const DmabufTexture& texture);

    const Egl& egl_;
    uint32_t max_side_;
    Result<ImportFormats> formats_;
    FramebufferCache<Import> imports_;
    /// By sampler and order of channels: most guests use one.
    std::map<std::pair<bool, std::string>, std::unique_ptr<Program>> programs_;
};

}  // namespace oriel::shaders
