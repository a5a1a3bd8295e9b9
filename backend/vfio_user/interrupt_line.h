// SPDX-License-Identifier: MIT
#pragma once

#include <cstdint>
#include <utility>

#include "core/event_loop.h"
#include "core/unique_fd.h"
#include "vfio_user/stats.h"

namespace oriel::vfio_user {

/// INTA# of one client, which is a level and is told by messages (linux/vfio.h, VFIO_IRQ_INFO_
/// AUTOMASKED): the VMM's eventfd says that the line has become active, and is masked by that.
/// Once the guest's driver has seen to it the VMM unmasks, and hears again if the line is still, or
/// again, active.
class InterruptLine {
public:
    /// Both lent, must outlive this.
    InterruptLine(EventLoop& loop, Stats& stats) : loop_{loop}, stats_{stats} {}

    /// Eventfds, both. The second one unmasks when it is signalled: KVM's way to say that the
    /// guest is done. False if it can't be watched.
    void assign(UniqueFd eventfd);
    [[nodiscard]] bool assign_unmask(UniqueFd eventfd);
    void release();
    void release_unmask();
    /// As Msix::eventfd().
    [[nodiscard]] std::pair<int, uint64_t> eventfd() const { return {eventfd_.get(), serial_}; }
    [[nodiscard]] std::pair<int, uint64_t> unmask_eventfd() const {
        return {unmask_eventfd_.get(), unmask_serial_};
    }

    void mask() { masked_ = true; }
    void unmask();
    /// What the function's line is.
    void set_active(bool active);
    /// As if the line had just become active.
    void trigger();

private:
    EventLoop& loop_;
    Stats& stats_;
    UniqueFd eventfd_;
    UniqueFd unmask_eventfd_;
    FdWatch unmask_watch_;
    uint64_t serial_ = 0;
    uint64_t unmask_serial_ = 0;
    bool active_ = false;
    bool masked_ = false;
};

}  // namespace oriel::vfio_user
