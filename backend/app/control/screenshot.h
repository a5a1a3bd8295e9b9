// SPDX-License-Identifier: MIT
#pragma once

#include <nlohmann/json_fwd.hpp>
#include <optional>
#include <string>

#include "card/card.h"
#include "control/control_server.h"
#include "control/stale_report.h"
#include "core/geometry.h"
#include "core/mapping.h"
#include "core/result.h"
#include "core/unique_fd.h"
#include "match/console_text.h"

namespace oriel::app {

/// The guest's own pixels as they are now: the answer to a "screenshot" request is their geometry
/// ("width", "height" in px, "stride" in bytes, "format": "XR24"), and a memfd with a copy of them
/// that starts at the first pixel. The serving process opens no path: writing a file is the
/// client's business. Of a VM that is gone it is the last picture, as the guest drew it, and the
/// answer says so (add_stale()). The guest's cursor is in it where the request has "cursor": true;
/// that of a VM that is gone is gone. Where a
/// VGA's text mode is shown the answer has its "cells" (to_json()), whose bytes are behind the
/// pixels.
[[nodiscard]] ControlReply take_screenshot(const card::Card& card, ScanoutId scanout,
                                           const nlohmann::json& request,
                                           const std::optional<StaleReport>& stale = {});

/// Those pixels on the client's side.
struct MappedScreenshot {
    Mapping memory;
    Size size;
    uint32_t stride = 0;
    std::optional<match::TextGrid> cells;  ///< of a VGA's text mode
};
/// What the server says is checked against the file's size.
[[nodiscard]] Result<MappedScreenshot> map_screenshot(const nlohmann::json& answer,
                                                      UniqueFd pixels);

/// The client's side: writes those pixels to a PNG.
[[nodiscard]] Result<void> save_screenshot(const nlohmann::json& answer, UniqueFd pixels,
                                           const std::string& file);

}  // namespace oriel::app
