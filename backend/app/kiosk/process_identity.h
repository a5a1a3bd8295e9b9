// SPDX-License-Identifier: MIT
#pragma once

#include <sys/types.h>

#include <cstdint>
#include <optional>
#include <string>

namespace oriel::app {

/// Which process a number means. The kernel gives numbers out again; it starts no two processes
/// with the same number at the same time of the same boot.
struct ProcessIdentity {
    pid_t pid = 0;
    uint64_t started = 0;  ///< clock ticks since the boot
    friend bool operator==(const ProcessIdentity&, const ProcessIdentity&) = default;
};

/// Nothing if there is no such process, or it has ended and waits for its parent.
[[nodiscard]] std::optional<ProcessIdentity> identify(pid_t pid);

/// The kernel's number of this boot; empty where it can't be read.
[[nodiscard]] std::string boot_id();

}  // namespace oriel::app
