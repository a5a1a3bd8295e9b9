// SPDX-License-Identifier: MIT
#include "sync/drm_sync_device.h"

#include <fcntl.h>
#include <sys/sysmacros.h>
#include <xf86drm.h>

#include <cerrno>
#include <string>
#include <utility>

#include "core/unique_handle.h"

namespace oriel::wayland {
namespace {

void free_device(drmDevice* device) {
    drmFreeDevice(&device);
}

class DrmSyncDevice final : public SyncDevice {
public:
    explicit DrmSyncDevice(UniqueFd node) : node_{std::move(node)} {}

    Result<Timeline> create() override {
        Timeline timeline = 0;
        if (drmSyncobjCreate(node_.get(), 0, &timeline) != 0) {
            return system_error("DRM_IOCTL_SYNCOBJ_CREATE");
        }
        return timeline;
    }

    void destroy(Timeline timeline) override { drmSyncobjDestroy(node_.get(), timeline); }

    Result<UniqueFd> share(Timeline timeline) override {
        int fd = -1;
        if (drmSyncobjHandleToFD(node_.get(), timeline, &fd) != 0) {
            return system_error("DRM_IOCTL_SYNCOBJ_HANDLE_TO_FD");
        }
        return UniqueFd{fd};
    }

    Result<void> signal(Timeline timeline, uint64_t point) override {
        if (drmSyncobjTimelineSignal(node_.get(), &timeline, &point, 1) != 0) {
            return system_error("DRM_IOCTL_SYNCOBJ_TIMELINE_SIGNAL");
        }
        return {};
    }

    Result<void> notify(Timeline timeline, uint64_t point, int eventfd) override {
        if (drmSyncobjEventfd(node_.get(), timeline, point, eventfd, 0) != 0) {
            return system_error("DRM_IOCTL_SYNCOBJ_EVENTFD");
        }
        return {};
    }

private:
    UniqueFd node_;
};

}  // namespace

Result<std::unique_ptr<SyncDevice>> open_drm_sync_device(dev_t device) {
    drmDevice* found = nullptr;
    if (const int error = drmGetDeviceFromDevId(device, 0, &found); error != 0) {
        errno = -error;
        return system_error("there is no DRM device {}:{}", major(device), minor(device));
    }
    const UniqueHandle<drmDevice, free_device> described{found};
    if ((found->available_nodes & 1 << DRM_NODE_RENDER) == 0) {
        return host_error("DRM device {}:{} has no render node", major(device), minor(device));
    }
    const std::string path = found->nodes[DRM_NODE_RENDER];
    UniqueFd node{::open(path.c_str(), O_RDWR | O_CLOEXEC)};
    if (!node) {
        return system_error("open {}", path);
    }
    uint64_t timelines = 0;
    if (drmGetCap(node.get(), DRM_CAP_SYNCOBJ_TIMELINE, &timelines) != 0 || timelines == 0) {
        return host_error("{}: its driver has no timelines (DRM_CAP_SYNCOBJ_TIMELINE)", path);
    }
    // No syncobj is called 0: a kernel that knows the call says so (ENOENT).
    if (drmSyncobjEventfd(node.get(), 0, 0, -1, 0) != 0 && errno != ENOENT) {
        return host_error("{}: the kernel is older than 6.6 (no DRM_IOCTL_SYNCOBJ_EVENTFD)", path);
    }
    return std::make_unique<DrmSyncDevice>(std::move(node));
}

}  // namespace oriel::wayland
