// SPDX-License-Identifier: MIT
#include "dmabuf_renderer.h"

#include <algorithm>

#include "shaders/egl.h"
#include "sources.h"

namespace oriel::shaders {

const std::string& DmabufRenderer::import(const FramebufferRef& framebuffer) {
    if (const Known* known = find(*framebuffer)) {
        return known->refusal;
    }
    delete_unused();
    Known& known = known_.emplace_back(Known{framebuffer->generation(), framebuffer, {}, {}, {}});
    if (const auto done = import(*framebuffer->dmabuf(), known); !done) {
        known.texture.reset();
        known.refusal = done.error().message();
    }
    return known.refusal;
}

Result<void> DmabufRenderer::import(const DmabufPixels& pixels, Known& known) {
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
    known.texture = std::move(*texture);
    const auto program = program_for(*known.texture);
    if (!program) {
        return tl::unexpected(program.error());
    }
    known.program = *program;
    return {};
}

Result<const Program*> DmabufRenderer::program_for(const DmabufTexture& texture) {
    auto& program = programs_[{texture.external(), texture.order()}];
    if (!program) {
        const std::string order = std::string{"#define PIXEL_ORDER "} + texture.order() + "\n";
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

const DmabufRenderer::Known* DmabufRenderer::find(const Framebuffer& framebuffer) const {
    const auto it = std::find_if(known_.begin(), known_.end(), [&](const Known& one) {
        return one.generation == framebuffer.generation();
    });
    return it != known_.end() ? &*it : nullptr;
}

const std::string* DmabufRenderer::refusal(const Framebuffer& framebuffer) const {
    const Known* known = find(framebuffer);
    return known != nullptr ? &known->refusal : nullptr;
}

bool DmabufRenderer::imported(const Framebuffer& framebuffer) const {
    const Known* known = find(framebuffer);
    return known != nullptr && known->texture != nullptr;
}

void DmabufRenderer::draw(const Framebuffer& framebuffer, const Place& place) {
    const Known* known = find(framebuffer);
    known->texture->bind();
    known->program->use();
    known->program->draw(place, framebuffer.size());
}

void DmabufRenderer::delete_unused() {
    std::erase_if(known_, [](const Known& one) { return one.framebuffer.expired(); });
}

}  // namespace oriel::shaders
