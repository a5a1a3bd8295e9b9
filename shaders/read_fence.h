// SPDX-License-Identifier: MIT
#pragma once

#include "core/unique_fd.h"

namespace oriel::shaders {

class Egl;

/// Tells when the GPU has done all that was drawn until now. Made while the context is current.
class ReadFence {
public:
    /// With a GPU and EGL_ANDROID_native_fence_sync it waits for nothing. Otherwise all is done
    /// when the constructor returns. `egl` is lent and must outlive this.
    explicit ReadFence(const Egl& egl);
    ReadFence(const ReadFence&) = delete;
    ReadFence& operator=(const ReadFence&) = delete;
    ~ReadFence();

    /// After what was drawn has been submitted (eglSwapBuffers): a file that turns readable when
    /// it is done, or none if it is.
    [[nodiscard]] UniqueFd file() const;

private:
    const Egl& egl_;
    void* sync_ = nullptr;
};

}  // namespace oriel::shaders
