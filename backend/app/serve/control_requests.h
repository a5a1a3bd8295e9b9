// SPDX-License-Identifier: MIT
#pragma once

#include <cstddef>
#include <nlohmann/json_fwd.hpp>
#include <span>
#include <string>

#include "card/card.h"
#include "control/control_server.h"
#include "core/result.h"
#include "input/router.h"
#include "scanout/display.h"
#include "serve/display_keeper.h"
#include "serve/hud.h"

namespace oriel::app {

// What the control socket asks of every VM, whatever its card is. `name`: the VM's.

/// {"ok":true,KEY:VALUE}
[[nodiscard]] ControlReply control_success(const char* key, nlohmann::json value);

/// The screen that the request names; 0 where it names none. The error is a line for the user.
[[nodiscard]] Result<ScanoutId> scanout_of(const nlohmann::json& request, const Display& display,
                                           const std::string& name);

/// The screen that the request names, without its pixels: {"frame":{"frames":N,"source":TEXT,
/// "width":PX,"height":PX}}. While "frames" (flushes so far) stays, so does its picture. A dark
/// screen has no size. Where the guest shows a cursor there is also "cursor":[X,Y], of its hot
/// spot.
[[nodiscard]] ControlReply frame_reply(const card::Card& card, ScanoutId scanout,
                                       const std::string& source);

/// What a monitor tells the guest: {"edid":{"hex":TEXT,"read":BOOL}}. `read`: the guest's driver
/// has asked for it as it is now.
[[nodiscard]] ControlReply edid_reply(std::span<const std::byte> edid, bool read);

[[nodiscard]] ControlReply input_reply(const nlohmann::json& request, const Display& display,
                                       const std::string& name, input::InputRouter& router);

/// `windows`: null without windows.
[[nodiscard]] ControlReply screen_reply(const nlohmann::json& request, Display& display,
                                        DisplayKeeper* windows, const std::string& name);

[[nodiscard]] ControlReply hud_reply(const nlohmann::json& request, Hud& hud,
                                     const std::string& name);

}  // namespace oriel::app
