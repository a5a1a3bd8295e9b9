// SPDX-License-Identifier: MIT
#include "vdpy/bottom_halves.h"

#include <sys/eventfd.h>

#include <cstdlib>
#include <utility>

namespace oriel::app::vdpy {

void BottomHalves::open() {
    const std::lock_guard lock{mutex_};
    open_ = true;
}

void BottomHalves::close() {
    const std::lock_guard lock{mutex_};
    open_ = false;
    for (vdpy_display_bh* const one : std::exchange(waiting_, {})) {
        one->bh_flag &= ~uint32_t{ACRN_BH_PENDING};
        if ((one->bh_flag & ACRN_BH_FREE) != 0) {
            std::free(one);  // NOLINT(cppcoreguidelines-no-malloc): as its submitter has made it
        }
    }
}

bool BottomHalves::submit(vdpy_display_bh* bottom_half) {
    if (bottom_half == nullptr || bottom_half->task_cb == nullptr) {
        return false;
    }
    const std::lock_guard lock{mutex_};
    if (!open_ || (bottom_half->bh_flag & ACRN_BH_PENDING) != 0 || waiting_.size() >= kMaxWaiting) {
        return false;
    }
    bottom_half->bh_flag = (bottom_half->bh_flag & ~uint32_t{ACRN_BH_DONE}) | ACRN_BH_PENDING;
    waiting_.push_back(bottom_half);
    if (waiting_.size() == 1) {
        ::eventfd_write(wake_, 1);
    }
    return true;
}

void BottomHalves::run_waiting() {
    size_t count = 0;
    {
        const std::lock_guard lock{mutex_};
        count = waiting_.size();
    }
    for (; count > 0; --count) {
        vdpy_display_bh* now = nullptr;
        {
            const std::lock_guard lock{mutex_};
            if (waiting_.empty()) {
                return;  // closed meanwhile
            }
            now = waiting_.front();
            waiting_.pop_front();
            // Before it runs: a kick that comes while it is about to end must submit it anew, or
            // the guest would wait for ever.
            now->bh_flag &= ~uint32_t{ACRN_BH_PENDING};
        }
        now->task_cb(now->data);
        bool is_over = false;
        {
            const std::lock_guard lock{mutex_};
            if ((now->bh_flag & ACRN_BH_PENDING) == 0) {
                now->bh_flag |= ACRN_BH_DONE;
                is_over = (now->bh_flag & ACRN_BH_FREE) != 0;
            }
        }
        if (is_over) {
            std::free(now);  // NOLINT(cppcoreguidelines-no-malloc)
        }
    }
    const std::lock_guard lock{mutex_};
    if (!waiting_.empty()) {
        ::eventfd_write(wake_, 1);
    }
}

}  // namespace oriel::app::vdpy
