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

void set_samplers(const GlApi& gl, const Program& program) {
    const auto set = [&](const char* name, uint32_t unit) {
        gl.Uniform1i(program.uniform(name), static_cast<GLint>(unit));
    };
    set("units", VgaTextureUnit::kUnits);
    set("lines", VgaTextureUnit::kLines);
    set("font", VgaTextureUnit::kFont);
    set("colours", VgaTextureUnit::kColours);
}

/// All that is no texture. Some ten small calls a frame; a blinking cursor costs nothing else.
void set_uniforms(const GlApi& gl, const Program& program, const VgaPictureData& picture) {
    const auto set = [&](const char* name, auto value) {
        gl.Uniform1f(program.uniform(name), static_cast<GLfloat>(value));
    };
    gl.Uniform2f(program.uniform("grid"), static_cast<GLfloat>(picture.columns),
                 static_cast<GLfloat>(picture.rows));
    set("line_count", picture.size.height);
    set("pixels_per_unit", picture.pixels_per_unit());
    set("pixels_per_dot", picture.pixels_per_dot);
    if (picture.kind != VgaKind::kText) {
        return;
    }
    const VgaCursor cursor = picture.cursor.value_or(VgaCursor{});
    gl.Uniform4f(program.uniform("cursor"), cursor.column, cursor.row, cursor.first_scan,
                 cursor.last_scan);
    set("has_cursor", picture.cursor.has_value());
    set("blink", picture.blink);
    set("blink_off", picture.blink_off);
    set("line_graphics", picture.line_graphics);
    set("underline_scan", picture.underline_scan);
}

}  // namespace

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
    (*program)->use();
    set_uniforms(gl_, **program, picture);
    (*program)->draw(place, {1, 1});
    return {};
}

Result<const Program*> VgaRenderer::program_for(VgaKind kind) {
    auto& program = programs_.at(static_cast<size_t>(kind));
    if (!program) {
        auto built = Program::build(gl_, {vga_frag, source_of(kind)});
        if (!built) {
            return tl::unexpected(std::move(built).error());
        }
        program = std::move(*built);
        program->use();
        set_samplers(gl_, *program);
    }
    return program.get();
}

VgaTextures& VgaRenderer::textures_for(const Framebuffer& framebuffer) {
    for (Known& known : known_) {
        if (known.generation == framebuffer.generation()) {
            return known.textures;
        }
    }
    return known_.emplace_back(framebuffer, gl_).textures;
}

void VgaRenderer::delete_unused() {
    std::erase_if(known_, [](const Known& known) { return known.lifetime.expired(); });
}

}  // namespace oriel::shaders
