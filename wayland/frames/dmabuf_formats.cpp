// SPDX-License-Identifier: MIT
#include "frames/dmabuf_formats.h"

#include <drm_fourcc.h>

namespace oriel::wayland {

std::optional<DmabufFormats::Choice> DmabufFormats::choose(uint32_t fourcc,
                                                           uint64_t modifier) const {
    for (const Tranche& tranche : tranches_) {
        if (tranche.pairs.contains({fourcc, modifier})) {
            return Choice{modifier, tranche.scanout};
        }
        if (modifier == DRM_FORMAT_MOD_LINEAR &&
            tranche.pairs.contains({fourcc, DRM_FORMAT_MOD_INVALID})) {
            return Choice{DRM_FORMAT_MOD_INVALID, tranche.scanout};
        }
    }
    return std::nullopt;
}

uint32_t opaque_format(uint32_t fourcc) {
    switch (fourcc) {
        case DRM_FORMAT_ARGB8888:
            return DRM_FORMAT_XRGB8888;
        case DRM_FORMAT_ABGR8888:
            return DRM_FORMAT_XBGR8888;
        case DRM_FORMAT_RGBA8888:
            return DRM_FORMAT_RGBX8888;
        case DRM_FORMAT_BGRA8888:
            return DRM_FORMAT_BGRX8888;
        default:
            return fourcc;
    }
}

}  // namespace oriel::wayland
