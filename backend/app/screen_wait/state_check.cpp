// SPDX-License-Identifier: MIT
#include "screen_wait/state_check.h"

#include <fmt/format.h>

#include <algorithm>
#include <chrono>
#include <cmath>
#include <cstdlib>

#include "core/text.h"

namespace oriel::app {
namespace {

/// Whether each word of `wanted` is one of `source`.
bool has_words(std::string_view source, std::string_view wanted) {
    const auto padded = fmt::format(" {} ", source);
    size_t at = 0;
    while (at < wanted.size()) {
        const size_t end = std::min(wanted.find(' ', at), wanted.size());
        if (end > at &&
            padded.find(fmt::format(" {} ", wanted.substr(at, end - at))) == std::string::npos) {
            return false;
        }
        at = end + 1;
    }
    return true;
}

/// "name 'Oriel'", with what was expected where that is something else.
class EdidReport {
public:
    template <class T, class Same = std::equal_to<>>
    void add(const char* field, const std::optional<T>& wanted, const T& said,
             const std::string& text, const std::string& wanted_text, Same same = {}) {
        if (!wanted) {
            return;
        }
        const bool right = same(*wanted, said);
        ok_ = ok_ && right;
        line_ += fmt::format("{}{} {}{}", line_.empty() ? "" : ", ", field, text,
                             right ? "" : fmt::format(" (not {})", wanted_text));
    }
    [[nodiscard]] StateVerdict take() { return {ok_, std::move(line_)}; }

private:
    bool ok_ = true;
    std::string line_;
};

std::string hertz_text(uint32_t mhz) {
    return fmt::format("{:g}", static_cast<double>(mhz) / 1000);
}

std::string mode_text(Size size) {
    return fmt::format("{}x{}", size.width, size.height);
}

}  // namespace

StateVerdict check_mode(const ModeCondition& condition, const ScreenState& screen) {
    return {has_words(screen.source, condition.mode),
            fmt::format("the screen shows {}", screen.source)};
}

StateVerdict check_frames(const FramesCondition& condition, const ScreenState& screen) {
    return {screen.frames >= condition.least && screen.frames <= condition.most,
            fmt::format("there were {} frames", screen.frames)};
}

StateVerdict check_cursor(const CursorCondition& condition, const ScreenState& screen) {
    if (!screen.cursor) {
        return {!condition.shown, "the guest shows no cursor"};
    }
    const Point seen = *screen.cursor;
    const Point wanted = condition.at.value_or(seen);
    const auto off = [&condition](int32_t a, int32_t b) {
        return std::abs(int64_t{a} - b) > int64_t{condition.within};
    };
    return {condition.shown && !off(seen.x, wanted.x) && !off(seen.y, wanted.y),
            fmt::format("the cursor is at {},{}", seen.x, seen.y)};
}

StateVerdict check_edid(const EdidCondition& condition, const ToldMonitor& monitor) {
    constexpr int64_t kNear = 10;  // mHz: clocks are whole numbers of 10 kHz
    const edid::Monitor& says = monitor.says;
    const auto quoted = [](const std::string& text) {
        return fmt::format("'{}'", printable(text));
    };
    const auto number = [](std::optional<uint32_t> value) {
        return fmt::format("{}", value.value_or(0));
    };
    EdidReport report;
    report.add("name", condition.name, says.name, quoted(says.name),
               quoted(condition.name.value_or("")));
    report.add("preferred", condition.preferred, says.preferred, mode_text(says.preferred),
               mode_text(condition.preferred.value_or(Size{})));
    report.add("at Hz", condition.refresh_mhz, says.refresh_mhz, hertz_text(says.refresh_mhz),
               hertz_text(condition.refresh_mhz.value_or(0)),
               [](int64_t a, int64_t b) { return std::abs(a - b) <= kNear; });
    report.add("serial", condition.serial, says.serial, number(says.serial),
               number(condition.serial));
    report.add("width-mm", condition.width_mm, says.physical_mm.width,
               number(says.physical_mm.width), number(condition.width_mm));
    report.add("height-mm", condition.height_mm, says.physical_mm.height,
               number(says.physical_mm.height), number(condition.height_mm));
    StateVerdict verdict = report.take();
    if (condition.read && !monitor.read) {
        verdict.ok = false;
        verdict.message += verdict.message.empty() ? "" : ", ";
        verdict.message += "the guest's driver has not read it so";
    }
    if (verdict.message.empty()) {
        verdict.message = "the guest's driver has read it";
    }
    return verdict;
}

StateVerdict RefreshWatch::look(const RefreshCondition& condition, uint64_t frames, TimePoint now) {
    samples_.push_back({now, frames});
    while (samples_.size() > 2 && now - samples_[1].time >= condition.time) {
        samples_.pop_front();
    }
    const Sample& first = samples_.front();
    const double seconds = std::chrono::duration<double>(now - first.time).count();
    if (now - first.time < condition.time) {
        return {false,
                fmt::format("{} frames in {:.3g} s, of {:.3g} s to watch", frames - first.frames,
                            seconds, std::chrono::duration<double>(condition.time).count())};
    }
    const double rate = static_cast<double>(frames - first.frames) / seconds;
    return {std::abs(rate - condition.rate) <= condition.within,
            fmt::format("{:.2f} frames a second, over {:.3g} s", rate, seconds)};
}

}  // namespace oriel::app
