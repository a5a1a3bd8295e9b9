// SPDX-License-Identifier: MIT
#pragma once

#include <cstdint>
#include <string_view>
#include <utility>
#include <vector>

#include "core/result.h"

namespace oriel::shaders {

class Egl;

/// What EGL is told of a dma-buf's pixels, and what to make of the texture's channels.
struct ImportAs {
    uint32_t fourcc = 0;
    /// GLSL's swizzle that gives red, green and blue; the alpha of a screen means nothing.
    std::string_view order = "rgb";
    /// Sampled by samplerExternalOES and nothing else.
    bool external_only = false;
    /// The modifier is named in the import; otherwise EGL decides by itself, which is right for
    /// rows of pixels, and all there is where whoever passes the dma-buf names none.
    bool names_modifier = false;
    friend bool operator==(const ImportAs&, const ImportAs&) = default;
};

/// The formats that EGL imports dma-bufs of (EGL_EXT_image_dma_buf_import_modifiers).
class ImportFormats {
public:
    struct Modifier {
        uint64_t modifier = 0;
        bool external_only = false;
    };
    struct Format {
        uint32_t fourcc = 0;
        /// Empty: EGL doesn't say.
        std::vector<Modifier> modifiers;
    };

    explicit ImportFormats(std::vector<Format> formats) : formats_{std::move(formats)} {}

    /// What this EGL says, a few dozen questions: ask once. Where it can't say, the two formats
    /// that every implementation of the extension has. The error says why it imports nothing.
    [[nodiscard]] static Result<ImportFormats> query(const Egl& egl);

    /// How pixels of a format that virtio-gpu knows can be imported. Rows of pixels of a format
    /// that EGL lacks are imported as another one of 4 bytes, and put in order by the shader. The
    /// error says what EGL lacks.
    [[nodiscard]] Result<ImportAs> choose(uint32_t fourcc, uint64_t modifier) const;

private:
    [[nodiscard]] const Format* find(uint32_t fourcc) const;

    std::vector<Format> formats_;
};

}  // namespace oriel::shaders
