// SPDX-License-Identifier: MIT
#include "client_interrupts.h"

#include <algorithm>
#include <cerrno>
#include <utility>

#include "net/eventfd.h"

namespace oriel::vfio_user {
namespace {

/// Whether interrupt `i` of those that the request names is meant.
bool chosen(const SetIrqsRequest& request, uint32_t i) {
    return request.flags.empty() || request.flags[i] != std::byte{0};
}

}  // namespace

ClientInterrupts::ClientInterrupts(EventLoop& loop, const pci::Function& function, Stats& stats)
    : has_line_{function.has_interrupt_line()},
      msix_{function.msix_vectors(), stats},
      line_{loop, stats} {}

uint32_t ClientInterrupts::count(uint32_t index) const {
    switch (index) {
        case kIrqIntx:
            return has_line_ ? 1 : 0;
        case kIrqMsix:
            return msix_.count();
        case kIrqError:
            // Nothing ever fails in a way that a VMM could hear of, but QEMU warns its user about a
            // device that has no error interrupt.
            return 1;
        default:
            return 0;
    }
}

IrqInfo ClientInterrupts::info(uint32_t index) const {
    // Without NORESIZE, QEMU adds vectors one by one instead of taking all away each time.
    IrqInfo info{.argsz = sizeof(IrqInfo), .index = index, .count = count(index)};
    info.flags |= info.count > 0 ? kIrqEventfd : 0;
    info.flags |= index == kIrqIntx && has_line_ ? kIrqMaskable | kIrqAutomasked : 0;
    return info;
}

int ClientInterrupts::set(const SetIrqsRequest& request, std::vector<UniqueFd>& fds) {
    const IrqSet& set = request.set;
    const uint32_t there = count(set.index);
    const bool line = set.index == kIrqIntx && has_line_;
    const bool trigger = (set.flags & kIrqSetActionTrigger) != 0;
    if (set.index >= kIrqCount || (!trigger && !line) || set.start > there ||
        set.count > there - set.start) {
        return EINVAL;
    }
    if (set.index != kIrqMsix && !line) {
        // Never raised: what came for them is closed, which disables them just as well.
        fds.clear();
        return 0;
    }
    if (!std::all_of(fds.begin(), fds.end(), is_eventfd)) {
        return EBADF;
    }
    if (line) {
        return set_line(request, fds);
    }
    set_msix(request, fds);
    return 0;
}

void ClientInterrupts::set_msix(const SetIrqsRequest& request, std::vector<UniqueFd>& fds) {
    const IrqSet& set = request.set;
    if ((set.flags & kIrqSetDataEventfd) != 0) {
        if (fds.empty()) {
            msix_.release(set.start, set.count);
        } else {
            msix_.assign(set.start, fds);
        }
        return;
    }
    if (set.count == 0) {
        msix_.release_all();
        return;
    }
    for (uint32_t i = 0; i < set.count; ++i) {
        if (chosen(request, i)) {
            msix_.raise(set.start + i);
        }
    }
}

int ClientInterrupts::set_line(const SetIrqsRequest& request, std::vector<UniqueFd>& fds) {
    const IrqSet& set = request.set;
    const bool trigger = (set.flags & kIrqSetActionTrigger) != 0;
    const bool mask = (set.flags & kIrqSetActionMask) != 0;
    if ((set.flags & kIrqSetDataEventfd) != 0) {
        if (mask) {
            return EINVAL;  // the kernel has none for that either
        }
        if (fds.empty()) {
            trigger ? line_.release() : line_.release_unmask();
        } else if (trigger) {
            line_.assign(std::move(fds.front()));
        } else if (!line_.assign_unmask(std::move(fds.front()))) {
            return ENOSPC;
        }
        return 0;
    }
    if (set.count == 0) {
        if (trigger) {
            line_.release();
        }
        return 0;
    }
    if (!chosen(request, 0)) {
        return 0;
    }
    if (mask) {
        line_.mask();
    } else if (trigger) {
        line_.trigger();
    } else {
        line_.unmask();
    }
    return 0;
}

}  // namespace oriel::vfio_user
