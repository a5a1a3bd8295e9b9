// SPDX-License-Identifier: MIT
#include "program.h"

#include <algorithm>
#include <array>
#include <vector>

#include "sources.h"

namespace oriel::shaders {
namespace {

constexpr GLuint kCornerAttribute = 0;
// Each is a draw call; llvmpipe and tilers both prefer few.
constexpr size_t kMaxRects = 16;

Result<GLuint> compile(const GlApi& gl, GLenum kind, std::initializer_list<const char*> parts) {
    const GLuint shader = gl.CreateShader(kind);
    gl.ShaderSource(shader, static_cast<GLsizei>(parts.size()), parts.begin(), nullptr);
    gl.CompileShader(shader);
    GLint ok = GL_FALSE;
    gl.GetShaderiv(shader, GL_COMPILE_STATUS, &ok);
    if (ok == GL_TRUE) {
        return shader;
    }
    std::array<char, 512> log{};
    gl.GetShaderInfoLog(shader, static_cast<GLsizei>(log.size()), nullptr, log.data());
    gl.DeleteShader(shader);
    return host_error("a shader does not compile: {}", log.data());
}

}  // namespace

Result<std::unique_ptr<Program>> Program::build(const GlApi& gl,
                                                std::initializer_list<const char*> parts) {
    const auto vertex = compile(gl, GL_VERTEX_SHADER, {picture_vert});
    if (!vertex) {
        return tl::unexpected(vertex.error());
    }
    const auto fragment = compile(gl, GL_FRAGMENT_SHADER, parts);
    if (!fragment) {
        gl.DeleteShader(*vertex);
        return tl::unexpected(fragment.error());
    }
    const GLuint name = gl.CreateProgram();
    gl.AttachShader(name, *vertex);
    gl.AttachShader(name, *fragment);
    gl.BindAttribLocation(name, kCornerAttribute, "corner");
    gl.LinkProgram(name);
    gl.DeleteShader(*vertex);
    gl.DeleteShader(*fragment);
    GLint ok = GL_FALSE;
    gl.GetProgramiv(name, GL_LINK_STATUS, &ok);
    if (ok != GL_TRUE) {
        gl.DeleteProgram(name);
        return host_error("a shader program does not link");
    }
    return std::unique_ptr<Program>{new Program{gl, name}};
}

Program::~Program() {
    gl_.DeleteProgram(name_);
}

void Program::tell_source(const Place& place, Size unit) const {
    const auto width = static_cast<GLfloat>(unit.width);
    const auto height = static_cast<GLfloat>(unit.height);
    const auto left = static_cast<GLfloat>(place.source.x);
    const auto right = static_cast<GLfloat>(place.source.right());
    // As the rows lie in memory; a picture that is flipped is `unit` px high.
    const auto top = static_cast<GLfloat>(place.source.y);
    const auto bottom = static_cast<GLfloat>(place.source.bottom());
    const GLfloat first = place.flipped ? height - top : top;
    const GLfloat last = place.flipped ? height - bottom : bottom;
    gl_.Uniform4f(source_uniform_, left / width, first / height, (right - left) / width,
                  (last - first) / height);
    // The middles of the outermost px: a filter doesn't mix them with what is not shown.
    constexpr GLfloat kHalf = 0.5F;
    gl_.Uniform4f(inside_uniform_, (left + kHalf) / width, (std::min(first, last) + kHalf) / height,
                  (right - kHalf) / width, (std::max(first, last) - kHalf) / height);
}

void Program::draw(const Place& place, Size unit) const {
    constexpr std::array<GLfloat, 8> kCorners{0, 0, 1, 0, 0, 1, 1, 1};
    const Size surface = place.surface;
    gl_.Viewport(0, 0, gl_int(surface.width), gl_int(surface.height));
    tell_source(place, unit);
    gl_.VertexAttribPointer(kCornerAttribute, 2, GL_FLOAT, GL_FALSE, 0, kCorners.data());
    gl_.EnableVertexAttribArray(kCornerAttribute);
    gl_.Enable(GL_SCISSOR_TEST);
    std::vector<Rect> rects;
    place.repaint.for_each([&rects](const Rect& rect) { rects.push_back(rect); });
    if (rects.size() > kMaxRects) {
        rects = {place.repaint.bounds()};
    }
    for (const Rect& rect : rects) {
        // The scissor counts from the bottom.
        gl_.Scissor(gl_int(rect.x), static_cast<GLint>(surface.height - rect.bottom()),
                    gl_int(rect.width), gl_int(rect.height));
        gl_.DrawArrays(GL_TRIANGLE_STRIP, 0, 4);
    }
}

}  // namespace oriel::shaders
