// SPDX-License-Identifier: MIT
#include "offscreen.h"

#include <EGL/egl.h>
#include <EGL/eglext.h>
#include <GLES2/gl2.h>

#include <array>
#include <utility>

#include "known_leaks.h"

namespace oriel::test {
namespace {

/// The first GPU's driver, where that has no platform without surfaces (NVIDIA's has this one).
Result<std::unique_ptr<shaders::Egl>> open_first_device(HostError otherwise) {
    const auto query =
        reinterpret_cast<PFNEGLQUERYDEVICESEXTPROC>(::eglGetProcAddress("eglQueryDevicesEXT"));
    std::array<EGLDeviceEXT, 1> devices{};
    EGLint count = 0;
    if (query == nullptr || query(1, devices.data(), &count) == EGL_FALSE || count == 0) {
        return tl::unexpected(std::move(otherwise));
    }
    return shaders::Egl::open(EGL_PLATFORM_DEVICE_EXT, devices[0]);
}

}  // namespace

Result<std::unique_ptr<Offscreen>> Offscreen::open() {
    std::unique_ptr<Offscreen> made{new Offscreen};
    auto egl = shaders::Egl::open(EGL_PLATFORM_SURFACELESS_MESA, nullptr);
    if (!egl) {
        egl = open_first_device(std::move(egl).error());
    }
    if (!egl) {
        return tl::unexpected(std::move(egl).error());
    }
    made->egl_ = std::move(*egl);
    auto renderer = shaders::Renderer::create(*made->egl_);
    if (!renderer) {
        return tl::unexpected(std::move(renderer).error());
    }
    made->renderer_ = std::move(*renderer);
    keep_gl_libraries_loaded();
    return made;
}

Offscreen::~Offscreen() {
    delete_target();
}

void Offscreen::delete_target() {
    if (framebuffer_ != 0) {
        ::glDeleteFramebuffers(1, &framebuffer_);
        ::glDeleteTextures(1, &texture_);
    }
}

void Offscreen::resize(Size size) {
    delete_target();
    size_ = size;
    ::glActiveTexture(GL_TEXTURE0);
    ::glGenTextures(1, &texture_);
    ::glBindTexture(GL_TEXTURE_2D, texture_);
    ::glTexParameteri(GL_TEXTURE_2D, GL_TEXTURE_MIN_FILTER, GL_NEAREST);
    ::glTexParameteri(GL_TEXTURE_2D, GL_TEXTURE_WRAP_S, GL_CLAMP_TO_EDGE);
    ::glTexParameteri(GL_TEXTURE_2D, GL_TEXTURE_WRAP_T, GL_CLAMP_TO_EDGE);
    ::glTexImage2D(GL_TEXTURE_2D, 0, GL_RGBA, static_cast<GLsizei>(size.width),
                   static_cast<GLsizei>(size.height), 0, GL_RGBA, GL_UNSIGNED_BYTE, nullptr);
    ::glGenFramebuffers(1, &framebuffer_);
    ::glBindFramebuffer(GL_FRAMEBUFFER, framebuffer_);
    ::glFramebufferTexture2D(GL_FRAMEBUFFER, GL_COLOR_ATTACHMENT0, GL_TEXTURE_2D, texture_, 0);
    ::glDisable(GL_SCISSOR_TEST);
    ::glClearColor(0, 0, 0, 0);
    ::glClear(GL_COLOR_BUFFER_BIT);
}

uint32_t Offscreen::max_side() {
    GLint side = 0;
    ::glGetIntegerv(GL_MAX_TEXTURE_SIZE, &side);
    return static_cast<uint32_t>(side);
}

std::vector<uint32_t> Offscreen::pixels() const {
    std::vector<uint8_t> bytes(size_.area() * 4);
    ::glReadPixels(0, 0, static_cast<GLsizei>(size_.width), static_cast<GLsizei>(size_.height),
                   GL_RGBA, GL_UNSIGNED_BYTE, bytes.data());
    std::vector<uint32_t> pixels;
    pixels.reserve(size_.area());
    for (uint32_t y = 0; y < size_.height; ++y) {
        // OpenGL's first row is the lowest.
        const uint8_t* row = bytes.data() + size_t{size_.height - 1 - y} * size_.width * 4;
        for (uint32_t x = 0; x < size_.width; ++x, row += 4) {
            pixels.push_back(uint32_t{row[0]} << 16 | uint32_t{row[1]} << 8 | row[2]);
        }
    }
    return pixels;
}

}  // namespace oriel::test
