// SPDX-License-Identifier: MIT
#include "screen_wait/text_check.h"

#include <fmt/format.h>

#include <utility>

#include "core/text.h"
#include "match/console_text.h"

namespace oriel::app {
namespace {

/// A text can be read, exactly, in one of the fonts.
class TextCheck final : public PictureCheck {
public:
    TextCheck(TextCondition condition, std::shared_ptr<const match::TextReader> reader)
        : condition_{std::move(condition)}, reader_{std::move(reader)} {}

    [[nodiscard]] PictureVerdict check(const match::PictureView& frame) const override {
        const std::vector<match::TextGrid> grids = reader_->read(frame);
        for (const match::TextGrid& grid : grids) {
            if (auto verdict = look_in(grid); verdict.ok) {
                return verdict;
            }
        }
        if (grids.empty()) {
            return {.message = "there is no text on the screen that these fonts can read"};
        }
        return {.message = fmt::format("it is not there; the last line is '{}'",
                                       printable(last_line(grids.front())))};
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
    if (!reader) {
        return tl::unexpected(reader.error());
    }
    return std::make_unique<TextCheck>(condition, std::move(*reader));
}

}  // namespace oriel::app
