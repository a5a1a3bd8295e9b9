// SPDX-License-Identifier: MIT
#include "cli/window_options.h"

#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <charconv>
#include <string_view>
#include <utility>

#include "core/result.h"

namespace oriel::app {
namespace {

constexpr int kUsageExitCode = 2;

using wayland::DecorationsChoice;
using wayland::GrabChoice;
using wayland::LatencyChoice;
using wayland::Resize;
using wayland::Scaling;

template <class Choice, size_t kCount>
using Choices = std::array<std::pair<std::string_view, Choice>, kCount>;

constexpr Choices<Resize, 3> kResizes{
    {{"guest", Resize::kGuest}, {"scale", Resize::kScale}, {"fixed", Resize::kFixed}}};
constexpr Choices<Scaling, 4> kScalings{{{"fit", Scaling::kFit},
                                         {"integer", Scaling::kInteger},
                                         {"stretch", Scaling::kStretch},
                                         {"none", Scaling::kNone}}};
constexpr Choices<GrabChoice, 3> kGrabs{
    {{"focus", GrabChoice::kFocus}, {"click", GrabChoice::kClick}, {"never", GrabChoice::kNever}}};
constexpr Choices<LatencyChoice, 2> kLatencies{
    {{"normal", LatencyChoice::kNormal}, {"low", LatencyChoice::kLow}}};
constexpr Choices<DecorationsChoice, 2> kDecorations{
    {{"auto", DecorationsChoice::kAuto}, {"none", DecorationsChoice::kNone}}};

template <class Choice, size_t kCount>
Choice choose(const Choices<Choice, kCount>& choices, const char* option, const std::string& text) {
    const auto it = std::find_if(choices.begin(), choices.end(),
                                 [&](const auto& choice) { return choice.first == text; });
    if (it != choices.end()) {
        return it->second;
    }
    std::string expected;
    for (size_t i = 0; i < kCount; ++i) {
        expected += i == 0 ? "" : (i + 1 == kCount ? " or " : ", ");
        expected += choices[i].first;
    }
    throw StartupError{fmt::format("{} {}: expected {}", option, text, expected), kUsageExitCode};
}

/// "0=DP-1,1=HDMI-A-1".
std::vector<std::string> parse_output_map(const std::string& text, uint32_t screens) {
    const auto bad = [&](const std::string& why) {
        throw StartupError{fmt::format("--output-map {}: {}", text, why), kUsageExitCode};
    };
    std::vector<std::string> names;
    for (size_t at = 0; at < text.size();) {
        const size_t end = std::min(text.find(',', at), text.size());
        const std::string_view rule = std::string_view{text}.substr(at, end - at);
        const size_t equals = rule.find('=');
        uint32_t screen = 0;
        const auto [stop, error] = std::from_chars(rule.data(), rule.data() + rule.size(), screen);
        if (error != std::errc{} || equals == std::string_view::npos ||
            stop != rule.data() + equals || equals + 1 == rule.size()) {
            bad("expected SCREEN=OUTPUT, for example 0=DP-1,1=HDMI-A-1");
        }
        if (screen >= screens) {
            bad(fmt::format("there is no screen {} (--outputs {})", screen, screens));
        }
        names.resize(std::max<size_t>(names.size(), screen + 1));
        if (!names[screen].empty()) {
            bad(fmt::format("screen {} has two outputs", screen));
        }
        names[screen] = rule.substr(equals + 1);
        at = end + 1;
    }
    return names;
}

}  // namespace

void add_window_options(CLI::App& command, RawWindow& raw) {
    command
        .add_option("--resize", raw.resize,
                    "guest (the window's size becomes the guest's mode), scale (it doesn't) or "
                    "fixed (the window has the guest's size) [guest]")
        ->type_name("HOW");
    command
        .add_option("--output-map", raw.output_map,
                    "Where screens' windows are full screen, for example 0=DP-1,1=HDMI-A-1")
        ->type_name("SCREEN=OUTPUT,...");
    command
        .add_option("--scaling", raw.scaling,
                    "How large the picture is in a window of another size: fit, integer (whole "
                    "multiples), stretch or none (one to one) [fit]")
        ->type_name("HOW");
    command
        .add_option("--grab", raw.grab,
                    "When the desktop's keyboard shortcuts become the VM's, until Ctrl+Alt: focus, "
                    "click or never [click]")
        ->type_name("WHEN");
    command.add_flag("--confine", raw.confine,
                     "A click keeps the pointer in the window, until Ctrl+Alt");
    command
        .add_option("--latency", raw.latency,
                    "normal, or low: the newest frame at once, even if the picture tears [normal]")
        ->type_name("LATENCY");
    command
        .add_option(
            "--decorations", raw.decorations,
            "The window's frame: auto (the compositor's, or else libdecor's) or none [auto]")
        ->type_name("WHOSE");
    command.add_flag("--inhibit-idle", raw.inhibit_idle,
                     "The screen doesn't go blank while a full screen picture moves");
}

WindowOptions check_window(const RawWindow& raw, bool mode_for_fullscreen, uint32_t screens) {
    const std::string resize = !raw.resize.empty()   ? raw.resize
                               : mode_for_fullscreen ? "scale"
                                                     : "guest";
    return {.resize = choose(kResizes, "--resize", resize),
            .output_names = parse_output_map(raw.output_map, screens),
            .scaling = choose(kScalings, "--scaling", raw.scaling),
            .grab = choose(kGrabs, "--grab", raw.grab),
            .confine = raw.confine,
            .latency = choose(kLatencies, "--latency", raw.latency),
            .decorations = choose(kDecorations, "--decorations", raw.decorations),
            .inhibit_idle = raw.inhibit_idle};
}

}  // namespace oriel::app
