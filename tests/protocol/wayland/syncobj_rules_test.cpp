// SPDX-License-Identifier: MIT
// The compositor double must see what a client does wrong with wp_linux_drm_syncobj_v1. The client
// here is written by hand, so that it can misbehave.
#include <doctest/doctest.h>
#include <drm_fourcc.h>
#include <wayland-client.h>

#include <algorithm>
#include <memory>
#include <string>
#include <vector>

#include "core/memfd.h"
#include "core/unique_handle.h"
#include "linux-dmabuf-v1-client-protocol.h"
#include "linux-drm-syncobj-v1-client-protocol.h"
#include "support/compositor.h"
#include "support/fake_timeline.h"

namespace oriel::test {
namespace {

constexpr int32_t kSide = 64;

using TimelineHandle =
    UniqueHandle<wp_linux_drm_syncobj_timeline_v1, wp_linux_drm_syncobj_timeline_v1_destroy>;

/// A client with a surface, a dma-buf, a wl_shm buffer and two timelines.
class PointsClient {
public:
    PointsClient() : display_{wl_display_connect_to_fd(compositor.connect().release())} {
        static constexpr wl_registry_listener listener{
            .global = [](void* data, wl_registry* registry, uint32_t id, const char* name,
                         uint32_t) { static_cast<PointsClient*>(data)->bind(registry, id, name); },
            .global_remove = [](void*, wl_registry*, uint32_t) {}};
        registry_.reset(wl_display_get_registry(display_.get()));
        wl_registry_add_listener(registry_.get(), &listener, this);
        wl_display_roundtrip(display_.get());
        surface.reset(wl_compositor_create_surface(compositor_.get()));
        make_buffers();
        drawn->signal(1);
        acquire = import(drawn->share().get());
        release = import(free->share().get());
        sync.reset(wp_linux_drm_syncobj_manager_v1_get_surface(manager.get(), surface.get()));
    }

    [[nodiscard]] TimelineHandle import(int fd) const {
        return TimelineHandle{wp_linux_drm_syncobj_manager_v1_import_timeline(manager.get(), fd)};
    }
    void set_acquire(const TimelineHandle& timeline, uint32_t point) const {
        wp_linux_drm_syncobj_surface_v1_set_acquire_point(sync.get(), timeline.get(), 0, point);
    }
    void set_release(const TimelineHandle& timeline, uint32_t point) const {
        wp_linux_drm_syncobj_surface_v1_set_release_point(sync.get(), timeline.get(), 0, point);
    }
    void commit(wl_buffer* buffer) const {
        wl_surface_attach(surface.get(), buffer, 0, 0);
        wl_surface_commit(surface.get());
    }
    /// Whether the compositor has complained of `what`, and of nothing else.
    [[nodiscard]] bool caught(const std::string& what) {
        wl_display_roundtrip(display_.get());
        const std::vector<std::string> found = compositor.take_violations();
        return found.size() == 1 && found[0].find(what) != std::string::npos;
    }
    [[nodiscard]] bool content() {
        wl_display_roundtrip(display_.get());
        return compositor.take_violations().empty();
    }

    TestCompositor compositor{{.linux_dmabuf = 3, .drm_syncobj = 1}};
    std::shared_ptr<FakeTimeline> drawn = FakeTimeline::create();
    std::shared_ptr<FakeTimeline> free = FakeTimeline::create();

private:
    void bind(wl_registry* registry, uint32_t id, const std::string& name) {
        const auto bound = [&](const wl_interface& interface, uint32_t version) {
            return wl_registry_bind(registry, id, &interface, version);
        };
        if (name == wl_compositor_interface.name) {
            compositor_.reset(static_cast<wl_compositor*>(bound(wl_compositor_interface, 4)));
        } else if (name == wl_shm_interface.name) {
            shm_.reset(static_cast<wl_shm*>(bound(wl_shm_interface, 1)));
        } else if (name == zwp_linux_dmabuf_v1_interface.name) {
            dmabuf_.reset(
                static_cast<zwp_linux_dmabuf_v1*>(bound(zwp_linux_dmabuf_v1_interface, 3)));
        } else if (name == wp_linux_drm_syncobj_manager_v1_interface.name) {
            manager.reset(static_cast<wp_linux_drm_syncobj_manager_v1*>(
                bound(wp_linux_drm_syncobj_manager_v1_interface, 1)));
        }
    }

    void make_buffers() {
        const UniqueFd memory =
            create_memfd("client", size_t{kSide} * kSide * 4, MemfdSeals::kFixedSize).value();
        const UniqueHandle<wl_shm_pool, wl_shm_pool_destroy> pool{
            wl_shm_create_pool(shm_.get(), memory.get(), kSide * kSide * 4)};
        shm_buffer.reset(wl_shm_pool_create_buffer(pool.get(), 0, kSide, kSide, kSide * 4,
                                                   WL_SHM_FORMAT_XRGB8888));
        const UniqueHandle<zwp_linux_buffer_params_v1, zwp_linux_buffer_params_v1_destroy> params{
            zwp_linux_dmabuf_v1_create_params(dmabuf_.get())};
        zwp_linux_buffer_params_v1_add(params.get(), memory.get(), 0, 0, kSide * 4, 0, 0);
        dmabuf_buffer.reset(zwp_linux_buffer_params_v1_create_immed(params.get(), kSide, kSide,
                                                                    DRM_FORMAT_XRGB8888, 0));
    }

