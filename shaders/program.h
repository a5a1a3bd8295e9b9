// SPDX-License-Identifier: MIT
#pragma once

#include <cstdint>
#include <initializer_list>
#include <memory>

#include "api.h"
#include "core/geometry.h"
#include "core/result.h"

namespace oriel::shaders {

/// What is drawn, over all of a surface.
struct Place {
    Rect source;            ///< of the picture, buffer px
    const Region& repaint;  ///< of the surface: coordinates from its top left
    Size surface;           ///< px
    bool flipped = false;   ///< the picture's first row is its lowest one
};

/// A fragment shader and what it takes to draw a picture with it. Made, used and deleted while the
/// context is current.
class Program {
public:
    /// `parts` are the fragment shader's source text, one after the other. `gl` is lent and must
    /// outlive this.
    [[nodiscard]] static Result<std::unique_ptr<Program>> build(
        const GlApi& gl, std::initializer_list<const char*> parts);
    Program(const Program&) = delete;
    Program& operator=(const Program&) = delete;
    ~Program();

    /// From now on uniforms are this program's.
    void use() const { gl_.UseProgram(name_); }
    /// The place of a uniform; that of one that the shader doesn't use is ignored by glUniform.
    [[nodiscard]] int32_t uniform(const char* name) const {
        return gl_.GetUniformLocation(name_, name);
    }

    /// Draws all of the surface that is to be repainted. The fragment shader's `texel` counts in
    /// `unit` buffer px: the picture's size for fractions of it, 1x1 for pixels.
    void draw(const Place& place, Size unit) const;

private:
    void tell_source(const Place& place, Size unit) const;
    Program(const GlApi& gl, uint32_t name)
        : gl_{gl},
          name_{name},
          source_uniform_{uniform("source")},
          inside_uniform_{uniform("inside")} {}

    const GlApi& gl_;
    uint32_t name_;
    int32_t source_uniform_;
    int32_t inside_uniform_;
};

}  // namespace oriel::shaders
