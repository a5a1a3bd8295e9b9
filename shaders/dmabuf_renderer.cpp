// SPDX-License-Identifier: MIT
#include "dmabuf_renderer.h"

#include <fmt/format.h>

#include "scanout/linear_pixels.h"
#include "shaders/egl.h"
#include "sources.h"

namespace oriel::shaders {

DmabufRenderer::Import::~Import() {
    if (const FramebufferRef alive = framebuffer.lock()) {
        // EGL has files of its own. Whoever needs these opens them again.
        alive->dmabuf()->close_files();
    }
}

const std::string& DmabufRenderer::import(const FramebufferRef& framebuffer) {
    if (const Import* known = imports_.find(framebuffer->generation())) {
        return known->refusal;
    }
    delete_unused();
    Import& made = *imports_.make(framebuffer->generation(), framebuffer);
    if (const auto done = import(*framebuffer->dmabuf(), made); !done) {
        made.texture.reset();
        made.refusal = done.error().message();
    }
    return made.refusal;
}

Result<void> DmabufRenderer::import(const DmabufPixels& pixels, Import& import) {
    if (!formats_) {
        return tl::unexpected(formats_.error());
    }
    const PixelLayout& layout = pixels.layout();
    if (layout.size.width > max_side_ || layout.size.height > max_side_) {
        return host_error("{}x{} exceeds textures of {} a side", layout.size.width,
                          layout.size.height, max_side_);
    }
    const auto as = formats_->choose(layout.fourcc, layout.modifier);
    if (!as) {
        return tl::unexpected(as.error());
    }
    auto texture = DmabufTexture::import(egl_, pixels, *as);
    if (!texture) {
        return tl::unexpected(std::move(texture).error());
    }
    import.texture = std::move(*texture);
    const auto program = program_for(*import.texture);
    if (!program) {
        return tl::unexpected(program.error());
    }
    import.program = *program;
    return {};
}

Result<const Program*> DmabufRenderer::program_for(const DmabufTexture& texture) {
    auto& program = programs_[{texture.external(), std::string{texture.order()}}];
    if (!program) {
        const std::string order = fmt::format("#define PIXEL_ORDER {}\n", texture.order());
        auto built = Program::build(
            egl_.gl(), {texture.external() ? "#extension GL_OES_EGL_image_external : require\n"
                                             "#define SAMPLER samplerExternalOES\n"
                                           : "#define SAMPLER sampler2D\n",
                        order.c_str(), picture_frag});
        if (!built) {
            return tl::unexpected(std::move(built).error());
        }
        program = std::move(*built);
    }
    return program.get();
}

const std::string* DmabufRenderer::refusal(const Framebuffer& framebuffer) const {
    const Import* known = imports_.peek(framebuffer.generation());
    return known != nullptr ? &known->refusal : nullptr;
}

bool DmabufRenderer::imported(const Framebuffer& framebuffer) const {
    const Import* known = imports_.peek(framebuffer.generation());
    return known != nullptr && known->texture != nullptr;
}

void DmabufRenderer::draw(const Framebuffer& framebuffer, const Place& place) {
    const Import* known = imports_.find(framebuffer.generation());
    known->texture->bind();
    known->texture->filter(whole_times(place.source.size(), place.surface) == 0);
    known->program->use();
    Place as_it_lies = place;
    as_it_lies.flipped = framebuffer.dmabuf()->layout().y_inverted;
    known->program->draw(as_it_lies, framebuffer.size());
}

void DmabufRenderer::delete_unused() {
    imports_.remove_if([](const Import& one) { return one.framebuffer.expired(); });
}

}  // namespace oriel::shaders
