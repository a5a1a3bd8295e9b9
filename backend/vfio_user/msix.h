// SPDX-License-Identifier: MIT
#pragma once

#include <cstdint>
#include <span>
#include <utility>
#include <vector>

#include "core/unique_fd.h"
#include "vfio_user/stats.h"

namespace oriel::vfio_user {

/// The MSI-X vectors of one client: an eventfd each. A vector that is raised while it has none is
/// latched and fires when it gets one: QEMU takes all away for a moment each time the guest uses a
/// new one.
class Msix {
public:
    /// `stats` is lent and must outlive this.
    Msix(uint32_t vectors, Stats& stats) : vectors_(vectors), stats_{stats} {}

    [[nodiscard]] uint32_t count() const { return static_cast<uint32_t>(vectors_.size()); }

    /// Vectors start to start + count are in range for all below. The files are eventfds.
    void assign(uint32_t start, std::span<UniqueFd> eventfds);
    void release(uint32_t start, uint32_t count);
    void release_all();
    /// The device was reset: nothing is due any more.
    void forget_latched();

    /// One that doesn't exist is ignored.
    void raise(uint32_t vector);

    /// The eventfd of a vector, or -1, and a number that changes with it. Lent.
    [[nodiscard]] std::pair<int, uint64_t> eventfd(uint32_t vector) const {
        return {vectors_[vector].eventfd.get(), vectors_[vector].serial};
    }

private:
    struct Vector {
        UniqueFd eventfd;
        uint64_t serial = 0;
        bool latched = false;
    };
    void signal(Vector& vector);

    std::vector<Vector> vectors_;
    uint64_t assigned_ = 0;
    Stats& stats_;
};

}  // namespace oriel::vfio_user
