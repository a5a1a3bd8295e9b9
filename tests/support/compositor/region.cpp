// SPDX-License-Identifier: MIT
#include <fmt/format.h>
#include <wayland-server-protocol.h>

#include <algorithm>

#include "server.h"
#include "surface.h"

namespace oriel::test {
namespace {

class CompositorObject final : public Object {
public:
    using Object::Object;
    static const wl_interface* interface() { return &wl_compositor_interface; }
    static const void* requests() {
        static constexpr struct wl_compositor_interface kRequests = {
            .create_surface = on<&CompositorObject::create_surface>,
            .create_region = on<&CompositorObject::create_region>,
        };
        return &kRequests;
    }

private:
    void create_surface(uint32_t id) { create<Surface>(server(), client(), version(), id); }
    void create_region(uint32_t id) { create<RegionObject>(server(), client(), 1, id); }
};

Rect clipped(int32_t x, int32_t y, int32_t width, int32_t height) {
    const int64_t left = std::max<int64_t>(x, 0);
    const int64_t top = std::max<int64_t>(y, 0);
    const int64_t right = std::max<int64_t>(int64_t{x} + width, left);
    const int64_t bottom = std::max<int64_t>(int64_t{y} + height, top);
    return {static_cast<uint32_t>(left), static_cast<uint32_t>(top),
            static_cast<uint32_t>(right - left), static_cast<uint32_t>(bottom - top)};
}

}  // namespace

const wl_interface* RegionObject::interface() {
    return &wl_region_interface;
}

const void* RegionObject::requests() {
    static constexpr struct wl_region_interface kRequests = {
        .destroy = destroy_resource,
        .add = on<&RegionObject::add>,
        .subtract = on<&RegionObject::subtract>,
    };
    return &kRequests;
}

void RegionObject::add(int32_t x, int32_t y, int32_t width, int32_t height) {
    region.add(clipped(x, y, width, height));
}

void RegionObject::subtract(int32_t x, int32_t y, int32_t width, int32_t height) {
    region.subtract(Region{clipped(x, y, width, height)});
}

void add_surface_globals(Server& server) {
    server.add_global(&wl_compositor_interface, server.options.wl_compositor,
                      [&server](wl_client* client, uint32_t version, uint32_t id) {
                          create<CompositorObject>(server, client, version, id);
                      });
}

}  // namespace oriel::test
