// SPDX-License-Identifier: MIT
#pragma once

#include <cstdint>
#include <string>
#include <vector>

#include "core/result.h"
#include "core/unique_fd.h"
#include "scanout/pixel_layout.h"

namespace oriel {

/// Whether `bytes` from the plane's first pixel on lie in its file. Drivers and compositors believe
/// what they are told: some read beyond the end, some end the client.
[[nodiscard]] Result<void> check_plane(const std::vector<UniqueFd>& files, const PlaneLayout& plane,
                                       uint64_t bytes);

/// "XR24", or in hexadecimal digits what has no such name.
[[nodiscard]] std::string fourcc_name(uint32_t fourcc);

}  // namespace oriel
