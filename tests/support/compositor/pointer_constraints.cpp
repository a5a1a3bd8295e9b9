// SPDX-License-Identifier: MIT
#include "extensions.h"
#include "pointer-constraints-unstable-v1-server-protocol.h"
#include "seat.h"
#include "server.h"
#include "surface.h"

namespace oriel::test {
namespace {

/// zwp_locked_pointer_v1 and zwp_confined_pointer_v1
class Constraint : public Object {
public:
    Constraint(Server& owner, uint64_t surface, const wl_resource* pointer, uint32_t lifetime)
        : Object{owner}, surface_{surface}, pointer_{pointer}, lifetime_{lifetime} {}

    [[nodiscard]] bool is_for(uint64_t surface, const wl_resource* pointer) const {
        return resource() != nullptr && !defunct_ && surface_ == surface && pointer_ == pointer;
    }
    void set_active(bool active) {
        if (resource() == nullptr || defunct_ || active_ == active) {
            return;
        }
        active_ = active;
        defunct_ = !active && lifetime_ == ZWP_POINTER_CONSTRAINTS_V1_LIFETIME_ONESHOT;
        state().active = active;
        send(active);
    }

protected:
    [[nodiscard]] virtual bool locks() const = 0;
    virtual void send(bool active) = 0;

    void created() override {
        index_ = server().state.constraints.size();
        server().state.constraints.push_back({.surface = surface_, .lock = locks()});
    }
    void destroyed() override {
        state().alive = false;
        state().active = false;
    }

    [[nodiscard]] ConstraintState& state() const { return server().state.constraints.at(index_); }

private:
    uint64_t surface_;
    const wl_resource* pointer_;  ///< only compared
    uint32_t lifetime_;
    bool active_ = false;
    bool defunct_ = false;
    size_t index_ = 0;
};

class Lock final : public Constraint {
public:
    using Constraint::Constraint;
    static const wl_interface* interface() { return &zwp_locked_pointer_v1_interface; }
    static const void* requests() {
        static constexpr struct zwp_locked_pointer_v1_interface kRequests = {
            .destroy = destroy_resource,
            .set_cursor_position_hint = on<&Lock::set_cursor_position_hint>,
            .set_region = ignore<wl_resource*>,
        };
        return &kRequests;
    }

private:
    void set_cursor_position_hint(wl_fixed_t x, wl_fixed_t y) {
        SurfaceState& surface = server().state.surfaces.at(state().surface);
        state().hint = {wl_fixed_to_double(x), wl_fixed_to_double(y)};
        state().hint_after = surface.commits.size();
        for (Surface* live : server().surfaces) {
            if (live->number() == surface.number) {
                live->pending();
            }
        }
    }
    [[nodiscard]] bool locks() const override { return true; }
    void send(bool active) override {
        if (active) {
            zwp_locked_pointer_v1_send_locked(resource());
        } else {
            zwp_locked_pointer_v1_send_unlocked(resource());
        }
    }
};

class Confine final : public Constraint {
public:
    using Constraint::Constraint;
    static const wl_interface* interface() { return &zwp_confined_pointer_v1_interface; }
    static const void* requests() {
        static constexpr struct zwp_confined_pointer_v1_interface kRequests = {
            .destroy = destroy_resource,
            .set_region = ignore<wl_resource*>,
        };
        return &kRequests;
    }

private:
    [[nodiscard]] bool locks() const override { return false; }
    void send(bool active) override {
        if (active) {
            zwp_confined_pointer_v1_send_confined(resource());
        } else {
            zwp_confined_pointer_v1_send_unconfined(resource());
        }
    }
};

class Constraints final : public Object {
public:
    using Object::Object;
    static const wl_interface* interface() { return &zwp_pointer_constraints_v1_interface; }
    static const void* requests() {
        static constexpr struct zwp_pointer_constraints_v1_interface kRequests = {
            .destroy = destroy_resource,
            .lock_pointer = on<&Constraints::constrain<Lock>>,
            .confine_pointer = on<&Constraints::constrain<Confine>>,
        };
        return &kRequests;
    }

private:
    template <class Kind>
    void constrain(uint32_t id, wl_resource* surface, wl_resource* pointer, wl_resource*,
                   uint32_t lifetime) {
        const auto object = object_of<Surface>(surface);
        for (const auto& other : server().constraints) {
            const auto live = std::static_pointer_cast<Constraint>(other.lock());
            if (live && live->is_for(object->number(), pointer)) {
                server().protocol_error(resource(),
                                        ZWP_POINTER_CONSTRAINTS_V1_ERROR_ALREADY_CONSTRAINED,
                                        "a second constraint for a surface and a pointer");
                return;
            }
        }
        const auto made =
            create<Kind>(server(), client(), version(), id, object->number(), pointer, lifetime);
        server().constraints.push_back(made);
        const auto seat = object_of<Pointer>(pointer)->seat();
        if (server().options.grant_constraints && seat && seat->pointer_focus() == object) {
            made->set_active(true);
        }
    }
};

}  // namespace

void set_constraints_active(Server& server, bool active) {
    for (const auto& constraint : server.constraints) {
        if (const auto live = std::static_pointer_cast<Constraint>(constraint.lock())) {
            live->set_active(active);
        }
    }
}

void add_pointer_constraints(Server& server) {
    server.add_global(&zwp_pointer_constraints_v1_interface, server.options.pointer_constraints,
                      [&server](wl_client* client, uint32_t version, uint32_t id) {
                          create<Constraints>(server, client, version, id);
                      });
}

}  // namespace oriel::test
