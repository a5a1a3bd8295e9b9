// SPDX-License-Identifier: MIT
#include "shaders/renderer.h"

#include <algorithm>
#include <array>
#include <utility>

#include "api.h"
#include "core/log.h"
#include "dmabuf_renderer.h"
#include "program.h"
#include "read_fence.h"
#include "scanout/linear_pixels.h"
#include "sources.h"
#include "texture.h"
#include "vga_renderer.h"

namespace oriel::shaders {

namespace {

bool is_filtered(const Place& place) {
    return whole_times(place.source.size(), place.surface) == 0;
}

}  // namespace

/// A framebuffer's pixels on the GPU.
struct Renderer::Picture {
    Picture(const Framebuffer& framebuffer, const GlApi& gl, uint32_t format)
        : lifetime{framebuffer.lifetime()}, texture{gl, format, framebuffer.size()} {}
    [[nodiscard]] static bool held() { return false; }

    std::weak_ptr<const void> lifetime;
    Texture texture;
};

Renderer::Renderer(const Egl& egl)
    : egl_{egl},
      gl_{egl.gl()},
      format_{egl.has_gl_extension("GL_EXT_texture_format_BGRA8888") ? uint32_t{GL_BGRA_EXT}
                                                                     : uint32_t{GL_RGBA}},
      has_row_length_{egl.has_gl_extension("GL_EXT_unpack_subimage")} {}

Renderer::~Renderer() {
    // The members delete their GL objects after this.
    static_cast<void>(egl_.make_current());
}

Result<std::unique_ptr<Renderer>> Renderer::create(const Egl& egl) {
    if (!egl.make_current()) {
        return host_error("the OpenGL ES context is lost");
    }
    std::unique_ptr<Renderer> renderer{new Renderer{egl}};
    const GlApi& gl = renderer->gl_;
    const char* order = renderer->format_ == GL_BGRA_EXT ? "#define PIXEL_ORDER rgb\n"
                                                         : "#define PIXEL_ORDER bgr\n";
    auto program = Program::build(gl, {"#define SAMPLER sampler2D\n", order, picture_frag});
    if (!program) {
        return tl::unexpected(std::move(program).error());
    }
    renderer->program_ = std::move(*program);
    GLint side = 0;
    gl.GetIntegerv(GL_MAX_TEXTURE_SIZE, &side);
    std::array<GLint, 2> window{};
    gl.GetIntegerv(GL_MAX_VIEWPORT_DIMS, window.data());
    side = std::min({side, window[0], window[1]});
    renderer->max_side_ = static_cast<uint32_t>(std::max(side, 0));
    renderer->vga_ = std::make_unique<VgaRenderer>(gl, renderer->max_side_);
    renderer->dmabufs_ =
        std::make_unique<DmabufRenderer>(egl, renderer->max_side_, ImportFormats::query(egl));
    // Rows follow each other without padding, except where GL_UNPACK_ROW_LENGTH says otherwise.
    gl.PixelStorei(GL_UNPACK_ALIGNMENT, 1);
    return renderer;
}

void Renderer::set_windows(size_t windows) {
    windows_ = windows;
    if (egl_.make_current()) {
        const size_t max = FramebufferCache<Picture>::kMax * std::max<size_t>(windows, 1);
        pictures_.set_max(max);
        vga_->set_max(max);
        dmabufs_->set_max(max);
    }
}

std::string_view Renderer::import(const FramebufferRef& framebuffer) {
    if (const std::string* known = dmabufs_->refusal(*framebuffer)) {
        return *known;
    }
    return egl_.make_current() ? std::string_view{dmabufs_->import(framebuffer)}
                               : "the OpenGL ES context is lost";
}

std::string_view Renderer::import_refusal(const Framebuffer& framebuffer) const {
    const std::string* known = dmabufs_->refusal(framebuffer);
    return known != nullptr ? std::string_view{*known} : std::string_view{};
}

bool Renderer::imported(const Framebuffer& framebuffer) const {
    return dmabufs_->imported(framebuffer);
}

std::optional<Drawn> Renderer::show(EglWindow& window, const Framebuffer& framebuffer,
                                    const Rect& source, const Region& damage, Size size) {
    if (!window.make_current()) {
        return std::nullopt;
    }
    const Region on_screen = scaled_damage(damage, source, size);
    const std::optional<Region> repaint = window.to_repaint(on_screen, size);
    if (!repaint || !draw(framebuffer, source, damage, *repaint, size)) {
        return std::nullopt;
    }
    if (!dmabufs_->imported(framebuffer)) {
        return window.swap(on_screen, size) ? std::optional{Drawn{}} : std::nullopt;
    }
    const ReadFence fence{egl_};
    if (!window.swap(on_screen, size)) {
        return std::nullopt;
    }
    return Drawn{true, fence.file()};
}

bool Renderer::draw(const Framebuffer& framebuffer, const Rect& source, const Region& damage,
                    const Region& repaint, Size size) {
    const Size picture = framebuffer.size();
    if (picture.width > max_side_ || picture.height > max_side_) {
        return false;
    }
    delete_unused();
    const Place place{source, repaint, size.empty() ? source.size() : size};
    if (dmabufs_->imported(framebuffer)) {
        dmabufs_->draw(framebuffer, place);
    } else if (!draw_raw(framebuffer, place)) {
        const auto& memory = framebuffer.memory();
        if (!memory) {
            return false;
        }
        draw_pixels(framebuffer, memory->latest(), place, damage);
    }
    return gl_.GetError() == GL_NO_ERROR;
}

bool Renderer::draw_raw(const Framebuffer& framebuffer, const Place& place) {
    // One that was drawn from its pixels stays there: only then are all of them in the texture.
    // Numbers of colours can't be mixed.
    if (framebuffer.vga() == nullptr || pictures_.peek(framebuffer.generation()) != nullptr ||
        is_filtered(place)) {
        return false;
    }
    const auto drawn = vga_->draw(framebuffer, place);
    if (!drawn && !std::exchange(told_why_not_raw_, true)) {
        log_warn("shaders", "the CPU draws a VGA picture: {}", drawn.error().message());
    }
    return drawn.has_value();
}

void Renderer::draw_pixels(const Framebuffer& framebuffer, const MemoryBuffer& pixels,
                           const Place& place, const Region& damage) {
    const Picture* known = pictures_.find(framebuffer.generation());
    if (known != nullptr) {
        known->texture.bind(0);
        upload(known->texture, pixels, damage);
    } else {
        gl_.ActiveTexture(GL_TEXTURE0);
        known = pictures_.make(framebuffer.generation(), framebuffer, gl_, format_);
        // It has nothing yet, also where this picture was drawn before: then others have been drawn
        // in between, or it was drawn raw.
        Region all{framebuffer.vga() != nullptr ? Rect::of(pixels.size()) : place.source};
        all.add(damage);
        upload(known->texture, pixels, all);
    }
    known->texture.filter(is_filtered(place));
    program_->use();
    program_->draw(place, framebuffer.size());
}

void Renderer::upload(const Texture& texture, const MemoryBuffer& pixels, const Region& damage) {
    if (has_row_length_) {
        gl_.PixelStorei(GL_UNPACK_ROW_LENGTH_EXT,
                        static_cast<GLint>(pixels.stride() / MemoryBuffer::kBytesPerPixel));
    }
    damage.for_each([&](const Rect& rect) { upload_rect(texture, pixels, rect); });
    if (has_row_length_) {
        gl_.PixelStorei(GL_UNPACK_ROW_LENGTH_EXT, 0);
    }
    bytes_copied_ += damage.area() * MemoryBuffer::kBytesPerPixel;
}

void Renderer::upload_rect(const Texture& texture, const MemoryBuffer& pixels, const Rect& rect) {
    const size_t left = size_t{rect.x} * MemoryBuffer::kBytesPerPixel;
    // Without GL_EXT_unpack_subimage rows must follow each other without a gap: one at a time.
    const uint32_t rows = has_row_length_ ? rect.height : 1;
    for (uint32_t y = rect.y; y < rect.bottom(); y += rows) {
        texture.update({rect.x, y, rect.width, rows}, pixels.row(y) + left);
    }
}

void Renderer::delete_unused() {
    pictures_.remove_if([](const Picture& one) { return one.lifetime.expired(); });
    vga_->delete_unused();
    dmabufs_->delete_unused();
}

void Renderer::trim() {
    if (egl_.make_current()) {
        delete_unused();
    }
}

size_t Renderer::import_count() const {
    return dmabufs_->count();
}

uint64_t Renderer::bytes_copied() const {
    return bytes_copied_ + vga_->bytes_uploaded();
}

}  // namespace oriel::shaders
