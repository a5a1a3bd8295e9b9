// SPDX-License-Identifier: MIT
#include "sync/drm_sync_device.h"

#include <doctest/doctest.h>
#include <sys/sysmacros.h>

namespace oriel::wayland {

TEST_CASE("a number that is no DRM device gives one line that names it") {
    // /dev/null
    const auto device = open_drm_sync_device(makedev(1, 3));
    REQUIRE_FALSE(device);
    const std::string line = device.error().message();
    CHECK(line.find("DRM device 1:3") != std::string::npos);
    CHECK(line.find('\n') == std::string::npos);
}

}  // namespace oriel::wayland
