// SPDX-License-Identifier: MIT
#include "texture.h"

#include <utility>

namespace oriel::shaders {

Texture::Texture(const GlApi& gl, uint32_t format, Size size) : gl_{gl}, format_{format} {
    gl_.GenTextures(1, &name_);
    gl_.BindTexture(GL_TEXTURE_2D, name_);
    // Nearest: exact pixels at 1:1. What is not 1:1 is the compositor's to scale, where it can.
    gl_.TexParameteri(GL_TEXTURE_2D, GL_TEXTURE_MIN_FILTER, GL_NEAREST);
    gl_.TexParameteri(GL_TEXTURE_2D, GL_TEXTURE_MAG_FILTER, GL_NEAREST);
    // Without these a texture whose sides are no powers of two is black in OpenGL ES 2.
    gl_.TexParameteri(GL_TEXTURE_2D, GL_TEXTURE_WRAP_S, GL_CLAMP_TO_EDGE);
    gl_.TexParameteri(GL_TEXTURE_2D, GL_TEXTURE_WRAP_T, GL_CLAMP_TO_EDGE);
    gl_.TexImage2D(GL_TEXTURE_2D, 0, gl_int(format_), gl_int(size.width), gl_int(size.height), 0,
                   format_, GL_UNSIGNED_BYTE, nullptr);
}

Texture::~Texture() {
    gl_.DeleteTextures(1, &name_);
}

void Texture::bind(uint32_t unit) const {
    gl_.ActiveTexture(GL_TEXTURE0 + unit);
    gl_.BindTexture(GL_TEXTURE_2D, name_);
}

void Texture::filter(bool linear) const {
    if (std::exchange(linear_, linear) != linear) {
        gl_.TexParameteri(GL_TEXTURE_2D, GL_TEXTURE_MIN_FILTER, linear ? GL_LINEAR : GL_NEAREST);
        gl_.TexParameteri(GL_TEXTURE_2D, GL_TEXTURE_MAG_FILTER, linear ? GL_LINEAR : GL_NEAREST);
    }
}

void Texture::update(const Rect& rect, const void* texels) const {
    gl_.TexSubImage2D(GL_TEXTURE_2D, 0, gl_int(rect.x), gl_int(rect.y), gl_int(rect.width),
                      gl_int(rect.height), format_, GL_UNSIGNED_BYTE, texels);
}

}  // namespace oriel::shaders
