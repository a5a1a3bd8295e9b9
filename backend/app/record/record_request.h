// SPDX-License-Identifier: MIT
// The control socket's request "record", from both sides.
#pragma once

#include <nlohmann/json_fwd.hpp>
#include <string>

#include "cli/record_choice.h"
#include "control/control_server.h"
#include "core/result.h"
#include "core/unique_fd.h"
#include "record/recordings.h"
#include "scanout/scanout_id.h"

namespace oriel::app {

/// What a client asks, for the file that goes with it.
[[nodiscard]] nlohmann::json record_start_request(ScanoutId scanout, const RecordChoice& choice,
                                                  const std::string& file);
/// "stop", or "state" which asks only.
[[nodiscard]] nlohmann::json record_request(ScanoutId scanout, const char* what);

/// The server's side. "do" is "start", with the open file, "stop" or "state"; the answer has
/// "recording", Recording::report().
[[nodiscard]] ControlReply record_reply(const nlohmann::json& request, ScanoutId scanout,
                                        const UniqueFd& file, Recordings& recordings);

}  // namespace oriel::app
