// SPDX-License-Identifier: MIT
#include "shaders/egl.h"

#include <dlfcn.h>

#include <algorithm>
#include <array>
#include <cassert>
#include <utility>
#include <vector>

#include "api.h"

namespace oriel::shaders {
namespace {

// Back buffers older than that are drawn anew.
constexpr size_t kMaxHistory = 4;
// Beyond that one larger rectangle is cheaper.
constexpr size_t kMaxSwapRects = 16;

template <class Function>
bool load(const EglApi& egl, Function& function, const char* name) {
    // eglGetProcAddress knows extensions; core functions it need not know before EGL 1.5.
    void* symbol = ::dlsym(egl.library, name);
    if (symbol == nullptr && egl.GetProcAddress != nullptr) {
        symbol = reinterpret_cast<void*>(egl.GetProcAddress(name));
    }
    function = reinterpret_cast<Function>(symbol);
    return symbol != nullptr;
}

bool load_egl(EglApi& egl) {
    return load(egl, egl.GetProcAddress, "eglGetProcAddress") &&
           load(egl, egl.QueryString, "eglQueryString") && load(egl, egl.GetError, "eglGetError") &&
           load(egl, egl.Initialize, "eglInitialize") && load(egl, egl.Terminate, "eglTerminate") &&
           load(egl, egl.BindAPI, "eglBindAPI") && load(egl, egl.ChooseConfig, "eglChooseConfig") &&
           load(egl, egl.GetConfigAttrib, "eglGetConfigAttrib") &&
           load(egl, egl.CreateContext, "eglCreateContext") &&
           load(egl, egl.DestroyContext, "eglDestroyContext") &&
           load(egl, egl.DestroySurface, "eglDestroySurface") &&
           load(egl, egl.MakeCurrent, "eglMakeCurrent") &&
           load(egl, egl.SwapBuffers, "eglSwapBuffers") &&
           load(egl, egl.SwapInterval, "eglSwapInterval") &&
           load(egl, egl.QuerySurface, "eglQuerySurface") &&
           load(egl, egl.GetPlatformDisplay, "eglGetPlatformDisplayEXT") &&
           load(egl, egl.CreatePlatformWindowSurface, "eglCreatePlatformWindowSurfaceEXT");
}

bool load_gl(const EglApi& egl, GlApi& gl) {
    return load(egl, gl.GetString, "glGetString") && load(egl, gl.GetIntegerv, "glGetIntegerv") &&
           load(egl, gl.GetError, "glGetError") &&
           load(egl, gl.GetShaderPrecisionFormat, "glGetShaderPrecisionFormat") &&
           load(egl, gl.CreateShader, "glCreateShader") &&
           load(egl, gl.ShaderSource, "glShaderSource") &&
           load(egl, gl.CompileShader, "glCompileShader") &&
           load(egl, gl.GetShaderiv, "glGetShaderiv") &&
           load(egl, gl.GetShaderInfoLog, "glGetShaderInfoLog") &&
           load(egl, gl.DeleteShader, "glDeleteShader") &&
           load(egl, gl.CreateProgram, "glCreateProgram") &&
           load(egl, gl.AttachShader, "glAttachShader") &&
           load(egl, gl.BindAttribLocation, "glBindAttribLocation") &&
           load(egl, gl.LinkProgram, "glLinkProgram") &&
           load(egl, gl.GetProgramiv, "glGetProgramiv") &&
           load(egl, gl.DeleteProgram, "glDeleteProgram") &&
           load(egl, gl.UseProgram, "glUseProgram") &&
           load(egl, gl.GetUniformLocation, "glGetUniformLocation") &&
           load(egl, gl.Uniform1f, "glUniform1f") && load(egl, gl.Uniform1i, "glUniform1i") &&
           load(egl, gl.Uniform2f, "glUniform2f") && load(egl, gl.Uniform4f, "glUniform4f") &&
           load(egl, gl.ActiveTexture, "glActiveTexture") &&
           load(egl, gl.GenTextures, "glGenTextures") &&
           load(egl, gl.DeleteTextures, "glDeleteTextures") &&
           load(egl, gl.BindTexture, "glBindTexture") &&
           load(egl, gl.TexParameteri, "glTexParameteri") &&
           load(egl, gl.TexImage2D, "glTexImage2D") &&
           load(egl, gl.TexSubImage2D, "glTexSubImage2D") &&
           load(egl, gl.PixelStorei, "glPixelStorei") && load(egl, gl.Finish, "glFinish") &&
           load(egl, gl.Viewport, "glViewport") && load(egl, gl.Enable, "glEnable") &&
           load(egl, gl.Scissor, "glScissor") &&
           load(egl, gl.VertexAttribPointer, "glVertexAttribPointer") &&
           load(egl, gl.EnableVertexAttribArray, "glEnableVertexAttribArray") &&
           load(egl, gl.DrawArrays, "glDrawArrays");
}

/// All of them or none, of what only extensions have.
void load_import(EglApi& egl, bool modifiers) {
    if (!load(egl, egl.CreateImage, "eglCreateImageKHR") ||
        !load(egl, egl.DestroyImage, "eglDestroyImageKHR") ||
        !load(egl, egl.ImageTargetTexture2D, "glEGLImageTargetTexture2DOES")) {
        egl.CreateImage = nullptr;
    }
    if (modifiers && (!load(egl, egl.QueryDmaBufFormats, "eglQueryDmaBufFormatsEXT") ||
                      !load(egl, egl.QueryDmaBufModifiers, "eglQueryDmaBufModifiersEXT"))) {
        egl.QueryDmaBufFormats = nullptr;
    }
}

void load_native_fence(EglApi& egl) {
    if (!load(egl, egl.CreateSync, "eglCreateSyncKHR") ||
        !load(egl, egl.DestroySync, "eglDestroySyncKHR") ||
        !load(egl, egl.DupNativeFenceFd, "eglDupNativeFenceFDANDROID")) {
        egl.CreateSync = nullptr;
    }
}

/// `name` as a whole word of the space-separated list.
bool has_word(std::string_view list, std::string_view name) {
    for (size_t at = list.find(name); at != std::string_view::npos; at = list.find(name, at + 1)) {
        const size_t end = at + name.size();
        if ((at == 0 || list[at - 1] == ' ') && (end == list.size() || list[end] == ' ')) {
            return true;
        }
    }
    return false;
}

std::string text(const char* string) {
    return string != nullptr ? string : "";
}

}  // namespace

bool is_software_renderer(std::string_view renderer) {
    constexpr std::array kNames{"llvmpipe", "softpipe", "swrast", "SWR", "Software Rasterizer"};
    return std::any_of(kNames.begin(), kNames.end(), [renderer](std::string_view name) {
        return renderer.find(name) != std::string_view::npos;
    });
}

Egl::Egl() : egl_{std::make_unique<EglApi>()}, gl_{std::make_unique<GlApi>()} {}

Egl::~Egl() {
    if (display_ != nullptr) {
        egl_->MakeCurrent(display_, EGL_NO_SURFACE, EGL_NO_SURFACE, EGL_NO_CONTEXT);
        if (context_ != nullptr) {
            egl_->DestroyContext(display_, context_);
        }
        egl_->Terminate(display_);
    }
    // The library stays: drivers leave threads and exit handlers behind that point into it.
}

Result<std::unique_ptr<Egl>> Egl::open(uint32_t platform, void* native_display) {
    std::unique_ptr<Egl> egl{new Egl};
    egl->egl_->library = ::dlopen("libEGL.so.1", RTLD_NOW | RTLD_LOCAL);
    if (egl->egl_->library == nullptr) {
        return host_error("no EGL: {}", text(::dlerror()));
    }
    if (!load_egl(*egl->egl_)) {
        return host_error("this libEGL is too old");
    }
    const bool windows = platform == EGL_PLATFORM_WAYLAND_KHR;
    Result<void> step = egl->initialise(platform, native_display)
                            .and_then([&] { return egl->choose_config(windows); })
                            .and_then([&] { return egl->create_context(); });
    if (!step) {
        return tl::unexpected(std::move(step).error());
    }
    return egl;
}

Result<void> Egl::initialise(uint32_t platform, void* native_display) {
    EGLDisplay display = egl_->GetPlatformDisplay(platform, native_display, nullptr);
    EGLint major = 0;
    EGLint minor = 0;
    if (display == EGL_NO_DISPLAY || egl_->Initialize(display, &major, &minor) == EGL_FALSE) {
        return host_error("EGL finds no driver (error {:#x})", egl_->GetError());
    }
    display_ = display;
    extensions_ = text(egl_->QueryString(display, EGL_EXTENSIONS));
    if (!has_extension("EGL_KHR_swap_buffers_with_damage") ||
        !load(*egl_, egl_->SwapBuffersWithDamage, "eglSwapBuffersWithDamageKHR")) {
        if (has_extension("EGL_EXT_swap_buffers_with_damage")) {
            load(*egl_, egl_->SwapBuffersWithDamage, "eglSwapBuffersWithDamageEXT");
        }
    }
    return {};
}

Result<void> Egl::choose_config(bool windows) {
    // EGL_RED_SIZE means "at least", and puts the deepest formats first: a window of 10 or 16 bits
    // a channel costs a software compositor 6 to 20 times as much. So exactly 8, and no alpha if
    // there is a config without.
    const std::array<EGLint, 11> wanted{EGL_SURFACE_TYPE,
                                        windows ? EGL_WINDOW_BIT : EGL_PBUFFER_BIT,
                                        EGL_RENDERABLE_TYPE,
                                        EGL_OPENGL_ES2_BIT,
                                        EGL_RED_SIZE,
                                        8,
                                        EGL_GREEN_SIZE,
                                        8,
                                        EGL_BLUE_SIZE,
                                        8,
                                        EGL_NONE};
    EGLint count = 0;
    egl_->ChooseConfig(display_, wanted.data(), nullptr, 0, &count);
    std::vector<EGLConfig> configs(static_cast<size_t>(std::max(count, 0)));
    egl_->ChooseConfig(display_, wanted.data(), configs.data(), count, &count);
    configs.resize(static_cast<size_t>(std::max(count, 0)));
    for (EGLConfig config : configs) {
        const auto bits = [&](EGLint attribute) {
            EGLint value = -1;
            egl_->GetConfigAttrib(display_, config, attribute, &value);
            return value;
        };
        const bool exact = bits(EGL_RED_SIZE) == 8 && bits(EGL_GREEN_SIZE) == 8 &&
                           bits(EGL_BLUE_SIZE) == 8 && bits(EGL_SAMPLES) <= 0;
        if (exact && (config_ == nullptr || bits(EGL_ALPHA_SIZE) == 0)) {
            config_ = config;
            if (bits(EGL_ALPHA_SIZE) == 0) {
                break;
            }
        }
    }
    if (config_ == nullptr) {
        return host_error("EGL has no window format of 8 bits a channel");
    }
    return {};
}

Result<void> Egl::create_context() {
    if (!has_extension("EGL_KHR_surfaceless_context")) {
        return host_error("EGL_KHR_surfaceless_context is missing");
    }
    egl_->BindAPI(EGL_OPENGL_ES_API);
    constexpr std::array<EGLint, 3> kVersion{EGL_CONTEXT_CLIENT_VERSION, 2, EGL_NONE};
    EGLContext context = egl_->CreateContext(display_, config_, EGL_NO_CONTEXT, kVersion.data());
    if (context == EGL_NO_CONTEXT) {
        return host_error("no OpenGL ES 2 context (error {:#x})", egl_->GetError());
    }
    context_ = context;
    if (!load_gl(*egl_, *gl_)) {
        return host_error("this OpenGL ES library lacks functions");
    }
    if (!make_current()) {
        return host_error("the OpenGL ES context can't be used (error {:#x})", egl_->GetError());
    }
    renderer_ = text(reinterpret_cast<const char*>(gl_->GetString(GL_RENDERER)));
    gl_extensions_ = text(reinterpret_cast<const char*>(gl_->GetString(GL_EXTENSIONS)));
    if (has_extension("EGL_EXT_image_dma_buf_import") && has_extension("EGL_KHR_image_base") &&
        has_gl_extension("GL_OES_EGL_image")) {
        load_import(*egl_, has_extension("EGL_EXT_image_dma_buf_import_modifiers"));
    }
    if (has_extension("EGL_ANDROID_native_fence_sync")) {
        load_native_fence(*egl_);
    }
    return {};
}

bool Egl::make_current() const {
    return egl_->MakeCurrent(display_, EGL_NO_SURFACE, EGL_NO_SURFACE, context_) == EGL_TRUE;
}

bool Egl::has_extension(std::string_view name) const {
    return has_word(extensions_, name);
}

bool Egl::has_gl_extension(std::string_view name) const {
    return has_word(gl_extensions_, name);
}

EglWindow::EglWindow(const Egl& egl, void* surface)
    : egl_{egl},
      surface_{surface},
      has_age_{egl.has_extension("EGL_EXT_buffer_age")},
      software_{is_software_renderer(egl.renderer())} {}

EglWindow::~EglWindow() {
    // A surface that is current lives on until it isn't.
    static_cast<void>(egl_.make_current());
    egl_.egl_->DestroySurface(egl_.display_, surface_);
}

Result<std::unique_ptr<EglWindow>> EglWindow::create(const Egl& egl, void* native_window) {
    EGLSurface surface =
        egl.egl_->CreatePlatformWindowSurface(egl.display_, egl.config_, native_window, nullptr);
    if (surface == EGL_NO_SURFACE) {
        return host_error("no EGL surface (error {:#x})", egl.egl_->GetError());
    }
    std::unique_ptr<EglWindow> window{new EglWindow{egl, surface}};
    if (!window->make_current()) {
        return host_error("the EGL surface can't be drawn to (error {:#x})", egl.egl_->GetError());
    }
    // For the current surface. 0: a swap commits and returns, it waits for no frame callback. The
    // presenter has its own.
    egl.egl_->SwapInterval(egl.display_, 0);
    return window;
}

bool EglWindow::make_current() const {
    return egl_.egl_->MakeCurrent(egl_.display_, surface_, surface_, egl_.context_) == EGL_TRUE;
}

std::optional<size_t> EglWindow::take_buffer() {
    EGLint age = 0;
    if (!has_age_) {
        return 0;
    }
    if (egl_.egl_->QuerySurface(egl_.display_, surface_, EGL_BUFFER_AGE_EXT, &age) == EGL_FALSE) {
        return std::nullopt;
    }
    if (age <= 0) {
        return 0;
    }
    const auto ago = static_cast<uint64_t>(age);
    if (ago > 1 || !software_) {
        std::erase(out_, swaps_ + 1 - ago);
    }
    return static_cast<size_t>(ago);
}

std::optional<Region> EglWindow::to_repaint(const Region& damage, Size size) {
    const std::optional<size_t> age = take_buffer();
    if (!age) {
        return std::nullopt;
    }
    Region everything{Rect::of(size)};
    if (size != size_) {
        history_.clear();
        size_ = size;
        return everything;
    }
    if (*age == 0 || *age - 1 > history_.size()) {
        return everything;
    }
    Region missed = damage;
    for (size_t i = 0; i + 1 < *age; ++i) {
        missed.add(history_[i]);
    }
    return missed;
}

bool EglWindow::swap(const Region& damage, Size size) {
    ++swaps_;
    if (has_age_ || software_) {
        assert(!may_wait());
        out_.push_back(swaps_);
    }
    history_.push_front(damage);
    if (history_.size() > kMaxHistory) {
        history_.pop_back();
    }
    if (egl_.egl_->SwapBuffersWithDamage == nullptr) {
        return egl_.egl_->SwapBuffers(egl_.display_, surface_) == EGL_TRUE;
    }
    std::vector<EGLint> rects;
    const auto add = [&](const Rect& rect) {
        const auto from_bottom = static_cast<EGLint>(size.height - rect.bottom());
        rects.insert(rects.end(),
                     {static_cast<EGLint>(rect.x), from_bottom, static_cast<EGLint>(rect.width),
                      static_cast<EGLint>(rect.height)});
    };
    damage.for_each(add);
    if (rects.size() > 4 * kMaxSwapRects) {
        rects.clear();
        add(damage.bounds());
    }
    return egl_.egl_->SwapBuffersWithDamage(egl_.display_, surface_, rects.data(),
                                            static_cast<EGLint>(rects.size() / 4)) == EGL_TRUE;
}

}  // namespace oriel::shaders
