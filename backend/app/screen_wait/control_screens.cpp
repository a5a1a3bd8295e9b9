// SPDX-License-Identifier: MIT
#include "screen_wait/control_screens.h"

#include <chrono>
#include <nlohmann/json.hpp>
#include <utility>

#include "control/screenshot.h"
#include "core/mapping.h"
#include "ctl/control_client.h"

namespace oriel::app {
namespace {

constexpr std::chrono::milliseconds kScreensPatience{5'000};

}  // namespace

Result<ScreenState> ControlScreens::screen(ScanoutId scanout) const {
    const auto answer = control_request(
        socket_path_, name_, {{"command", "frame"}, {"scanout", scanout}}, kScreensPatience);
    if (!answer) {
        return tl::unexpected(answer.error());
    }
    const auto frame = answer->field("frame", nlohmann::json::object());
    const auto number = [&frame](const char* name) {
        return static_cast<uint64_t>(std::max(field_of(frame, name, int64_t{0}), int64_t{0}));
    };
    return ScreenState{
        .frames = number("frames"),
        .source = field_of(frame, "source", std::string{}),
        .size = {static_cast<uint32_t>(number("width")), static_cast<uint32_t>(number("height"))}};
}

Result<SeenPicture> ControlScreens::picture(ScanoutId scanout, WithCursor cursor) const {
    auto answer = control_request(
        socket_path_, name_,
        {{"command", "screenshot"}, {"scanout", scanout}, {"cursor", cursor == WithCursor::kYes}},
        kScreensPatience);
    if (!answer) {
        return tl::unexpected(answer.error());
    }
    auto pixels = map_screenshot(answer->json(), answer->take_fd());
    if (!pixels) {
        return tl::unexpected(pixels.error());
    }
    auto memory = std::make_shared<const Mapping>(std::move(pixels->memory));
    return SeenPicture{memory, {pixels->size, pixels->stride, memory->bytes()}};
}

Result<void> ControlScreens::ask(const nlohmann::json& request) const {
    const auto answer = control_request(socket_path_, name_, request, kScreensPatience);
    if (!answer) {
        return tl::unexpected(answer.error());
    }
    return {};
}

}  // namespace oriel::app
