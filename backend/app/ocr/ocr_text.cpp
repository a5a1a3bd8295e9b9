// SPDX-License-Identifier: MIT
#include "ocr/ocr_text.h"

#include <algorithm>
#include <array>
#include <charconv>
#include <utility>

#include "core/clock.h"
#include "core/event_loop.h"
#include "ocr/ocr_process.h"

namespace oriel::app {
namespace {

/// The columns of a line: level, page, block, paragraph, line, word, left, top, width, height,
/// confidence, text.
constexpr size_t kColumns = 12;
constexpr size_t kNumbers = 10;
constexpr uint32_t kWordLevel = 5;
constexpr size_t kBlockColumn = 2;
constexpr size_t kWordColumn = 5;
constexpr size_t kLeftColumn = 6;

struct TableLine {
    std::array<uint32_t, kNumbers> numbers{};
    std::string_view text;
};

std::optional<TableLine> parse_line(std::string_view line) {
    TableLine parsed;
    for (size_t column = 0; column + 1 < kColumns; ++column) {
        const size_t end = line.find('\t');
        if (end == std::string_view::npos) {
            return std::nullopt;
        }
        if (column < kNumbers) {
            const auto [stop, error] =
                std::from_chars(line.data(), line.data() + end, parsed.numbers[column]);
            if (error != std::errc{} || stop != line.data() + end) {
                return std::nullopt;
            }
        }
        line.remove_prefix(end + 1);
    }
    parsed.text = line;
    return parsed;
}

/// What has all of both.
Rect around(const Rect& a, const Rect& b) {
    if (a.empty()) {
        return b;
    }
    const uint32_t x = std::min(a.x, b.x);
    const uint32_t y = std::min(a.y, b.y);
    return {x, y, static_cast<uint32_t>(std::max(a.right(), b.right()) - x),
            static_cast<uint32_t>(std::max(a.bottom(), b.bottom()) - y)};
}

/// Waits for one picture's text.
class OneReading final : private OcrReceiver {
public:
    [[nodiscard]] Result<OcrText> read(const match::PictureView& picture) {
        if (auto started = process_.start(picture); !started) {
            return tl::unexpected(started.error());
        }
        while (!text_) {
            loop_.dispatch(OcrProcess::kPatience);
        }
        return std::move(*text_);
    }

private:
    void text_read(Result<OcrText> text) override { text_ = std::move(text); }

    SystemClock clock_;
    EventLoop loop_{clock_};
    std::optional<Result<OcrText>> text_;
    OcrProcess process_{loop_, *this};
};

}  // namespace

void OcrText::add(std::string_view word, const Rect& where, bool new_line) {
    if (!text_.empty()) {
        text_ += new_line ? '\n' : ' ';
    }
    const size_t begin = text_.size();
    text_ += word;
    words_.push_back({{begin, text_.size()}, where});
}

std::optional<OcrText::Range> OcrText::find(std::string_view text) const {
    std::string wanted;
    for (const char c : text) {
        if (c != ' ' || (!wanted.empty() && wanted.back() != ' ')) {
            wanted.push_back(c);
        }
    }
    wanted.erase(wanted.find_last_not_of(' ') + 1);
    const size_t at = wanted.empty() ? std::string::npos : text_.find(wanted);
    return at != std::string::npos ? std::optional{Range{at, at + wanted.size()}} : std::nullopt;
}

Rect OcrText::place(size_t begin, size_t end) const {
    Rect all;
    for (const Word& word : words_) {
        if (word.range.begin < end && word.range.end > begin) {
            all = around(all, word.where);
        }
    }
    return all;
}

OcrText parse_ocr_table(std::string_view table, uint32_t times) {
    OcrText text;
    std::array<uint32_t, 3> last_line{};
    while (!table.empty()) {
        const size_t end = table.find('\n');
        if (end == std::string_view::npos) {
            break;  // cut off
        }
        const auto line = parse_line(table.substr(0, end));
        table.remove_prefix(end + 1);
        const bool blank = !line || line->text.find_first_not_of(' ') == std::string_view::npos;
        if (blank || line->numbers[0] != kWordLevel) {
            continue;
        }
        std::array<uint32_t, 3> here{};
        std::copy_n(line->numbers.begin() + kBlockColumn, here.size(), here.begin());
        static_assert(kBlockColumn + here.size() == kWordColumn);
        const auto px = [&line, times](size_t column) { return line->numbers[column] / times; };
        text.add(line->text,
                 {px(kLeftColumn), px(kLeftColumn + 1), std::max(px(kLeftColumn + 2), 1U),
                  std::max(px(kLeftColumn + 3), 1U)},
                 here != last_line);
        last_line = here;
    }
    return text;
}

Result<OcrText> ocr_text(const match::PictureView& picture) {
    return OneReading{}.read(picture);
}

}  // namespace oriel::app
