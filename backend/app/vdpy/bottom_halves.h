// SPDX-License-Identifier: MIT
#pragma once

#include <deque>
#include <mutex>

#include "core/result.h"
#include "core/unique_fd.h"
#include "vdpy/include/oriel-vdpy.h"

namespace oriel::app::vdpy {

/// The bottom halves that wait for the display thread. They are submitted on any thread, vCPUs
/// among them: no lock is held while one runs.
///
///     (cleared) --submit()--> PENDING --run_waiting()--> runs --> DONE, or freed
///                                ^------- submit() from inside, or meanwhile
class BottomHalves {
public:
    /// A device has two or three. Whoever submits without end is refused.
    static constexpr size_t kMaxWaiting = 4096;

    /// `wake` is an eventfd, lent, written to when there is something to run.
    explicit BottomHalves(int wake) : wake_{wake} {}
    BottomHalves(const BottomHalves&) = delete;
    BottomHalves& operator=(const BottomHalves&) = delete;
    ~BottomHalves() { close(); }

    /// From now on they are taken. Any thread.
    void open();
    /// Those that wait never run, and ACRN_BH_FREE is done to them; no more are taken. Any thread.
    void close();
    /// False where it waits already, has no task, too many wait, or none are taken. Any thread.
    [[nodiscard]] bool submit(vdpy_display_bh* bottom_half);
    /// Runs those that wait now, in order; what they submit waits for the next call.
    void run_waiting();

private:
    const int wake_;
    std::mutex mutex_;
    bool open_ = false;
    std::deque<vdpy_display_bh*> waiting_;
};

}  // namespace oriel::app::vdpy
