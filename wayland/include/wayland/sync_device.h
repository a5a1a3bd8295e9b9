// SPDX-License-Identifier: MIT
#pragma once

#include <sys/types.h>

#include <cstdint>
#include <functional>
#include <memory>

#include "core/result.h"
#include "core/unique_fd.h"

namespace oriel::wayland {

/// The timelines of a DRM device (drm_syncobj). A timeline is a number that only grows; whoever has
/// its descriptor moves it forward ("signals a point") and waits for it. The calls answer at once.
class SyncDevice {
public:
    /// The device's name for a timeline.
    using Timeline = uint32_t;

    SyncDevice() = default;
    SyncDevice(const SyncDevice&) = delete;
    SyncDevice& operator=(const SyncDevice&) = delete;
    virtual ~SyncDevice() = default;

    /// A timeline at 0. Whoever makes it destroys it; others who have its descriptor keep it.
    [[nodiscard]] virtual Result<Timeline> create() = 0;
    virtual void destroy(Timeline timeline) = 0;
    /// A descriptor to give to a compositor.
    [[nodiscard]] virtual Result<UniqueFd> share(Timeline timeline) = 0;
    /// Signals `point` and all before it.
    [[nodiscard]] virtual Result<void> signal(Timeline timeline, uint64_t point) = 0;
    /// Adds 1 to `eventfd` (lent for the call) once `point` is signalled, also where it is now.
    [[nodiscard]] virtual Result<void> notify(Timeline timeline, uint64_t point, int eventfd) = 0;
};

/// Opens a device by the number of one of its nodes. The error is one line that says what is
/// missing.
using OpenSyncDevice = std::function<Result<std::unique_ptr<SyncDevice>>(dev_t device)>;

}  // namespace oriel::wayland
