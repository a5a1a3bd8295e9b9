// SPDX-License-Identifier: MIT
#pragma once

#include <cstdint>
#include <memory>
#include <vector>

#include "core/geometry.h"
#include "core/result.h"
#include "shaders/egl.h"
#include "shaders/renderer.h"

namespace oriel::test {

/// A renderer and a framebuffer object to draw into: pictures through OpenGL ES without a
/// compositor.
class Offscreen {
public:
    /// The error says why there is no EGL here.
    [[nodiscard]] static Result<std::unique_ptr<Offscreen>> open();
    Offscreen(const Offscreen&) = delete;
    Offscreen& operator=(const Offscreen&) = delete;
    ~Offscreen();

    /// From now on a black picture of this size is drawn to.
    void resize(Size size);
    [[nodiscard]] shaders::Renderer& renderer() { return *renderer_; }
    [[nodiscard]] const shaders::Egl& egl() const { return *egl_; }
    /// GL_MAX_TEXTURE_SIZE.
    [[nodiscard]] static uint32_t max_side();

    /// What has been drawn: 0x00RRGGBB, from the top left, rows without padding.
    [[nodiscard]] std::vector<uint32_t> pixels() const;

private:
    Offscreen() = default;
    void delete_target();

    std::unique_ptr<shaders::Egl> egl_;
    std::unique_ptr<shaders::Renderer> renderer_;
    Size size_;
    uint32_t texture_ = 0;
    uint32_t framebuffer_ = 0;
};

}  // namespace oriel::test
