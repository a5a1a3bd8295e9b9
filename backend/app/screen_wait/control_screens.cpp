// SPDX-License-Identifier: MIT
#include "screen_wait/control_screens.h"

#include <charconv>
#include <chrono>
#include <nlohmann/json.hpp>
#include <utility>
#include <vector>

#include "control/screenshot.h"
#include "core/mapping.h"

namespace oriel::app {
namespace {

constexpr std::chrono::milliseconds kScreensPatience{5'000};

std::optional<Point> cursor_of(const nlohmann::json& frame) {
    const auto at = frame.find("cursor");
    if (at == frame.end() || !at->is_array() || at->size() != 2 || !(*at)[0].is_number_integer() ||
        !(*at)[1].is_number_integer()) {
        return std::nullopt;
    }
    return Point{(*at)[0].get<int32_t>(), (*at)[1].get<int32_t>()};
}

/// What is no hexadecimal digit ends it.
std::vector<std::byte> bytes_of_hex(std::string_view hex) {
    std::vector<std::byte> bytes;
    bytes.reserve(hex.size() / 2);
    for (; hex.size() >= 2; hex.remove_prefix(2)) {
        uint8_t value = 0;
        const auto [end, error] = std::from_chars(hex.data(), hex.data() + 2, value, 16);
        if (error != std::errc{} || end != hex.data() + 2) {
            break;
        }
        bytes.push_back(std::byte{value});
    }
    return bytes;
}

}  // namespace

Result<ScreenState> ControlScreens::screen(ScanoutId scanout) {
    const auto answer =
        connection_.request({{"command", "frame"}, {"scanout", scanout}}, kScreensPatience);
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
        .size = {static_cast<uint32_t>(number("width")), static_cast<uint32_t>(number("height"))},
        .cursor = cursor_of(frame)};
}

Result<ToldMonitor> ControlScreens::monitor(ScanoutId scanout) {
    const auto answer =
        connection_.request({{"command", "edid"}, {"scanout", scanout}}, kScreensPatience);
    if (!answer) {
        return tl::unexpected(answer.error());
    }
    const auto edid = answer->field("edid", nlohmann::json::object());
    const auto says = edid::decode(bytes_of_hex(field_of(edid, "hex", std::string{})));
    if (!says) {
        return host_error("'{}' has told no EDID", name_);
    }
    return ToldMonitor{*says, field_of(edid, "read", false)};
}

Result<SeenPicture> ControlScreens::picture(ScanoutId scanout, WithCursor cursor) {
    auto answer = connection_.request(
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
    return SeenPicture{
        memory, {pixels->size, pixels->stride, memory->bytes()}, std::move(pixels->cells)};
}

Result<void> ControlScreens::ask(const nlohmann::json& request) {
    const auto answer = connection_.request(request, kScreensPatience);
    if (!answer) {
        return tl::unexpected(answer.error());
    }
    return {};
}

}  // namespace oriel::app
