// SPDX-License-Identifier: MIT
// The compositor double itself: it must see what a client does wrong, else the presenter's tests
// prove nothing. The client here is written by hand, so that it can misbehave.
#include <doctest/doctest.h>
#include <sys/mman.h>
#include <wayland-client.h>

#include <algorithm>
#include <cstring>
#include <memory>
#include <string>

#include "core/clock.h"
#include "core/event_loop.h"
#include "core/mapping.h"
#include "core/memfd.h"
#include "core/unique_handle.h"
#include "support/compositor.h"
#include "viewporter-client-protocol.h"
#include "xdg-shell-client-protocol.h"

namespace oriel::test {
namespace {

template <class T>
T* bind(wl_registry* registry, uint32_t id, const wl_interface& interface, uint32_t version) {
    return static_cast<T*>(wl_registry_bind(registry, id, &interface, version));
}

/// A client with one window, 64x64 pixels in one pool of two buffers.
class RawClient {
public:
    static constexpr int32_t kSide = 64;
    static constexpr size_t kBytes = size_t{kSide} * kSide * 4;

    RawClient(TestCompositor& compositor, EventLoop& loop)
        : display_{wl_display_connect_to_fd(compositor.connect().release())} {
        watch_ = loop.watch(wl_display_get_fd(display_.get()), FdEvents::kRead,
                            [this](FdEvents) {
                                if (wl_display_dispatch(display_.get()) < 0) {
                                    lost = true;
                                    watch_.reset();
                                }
                            })
                     .value();
        flush_ = std::make_unique<BeforeSleep>(loop, [this] { wl_display_flush(display_.get()); });
        static constexpr wl_registry_listener listener{
            .global = [](void* data, wl_registry* registry, uint32_t id, const char* name,
                         uint32_t) { static_cast<RawClient*>(data)->global(registry, id, name); },
            .global_remove = [](void*, wl_registry*, uint32_t) {}};
        registry_.reset(wl_display_get_registry(display_.get()));
        wl_registry_add_listener(registry_.get(), &listener, this);
        wl_display_roundtrip(display_.get());
        memory_ = Mapping::map(fd_.get(), 0, 2 * kBytes, MapAccess::kReadWrite).value();
        surface.reset(wl_compositor_create_surface(compositor_.get()));
    }

    /// A toplevel, committed once, and not configured yet.
    void make_window() {
        static constexpr xdg_surface_listener listener{
            .configure = [](void* data, xdg_surface* xdg, uint32_t serial) {
                auto* self = static_cast<RawClient*>(data);
                self->configured = true;
                if (self->acknowledges) {
                    xdg_surface_ack_configure(xdg, serial);
                }
            }};
        static constexpr xdg_toplevel_listener ignored{
            .configure = [](void*, xdg_toplevel*, int32_t, int32_t, wl_array*) {},
            .close = [](void*, xdg_toplevel*) {},
            .configure_bounds = [](void*, xdg_toplevel*, int32_t, int32_t) {},
            .wm_capabilities = [](void*, xdg_toplevel*, wl_array*) {}};
        xdg_surface_.reset(xdg_wm_base_get_xdg_surface(wm_base_.get(), surface.get()));
        xdg_surface_add_listener(xdg_surface_.get(), &listener, this);
        toplevel.reset(xdg_surface_get_toplevel(xdg_surface_.get()));
        xdg_toplevel_add_listener(toplevel.get(), &ignored, nullptr);
        wl_surface_commit(surface.get());
    }

    wl_buffer* make_buffer(size_t index, int32_t stride = kSide * 4) {
        const UniqueHandle<wl_shm_pool, wl_shm_pool_destroy> pool{
            wl_shm_create_pool(shm_.get(), fd_.get(), static_cast<int32_t>(2 * kBytes))};
        buffers[index].reset(wl_shm_pool_create_buffer(pool.get(),
                                                       static_cast<int32_t>(index * kBytes), kSide,
                                                       kSide - 1, stride, WL_SHM_FORMAT_XRGB8888));
        return buffers[index].get();
    }

    void fill(size_t index, uint32_t pixel) {
        auto* pixels = reinterpret_cast<uint32_t*>(memory_.data() + index * kBytes);
        std::fill_n(pixels, kBytes / 4, pixel);
    }

