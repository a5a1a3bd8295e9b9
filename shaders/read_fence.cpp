// SPDX-License-Identifier: MIT
#include "read_fence.h"

#include "api.h"
#include "shaders/egl.h"

namespace oriel::shaders {

ReadFence::ReadFence(const Egl& egl) : egl_{egl} {
    // A software rasteriser has its fences signalled by threads that need this CPU anyway.
    if (egl.api().CreateSync != nullptr && !is_software_renderer(egl.renderer())) {
        sync_ = egl.api().CreateSync(egl.display(), EGL_SYNC_NATIVE_FENCE_ANDROID, nullptr);
    }
    if (sync_ == nullptr) {
        egl.gl().Finish();
    }
}

ReadFence::~ReadFence() {
    if (sync_ != nullptr) {
        egl_.api().DestroySync(egl_.display(), sync_);
    }
}

UniqueFd ReadFence::file() const {
    if (sync_ == nullptr) {
        return {};
    }
    UniqueFd fence{egl_.api().DupNativeFenceFd(egl_.display(), sync_)};
    if (!fence) {
        // Out of descriptors: the slow way.
        egl_.gl().Finish();
    }
    return fence;
}

}  // namespace oriel::shaders
