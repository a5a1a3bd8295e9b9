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
    /// All of them in turn: `visit(request, eventfd, serial)` with the request that assigns that
    /// eventfd, which is lent; -1: there is none now. The number changes with it.
    template <class Visit>
    void for_each(Visit&& visit) const {
        for (uint32_t i = 0; i < msix_.count(); ++i) {
            const auto [fd, serial] = msix_.eventfd(i);
            visit(assignment(kIrqMsix, i, kIrqSetActionTrigger), fd, serial);
        }
        if (has_line_) {
            const auto [fd, serial] = line_.eventfd();
            visit(assignment(kIrqIntx, 0, kIrqSetActionTrigger), fd, serial);
            const auto [unmask, unmask_serial] = line_.unmask_eventfd();
            visit(assignment(kIrqIntx, 0, kIrqSetActionUnmask), unmask, unmask_serial);
        }
    }
    [[nodiscard]] static IrqSet assignment(uint32_t index, uint32_t start, uint32_t action) {
        return {.argsz = sizeof(IrqSet),
                .flags = kIrqSetDataEventfd | action,
                .index = index,
                .start = start,
                .count = 1};
    }
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
