// SPDX-License-Identifier: MIT
#pragma once

#include <array>
#include <cstdint>

#include "scanout/latency.h"

namespace oriel::vfio_user {

/// Commands are numbered 1 to 18; index 0 counts those with an unknown number.
constexpr size_t kCommandKinds = 19;

/// Counted since the server started.
struct Stats {
    std::array<uint64_t, kCommandKinds> messages{};
    uint64_t replies_with_error = 0;
    uint64_t malformed = 0;           ///< messages that don't follow the protocol
    uint64_t unwanted_fds = 0;        ///< file descriptors closed because nobody asked for them
    uint64_t clients = 0;             ///< attached so far
    uint64_t clients_refused = 0;     ///< came while another one was attached
    uint64_t interrupts = 0;          ///< eventfds signalled
    uint64_t interrupts_latched = 0;  ///< raised while nobody listened
    /// From a region access's message being complete to its reply being sent.
    LatencyHistogram region_access;
};

}  // namespace oriel::vfio_user