    UniqueHandle<wl_display, wl_display_disconnect> display_;
    UniqueHandle<wl_registry, wl_registry_destroy> registry_;
    UniqueHandle<wl_compositor, wl_compositor_destroy> compositor_;
    UniqueHandle<wl_shm, wl_shm_destroy> shm_;
    UniqueHandle<zwp_linux_dmabuf_v1, zwp_linux_dmabuf_v1_destroy> dmabuf_;

public:
    UniqueHandle<wp_linux_drm_syncobj_manager_v1, wp_linux_drm_syncobj_manager_v1_destroy> manager;
    UniqueHandle<wl_surface, wl_surface_destroy> surface;
    UniqueHandle<wl_buffer, wl_buffer_destroy> shm_buffer;
    UniqueHandle<wl_buffer, wl_buffer_destroy> dmabuf_buffer;
    UniqueHandle<wp_linux_drm_syncobj_surface_v1, wp_linux_drm_syncobj_surface_v1_destroy> sync;
    TimelineHandle acquire;
    TimelineHandle release;
};

}  // namespace

TEST_CASE(
    "the compositor double takes a commit with both points, and signals one when it is done") {
    PointsClient client;
    client.set_acquire(client.acquire, 1);
    client.set_release(client.release, 7);
    client.commit(client.dmabuf_buffer.get());
    CHECK(client.content());
    CHECK_FALSE(client.free->signalled(1));
    client.compositor.release_all(true);
    CHECK(client.free->signalled(7));
    CHECK_FALSE(client.free->signalled(8));
}

TEST_CASE("the compositor double sees a dma-buf without an acquire point") {
    PointsClient client;
    client.set_release(client.release, 1);
    client.commit(client.dmabuf_buffer.get());
    CHECK(client.caught("no acquire point"));
}

TEST_CASE("the compositor double sees a dma-buf without a release point") {
    PointsClient client;
    client.set_acquire(client.acquire, 1);
    client.commit(client.dmabuf_buffer.get());
    CHECK(client.caught("no release point"));
}

TEST_CASE("the compositor double sees points without a buffer") {
    PointsClient client;
    client.set_acquire(client.acquire, 1);
    client.set_release(client.release, 1);
    SUBCASE("none attached") {
        wl_surface_commit(client.surface.get());
    }
    SUBCASE("a null one attached") {
        client.commit(nullptr);
    }
    CHECK(client.caught("points without a buffer"));
}

TEST_CASE("the compositor double sees a wl_shm buffer on a surface that has points") {
    PointsClient client;
    client.set_acquire(client.acquire, 1);
    client.set_release(client.release, 1);
    client.commit(client.shm_buffer.get());
    CHECK(client.caught("no dma-buf"));
}

TEST_CASE("the compositor double sees a release point before the acquire point") {
    PointsClient client;
    client.set_acquire(client.acquire, 1);
    client.set_release(client.acquire, 1);
    client.commit(client.dmabuf_buffer.get());
    CHECK(client.caught("acquire point 1, release point 1"));
}

TEST_CASE("the compositor double sees pixels that aren't there yet, and a point that is used up") {
    PointsClient client;
    SUBCASE("acquire") {
        client.set_acquire(client.acquire, 2);
        client.set_release(client.release, 1);
        client.commit(client.dmabuf_buffer.get());
        CHECK(client.caught("the acquire point isn't signalled"));
    }
    SUBCASE("release") {
        client.free->signal(1);
        client.set_acquire(client.acquire, 1);
        client.set_release(client.release, 1);
        client.commit(client.dmabuf_buffer.get());
        CHECK(client.caught("the release point is signalled already"));
    }
}

TEST_CASE("the compositor double sees a second object for a surface") {
    PointsClient client;
    const UniqueHandle<wp_linux_drm_syncobj_surface_v1, wp_linux_drm_syncobj_surface_v1_destroy>
        second{wp_linux_drm_syncobj_manager_v1_get_surface(client.manager.get(),
                                                           client.surface.get())};
    CHECK(client.caught("a second synchronisation object"));
}

TEST_CASE("the compositor double sees points of a surface that is gone") {
    PointsClient client;
    client.surface.reset();
    client.set_acquire(client.acquire, 1);
    CHECK(client.caught("no surface"));
}

TEST_CASE("the compositor double sees a descriptor that is no timeline") {
    PointsClient client;
    const UniqueFd other = create_memfd("no-timeline", 1, MemfdSeals::kNone).value();
    const TimelineHandle timeline = client.import(other.get());
    CHECK(client.caught("no timeline"));
}

}  // namespace oriel::test
