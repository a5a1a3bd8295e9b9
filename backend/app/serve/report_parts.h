// SPDX-License-Identifier: MIT
#pragma once

#include <cstdint>
#include <nlohmann/json_fwd.hpp>
#include <string>

#include "card/card.h"
#include "headless/shown_frame.h"
#include "scanout/latency.h"
#include "serve/display_keeper.h"

namespace oriel::app {

// What `oriel ctl NAME stats --json` prints of every VM, whatever its card is: see stats_report.h.

/// count, p50, p99 and p99.9 in microseconds.
[[nodiscard]] nlohmann::json latency_report(const LatencyHistogram& histogram);
/// "SOURCE 1920x1080 XR24", or "dark".
[[nodiscard]] std::string picture_name(const card::Card& card, ScanoutId scanout);
/// The same where a VGA may be behind, with its mode: "text 80x25".
[[nodiscard]] std::string source_name(const card::Card& card, ScanoutId scanout,
                                      const std::string& vga_mode);
/// The same for a frame that a screen has just shown.
[[nodiscard]] std::string shown_name(const card::Card& card, const headless::ShownFrame& frame,
                                     const std::string& vga_mode = {});
/// `source`: the same, or a better name.
[[nodiscard]] nlohmann::json scanout_report(const card::Card& card, ScanoutId scanout,
                                            const std::string& source);
/// "num", "caps" and so on; `leds`: bit LED_* of linux/input-event-codes.h.
[[nodiscard]] nlohmann::json led_names(uint32_t leds);
[[nodiscard]] nlohmann::json compositor_report(const CompositorReport& from);
/// Adds descriptors and memory of this process.
void add_process(nlohmann::json& report);

}  // namespace oriel::app
