// SPDX-License-Identifier: MIT
#pragma once

#include "cli/command_table.h"

namespace oriel::app {

/// The command comes after a VM's name.
constexpr bool asks_vm(const CtlRow& row) {
    return row.has_name && !row.of_kiosk;
}

/// The command comes after the name of the supervisor, which can be asked to end as a VM can.
constexpr bool asks_kiosk(const CtlRow& row) {
    return row.of_kiosk || row.name == "quit";
}

}  // namespace oriel::app
