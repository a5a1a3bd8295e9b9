// SPDX-License-Identifier: MIT
#include "serve/control_requests.h"

#include <fmt/format.h>

#include <iterator>
#include <nlohmann/json.hpp>
#include <utility>
#include <vector>

#include "cli/input_command.h"
#include "cli/screen_command.h"
#include "control/json_fields.h"

namespace oriel::app {
namespace {

using nlohmann::json;

Result<std::vector<std::string>> words_of(const json& request) {
    std::vector<std::string> texts;
    for (const json& word : request.value("words", json::array())) {
        if (!word.is_string()) {
            return host_error("\"words\" is no list of strings");
        }
        texts.push_back(word.get<std::string>());
    }
    return texts;
}

Result<void> move_to_output(const ScreenCommand& command, const Display& display,
                            DisplayKeeper* windows, const std::string& name) {
    if (auto done = check_screen(command.scanout, display, name); !done) {
        return done;
    }
    return windows != nullptr ? windows->move_to_output(command.scanout, command.output)
                              : host_error("'{}' has no windows", name);
}

}  // namespace

ControlReply control_success(const char* key, json value) {
    return {control_line({{"ok", true}, {key, std::move(value)}}), {}};
}

Result<ScanoutId> scanout_of(const json& request, const Display& display, const std::string& name) {
    const auto it = request.find("scanout");
    const bool given = it != request.end();
    if (given && !it->is_number_unsigned()) {
        return host_error("\"scanout\" is not a number");
    }
    const uint64_t scanout = given ? it->get<uint64_t>() : 0;
    if (const auto there = check_screen(scanout, display, name); !there) {
        return tl::unexpected(there.error());
    }
    return static_cast<ScanoutId>(scanout);
}

ControlReply frame_reply(const card::Card& card, ScanoutId scanout, const std::string& source) {
    json frame{{"frames", card.target().stats(scanout).flushed},
               {"source", source},
               {"width", 0},
               {"height", 0}};
    if (const auto* attached = card.attached(scanout)) {
        frame["width"] = attached->source.width;
        frame["height"] = attached->source.height;
    }
    if (const auto cursor = card.cursor(scanout); cursor.image) {
        frame["cursor"] = {cursor.hotspot.x, cursor.hotspot.y};
    }
    return control_success("frame", std::move(frame));
}

ControlReply edid_reply(std::span<const std::byte> edid, bool read) {
    std::string hex;
    hex.reserve(edid.size() * 2);
    for (const std::byte byte : edid) {
        fmt::format_to(std::back_inserter(hex), "{:02x}", std::to_integer<unsigned>(byte));
    }
    return control_success("edid", {{"hex", std::move(hex)}, {"read", read}});
}

ControlReply input_reply(const json& request, const Display& display, const std::string& name,
                         input::InputRouter& router) {
    const int64_t state = field_of(request, "state", int64_t{0});
    const auto texts = words_of(request);
    if (!texts) {
        return control_error(texts.error().message());
    }
    if (state < 0 || state > static_cast<int64_t>(InputCommand::State::kUp)) {
        return control_error("\"state\" is none");
    }
    const auto scanout = scanout_of(request, display, name);
    if (!scanout) {
        return control_error(scanout.error().message());
    }
    const auto command =
        parse_input_command(*texts, static_cast<InputCommand::State>(state), *scanout);
    if (!command) {
        return control_error(command.error().message());
    }
    if (const auto done = run_input_command(*command, router); !done) {
        return control_error(done.error().message());
    }
    return control_success("input", true);
}

ControlReply screen_reply(const json& request, Display& display, DisplayKeeper* windows,
                          const std::string& name) {
    const auto words = words_of(request);
    if (!words) {
        return control_error(words.error().message());
    }
    const auto command = parse_screen_command(*words);
    if (!command) {
        return control_error(command.error().message());
    }
    const auto done = command->output.empty() ? run_screen_command(*command, display, name)
                                              : move_to_output(*command, display, windows, name);
    return done ? control_success("screen", true) : control_error(done.error().message());
}

ControlReply hud_reply(const json& request, Hud& hud, const std::string& name) {
    const auto on = request.find("on");
    if (on == request.end() || !on->is_boolean()) {
        return control_error("\"on\" is neither true nor false");
    }
    const auto done = hud.set(on->get<bool>());
    return done ? control_success("hud", true)
                : control_error(fmt::format("'{}': {}", name, done.error().message()));
}

}  // namespace oriel::app
