// SPDX-License-Identifier: MIT
#include "ink.h"

#include <algorithm>
#include <bit>
#include <cstring>
#include <optional>
#include <utility>

namespace oriel::match {
namespace {

constexpr uint32_t kSamples = 24;
/// So much ink that speaks for one alignment, and for no other, is enough.
constexpr uint32_t kEnough = 5;

/// Whether the pixels from here on change between two colours as letters do, and windows don't.
bool looks_like_text(const uint32_t* row, uint32_t x, uint32_t width) {
    constexpr uint32_t kAhead = 32;
    constexpr uint32_t kChanges = 4;
    constexpr uint32_t kColour = 0x00ffffff;
    const uint32_t background = row[x - 1] & kColour;
    const uint32_t foreground = row[x] & kColour;
    uint32_t before = foreground;
    uint32_t changes = 1;
    for (uint32_t i = x + 1; i < std::min(x + kAhead, width) && changes < kChanges; ++i) {
        const uint32_t pixel = row[i] & kColour;
        if (pixel != background && pixel != foreground) {
            return false;
        }
        changes += pixel != before ? 1 : 0;
        before = pixel;
    }
    return changes >= kChanges;
}

/// The first ink of a row, and the first that may be text's.
struct RowInk {
    std::optional<uint32_t> any;
    std::optional<uint32_t> letter;
};

/// Looks at columns [from, end).
RowInk ink_in_row(const PictureView& picture, uint32_t y, uint32_t from, uint32_t end,
                  const UnexplainedPixels& unexplained) {
    const uint32_t* row = picture.row(y);
    RowInk found;
    for (uint32_t x = std::max(1U, from); x < end; ++x) {
        if (((row[x] ^ row[x - 1]) & 0x00ffffff) == 0 || !unexplained.has(x, y)) {
            continue;
        }
        found.any = found.any ? found.any : x;
        if (looks_like_text(row, x, picture.size.width)) {
            found.letter = x;
            break;
        }
    }
    return found;
}

/// Ink in rows [top, end): text's if there is any.
std::optional<InkPoint> ink_in_rows(const PictureView& picture, uint32_t top, uint32_t end,
                                    uint32_t from, const UnexplainedPixels& unexplained) {
    std::optional<InkPoint> any;
    const uint32_t width = picture.size.width;
    for (uint32_t y = top; y < end; ++y) {
        for (const auto& [left, right] : {std::pair{from, width}, std::pair{0U, from}}) {
            const RowInk ink = ink_in_row(picture, y, left, right, unexplained);
            if (ink.letter) {
                return InkPoint{*ink.letter, y};
            }
            if (ink.any && !any) {
                any = InkPoint{*ink.any, y};
            }
        }
    }
    return any;
}

/// Dots of the colour that has fewer.
uint32_t dots_of(const CellShape& shape, Size cell) {
    uint32_t dots = 0;
    for (uint32_t y = 0; y < cell.height; ++y) {
        dots += static_cast<uint32_t>(std::popcount(shape.rows[y]));
    }
    return std::min(dots, cell.width * cell.height - dots);
}

/// Which alignments ink has spoken for.
class AlignmentVotes {
public:
    AlignmentVotes(const PictureView& picture, const GlyphTable& table)
        : picture_{picture}, table_{table}, votes_(table.cell().area()) {}

    void add(const InkPoint& ink) {
        const Size cell = table_.cell();
        const auto first = [](uint32_t at, uint32_t side) {
            return at >= side ? at - side + 1 : 0;
        };
        const auto last = [](uint32_t at, uint32_t side, uint32_t end) {
            return std::min(at, end - side);
        };
        if (cell.width > picture_.size.width || cell.height > picture_.size.height) {
            return;
        }
        for (uint32_t y = first(ink.y, cell.height);
             y <= last(ink.y, cell.height, picture_.size.height); ++y) {
            for (uint32_t x = first(ink.x, cell.width);
                 x <= last(ink.x, cell.width, picture_.size.width); ++x) {
                look_at(x, y);
            }
        }
    }

    [[nodiscard]] bool clear() const { return votes_[best_].count >= kEnough; }

    [[nodiscard]] Alignment best() const {
        const auto at = static_cast<uint32_t>(best_);
        return {{static_cast<int32_t>(at % table_.cell().width),
                 static_cast<int32_t>(at / table_.cell().width)},
                votes_[best_].weight};
    }

private:
    struct Vote {
        uint32_t count = 0;
        uint64_t weight = 0;
    };

    void look_at(uint32_t x, uint32_t y) {
        const Size cell = table_.cell();
        CellShape shape;
        if (!read_shape(picture_, x, y, cell, shape) || shape.plain ||
            table_.find(shape) == nullptr) {
            return;
        }
        const size_t at = size_t{y % cell.height} * cell.width + x % cell.width;
        ++votes_[at].count;
        votes_[at].weight += dots_of(shape, cell);
        if (votes_[at].weight > votes_[best_].weight) {
            best_ = at;
        }
    }

    const PictureView& picture_;
    const GlyphTable& table_;
    std::vector<Vote> votes_;
    size_t best_ = 0;
};

}  // namespace

void UnexplainedPixels::add(const Rect& cell) {
    for (uint64_t y = cell.y; y < cell.bottom(); ++y) {
        std::memset(pixels_.data() + y * size_.width + cell.x, 1, cell.width);
    }
}

std::vector<InkPoint> sample_ink(const PictureView& picture, const UnexplainedPixels& unexplained) {
    std::vector<InkPoint> ink;
    ink.reserve(kSamples);
    const uint64_t height = picture.size.height;
    for (uint32_t i = 0; i < kSamples; ++i) {
        const auto end = static_cast<uint32_t>((i + 1) * height / kSamples);
        // Another column each time, so that one picture does not take all samples.
        const auto from =
            static_cast<uint32_t>(uint64_t{i} * 7 % kSamples * picture.size.width / kSamples);
        const auto top = static_cast<uint32_t>(i * height / kSamples);
        if (const auto found = ink_in_rows(picture, top, end, from, unexplained)) {
            ink.push_back(*found);
        }
    }
    return ink;
}

Alignment alignment_of(const PictureView& picture, const GlyphTable& table,
                       const std::vector<InkPoint>& ink) {
    AlignmentVotes votes{picture, table};
    for (const InkPoint& point : ink) {
        votes.add(point);
        if (votes.clear()) {
            break;
        }
    }
    return votes.best();
}

}  // namespace oriel::match
