// SPDX-License-Identifier: MIT
#include "subsurface.h"

#include <wayland-server-protocol.h>

#include <algorithm>

#include "server.h"

namespace oriel::test {
namespace {

class Subcompositor final : public Object {
public:
    using Object::Object;
    static const wl_interface* interface() { return &wl_subcompositor_interface; }
    static const void* requests() {
        static constexpr struct wl_subcompositor_interface kRequests = {
            .destroy = destroy_resource,
            .get_subsurface = on<&Subcompositor::get_subsurface>,
        };
        return &kRequests;
    }

private:
    void get_subsurface(uint32_t id, wl_resource* surface, wl_resource* parent) {
        create<Subsurface>(server(), client(), version(), id, object_of<Surface>(surface),
                           object_of<Surface>(parent));
    }
};

}  // namespace

Subsurface::Subsurface(Server& owner, const std::shared_ptr<Surface>& surface,
                       const std::shared_ptr<Surface>& parent)
    : Object{owner}, surface_{surface}, parent_{parent} {}

const wl_interface* Subsurface::interface() {
    return &wl_subsurface_interface;
}

const void* Subsurface::requests() {
    static constexpr struct wl_subsurface_interface kRequests = {
        .destroy = destroy_resource,
        .set_position = on<&Subsurface::set_position>,
        .place_above = on<&Subsurface::place_above>,
        .place_below = on<&Subsurface::place_below>,
        .set_sync = on<&Subsurface::set_sync>,
        .set_desync = on<&Subsurface::set_desync>,
    };
    return &kRequests;
}

void Subsurface::created() {
    const auto self = std::static_pointer_cast<Subsurface>(shared_from_this());
    const auto surface = surface_.lock();
    const auto parent = parent_.lock();
    if (!surface->set_role("wl_subsurface", self)) {
        return;
    }
    surface->state().parent = parent->number();
    parent->state().stack.push_back(surface->number());
    parent->children.push_back(self);
}

void Subsurface::destroyed() {
    remove_from_stack();
    if (const auto surface = surface_.lock()) {
        surface->state().parent = 0;
    }
}

void Subsurface::remove_from_stack() {
    const auto surface = surface_.lock();
    const auto parent = parent_.lock();
    if (surface && parent) {
        std::erase(parent->state().stack, surface->number());
    }
}

bool Subsurface::synchronised() const {
    return resource() != nullptr && synchronised_;
}

bool Subsurface::has_cached() const {
    const auto surface = surface_.lock();
    return surface && surface->has_cached();
}

void Subsurface::parent_applied() {
    const auto surface = surface_.lock();
    if (!surface || resource() == nullptr) {
        return;
    }
    surface->state().position = position_;
    if (synchronised_) {
        surface->apply_cached();
    }
}

void Subsurface::set_position(int32_t x, int32_t y) {
    position_ = {x, y};
    if (const auto parent = parent_.lock()) {
        parent->pending();
    }
}

void Subsurface::place_above(wl_resource* sibling) {
    restack(sibling, true);
}

void Subsurface::place_below(wl_resource* sibling) {
    restack(sibling, false);
}

void Subsurface::restack(wl_resource* sibling, bool above) {
    const auto surface = surface_.lock();
    const auto parent = parent_.lock();
    if (!surface || !parent) {
        return;
    }
    auto& stack = parent->state().stack;
    std::erase(stack, surface->number());
    auto at = std::find(stack.begin(), stack.end(), object_of<Surface>(sibling)->number());
    if (at == stack.end()) {
        server().protocol_error(resource(), WL_SUBSURFACE_ERROR_BAD_SURFACE,
                                "placed beside a surface that is no sibling");
        return;
    }
    stack.insert(above ? at + 1 : at, surface->number());
    parent->pending();
}

void Subsurface::set_desync() {
    synchronised_ = false;
    if (const auto surface = surface_.lock()) {
        surface->apply_cached();
    }
}

void add_subcompositor(Server& server) {
    server.add_global(&wl_subcompositor_interface, server.options.wl_subcompositor,
                      [&server](wl_client* client, uint32_t version, uint32_t id) {
                          create<Subcompositor>(server, client, version, id);
                      });
}

}  // namespace oriel::test
