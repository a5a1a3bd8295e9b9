// SPDX-License-Identifier: MIT
#include "cli/screen_command.h"

#include "cli/command_table.h"
#include "cli/values.h"

namespace oriel::app {

Result<ScreenCommand> parse_screen_command(std::span<const std::string> words) {
    const CtlRow* row = find_ctl_command("screen");
    const auto expected = [row] {
        return host_error("ctl {}: expected {}", row->name, row->expected);
    };
    const bool moves = words.size() == 3 && words[1] == "output" && !words[2].empty();
    if (words.size() != 2 && !moves) {
        return expected();
    }
    const auto scanout = parse_number(words[0]);
    if (!scanout || *scanout >= kMaxScanouts) {
        return host_error("ctl screen {}: expected a number from 0 to {}", words[0],
                          kMaxScanouts - 1);
    }
    ScreenCommand command{.scanout = *scanout, .change = {}};
    if (moves) {
        command.output = words[2];
        return command;
    }
    if (words[1] == "on" || words[1] == "off") {
        command.change.connected = words[1] == "on";
        return command;
    }
    const auto mode = parse_mode(words[1], "ctl screen");
    if (!mode) {
        return words[1].find('x') == std::string::npos ? expected() : tl::unexpected(mode.error());
    }
    command.change.preferred = mode->size;
    command.change.refresh_mhz = mode->refresh_mhz;
    return command;
}

Result<void> check_screen(uint64_t scanout, const Display& display, std::string_view name) {
    if (scanout >= display.scanout_count()) {
        return host_error("there is no screen {}: '{}' has {}", scanout, name,
                          display.scanout_count());
    }
    return {};
}

uint32_t connected_screens(const Display& display) {
    uint32_t count = 0;
    for (ScanoutId scanout = 0; scanout < display.scanout_count(); ++scanout) {
        count += display.screen(scanout).connected ? 1 : 0;
    }
    return count;
}

Result<void> run_screen_command(const ScreenCommand& command, Display& display,
                                std::string_view name) {
    if (auto there = check_screen(command.scanout, display, name); !there) {
        return there;
    }
    if (!command.change.connected && display.screen(command.scanout).connected &&
        connected_screens(display) == 1) {
        return host_error("screen {} is the only one of '{}' that is on: it stays", command.scanout,
                          name);
    }
    return display.set_screen(command.scanout, command.change);
}

}  // namespace oriel::app
