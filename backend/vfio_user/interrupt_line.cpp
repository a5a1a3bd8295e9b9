// SPDX-License-Identifier: MIT
#include "interrupt_line.h"

#include <utility>

#include "net/eventfd.h"

namespace oriel::vfio_user {

void InterruptLine::assign(UniqueFd eventfd) {
    eventfd_ = std::move(eventfd);
    ++serial_;
    make_non_blocking(eventfd_);
    unmask();
}

bool InterruptLine::assign_unmask(UniqueFd eventfd) {
    release_unmask();
    make_non_blocking(eventfd);
    auto watch = loop_.watch(eventfd.get(), FdEvents::kRead, [this](FdEvents) {
        if (take_signal(unmask_eventfd_)) {
            unmask();
        }
    });
    if (!watch) {
        return false;
    }
    unmask_eventfd_ = std::move(eventfd);
    ++unmask_serial_;
    unmask_watch_ = std::move(*watch);
    return true;
}

void InterruptLine::release() {
    eventfd_.reset();
    masked_ = false;
}

void InterruptLine::release_unmask() {
    unmask_watch_.reset();
    unmask_eventfd_.reset();
}

void InterruptLine::unmask() {
    masked_ = false;
    if (active_) {
        trigger();
    }
}

void InterruptLine::set_active(bool active) {
    if (std::exchange(active_, active) != active && active) {
        trigger();
    }
}

void InterruptLine::trigger() {
    if (eventfd_ && !masked_) {
        masked_ = true;
        signal_eventfd(eventfd_);
        ++stats_.interrupts;
    }
}

}  // namespace oriel::vfio_user
