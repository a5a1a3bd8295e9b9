// SPDX-License-Identifier: MIT
#pragma once

#include <cstdint>
#include <optional>

#include "core/guarded_mapping.h"
#include "core/result.h"
#include "core/unique_fd.h"
#include "vhost_user/protocol.h"
#include "virtio/in_flight.h"

namespace oriel::vhost_user {

/// The memory in which a front end keeps what its rings have in flight: made here
/// (GET_INFLIGHT_FD), given back by it (SET_INFLIGHT_FD), perhaps to another process than the one
/// that made it.
class InFlightMemory {
public:
    /// `asked` says how many queues of which size; returns the memory, and in `asked` how large it
    /// is.
    [[nodiscard]] static Result<UniqueFd> create(InFlightArea& asked);

    /// 0, or the errno of the refusal: another size than create() says, or a file that has it not.
    /// After a failure it is what it was.
    [[nodiscard]] int take(const InFlightArea& area, const UniqueFd& file);
    void forget();
    /// All zero: the rings start anew.
    void clear();

    /// What the memory has of a ring; nothing for one with more entries than it was made for.
    struct Queue {
        virtio::InFlight requests;
        bool began = false;  ///< it has been used, by whichever process
    };
    [[nodiscard]] std::optional<Queue> queue(uint16_t index, uint16_t ring_size) const;

private:
    InFlightArea area_;
    std::optional<GuardedMapping> memory_;
};

}  // namespace oriel::vhost_user
