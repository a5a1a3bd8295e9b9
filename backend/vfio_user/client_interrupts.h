// SPDX-License-Identifier: MIT
#pragma once

#include <cstdint>
#include <vector>

#include "core/event_loop.h"
#include "core/unique_fd.h"
#include "interrupt_line.h"
#include "message.h"
#include "msix.h"
#include "pci/function.h"
#include "vfio_user/protocol.h"
#include "vfio_user/stats.h"

namespace oriel::vfio_user {

/// All interrupts of one client: what it may ask of them, and what the function raises.
class ClientInterrupts final : public pci::Interrupts {
public:
    /// `loop` and `stats` are lent and must outlive this. What there is is `function`'s.
    ClientInterrupts(EventLoop& loop, const pci::Function& function, Stats& stats);

    /// `index` is below kIrqCount.
    [[nodiscard]] IrqInfo info(uint32_t index) const;
    /// What a client asks for; takes the files that it needs from `fds`. 0, or the errno of the
    /// refusal: EBADF where a file is no eventfd.
    [[nodiscard]] int set(const SetIrqsRequest& request, std::vector<UniqueFd>& fds);
    /// The device was reset: nothing is due any more.
    void forget_latched() { msix_.forget_latched(); }

    // pci::Interrupts
    void raise(uint32_t vector) override { msix_.raise(vector); }
    void set_line(bool active) override { line_.set_active(active); }

private:
    [[nodiscard]] uint32_t count(uint32_t index) const;
    void set_msix(const SetIrqsRequest& request, std::vector<UniqueFd>& fds);
    [[nodiscard]] int set_line(const SetIrqsRequest& request, std::vector<UniqueFd>& fds);

    const bool has_line_;
    Msix msix_;
    InterruptLine line_;
};

}  // namespace oriel::vfio_user
