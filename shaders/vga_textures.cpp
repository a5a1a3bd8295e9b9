// SPDX-License-Identifier: MIT
#include "vga_textures.h"

#include <algorithm>

namespace oriel::shaders {
namespace {

constexpr Size kColoursSize{256, 1};
// As it lies in memory, so that nothing needs to be moved: a row for each glyph, a column for each
// line of it.
constexpr Size kFontSize{32, 512};

}  // namespace

bool VgaTextures::fit(const VgaPictureData& picture, uint32_t max_side) {
    return std::max({picture.columns, picture.rows, picture.size.height, kFontSize.height}) <=
           max_side;
}

uint64_t VgaTextures::update(const VgaPictureData& picture) {
    const auto& now = picture.versions;
    const bool all = !units_ || now.shape > versions_.shape;
    if (all) {
        make(picture);
    }
    uint64_t bytes = 0;
    lines_->bind(VgaTextureUnit::kLines);
    if (all || now.lines > versions_.lines) {
        bytes += upload_lines(picture);
    }
    if (font_) {
        font_->bind(VgaTextureUnit::kFont);
        if (all || now.font > versions_.font) {
            font_->update(Rect::of(kFontSize), picture.font.data());
            bytes += picture.font.size();
        }
    }
    colours_->bind(VgaTextureUnit::kColours);
    if (all || now.colours > versions_.colours) {
        bytes += upload_colours(picture);
    }
    units_->bind(VgaTextureUnit::kUnits);
    bytes += upload_rows(picture, all);
    versions_ = now;
    return bytes;
}

void VgaTextures::make(const VgaPictureData& picture) {
    const bool text = picture.kind == VgaKind::kText;
    units_.emplace(gl_, text ? GL_LUMINANCE_ALPHA : GL_RGBA, Size{picture.columns, picture.rows});
    lines_.emplace(gl_, GL_RGBA, Size{picture.size.height, 1});
    colours_.emplace(gl_, GL_RGBA, kColoursSize);
    font_.reset();
    if (text) {
        font_.emplace(gl_, GL_LUMINANCE, kFontSize);
    }
}

uint64_t VgaTextures::upload_lines(const VgaPictureData& picture) {
    table_.clear();
    for (const VgaLine& line : picture.lines) {
        table_.insert(table_.end(), {static_cast<uint8_t>(line.row & 0xff),
                                     static_cast<uint8_t>(line.row >> 8), line.row_scan, line.pan});
    }
    lines_->update({0, 0, picture.size.height, 1}, table_.data());
    return table_.size();
}

uint64_t VgaTextures::upload_colours(const VgaPictureData& picture) {
    table_.clear();
    for (const uint32_t rgb : picture.colours) {
        table_.insert(table_.end(),
                      {static_cast<uint8_t>(rgb >> 16), static_cast<uint8_t>(rgb >> 8 & 0xff),
                       static_cast<uint8_t>(rgb & 0xff), uint8_t{0xff}});
    }
    colours_->update(Rect::of(kColoursSize), table_.data());
    return table_.size();
}

uint64_t VgaTextures::upload_rows(const VgaPictureData& picture, bool all) {
    const auto newer = [&](uint32_t row) {
        return all || picture.versions.rows[row] > versions_.rows[row];
    };
    uint64_t uploaded = 0;
    for (uint32_t first = 0; first < picture.rows; ++first) {
        uint32_t end = first;
        while (end < picture.rows && newer(end)) {
            ++end;
        }
        if (end > first) {
            units_->update({0, first, picture.columns, end - first}, picture.row(first));
            uploaded += end - first;
            first = end;  // which is not newer
        }
    }
    return uploaded * picture.columns * picture.unit_bytes();
}

}  // namespace oriel::shaders
