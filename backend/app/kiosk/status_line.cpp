// SPDX-License-Identifier: MIT
#include "kiosk/status_line.h"

#include <fmt/format.h>

#include <algorithm>

#include "core/text.h"

namespace oriel::app {

std::string status_line(std::span<const VmStanding> vms, bool compositor_awaited) {
    const auto running = std::count_if(
        vms.begin(), vms.end(), [](const VmStanding& vm) { return vm.state == VmState::kRunning; });
    std::string line = fmt::format("{} of {} VMs run", running, vms.size());
    if (compositor_awaited) {
        line += ", no compositor has come yet";
    }
    size_t named = 0;
    for (const VmStanding& vm : vms) {
        if (vm.state == VmState::kRunning) {
            continue;
        }
        if (++named > kMostNamed) {
            continue;
        }
        line += fmt::format("; {}: {}", vm.name, to_string(vm.state));
        // While it starts, the end before is no news.
        if (!vm.reason.empty() && vm.state != VmState::kStarting && vm.state != VmState::kWaiting) {
            line += fmt::format(" ({})", printable(vm.reason.substr(0, kMostOfReason)));
        }
    }
    if (named > kMostNamed) {
        line += fmt::format("; and {} more", named - kMostNamed);
    }
    return line;
}

}  // namespace oriel::app
