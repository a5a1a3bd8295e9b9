// SPDX-License-Identifier: MIT
#include "screen_wait/condition_words.h"

#include <algorithm>
#include <array>
#include <charconv>
#include <optional>
#include <vector>

#include "cli/command_table.h"
#include "cli/nearest_word.h"
#include "cli/values.h"

namespace oriel::app {
namespace {

constexpr uint32_t kLongestStable = 3'600'000;  // ms

/// "#1a2b3c" or "#1a2b3c,10,20,30,40".
Result<Condition> parse_colour_words(const std::string& text) {
    const auto colour = parse_colour(std::string_view{text}.substr(0, 7));
    std::vector<uint32_t> numbers;
    std::string_view rest = std::string_view{text}.substr(std::min<size_t>(text.size(), 7));
    while (rest.starts_with(',') && numbers.size() <= 4) {
        rest.remove_prefix(1);
        const size_t end = std::min(rest.find(','), rest.size());
        const auto number = parse_number(rest.substr(0, end));
        if (!number) {
            break;
        }
        numbers.push_back(*number);
        rest.remove_prefix(end);
    }
    if (!colour || !rest.empty() || (!numbers.empty() && numbers.size() != 4)) {
        return host_error("ctl wait colour {}: expected #RRGGBB or #RRGGBB,X,Y,WIDTH,HEIGHT", text);
    }
    ColourCondition condition{.colour = *colour};
    if (!numbers.empty()) {
        condition.area = {numbers[0], numbers[1], numbers[2], numbers[3]};
    }
    return condition;
}

/// "60", "60,2" or "60,2,5".
Result<Condition> parse_refresh_words(const std::string& text) {
    std::array<double, 3> numbers{0, 1, 2};
    std::string_view rest = text;
    size_t count = 0;
    while (!rest.empty() && count < numbers.size()) {
        const size_t end = std::min(rest.find(','), rest.size());
        double& number = numbers[count++];
        const auto [stop, error] = std::from_chars(rest.data(), rest.data() + end, number);
        if (error != std::errc{} || stop != rest.data() + end || !(number >= 0 && number <= 1e5)) {
            count = 0;
            break;
        }
        rest.remove_prefix(std::min(end + 1, rest.size()));
    }
    const auto time = std::chrono::duration<double>{numbers[2]};
    if (count == 0 || !rest.empty() || text.ends_with(',') || time <= Nanoseconds{0} ||
        time > RefreshCondition::kLongestTime) {
        return host_error("ctl wait refresh {}: expected HZ, HZ,WITHIN or HZ,WITHIN,SECONDS", text);
    }
    return RefreshCondition{numbers[0], numbers[1], std::chrono::duration_cast<Nanoseconds>(time)};
}

/// "shown", "hidden" or "10,20".
Result<Condition> parse_cursor_words(const std::string& text) {
    if (text == "shown" || text == "hidden") {
        return CursorCondition{.shown = text == "shown"};
    }
    const size_t comma = std::min(text.find(','), text.size());
    const auto x = parse_number(std::string_view{text}.substr(0, comma));
    const auto y = parse_number(std::string_view{text}.substr(std::min(comma + 1, text.size())));
    if (!x || !y || *x > ModeOption::kMaxSide || *y > ModeOption::kMaxSide) {
        return host_error("ctl wait cursor {}: expected X,Y, shown or hidden", text);
    }
    return CursorCondition{.at = Point{static_cast<int32_t>(*x), static_cast<int32_t>(*y)}};
}

/// A field and its value: false where it is none.
bool take_edid_field(EdidCondition& edid, std::string_view field, const std::string& value) {
    if (field == "name") {
        edid.name = value;
    } else if (field == "preferred") {
        const auto mode = parse_mode(value, "preferred");
        edid.preferred = mode ? std::optional{mode->size} : std::nullopt;
        edid.refresh_mhz = mode ? mode->refresh_mhz : std::nullopt;
        return mode.has_value();
    } else if (field == "serial") {
        edid.serial = parse_number(value);
        return edid.serial.has_value();
    } else if (field == "width-mm") {
        edid.width_mm = parse_number(value);
        return edid.width_mm.has_value();
    } else if (field == "height-mm") {
        edid.height_mm = parse_number(value);
        return edid.height_mm.has_value();
    } else if (field == "read" && value.empty()) {
        edid.read = true;
    } else {
        return false;
    }
    return true;
}

/// "name=Oriel,preferred=1024x768,read".
Result<Condition> parse_edid_words(const std::string& text) {
    EdidCondition edid;
    std::string_view rest = text;
    while (!rest.empty()) {
        const std::string_view part = rest.substr(0, rest.find(','));
        rest.remove_prefix(std::min(part.size() + 1, rest.size()));
        const size_t equals = std::min(part.find('='), part.size());
        const std::string value{part.substr(std::min(equals + 1, part.size()))};
        if (!take_edid_field(edid, part.substr(0, equals), value)) {
            return host_error(
                "ctl wait edid {}: expected name=, preferred=, serial=, width-mm=, "
                "height-mm= and read, with commas between them",
                text);
        }
    }
    return edid;
}

/// What goes with `what` for pictures and texts; nothing for another kind.
Result<std::optional<Condition>> parse_picture_words(const std::string& kind,
                                                     const std::string& what) {
    if (kind == "image" || kind == "anywhere") {
        return ImageCondition{.files = {what}, .anywhere = kind == "anywhere"};
    }
    if (kind == "needle") {
        return NeedleCondition{.files = {what}};
    }
    if (kind == "tag") {
        // A tag has no colon; a folder may.
        const size_t colon = what.rfind(':');
        if (colon == std::string::npos || colon == 0 || colon + 1 == what.size()) {
            return host_error("ctl wait tag {}: expected FOLDER:TAG", what);
        }
        return NeedleCondition{
            .files = {}, .folder = what.substr(0, colon), .tag = what.substr(colon + 1)};
    }
    if (kind == "text") {
        return TextCondition{.text = what, .pattern = {}};
    }
    if (kind == "pattern" || kind == "serial") {
        auto pattern = Pattern::compile(what);
        if (!pattern) {
            return tl::unexpected(pattern.error());
        }
        return kind == "serial" ? std::optional<Condition>{SerialCondition{std::move(*pattern)}}
                                : std::optional<Condition>{
                                      TextCondition{.text = {}, .pattern = std::move(*pattern)}};
    }
    return std::nullopt;
}

}  // namespace

Result<Condition> parse_condition_words(std::span<const std::string> words) {
    const std::string& kind = words[0];
    if (kind == "end" && words.size() == 1) {
        return EndCondition{};
    }
    const std::string what = words.size() > 1 ? words[1] : std::string{};
    if (what.empty()) {
        return host_error("ctl wait {}: what for? It is empty", kind);
    }
    auto picture = parse_picture_words(kind, what);
    if (!picture) {
        return tl::unexpected(picture.error());
    }
    if (*picture) {
        return std::move(**picture);
    }
    if (kind == "colour") {
        return parse_colour_words(what);
    }
    if (kind == "mode") {
        return ModeCondition{what};
    }
    if (kind == "refresh") {
        return parse_refresh_words(what);
    }
    if (kind == "cursor") {
        return parse_cursor_words(what);
    }
    if (kind == "edid") {
        return parse_edid_words(what);
    }
    const auto number = parse_number(what);
    if (kind == "stable") {
        if (!number || *number < 1 || *number > kLongestStable) {
            return host_error("ctl wait stable {}: expected 1 to {} milliseconds", what,
                              kLongestStable);
        }
        return StableCondition{std::chrono::milliseconds{*number}};
    }
    if (kind == "frames") {
        if (!number) {
            return host_error("ctl wait frames {}: expected a number", what);
        }
        return FramesCondition{.least = *number};
    }
    return host_error("ctl wait: '{}' is nothing to wait for{}", kind,
                      suggestion(kind, find_ctl_command("wait")->offered_words));
}

}  // namespace oriel::app
