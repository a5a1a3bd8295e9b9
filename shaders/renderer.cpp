// SPDX-License-Identifier: MIT
#include "shaders/renderer.h"

#include <algorithm>
#include <array>
#include <string>
#include <utility>

#include "api.h"
#include "sources.h"

namespace oriel::shaders {
namespace {

constexpr GLuint kCornerAttribute = 0;
// Each is a draw call; llvmpipe and tilers both prefer few.
constexpr size_t kMaxRects = 16;

GLint signed_(uint32_t value) {
    return static_cast<GLint>(value);
}

Result<GLuint> compile(const GlApi& gl, GLenum kind, const char* prefix, const char* source) {
    const GLuint shader = gl.CreateShader(kind);
    const std::array<const GLchar*, 2> parts{prefix, source};
    gl.ShaderSource(shader, static_cast<GLsizei>(parts.size()), parts.data(), nullptr);
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

Renderer::Renderer(const Egl& egl)
    : egl_{egl},
      gl_{egl.gl()},
      format_{egl.has_gl_extension("GL_EXT_texture_format_BGRA8888") ? uint32_t{GL_BGRA_EXT}
                                                                     : uint32_t{GL_RGBA}},
      has_row_length_{egl.has_gl_extension("GL_EXT_unpack_subimage")} {}

Renderer::~Renderer() {
    if (egl_.make_current()) {
        for (const Texture& texture : textures_) {
            gl_.DeleteTextures(1, &texture.name);
        }
        gl_.DeleteProgram(program_);
    }
}

Result<std::unique_ptr<Renderer>> Renderer::create(const Egl& egl) {
    if (!egl.make_current()) {
        return host_error("the OpenGL ES context is lost");
    }
    std::unique_ptr<Renderer> renderer{new Renderer{egl}};
    if (auto built = renderer->build_program(); !built) {
        return tl::unexpected(std::move(built).error());
    }
    GLint side = 0;
    renderer->gl_.GetIntegerv(GL_MAX_TEXTURE_SIZE, &side);
    renderer->max_side_ = static_cast<uint32_t>(std::max(side, 0));
    return renderer;
}

Result<void> Renderer::build_program() {
    const char* order =
        format_ == GL_BGRA_EXT ? "#define PIXEL_ORDER rgb\n" : "#define PIXEL_ORDER bgr\n";
    const auto vertex = compile(gl_, GL_VERTEX_SHADER, "", picture_vert);
    if (!vertex) {
        return tl::unexpected(vertex.error());
    }
    const auto fragment = compile(gl_, GL_FRAGMENT_SHADER, order, picture_frag);
    if (!fragment) {
        gl_.DeleteShader(*vertex);
        return tl::unexpected(fragment.error());
    }
    program_ = gl_.CreateProgram();
    gl_.AttachShader(program_, *vertex);
    gl_.AttachShader(program_, *fragment);
    gl_.BindAttribLocation(program_, kCornerAttribute, "corner");
    gl_.LinkProgram(program_);
    gl_.DeleteShader(*vertex);
    gl_.DeleteShader(*fragment);
    GLint ok = GL_FALSE;
    gl_.GetProgramiv(program_, GL_LINK_STATUS, &ok);
    if (ok != GL_TRUE) {
        return host_error("the shader program does not link");
    }
    source_uniform_ = gl_.GetUniformLocation(program_, "source");
    return {};
}

bool Renderer::show(EglWindow& window, const Framebuffer& framebuffer, const Rect& source,
                    const Region& damage) {
    const Size size = framebuffer.size();
    if (size.width > max_side_ || size.height > max_side_ || !window.make_current()) {
        return false;
    }
    delete_unused();
    gl_.BindTexture(GL_TEXTURE_2D, texture_for(framebuffer));
    upload(framebuffer.memory()->latest(), damage);
    Region on_screen = damage;
    on_screen.translate(-signed_(source.x), -signed_(source.y));
    draw(window.to_repaint(on_screen, source.size()), source, size);
    if (gl_.GetError() != GL_NO_ERROR) {
        return false;
    }
    return window.swap(on_screen, source.size());
}

uint32_t Renderer::texture_for(const Framebuffer& framebuffer) {
    for (const Texture& texture : textures_) {
        if (texture.generation == framebuffer.generation()) {
            return texture.name;
        }
    }
    GLuint name = 0;
    gl_.GenTextures(1, &name);
    gl_.BindTexture(GL_TEXTURE_2D, name);
    // Nearest: exact pixels at 1:1. What is not 1:1 is the compositor's to scale.
    gl_.TexParameteri(GL_TEXTURE_2D, GL_TEXTURE_MIN_FILTER, GL_NEAREST);
    gl_.TexParameteri(GL_TEXTURE_2D, GL_TEXTURE_MAG_FILTER, GL_NEAREST);
    // Without these a texture whose sides are no powers of two is black in OpenGL ES 2.
    gl_.TexParameteri(GL_TEXTURE_2D, GL_TEXTURE_WRAP_S, GL_CLAMP_TO_EDGE);
    gl_.TexParameteri(GL_TEXTURE_2D, GL_TEXTURE_WRAP_T, GL_CLAMP_TO_EDGE);
    gl_.TexImage2D(GL_TEXTURE_2D, 0, static_cast<GLint>(format_), signed_(framebuffer.size().width),
                   signed_(framebuffer.size().height), 0, format_, GL_UNSIGNED_BYTE, nullptr);
    textures_.push_back({framebuffer.generation(), framebuffer.storage(), name});
    return name;
}

void Renderer::upload(const MemoryBuffer& pixels, const Region& damage) {
    if (has_row_length_) {
        gl_.PixelStorei(GL_UNPACK_ROW_LENGTH_EXT,
                        signed_(pixels.stride() / MemoryBuffer::kBytesPerPixel));
    }
    damage.for_each([&](const Rect& rect) { upload_rect(pixels, rect); });
    bytes_copied_ += damage.area() * MemoryBuffer::kBytesPerPixel;
}

void Renderer::upload_rect(const MemoryBuffer& pixels, const Rect& rect) {
    const size_t left = size_t{rect.x} * MemoryBuffer::kBytesPerPixel;
    // Without GL_EXT_unpack_subimage rows must follow each other without a gap: one at a time.
    const uint32_t rows = has_row_length_ ? rect.height : 1;
    for (uint32_t y = rect.y; y < rect.bottom(); y += rows) {
        gl_.TexSubImage2D(GL_TEXTURE_2D, 0, signed_(rect.x), signed_(y), signed_(rect.width),
                          signed_(rows), format_, GL_UNSIGNED_BYTE, pixels.row(y) + left);
    }
}

void Renderer::draw(const Region& repaint, const Rect& source, Size picture) {
    constexpr std::array<GLfloat, 8> kCorners{0, 0, 1, 0, 0, 1, 1, 1};
    gl_.Viewport(0, 0, signed_(source.width), signed_(source.height));
    gl_.UseProgram(program_);
    const auto width = static_cast<GLfloat>(picture.width);
    const auto height = static_cast<GLfloat>(picture.height);
    gl_.Uniform4f(source_uniform_, static_cast<GLfloat>(source.x) / width,
                  static_cast<GLfloat>(source.y) / height,
                  static_cast<GLfloat>(source.width) / width,
                  static_cast<GLfloat>(source.height) / height);
    gl_.VertexAttribPointer(kCornerAttribute, 2, GL_FLOAT, GL_FALSE, 0, kCorners.data());
    gl_.EnableVertexAttribArray(kCornerAttribute);
    gl_.Enable(GL_SCISSOR_TEST);
    std::vector<Rect> rects;
    repaint.for_each([&rects](const Rect& rect) { rects.push_back(rect); });
    if (rects.size() > kMaxRects) {
        rects = {repaint.bounds()};
    }
    for (const Rect& rect : rects) {
        // The scissor counts from the bottom.
        gl_.Scissor(signed_(rect.x), static_cast<GLint>(source.height - rect.bottom()),
                    signed_(rect.width), signed_(rect.height));
        gl_.DrawArrays(GL_TRIANGLE_STRIP, 0, 4);
    }
}

void Renderer::delete_unused() {
    std::erase_if(textures_, [this](const Texture& texture) {
        if (!texture.pixels.expired()) {
            return false;
        }
        gl_.DeleteTextures(1, &texture.name);
        return true;
    });
}

}  // namespace oriel::shaders
