// SPDX-License-Identifier: MIT
#pragma once

#include <cstdint>
#include <memory>
#include <utility>

#include "core/event_loop.h"
#include "protocol/linux_drm_syncobj_v1.h"
#include "sync/release_points.h"
#include "wayland/sync_device.h"

namespace oriel::wayland {

/// A timeline of ours that the compositor knows, too.
class SharedTimeline {
public:
    SharedTimeline(SyncDevice& device, SyncDevice::Timeline timeline,
                   Proxy<wp_linux_drm_syncobj_timeline_v1> proxy)
        : device_{device}, timeline_{timeline}, proxy_{std::move(proxy)} {}
    SharedTimeline(const SharedTimeline&) = delete;
    SharedTimeline& operator=(const SharedTimeline&) = delete;
    ~SharedTimeline() { device_.destroy(timeline_); }

    [[nodiscard]] wp_linux_drm_syncobj_timeline_v1* proxy() const { return proxy_.get(); }
    [[nodiscard]] Result<void> notify(uint64_t point, int eventfd) {
        return device_.notify(timeline_, point, eventfd);
    }

private:
    SyncDevice& device_;
    SyncDevice::Timeline timeline_;
    Proxy<wp_linux_drm_syncobj_timeline_v1> proxy_;
};

/// wp_linux_drm_syncobj_v1 of a connection: the device that timelines come from, and what all
/// windows share.
class Syncobj {
public:
    /// `loop` and `manager` are lent and must outlive this.
    Syncobj(EventLoop& loop, wp_linux_drm_syncobj_manager_v1* manager, OpenSyncDevice open);
    Syncobj(const Syncobj&) = delete;
    Syncobj& operator=(const Syncobj&) = delete;
    ~Syncobj();

    /// For one window; this must outlive it.
    [[nodiscard]] std::unique_ptr<ReleasePoints> make_points();

private:
    class Points;
    class ReleaseTimeline;

    void use_device(dev_t device);
    /// At `point`.
    [[nodiscard]] Result<std::unique_ptr<SharedTimeline>> make_timeline(uint64_t point);

    EventLoop& loop_;
    wp_linux_drm_syncobj_manager_v1* manager_;
    OpenSyncDevice open_;
    bool opened_ = false;
    /// Null before use_device(), and where it failed.
    std::unique_ptr<SyncDevice> device_;
    /// Its point kDone is signalled: what a guest flushes is drawn already. One of its own, as
    /// signalling a point signals those before it, too.
    std::unique_ptr<SharedTimeline> drawn_;
};

}  // namespace oriel::wayland
