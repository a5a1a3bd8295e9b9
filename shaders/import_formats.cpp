// SPDX-License-Identifier: MIT
#include "import_formats.h"

#include <drm_fourcc.h>

#include <algorithm>
#include <array>
#include <optional>

#include "api.h"
#include "scanout/plane_bounds.h"
#include "shaders/egl.h"

namespace oriel::shaders {
namespace {

/// A format of the virtio-gpu specification: how to see it through a texture of another one.
struct NamedFormat {
    uint32_t fourcc;
    /// The same bytes with and without alpha.
    uint32_t twin;
    /// The swizzles where the texture was told DRM_FORMAT_ARGB8888 and DRM_FORMAT_ABGR8888, whose
    /// channels in memory order are b, g, r, a and r, g, b, a.
    const char* in_argb;
    const char* in_abgr;
};

constexpr std::array<NamedFormat, 8> kKnown{{
    {DRM_FORMAT_XRGB8888, DRM_FORMAT_ARGB8888, "rgb", "bgr"},
    {DRM_FORMAT_ARGB8888, DRM_FORMAT_XRGB8888, "rgb", "bgr"},
    {DRM_FORMAT_XBGR8888, DRM_FORMAT_ABGR8888, "bgr", "rgb"},
    {DRM_FORMAT_ABGR8888, DRM_FORMAT_XBGR8888, "bgr", "rgb"},
    {DRM_FORMAT_BGRX8888, DRM_FORMAT_BGRA8888, "gra", "gba"},
    {DRM_FORMAT_BGRA8888, DRM_FORMAT_BGRX8888, "gra", "gba"},
    {DRM_FORMAT_RGBX8888, DRM_FORMAT_RGBA8888, "arg", "abg"},
    {DRM_FORMAT_RGBA8888, DRM_FORMAT_RGBX8888, "arg", "abg"},
}};

std::vector<ImportFormats::Modifier> modifiers_of(const Egl& egl, EGLint fourcc) {
    EGLint count = 0;
    const auto query = egl.api().QueryDmaBufModifiers;
    if (query(egl.display(), fourcc, 0, nullptr, nullptr, &count) == EGL_FALSE || count <= 0) {
        return {};
    }
    std::vector<EGLuint64KHR> modifiers(static_cast<size_t>(count));
    // False to begin with: Mesa's llvmpipe (25.0) leaves it as it is.
    std::vector<EGLBoolean> external(modifiers.size(), EGL_FALSE);
    if (query(egl.display(), fourcc, count, modifiers.data(), external.data(), &count) ==
        EGL_FALSE) {
        return {};
    }
    std::vector<ImportFormats::Modifier> list;
    for (size_t i = 0; i < std::min(modifiers.size(), static_cast<size_t>(std::max(count, 0)));
         ++i) {
        list.push_back({modifiers[i], external[i] != EGL_FALSE});
    }
    return list;
}

}  // namespace

Result<ImportFormats> ImportFormats::query(const Egl& egl) {
    const EglApi& api = egl.api();
    if (api.CreateImage == nullptr) {
        return host_error("EGL has no dma-buf import");
    }
    EGLint count = 0;
    if (api.QueryDmaBufFormats == nullptr ||
        api.QueryDmaBufFormats(egl.display(), 0, nullptr, &count) == EGL_FALSE || count <= 0) {
        return ImportFormats{{{DRM_FORMAT_ARGB8888, {}}, {DRM_FORMAT_XRGB8888, {}}}};
    }
    std::vector<EGLint> fourccs(static_cast<size_t>(count));
    api.QueryDmaBufFormats(egl.display(), count, fourccs.data(), &count);
    fourccs.resize(std::min(fourccs.size(), static_cast<size_t>(std::max(count, 0))));
    std::vector<Format> formats;
    formats.reserve(fourccs.size());
    for (const EGLint fourcc : fourccs) {
        formats.push_back({static_cast<uint32_t>(fourcc), modifiers_of(egl, fourcc)});
    }
    return ImportFormats{std::move(formats)};
}

const ImportFormats::Format* ImportFormats::find(uint32_t fourcc) const {
    const auto it = std::find_if(formats_.begin(), formats_.end(),
                                 [&](const Format& format) { return format.fourcc == fourcc; });
    return it != formats_.end() ? &*it : nullptr;
}

Result<ImportAs> ImportFormats::choose(uint32_t fourcc, uint64_t modifier) const {
    const auto known = std::find_if(kKnown.begin(), kKnown.end(),
                                    [&](const NamedFormat& one) { return one.fourcc == fourcc; });
    if (known == kKnown.end()) {
        return host_error("there is no shader for {}", fourcc_name(fourcc));
    }
    const bool rows = modifier == DRM_FORMAT_MOD_LINEAR;
    // The driver knows how the pixels lie, and is told none.
    const bool unnamed = modifier == DRM_FORMAT_MOD_INVALID;
    bool listed = false;
    const auto consider = [&](uint32_t as, std::string_view order) -> std::optional<ImportAs> {
        const Format* format = find(as);
        if (format == nullptr) {
            return std::nullopt;
        }
        listed = true;
        for (const Modifier& one : format->modifiers) {
            if (one.modifier == modifier && !unnamed) {
                return ImportAs{as, order, one.external_only, true};
            }
        }
        if (unnamed || (format->modifiers.empty() && rows)) {
            const bool external =
                !format->modifiers.empty() &&
                std::all_of(format->modifiers.begin(), format->modifiers.end(),
                            [](const Modifier& one) { return one.external_only; });
            return ImportAs{as, order, external, false};
        }
        return std::nullopt;
    };
    for (const uint32_t as : {known->fourcc, known->twin}) {
        if (const auto chosen = consider(as, "rgb")) {
            return *chosen;
        }
    }
    // In other layouts than rows, bytes needn't be what they seem to be.
    if (rows) {
        if (const auto chosen = consider(DRM_FORMAT_ARGB8888, known->in_argb)) {
            return *chosen;
        }
        if (const auto chosen = consider(DRM_FORMAT_ABGR8888, known->in_abgr)) {
            return *chosen;
        }
    }
    if (listed) {
        return host_error("EGL imports {}, but not with modifier {:#x}", fourcc_name(fourcc),
                          modifier);
    }
    return host_error("EGL imports no {}", fourcc_name(fourcc));
}

}  // namespace oriel::shaders
