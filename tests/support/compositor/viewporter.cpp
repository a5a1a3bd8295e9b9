// SPDX-License-Identifier: MIT
#include <fmt/format.h>

#include <utility>

#include "extensions.h"
#include "server.h"
#include "surface.h"
#include "viewporter-server-protocol.h"

namespace oriel::test {
namespace {

class Viewport final : public Object {
public:
    Viewport(Server& owner, std::weak_ptr<Surface> surface)
        : Object{owner}, surface_{std::move(surface)} {}
    static const wl_interface* interface() { return &wp_viewport_interface; }
    static const void* requests() {
        static constexpr struct wp_viewport_interface kRequests = {
            .destroy = destroy_resource,
            .set_source = on<&Viewport::set_source>,
            .set_destination = on<&Viewport::set_destination>,
        };
        return &kRequests;
    }

private:
    void destroyed() override {
        if (const auto surface = surface_.lock(); surface && surface->resource() != nullptr) {
            surface->pending().source.emplace(std::nullopt);
            surface->pending().destination.emplace(std::nullopt);
        }
    }

    void set_source(wl_fixed_t x, wl_fixed_t y, wl_fixed_t width, wl_fixed_t height) {
        const auto surface = surface_.lock();
        if (!surface) {
            server().protocol_error(resource(), WP_VIEWPORT_ERROR_NO_SURFACE, "no surface");
            return;
        }
        const SourceRect source{wl_fixed_to_double(x), wl_fixed_to_double(y),
                                wl_fixed_to_double(width), wl_fixed_to_double(height)};
        if (source == SourceRect{-1, -1, -1, -1}) {
            surface->pending().source.emplace(std::nullopt);
            return;
        }
        if (source.x < 0 || source.y < 0 || source.width <= 0 || source.height <= 0) {
            server().protocol_error(
                resource(), WP_VIEWPORT_ERROR_BAD_VALUE,
                fmt::format("source {}x{}+{}+{}", source.width, source.height, source.x, source.y));
            return;
        }
        surface->pending().source.emplace(source);
    }

    void set_destination(int32_t width, int32_t height) {
        const auto surface = surface_.lock();
        if (!surface) {
            server().protocol_error(resource(), WP_VIEWPORT_ERROR_NO_SURFACE, "no surface");
            return;
        }
        if (width == -1 && height == -1) {
            surface->pending().destination.emplace(std::nullopt);
            return;
        }
        if (width <= 0 || height <= 0) {
            server().protocol_error(resource(), WP_VIEWPORT_ERROR_BAD_VALUE,
                                    fmt::format("destination {}x{}", width, height));
            return;
        }
        surface->pending().destination.emplace(
            Size{static_cast<uint32_t>(width), static_cast<uint32_t>(height)});
    }

    std::weak_ptr<Surface> surface_;
};

class Viewporter final : public Object {
public:
    using Object::Object;
    static const wl_interface* interface() { return &wp_viewporter_interface; }
    static const void* requests() {
        static constexpr struct wp_viewporter_interface kRequests = {
            .destroy = destroy_resource,
            .get_viewport = on<&Viewporter::get_viewport>,
        };
        return &kRequests;
    }

private:
    void get_viewport(uint32_t id, wl_resource* surface) {
        const auto object = object_of<Surface>(surface);
        if (!object->viewport.expired()) {
            server().protocol_error(resource(), WP_VIEWPORTER_ERROR_VIEWPORT_EXISTS,
                                    "a second viewport for a surface");
            return;
        }
        object->viewport = create<Viewport>(server(), client(), version(), id, object);
    }
};

}  // namespace

void add_viewporter(Server& server) {
    server.add_global(&wp_viewporter_interface, server.options.wp_viewporter,
                      [&server](wl_client* client, uint32_t version, uint32_t id) {
                          create<Viewporter>(server, client, version, id);
                      });
}

}  // namespace oriel::test
