// SPDX-License-Identifier: MIT
#include "msix.h"

#include <cassert>
#include <utility>

#include "net/eventfd.h"

namespace oriel::vfio_user {

void Msix::assign(uint32_t start, std::span<UniqueFd> eventfds) {
    assert(uint64_t{start} + eventfds.size() <= vectors_.size());
    for (UniqueFd& eventfd : eventfds) {
        Vector& vector = vectors_[start++];
        vector.eventfd = std::move(eventfd);
        vector.serial = ++assigned_;
        make_non_blocking(vector.eventfd);
        if (std::exchange(vector.latched, false)) {
            signal(vector);
        }
    }
}

void Msix::release(uint32_t start, uint32_t count) {
    assert(uint64_t{start} + count <= vectors_.size());
    for (uint32_t i = 0; i < count; ++i) {
        vectors_[start + i].eventfd.reset();
    }
}

void Msix::release_all() {
    release(0, count());
}

void Msix::forget_latched() {
    for (Vector& vector : vectors_) {
        vector.latched = false;
    }
}

void Msix::raise(uint32_t vector) {
    if (vector >= vectors_.size()) {
        return;
    }
    if (!vectors_[vector].eventfd) {
        vectors_[vector].latched = true;
        ++stats_.interrupts_latched;
        return;
    }
    signal(vectors_[vector]);
}

void Msix::signal(Vector& vector) {
    signal_eventfd(vector.eventfd);
    ++stats_.interrupts;
}

}  // namespace oriel::vfio_user
