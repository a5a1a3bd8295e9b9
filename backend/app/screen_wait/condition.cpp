// SPDX-License-Identifier: MIT
#include "screen_wait/condition.h"

#include <fmt/format.h>
#include <fmt/ranges.h>

#include <charconv>

#include "core/overloaded.h"

namespace oriel::app {
namespace {

std::string place_name(const Rect& area) {
    return area.empty() ? std::string{"everywhere"}
                        : fmt::format("in {}x{} at {},{}", area.width, area.height, area.x, area.y);
}

}  // namespace

std::string condition_name(const Condition& condition) {
    return std::visit(
        Overloaded{
            [](const ImageCondition& image) {
                return fmt::format("{}{}{}", fmt::join(image.files, " or "),
                                   image.anywhere ? " somewhere" : "",
                                   image.cursor ? " with the cursor" : "");
            },
            [](const NeedleCondition& needle) {
                return needle.folder.empty()
                           ? fmt::format("needle {}", fmt::join(needle.files, " or "))
                           : fmt::format("a needle '{}' of {}", needle.tag, needle.folder);
            },
            [](const TextCondition& text) {
                return text.pattern ? fmt::format("a text like '{}'", text.pattern->expression())
                                    : fmt::format("the text '{}'", text.text);
            },
            [](const ColourCondition& colour) {
                return fmt::format("#{:06x} {}", colour.colour, place_name(colour.area));
            },
            [](const StableCondition& stable) {
                return fmt::format(
                    "no change for {} ms",
                    std::chrono::floor<std::chrono::milliseconds>(stable.time).count());
            },
            [](const ModeCondition& mode) { return fmt::format("the mode '{}'", mode.mode); },
            [](const SerialCondition& serial) {
                return fmt::format("'{}' on the serial port", serial.pattern.expression());
            },
            [](const FramesCondition& frames) {
                return frames.most == UINT64_MAX
                           ? fmt::format("{} frames or more", frames.least)
                           : fmt::format("{} to {} frames", frames.least, frames.most);
            },
            [](const RefreshCondition& refresh) {
                return fmt::format("{:g} frames a second", refresh.rate);
            },
            [](const CursorCondition& cursor) {
                return cursor.at ? fmt::format("the cursor at {},{}", cursor.at->x, cursor.at->y)
                                 : std::string{cursor.shown ? "a cursor" : "no cursor"};
            },
            [](const EdidCondition&) { return std::string{"the monitor's EDID"}; },
            [](const EndCondition&) { return std::string{"the VM's end"}; },
        },
        condition);
}

std::optional<uint32_t> parse_colour(std::string_view text) {
    if (text.size() != 7 || text[0] != '#') {
        return std::nullopt;
    }
    uint32_t colour = 0;
    const char* const end = text.data() + text.size();
    const auto [stop, error] = std::from_chars(text.data() + 1, end, colour, 16);
    return error == std::errc{} && stop == end ? std::optional{colour} : std::nullopt;
}

}  // namespace oriel::app