    void show(wl_buffer* buffer) {
        wl_surface_attach(surface.get(), buffer, 0, 0);
        wl_surface_damage_buffer(surface.get(), 0, 0, kSide, kSide - 1);
        wl_surface_commit(surface.get());
    }

    UniqueFd fd_ = create_memfd("raw-client", 2 * kBytes, MemfdSeals::kFixedSize).value();
    bool acknowledges = true;
    bool configured = false;
    bool lost = false;

private:
    UniqueHandle<wl_display, wl_display_disconnect> display_;
    FdWatch watch_;
    std::unique_ptr<BeforeSleep> flush_;
    UniqueHandle<wl_registry, wl_registry_destroy> registry_;
    UniqueHandle<wl_compositor, wl_compositor_destroy> compositor_;
    UniqueHandle<wl_shm, wl_shm_destroy> shm_;
    UniqueHandle<xdg_wm_base, xdg_wm_base_destroy> wm_base_;
    Mapping memory_;

public:
    UniqueHandle<wp_viewporter, wp_viewporter_destroy> viewporter;
    UniqueHandle<wl_surface, wl_surface_destroy> surface;

private:
    UniqueHandle<xdg_surface, xdg_surface_destroy> xdg_surface_;

public:
    UniqueHandle<xdg_toplevel, xdg_toplevel_destroy> toplevel;
    UniqueHandle<wl_buffer, wl_buffer_destroy> buffers[2];

private:
    void global(wl_registry* registry, uint32_t id, const std::string& name) {
        if (name == wl_compositor_interface.name) {
            compositor_.reset(bind<wl_compositor>(registry, id, wl_compositor_interface, 4));
        } else if (name == wl_shm_interface.name) {
            shm_.reset(bind<wl_shm>(registry, id, wl_shm_interface, 1));
        } else if (name == xdg_wm_base_interface.name) {
            wm_base_.reset(bind<xdg_wm_base>(registry, id, xdg_wm_base_interface, 1));
        } else if (name == wp_viewporter_interface.name) {
            viewporter.reset(bind<wp_viewporter>(registry, id, wp_viewporter_interface, 1));
        }
    }
};

/// A compositor and a client with a mapped red window.
struct Desk {
    explicit Desk(const CompositorOptions& options = {}) : compositor{options} {}

    void map() {
        client.make_window();
        compositor.wait_for([&](const State&) { return client.configured; }, loop, "a configure");
        client.fill(0, 0x00ff0000);
        client.show(client.make_buffer(0));
        compositor.settle(loop);
    }
    /// The only violation, and that there is one.
    std::string violation() {
        compositor.settle(loop);
        const auto all = compositor.take_violations();
        CHECK(all.size() == 1);
        return all.empty() ? "" : all.front();
    }
    bool broke(const std::string& rule) { return violation().find(rule) != std::string::npos; }

