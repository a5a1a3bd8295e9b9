// SPDX-License-Identifier: MIT
#pragma once

#include <cstdint>
#include <string>

namespace oriel::vhost_user {

/// Counted since the server started; what is missing is of now.
struct Stats {
    uint64_t messages = 0;
    uint64_t errors = 0;           ///< requests that were refused, malformed ones among them
    uint64_t malformed = 0;        ///< messages that don't follow the protocol
    uint64_t unwanted_fds = 0;     ///< file descriptors closed because nobody asked for them
    uint64_t clients = 0;          ///< attached so far
    uint64_t clients_refused = 0;  ///< came while another one was attached
    uint64_t calls = 0;            ///< eventfds signalled for used buffers
    uint64_t config_changes = 0;   ///< told on the back end's channel
    uint64_t resets = 0;           ///< of the device: asked for, or a driver that began anew
    /// What the driver goes without because its VMM does not pass it on, or it does not take it.
    std::string missing;
};

}  // namespace oriel::vhost_user
