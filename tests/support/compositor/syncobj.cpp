// SPDX-License-Identifier: MIT
#include <fmt/format.h>

#include <utility>

#include "../fake_timeline.h"
#include "extensions.h"
#include "linux-drm-syncobj-v1-server-protocol.h"
#include "server.h"
#include "surface.h"

namespace oriel::test {
namespace {

/// wp_linux_drm_syncobj_timeline_v1
class Timeline final : public Object {
public:
    Timeline(Server& owner, std::shared_ptr<FakeTimeline> kernel)
        : Object{owner}, kernel_{std::move(kernel)} {
        ++server().state.timelines;
    }
    static const wl_interface* interface() { return &wp_linux_drm_syncobj_timeline_v1_interface; }
    static const void* requests() {
        static constexpr struct wp_linux_drm_syncobj_timeline_v1_interface kRequests = {
            .destroy = destroy_resource};
        return &kRequests;
    }
    [[nodiscard]] SyncPoint point(uint32_t high, uint32_t low) const {
        return {kernel_, uint64_t{high} << 32 | low};
    }

private:
    void destroyed() override { --server().state.timelines; }

    std::shared_ptr<FakeTimeline> kernel_;
};

/// wp_linux_drm_syncobj_surface_v1
class SyncobjSurface final : public Object, public SyncRules {
public:
    SyncobjSurface(Server& owner, std::weak_ptr<Surface> surface)
        : Object{owner}, surface_{std::move(surface)} {}
    static const wl_interface* interface() { return &wp_linux_drm_syncobj_surface_v1_interface; }
    static const void* requests() {
        static constexpr struct wp_linux_drm_syncobj_surface_v1_interface kRequests = {
            .destroy = destroy_resource,
            .set_acquire_point = on<&SyncobjSurface::set_acquire_point>,
            .set_release_point = on<&SyncobjSurface::set_release_point>,
        };
        return &kRequests;
    }

    void before_commit(const SurfaceUpdate& update) override {
        const bool buffer = update.attached && update.buffer;
        if (!buffer) {
            if (update.acquire || update.release) {
                error(WP_LINUX_DRM_SYNCOBJ_SURFACE_V1_ERROR_NO_BUFFER, "points without a buffer");
            }
            return;
        }
        if (!update.buffer->is_dmabuf()) {
            error(WP_LINUX_DRM_SYNCOBJ_SURFACE_V1_ERROR_UNSUPPORTED_BUFFER, "no dma-buf");
        } else if (!update.acquire) {
            error(WP_LINUX_DRM_SYNCOBJ_SURFACE_V1_ERROR_NO_ACQUIRE_POINT, "no acquire point");
        } else if (!update.release) {
            error(WP_LINUX_DRM_SYNCOBJ_SURFACE_V1_ERROR_NO_RELEASE_POINT, "no release point");
        } else if (update.acquire->timeline == update.release->timeline &&
                   update.acquire->point >= update.release->point) {
            error(WP_LINUX_DRM_SYNCOBJ_SURFACE_V1_ERROR_CONFLICTING_POINTS,
                  fmt::format("acquire point {}, release point {}", update.acquire->point,
                              update.release->point));
        } else if (!update.acquire->timeline->signalled(update.acquire->point)) {
            // Clients of ours say that pixels are there only when they are.
            server().violation(resource(), "the acquire point isn't signalled");
        } else if (update.release->timeline->signalled(update.release->point)) {
            server().violation(resource(), "the release point is signalled already");
        }
    }

private:
    void destroyed() override {
        if (const auto surface = surface_.lock()) {
            surface->forget_points();
        }
    }

    void error(wp_linux_drm_syncobj_surface_v1_error code, const std::string& what) {
        server().protocol_error(resource(), code, what);
    }

    using Which = std::optional<SyncPoint> SurfaceUpdate::*;
    void set(Which which, wl_resource* timeline, uint32_t high, uint32_t low) {
        const auto surface = surface_.lock();
        if (!surface || surface->resource() == nullptr) {
            error(WP_LINUX_DRM_SYNCOBJ_SURFACE_V1_ERROR_NO_SURFACE, "no surface");
            return;
        }
        surface->pending().*which = object_of<Timeline>(timeline)->point(high, low);
    }
    void set_acquire_point(wl_resource* timeline, uint32_t high, uint32_t low) {
        set(&SurfaceUpdate::acquire, timeline, high, low);
    }
    void set_release_point(wl_resource* timeline, uint32_t high, uint32_t low) {
        set(&SurfaceUpdate::release, timeline, high, low);
    }

    std::weak_ptr<Surface> surface_;
};

class SyncobjManager final : public Object {
public:
    using Object::Object;
    static const wl_interface* interface() { return &wp_linux_drm_syncobj_manager_v1_interface; }
    static const void* requests() {
        static constexpr struct wp_linux_drm_syncobj_manager_v1_interface kRequests = {
            .destroy = destroy_resource,
            .get_surface = on<&SyncobjManager::get_surface>,
            .import_timeline = on<&SyncobjManager::import_timeline>,
        };
        return &kRequests;
    }

private:
    void get_surface(uint32_t id, wl_resource* surface) {
        const auto object = object_of<Surface>(surface);
        if (!object->sync.expired()) {
            server().protocol_error(resource(),
                                    WP_LINUX_DRM_SYNCOBJ_MANAGER_V1_ERROR_SURFACE_EXISTS,
                                    "a second synchronisation object for a surface");
            return;
        }
        object->sync = create<SyncobjSurface>(server(), client(), version(), id, object);
    }

    void import_timeline(uint32_t id, int32_t raw_fd) {
        const UniqueFd fd{raw_fd};
        auto kernel = FakeTimeline::find(fd.get());
        if (!kernel) {
            server().protocol_error(
                resource(), WP_LINUX_DRM_SYNCOBJ_MANAGER_V1_ERROR_INVALID_TIMELINE, "no timeline");
            return;
        }
        create<Timeline>(server(), client(), version(), id, std::move(kernel));
    }
};

}  // namespace

void add_syncobj(Server& server) {
    server.add_global(&wp_linux_drm_syncobj_manager_v1_interface, server.options.drm_syncobj,
                      [&server](wl_client* client, uint32_t version, uint32_t id) {
                          create<SyncobjManager>(server, client, version, id);
                      });
}

}  // namespace oriel::test