    SystemClock clock;
    EventLoop loop{clock};
    TestCompositor compositor;
    RawClient client{compositor, loop};
};

}  // namespace

TEST_CASE("the compositor double records what is committed, to the pixel") {
    Desk desk;
    desk.map();
    const State state = desk.compositor.state();
    REQUIRE(state.picture());
    CHECK(state.picture()->size == Size{64, 63});
    CHECK(state.picture()->at(63, 62) == 0xffff0000);
    CHECK(state.surface()->last().damage == Region{Rect{0, 0, 64, 63}});
    CHECK(state.surface()->outputs == std::vector<std::string>{"TEST-1"});
    CHECK(state.count("wl_surface.commit") == 2);
    CHECK(state.windows[0].configure_acked == state.windows[0].configure_sent);
    CHECK(state.shown().at(10, 10) == 0xffff0000);
}

TEST_CASE("the compositor double sees a buffer before the configure was acknowledged") {
    Desk desk;
    desk.client.acknowledges = false;
    desk.map();
    CHECK(desk.broke("before the first configure was acknowledged"));
    CHECK(desk.client.lost);
}

TEST_CASE("the compositor double sees a write to a buffer that it holds") {
    Desk desk;
    desk.map();
    desk.client.fill(0, 0x0000ff00);
    desk.client.show(desk.client.make_buffer(1));
    CHECK(desk.broke("written while the compositor holds it"));
}

TEST_CASE("the compositor double allows a write to a buffer that it has released") {
    Desk desk{{.releases = Releases::kImmediate}};
    desk.map();
    desk.client.fill(0, 0x0000ff00);
    desk.client.show(desk.client.buffers[0].get());
    desk.compositor.settle(desk.loop);
    CHECK(desk.compositor.state().picture()->at(0, 0) == 0xff00ff00);
    CHECK(desk.compositor.state().buffers_held == 0);
}

TEST_CASE("the compositor double sees a held buffer that is destroyed") {
    Desk desk;
    desk.map();
    desk.client.buffers[0].reset();
    CHECK(desk.broke("destroyed while the compositor holds it"));
}

TEST_CASE("the compositor double sees a stride that isn't a multiple of 256") {
    Desk desk;
    desk.client.make_buffer(1, RawClient::kSide * 4 + 4);
    CHECK(desk.broke("isn't a multiple of 256"));
}

TEST_CASE("the compositor double sees a pool that can shrink") {
    Desk desk;
    desk.client.fd_ = create_memfd("unsealed", 2 * RawClient::kBytes, MemfdSeals::kNone).value();
    desk.client.make_buffer(0);
    CHECK(desk.broke("isn't sealed"));
}

TEST_CASE("the compositor double sees a commit with nothing new") {
    Desk desk;
    desk.map();
    wl_surface_commit(desk.client.surface.get());
    CHECK(desk.broke("without anything new"));
}

TEST_CASE("the compositor double sees damage outside of the buffer") {
    Desk desk;
    desk.map();
    wl_surface_damage_buffer(desk.client.surface.get(), 0, 0, 64, 64);
    wl_surface_commit(desk.client.surface.get());
    CHECK(desk.broke("lies outside the buffer"));
}

TEST_CASE("the compositor double sees a viewport source out of the buffer") {
    Desk desk;
    desk.map();
    const UniqueHandle<wp_viewport, wp_viewport_destroy> viewport{
        wp_viewporter_get_viewport(desk.client.viewporter.get(), desk.client.surface.get())};
    wp_viewport_set_source(viewport.get(), 0, 0, wl_fixed_from_double(64.5), wl_fixed_from_int(63));
    wp_viewport_set_destination(viewport.get(), 64, 63);
    wl_surface_commit(desk.client.surface.get());
    CHECK(desk.broke("out of a buffer of 64x63"));
    CHECK(desk.client.lost);
}

TEST_CASE("the compositor double releases a replaced buffer when the next frame is latched") {
    Desk desk{{.frames = Frames::kManual}};
    desk.map();
    desk.client.show(desk.client.make_buffer(1));
    desk.compositor.settle(desk.loop);
    CHECK(desk.compositor.state().buffers_held == 2);
    desk.compositor.fire_frame_callbacks();
    CHECK(desk.compositor.state().buffers_held == 1);
}

TEST_CASE("the compositor double keeps buffers until the test releases them") {
    Desk desk{{.releases = Releases::kManual}};
    desk.map();
    desk.client.show(desk.client.make_buffer(1));
    desk.compositor.settle(desk.loop);
    CHECK(desk.compositor.state().buffers_held == 2);
    desk.compositor.release(desk.compositor.state().surface()->buffer);
    desk.compositor.release_all();
    CHECK(desk.compositor.state().buffers_held == 0);
}

TEST_CASE("the compositor double cuts the connection at the request that a test names") {
    Desk desk{{.fault = Fault{.request = "wl_surface.attach"}}};
    desk.map();
    desk.compositor.wait_for([](const State& s) { return s.clients == 0; }, desk.loop, "a cut");
    CHECK(desk.client.lost);
    CHECK(desk.compositor.state().count("wl_surface.damage_buffer") == 0);
}

TEST_CASE("the compositor double says what a client has not destroyed") {
    Desk desk;
    desk.map();
    const auto left = desk.compositor.live_objects();
    CHECK(std::any_of(left.begin(), left.end(),
                      [](const auto& name) { return name.starts_with("wl_buffer#"); }));
}

}  // namespace oriel::test
