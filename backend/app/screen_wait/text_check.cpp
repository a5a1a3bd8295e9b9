// SPDX-License-Identifier: MIT
#include "screen_wait/text_check.h"

#include <fmt/format.h>

#include <utility>

#include "core/text.h"
#include "match/console_text.h"
#include "ocr/ocr_text.h"

namespace oriel::app {
namespace {

/// A text can be read: in the memory of a text mode, exactly in one of the fonts, or, where the
/// user wants that, by tesseract's guess.
class TextCheck final : public PictureCheck {
public:
    /// `reader` is null only where tesseract may guess.
    TextCheck(TextCondition condition, std::shared_ptr<const match::TextReader> reader)
        : condition_{std::move(condition)}, reader_{std::move(reader)} {}

    [[nodiscard]] PictureVerdict check(const SeenPicture& seen) const override {
        if (seen.cells) {
            if (auto verdict = look_in(*seen.cells); verdict.ok) {
                return verdict;
            }
        }
        const std::vector<match::TextGrid> grids =
            reader_ ? reader_->read(seen.view) : std::vector<match::TextGrid>{};
        for (const match::TextGrid& grid : grids) {
            if (auto verdict = look_in(grid); verdict.ok) {
                return verdict;
            }
        }
        if (condition_.ocr) {
            return guess(seen.view);
        }
        if (seen.cells) {
            return not_in(last_line(*seen.cells));
        }
        return grids.empty() ? PictureVerdict{.message =
                                                  "there is no text on the screen that "
                                                  "these fonts can read"}
                             : not_in(last_line(grids.front()));
    }

private:
    [[nodiscard]] PictureVerdict look_in(const match::TextGrid& grid) const {
        if (!condition_.pattern) {
            const auto found = grid.find(condition_.text);
            return found ? PictureVerdict{.ok = true,
                                          .message = fmt::format("in row {}, column {}",
                                                                 found->row + 1, found->column + 1),
                                          .where = found->where}
                         : PictureVerdict{};
        }
        const std::string text = grid.text();
        const auto place = condition_.pattern->find(text);
        if (!place) {
            return {};
        }
        return {.ok = true,
                .message = fmt::format("'{}'", printable(std::string_view{text}.substr(
                                                   place->begin, place->end - place->begin)))};
    }

    [[nodiscard]] PictureVerdict guess(const match::PictureView& frame) const {
        const auto text = ocr_text(frame);
        if (!text) {
            return {.message = text.error().message()};
        }
        const auto place = place_in(*text);
        if (!place) {
            return {.message = fmt::format("it is not there; tesseract reads '{}'",
                                           printable(oriel::last_line(text->text())))};
        }
        return {.ok = true,
                .message = fmt::format("tesseract reads '{}'",
                                       printable(std::string_view{text->text()}.substr(
                                           place->begin, place->end - place->begin))),
                .where = text->place(place->begin, place->end)};
    }

    [[nodiscard]] std::optional<OcrText::Range> place_in(const OcrText& text) const {
        if (!condition_.pattern) {
            return text.find(condition_.text);
        }
        const auto found = condition_.pattern->find(text.text());
        return found ? std::optional{OcrText::Range{found->begin, found->end}} : std::nullopt;
    }

    [[nodiscard]] static PictureVerdict not_in(const std::string& line) {
        return {.message = fmt::format("it is not there; the last line is '{}'", printable(line))};
    }

    [[nodiscard]] static std::string last_line(const match::TextGrid& grid) {
        for (uint32_t row = grid.rows(); row > 0; --row) {
            if (std::string line = grid.line(row - 1); !line.empty()) {
                return line;
            }
        }
        return {};
    }

    TextCondition condition_;
    std::shared_ptr<const match::TextReader> reader_;  // never null
};

}  // namespace

Result<std::unique_ptr<PictureCheck>> make_text_check(const TextCondition& condition,
                                                      ScreenFonts& fonts) {
    auto reader = fonts.reader();
    if (!reader && !condition.ocr) {
        return tl::unexpected(reader.error());
    }
    return std::make_unique<TextCheck>(condition, reader ? std::move(*reader) : nullptr);
}

}  // namespace oriel::app
