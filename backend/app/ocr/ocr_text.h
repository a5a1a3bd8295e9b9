// SPDX-License-Identifier: MIT
#pragma once

#include <cstddef>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "core/geometry.h"
#include "core/result.h"
#include "match/picture_view.h"

namespace oriel::app {

/// What tesseract reads in a picture, with places.
class OcrText {
public:
    struct Range {
        size_t begin = 0;
        size_t end = 0;
    };

    /// A word behind the last one, in a line of its own or not. `where` is in px of the picture.
    void add(std::string_view word, const Rect& where, bool new_line);

    /// UTF-8, a line feed between lines and one blank between words.
    [[nodiscard]] const std::string& text() const { return text_; }
    /// The first place of a text, whose blanks count as one each.
    [[nodiscard]] std::optional<Range> find(std::string_view text) const;
    /// The smallest rectangle with all words of which something is in that range; empty: none.
    [[nodiscard]] Rect place(size_t begin, size_t end) const;

private:
    struct Word {
        Range range;
        Rect where;
    };
    std::string text_;
    std::vector<Word> words_;
};

/// Tesseract's TSV: a line for each word with its place. `times`: how much larger than the picture
/// that is. What is no such line is left out.
[[nodiscard]] OcrText parse_ocr_table(std::string_view table, uint32_t times);

/// Reads a picture and waits for it, OcrProcess::kPatience at most. For a process that may block.
[[nodiscard]] Result<OcrText> ocr_text(const match::PictureView& picture);

}  // namespace oriel::app
