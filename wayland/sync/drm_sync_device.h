// SPDX-License-Identifier: MIT
#pragma once

#include <sys/types.h>

#include <memory>

#include "core/result.h"
#include "wayland/sync_device.h"

namespace oriel::wayland {

/// The kernel's timelines, through the device's render node. Fails where there is none that this
/// user may open, and where the driver (DRM_CAP_SYNCOBJ_TIMELINE) or the kernel
/// (DRM_IOCTL_SYNCOBJ_EVENTFD, Linux 6.6) can't do what is needed.
[[nodiscard]] Result<std::unique_ptr<SyncDevice>> open_drm_sync_device(dev_t device);

}  // namespace oriel::wayland
