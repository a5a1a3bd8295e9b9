// SPDX-License-Identifier: MIT
#pragma once

#include <EGL/egl.h>
#include <EGL/eglext.h>
#include <GLES2/gl2.h>
#include <GLES2/gl2ext.h>

#include <cstdint>

namespace oriel::shaders {

/// A size or position in the type that GLES takes: ours are checked to be far below 2^31.
inline GLint gl_int(uint32_t value) {
    return static_cast<GLint>(value);
}

/// The EGL functions in use, from libEGL.so.1 at run time.
struct EglApi {
    void* library = nullptr;
    decltype(&eglGetProcAddress) GetProcAddress = nullptr;
    decltype(&eglQueryString) QueryString = nullptr;
    decltype(&eglGetError) GetError = nullptr;
    decltype(&eglInitialize) Initialize = nullptr;
    decltype(&eglTerminate) Terminate = nullptr;
    decltype(&eglBindAPI) BindAPI = nullptr;
    decltype(&eglChooseConfig) ChooseConfig = nullptr;
    decltype(&eglGetConfigAttrib) GetConfigAttrib = nullptr;
    decltype(&eglCreateContext) CreateContext = nullptr;
    decltype(&eglDestroyContext) DestroyContext = nullptr;
    decltype(&eglDestroySurface) DestroySurface = nullptr;
    decltype(&eglMakeCurrent) MakeCurrent = nullptr;
    decltype(&eglSwapBuffers) SwapBuffers = nullptr;
    decltype(&eglSwapInterval) SwapInterval = nullptr;
    decltype(&eglQuerySurface) QuerySurface = nullptr;
    PFNEGLGETPLATFORMDISPLAYEXTPROC GetPlatformDisplay = nullptr;
    PFNEGLCREATEPLATFORMWINDOWSURFACEEXTPROC CreatePlatformWindowSurface = nullptr;
    /// Null where neither the KHR nor the EXT extension is there; both have the same signature.
    PFNEGLSWAPBUFFERSWITHDAMAGEKHRPROC SwapBuffersWithDamage = nullptr;
    /// Null without EGL_EXT_image_dma_buf_import, EGL_KHR_image_base and GL_OES_EGL_image.
    PFNEGLCREATEIMAGEKHRPROC CreateImage = nullptr;
    PFNEGLDESTROYIMAGEKHRPROC DestroyImage = nullptr;
    PFNGLEGLIMAGETARGETTEXTURE2DOESPROC ImageTargetTexture2D = nullptr;
    /// Null without EGL_EXT_image_dma_buf_import_modifiers.
    PFNEGLQUERYDMABUFFORMATSEXTPROC QueryDmaBufFormats = nullptr;
    PFNEGLQUERYDMABUFMODIFIERSEXTPROC QueryDmaBufModifiers = nullptr;
    /// Null without EGL_ANDROID_native_fence_sync.
    PFNEGLCREATESYNCKHRPROC CreateSync = nullptr;
    PFNEGLDESTROYSYNCKHRPROC DestroySync = nullptr;
    PFNEGLDUPNATIVEFENCEFDANDROIDPROC DupNativeFenceFd = nullptr;
};

/// The OpenGL ES 2.0 functions in use.
struct GlApi {
    decltype(&glGetString) GetString = nullptr;
    decltype(&glGetIntegerv) GetIntegerv = nullptr;
    decltype(&glGetError) GetError = nullptr;
    decltype(&glGetShaderPrecisionFormat) GetShaderPrecisionFormat = nullptr;
    decltype(&glCreateShader) CreateShader = nullptr;
    decltype(&glShaderSource) ShaderSource = nullptr;
    decltype(&glCompileShader) CompileShader = nullptr;
    decltype(&glGetShaderiv) GetShaderiv = nullptr;
    decltype(&glGetShaderInfoLog) GetShaderInfoLog = nullptr;
    decltype(&glDeleteShader) DeleteShader = nullptr;
    decltype(&glCreateProgram) CreateProgram = nullptr;
    decltype(&glAttachShader) AttachShader = nullptr;
    decltype(&glBindAttribLocation) BindAttribLocation = nullptr;
    decltype(&glLinkProgram) LinkProgram = nullptr;
    decltype(&glGetProgramiv) GetProgramiv = nullptr;
    decltype(&glDeleteProgram) DeleteProgram = nullptr;
    decltype(&glUseProgram) UseProgram = nullptr;
    decltype(&glGetUniformLocation) GetUniformLocation = nullptr;
    decltype(&glUniform1f) Uniform1f = nullptr;
    decltype(&glUniform1i) Uniform1i = nullptr;
    decltype(&glUniform2f) Uniform2f = nullptr;
    decltype(&glUniform4f) Uniform4f = nullptr;
    decltype(&glActiveTexture) ActiveTexture = nullptr;
    decltype(&glGenTextures) GenTextures = nullptr;
    decltype(&glDeleteTextures) DeleteTextures = nullptr;
    decltype(&glBindTexture) BindTexture = nullptr;
    decltype(&glTexParameteri) TexParameteri = nullptr;
    decltype(&glTexImage2D) TexImage2D = nullptr;
    decltype(&glTexSubImage2D) TexSubImage2D = nullptr;
    decltype(&glPixelStorei) PixelStorei = nullptr;
    decltype(&glFinish) Finish = nullptr;
    decltype(&glViewport) Viewport = nullptr;
    decltype(&glEnable) Enable = nullptr;
    decltype(&glScissor) Scissor = nullptr;
    decltype(&glVertexAttribPointer) VertexAttribPointer = nullptr;
    decltype(&glEnableVertexAttribArray) EnableVertexAttribArray = nullptr;
    decltype(&glDrawArrays) DrawArrays = nullptr;
};

}  // namespace oriel::shaders
