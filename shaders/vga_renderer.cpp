// SPDX-License-Identifier: MIT
#include "vga_renderer.h"

#include <utility>

#include "sources.h"

namespace oriel::shaders {
namespace {

/// Whether floats in fragment shaders hold every integer up to 65536. Where there is no highp, the
/// precision is 0.
bool has_exact_integers(const GlApi& gl) {
    std::array<GLint, 2> range{};
    GLint bits = 0;
    gl.GetShaderPrecisionFormat(GL_FRAGMENT_SHADER, GL_HIGH_FLOAT, range.data(), &bits);
    return bits >= 16;
}

const char* source_of(VgaKind kind) {
    switch (kind) {
        case VgaKind::kText:
            return vga_text_frag;
        case VgaKind::kPlanar:
            return vga_planar_frag;
        case VgaKind::kInterleaved:
            return vga_interleaved_frag;
        case VgaKind::kPacked:
            break;
    }
    return vga_packed_frag;
}

}  // namespace

VgaRenderer::KindProgram::KindProgram(const GlApi& gl, std::unique_ptr<Program> built)
    : program{std::move(built)},
      grid{program->uniform("grid")},
      line_count{program->uniform("line_count")},
      pixels_per_unit{program->uniform("pixels_per_unit")},
      pixels_per_dot{program->uniform("pixels_per_dot")},
      cursor{program->uniform("cursor")},
      has_cursor{program->uniform("has_cursor")},
      blink{program->uniform("blink")},
      blink_off{program->uniform("blink_off")},
      line_graphics{program->uniform("line_graphics")},
      underline_scan{program->uniform("underline_scan")} {
    program->use();
    const auto sample = [&](const char* name, uint32_t unit) {
        gl.Uniform1i(program->uniform(name), static_cast<GLint>(unit));
    };
    sample("units", VgaTextureUnit::kUnits);
    sample("lines", VgaTextureUnit::kLines);
    sample("font", VgaTextureUnit::kFont);
    sample("colours", VgaTextureUnit::kColours);
}

/// All that is no texture. Some ten small calls a frame; a blinking cursor costs nothing else.
void VgaRenderer::KindProgram::set(const GlApi& gl, const VgaPictureData& picture) const {
    const auto set_one = [&gl](int32_t place, auto value) {
        gl.Uniform1f(place, static_cast<GLfloat>(value));
    };
    program->use();
    gl.Uniform2f(grid, static_cast<GLfloat>(picture.columns), static_cast<GLfloat>(picture.rows));
    set_one(line_count, picture.size.height);
    set_one(pixels_per_unit, picture.pixels_per_unit());
    set_one(pixels_per_dot, picture.pixels_per_dot);
    if (picture.kind != VgaKind::kText) {
        return;
    }
    const VgaCursor at = picture.cursor.value_or(VgaCursor{});
    gl.Uniform4f(cursor, at.column, at.row, at.first_scan, at.last_scan);
    set_one(has_cursor, picture.cursor.has_value());
    set_one(blink, picture.blink);
    set_one(blink_off, picture.blink_off);
    set_one(line_graphics, picture.line_graphics);
    set_one(underline_scan, picture.underline_scan);
}

VgaRenderer::VgaRenderer(const GlApi& gl, uint32_t max_side)
    : gl_{gl}, max_side_{max_side}, exact_{has_exact_integers(gl)} {}

Result<void> VgaRenderer::draw(const Framebuffer& framebuffer, const Place& place) {
    const VgaPictureData& picture = framebuffer.vga()->data();
    if (!exact_) {
        return host_error("fragment shaders have no highp floats");
    }
    if (!VgaTextures::fit(picture, max_side_)) {
        return host_error("{} columns, {} rows and {} lines exceed textures of {} a side",
                          picture.columns, picture.rows, picture.size.height, max_side_);
    }
    const auto program = program_for(picture.kind);
    if (!program) {
        return tl::unexpected(program.error());
    }
    bytes_uploaded_ += textures_for(framebuffer).update(picture);
    (*program)->set(gl_, picture);
    (*program)->program->draw(place, {1, 1});
    return {};
}

Result<const VgaRenderer::KindProgram*> VgaRenderer::program_for(VgaKind kind) {
    auto& program = programs_.at(static_cast<size_t>(kind));
    if (!program) {
        auto built = Program::build(gl_, {vga_frag, source_of(kind)});
        if (!built) {
            return tl::unexpected(std::move(built).error());
        }
        program.emplace(gl_, std::move(*built));
    }
    return &*program;
}

VgaTextures& VgaRenderer::textures_for(const Framebuffer& framebuffer) {
    Picture* picture = pictures_.find(framebuffer.generation());
    if (picture == nullptr) {
        picture = pictures_.make(framebuffer.generation(), framebuffer, gl_);
    }
    return picture->textures;
}

void VgaRenderer::delete_unused() {
    pictures_.remove_if([](const Picture& picture) { return picture.lifetime.expired(); });
}

}  // namespace oriel::shaders
