// SPDX-License-Identifier: MIT
#pragma once

#include <span>
#include <string>

#include "kiosk/vm_supervision.h"

namespace oriel::app {

/// How it stands with a VM of a kiosk.
struct VmStanding {
    std::string name;
    VmState state = VmState::kWaiting;
    std::string reason;  ///< how it ended last
};

/// What `systemctl status` shows of a supervisor: how many VMs run, and what is with the others, of
/// which kMostNamed are named.
[[nodiscard]] std::string status_line(std::span<const VmStanding> vms, bool compositor_awaited);
constexpr size_t kMostNamed = 4;
/// So much of a reason is told.
constexpr size_t kMostOfReason = 80;

}  // namespace oriel::app
