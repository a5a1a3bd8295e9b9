// SPDX-License-Identifier: MIT
#include <doctest/doctest.h>

#include <algorithm>
#include <array>

#include "core/memfd.h"
#include "rig.h"

namespace {

using namespace oriel;
using namespace oriel::test;
using wire::Type;

TEST_CASE("the device is a GPU with EDID and two queues") {
    GpuRig rig;
    CHECK(rig.device->device_id() == 16);
    CHECK(rig.device->features() == (2 | 8 | 32));
    CHECK(rig.device->queue_count() == 2);
    CHECK(rig.device->queue_size_max(0) >= 64);
    CHECK(rig.device->queue_size_max(1) >= 16);
}

TEST_CASE("the configuration tells the number of screens, at any offset and width") {
    GpuRig rig{16};
    const wire::Config config = rig.driver.config();
    CHECK(config.events_read == 0);
    CHECK(config.num_scanouts == 16);
    CHECK(config.num_capsets == 0);
    CHECK(config.blob_alignment == page_size());

    std::array<std::byte, 1> one{};
    rig.device->read_config(8, one);
    CHECK(one[0] == std::byte{16});
    std::array<std::byte, 8> beyond{};
    beyond.fill(std::byte{0xee});
    rig.device->read_config(18, beyond);
    CHECK(std::all_of(beyond.begin(), beyond.end(), [](auto b) { return b == std::byte{0}; }));
    rig.device->read_config(UINT32_MAX - 3, beyond);
}

TEST_CASE("the screens are told with their modes, positions and whether they are plugged in") {
    GpuRig rig{3};
    rig.display.screen_info(0) = {.preferred = {1920, 1080}};
    rig.display.screen_info(1) = {.preferred = {1280, 1024}, .position = {1920, 56}};
    rig.display.screen_info(2) = {.connected = false, .position = {-5, -5}};
    const auto info = rig.driver.display_info();
    CHECK(info.pmodes[0].enabled == 1);
    CHECK(info.pmodes[0].r.width == 1920);
    CHECK(info.pmodes[0].r.height == 1080);
    CHECK(info.pmodes[1].r.x == 1920);
    CHECK(info.pmodes[1].r.y == 56);
    CHECK(info.pmodes[1].enabled == 1);
    CHECK(info.pmodes[2].enabled == 0);
    CHECK(info.pmodes[2].r.x == 0);
    CHECK(info.pmodes[3].enabled == 0);
    CHECK(info.pmodes[3].r.width == 0);
}

TEST_CASE("each screen's EDID is made from what the display says of it") {
    GpuRig rig{2};
    rig.display.screen_info(1) = {
        .preferred = {1920, 1080}, .refresh_mhz = 75'000, .physical_mm = {531, 299}};
    const auto first = rig.driver.edid(0);
    const auto second = rig.driver.edid(1);
    REQUIRE(second.size() == 256);
    CHECK(first != second);
    const auto expected = edid::build(
        {.preferred = {1920, 1080}, .refresh_mhz = 75'000, .physical_mm = {531, 299}, .serial = 2});
    CHECK(std::equal(second.begin(), second.end(), expected.begin(), expected.end()));
    CHECK(rig.device->edid(1) == expected);
}

TEST_CASE("an EDID is made once for what its screen is like") {
    GpuRig rig;
    const std::byte* const made = rig.device->edid(0).data();
    CHECK(rig.device->edid(0).data() == made);
    rig.display.screen_info(0).preferred = {800, 600};
    const auto expected = edid::build({.preferred = {800, 600},
                                       .refresh_mhz = rig.display.screen_info(0).refresh_mhz,
                                       .physical_mm = rig.display.screen_info(0).physical_mm});
    CHECK(rig.device->edid(0) == expected);
}

TEST_CASE("it is known whether the driver has read an EDID as it is now") {
    GpuRig rig{2};
    CHECK_FALSE(rig.device->driver_has_edid(1));
    static_cast<void>(rig.driver.edid(1));
    CHECK(rig.device->driver_has_edid(1));
    CHECK_FALSE(rig.device->driver_has_edid(0));
    rig.display.screen_info(1).preferred = {800, 600};
    CHECK_FALSE(rig.device->driver_has_edid(1));
    static_cast<void>(rig.driver.edid(1));
    CHECK(rig.device->driver_has_edid(1));
    rig.device->reset();
    CHECK_FALSE(rig.device->driver_has_edid(1));
}

TEST_CASE("a changed screen raises an event that the driver clears") {
    GpuRig rig{2};
    rig.device->screen_changed(0);
    CHECK(rig.link.config_interrupts() == 0);

    rig.display.screen_info(1).preferred = {800, 600};
    rig.device->screen_changed(1);
    CHECK(rig.link.config_interrupts() == 1);
    CHECK(rig.driver.config().events_read == wire::kEventDisplay);
    rig.device->screen_changed(1);
    CHECK(rig.link.config_interrupts() == 1);

    rig.driver.clear_events(2);
    CHECK(rig.driver.config().events_read == wire::kEventDisplay);
    rig.driver.clear_events(1);
    CHECK(rig.driver.config().events_read == 0);

    rig.display.screen_info(1).refresh_mhz = 75'000;
    rig.device->screen_changed(1);
    CHECK(rig.driver.config().events_read == wire::kEventDisplay);
    rig.link.restart();
    CHECK(rig.driver.config().events_read == 0);
    rig.device->screen_changed(99);
}

TEST_CASE("a change that comes while the driver handles the one before is told after it") {
    GpuRig rig;
    rig.display.screen_info(0).preferred = {890, 674};
    rig.device->screen_changed(0);
    CHECK(rig.link.config_interrupts() == 1);
    // The driver asks. Before it clears the event, the next one comes.
    CHECK(rig.driver.display_info().pmodes[0].r.width == 890);
    rig.display.screen_info(0).preferred = {900, 701};
    rig.device->screen_changed(0);
    rig.driver.clear_events(wire::kEventDisplay);
    CHECK(rig.driver.config().events_read == wire::kEventDisplay);
    CHECK(rig.link.config_interrupts() == 3);
    CHECK(rig.driver.display_info().pmodes[0].r.width == 900);
    rig.driver.clear_events(wire::kEventDisplay);
    CHECK(rig.driver.config().events_read == 0);
}

TEST_CASE("events are cleared a byte at a time too, and the rest of the configuration is fixed") {
    GpuRig rig;
    rig.display.screen_info(0).preferred = {800, 600};
    rig.device->screen_changed(0);
    const std::array<std::byte, 16> ones{std::byte{0xff}, std::byte{0xff}, std::byte{0xff},
                                         std::byte{0xff}};
    rig.link.write_config(0, std::span{ones}.first(4));
    CHECK(rig.driver.config().events_read == wire::kEventDisplay);
    rig.link.write_config(8, ones);
    CHECK(rig.driver.config().num_scanouts == 1);
    rig.link.write_config(UINT32_MAX - 1, ones);
    rig.link.write_config(5, std::span{ones}.first(1));
    CHECK(rig.driver.config().events_read == wire::kEventDisplay);
    rig.link.write_config(4, std::span{ones}.first(1));
    CHECK(rig.driver.config().events_read == 0);
}

}  // namespace
