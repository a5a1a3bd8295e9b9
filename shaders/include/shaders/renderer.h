// SPDX-License-Identifier: MIT
#pragma once

#include <algorithm>
#include <cstdint>
#include <memory>
#include <optional>
#include <string_view>

#include "core/geometry.h"
#include "core/result.h"
#include "core/unique_fd.h"
#include "scanout/framebuffer.h"
#include "scanout/framebuffer_cache.h"
#include "shaders/egl.h"

namespace oriel::shaders {

class DmabufRenderer;
class Program;
class Texture;
class VgaRenderer;
struct Place;

/// How a picture was drawn.
struct Drawn {
    /// From the guest's own pixels, which the GPU reads while it draws.
    bool imported = false;
    /// Readable when the GPU has read them; none if it has already.
    UniqueFd read;
};

/// Draws framebuffers with OpenGL ES 2.0: a texture each, updated where it is damaged, sampled to
/// the nearest so that a picture at 1:1, or at a whole multiple, has exactly the guest's pixels. A
/// raw VGA picture is drawn from its memory, font and palette, with the same pixels as the CPU
/// would make of them. A guest's own pixels are drawn where they are, if import() was called and
/// could.
class Renderer {
public:
    /// `egl` is lent and must outlive this.
    [[nodiscard]] static Result<std::unique_ptr<Renderer>> create(const Egl& egl);
    Renderer(const Renderer&) = delete;
    Renderer& operator=(const Renderer&) = delete;
    ~Renderer();

    /// Called for each window that is drawn to, and when it goes: a FramebufferCache::kMax of
    /// framebuffers is kept for each.
    void window_added() { set_windows(windows_ + 1); }
    void window_removed() { set_windows(windows_ - 1); }

    /// From now on this framebuffer, which has a dmabuf(), is drawn without a copy. Cheap when it
    /// has been asked before. Empty, or in one line why it can't be (lent until the next call):
    /// then it is copied.
    [[nodiscard]] std::string_view import(const FramebufferRef& framebuffer);
    /// import() could.
    [[nodiscard]] bool imported(const Framebuffer& framebuffer) const;
    /// In one line why import() could not; empty if it could, or was never called. Lent until the
    /// next call.
    [[nodiscard]] std::string_view import_refusal(const Framebuffer& framebuffer) const;

    /// Copies `damage` (framebuffer coordinates) to the framebuffer's texture, or what has changed
    /// in a raw VGA picture, and draws the part `source` of it over all of `window`, which has
    /// `size` px, at most max_side(): filtered linearly where that is no
    /// whole multiple. Swaps. Nothing if it can't be drawn: too large for a texture, or the context
    /// is lost.
    [[nodiscard]] std::optional<Drawn> show(EglWindow& window, const Framebuffer& framebuffer,
                                            const Rect& source, const Region& damage, Size size);

    /// The same without a window: into whatever is bound as the current context's framebuffer,
    /// `repaint` (in what is drawn: coordinates from its top left corner) of it.
    [[nodiscard]] bool draw(const Framebuffer& framebuffer, const Rect& source,
                            const Region& damage, const Region& repaint, Size size = {});
    /// The largest texture, and the largest window, px a side.
    [[nodiscard]] uint32_t max_side() const { return max_side_; }
    /// From now on nothing larger is drawn (tests).
    void limit_side(uint32_t side) { max_side_ = std::min(max_side_, side); }

    /// Lets go of what belongs to framebuffers that are gone; drawing does it, too.
    void trim();
    /// Framebuffers that import() knows.
    [[nodiscard]] size_t import_count() const;

    /// Bytes copied to textures so far.
    [[nodiscard]] uint64_t bytes_copied() const;

private:
    struct Picture;

    explicit Renderer(const Egl& egl);
    /// False if it isn't a raw picture, or can't be drawn as one here.
    [[nodiscard]] bool draw_raw(const Framebuffer& framebuffer, const Place& place);
    void draw_pixels(const Framebuffer& framebuffer, const MemoryBuffer& pixels, const Place& place,
                     const Region& damage);
    void set_windows(size_t windows);
    void upload(const Texture& texture, const MemoryBuffer& pixels, const Region& damage);
    void upload_rect(const Texture& texture, const MemoryBuffer& pixels, const Rect& rect);
    void delete_unused();

    const Egl& egl_;
    const GlApi& gl_;
    /// The format of uploads: GL_BGRA_EXT, or GL_RGBA and the shader swaps.
    uint32_t format_;
    bool has_row_length_;
    uint32_t max_side_ = 0;
    std::unique_ptr<Program> program_;
    std::unique_ptr<VgaRenderer> vga_;
    std::unique_ptr<DmabufRenderer> dmabufs_;
    FramebufferCache<Picture> pictures_;
    size_t windows_ = 0;
    bool told_why_not_raw_ = false;
    uint64_t bytes_copied_ = 0;
};

}  // namespace oriel::shaders
