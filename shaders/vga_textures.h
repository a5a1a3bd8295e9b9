// SPDX-License-Identifier: MIT
#pragma once

#include <cstdint>
#include <optional>
#include <vector>

#include "api.h"
#include "scanout/vga_picture.h"
#include "texture.h"

namespace oriel::shaders {

/// The texture units that a raw VGA picture's samplers read.
struct VgaTextureUnit {
    static constexpr uint32_t kUnits = 0;
    static constexpr uint32_t kLines = 1;
    static constexpr uint32_t kFont = 2;
    static constexpr uint32_t kColours = 3;
};

/// A raw VGA picture on the GPU: video memory and tables as they are, a texture each. Made, used
/// and deleted while the context is current.
class VgaTextures {
public:
    /// `gl` is lent and must outlive this.
    explicit VgaTextures(const GlApi& gl) : gl_{gl} {}

    /// Whether all of them fit into textures of `max_side` texels a side.
    [[nodiscard]] static bool fit(const VgaPictureData& picture, uint32_t max_side);

    /// Uploads what has changed since the last call, always with the same picture, and binds all.
    /// Expects glPixelStorei to say "rows without padding". Returns the bytes uploaded.
    uint64_t update(const VgaPictureData& picture);

private:
    void make(const VgaPictureData& picture);
    uint64_t upload_lines(const VgaPictureData& picture);
    uint64_t upload_colours(const VgaPictureData& picture);
    uint64_t upload_rows(const VgaPictureData& picture, bool all);

    const GlApi& gl_;
    /// The versions of what the textures have.
    VgaPictureData::Versions versions_;
    std::optional<Texture> units_;
    std::optional<Texture> lines_;
    std::optional<Texture> font_;
    std::optional<Texture> colours_;
    /// Scratch space of the tables that have to be put together.
    std::vector<uint8_t> table_;
};

}  // namespace oriel::shaders
