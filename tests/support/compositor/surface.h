// SPDX-License-Identifier: MIT
#pragma once

#include <cstdint>
#include <deque>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "../compositor_state.h"
#include "buffer.h"
#include "core/clock.h"
#include "object.h"

namespace oriel::test {

class Feedback;
class Surface;
class SyncRules;

/// wl_region
class RegionObject final : public Object {
public:
    using Object::Object;
    static const wl_interface* interface();
    static const void* requests();
    Region region;

private:
    void add(int32_t x, int32_t y, int32_t width, int32_t height);
    void subtract(int32_t x, int32_t y, int32_t width, int32_t height);
};

/// wl_callback
class Callback final : public Object {
public:
    using Object::Object;
    static const wl_interface* interface();
    static const void* requests() { return nullptr; }
};

/// What a surface is for; told about its commits.
class Role {
public:
    Role() = default;
    Role(const Role&) = delete;
    Role& operator=(const Role&) = delete;
    virtual ~Role() = default;
    /// Before the pending state is taken: a place to object. `attaches`: a buffer comes with it.
    virtual void before_commit(bool attaches) = 0;
    /// The state is in place.
    virtual void after_commit() = 0;
    /// Commits are kept until the parent's (a synchronised subsurface).
    [[nodiscard]] virtual bool synchronised() const { return false; }
};

/// Everything that a wl_surface collects until it is committed.
struct SurfaceUpdate {
    /// Something that commit would apply was sent.
    bool any = false;
    bool attached = false;
    std::shared_ptr<Buffer> buffer;
    /// Taken at the commit, not when a synchronised subsurface's state is applied.
    std::shared_ptr<BufferHold> hold;
    std::vector<Rect> surface_damage;
    std::vector<Rect> buffer_damage;
    std::optional<int32_t> scale;
    std::optional<int32_t> transform;
    std::optional<std::optional<Region>> opaque;
    std::optional<bool> takes_input;
    std::optional<std::optional<SourceRect>> source;
    std::optional<std::optional<Size>> destination;
    std::vector<std::shared_ptr<Callback>> callbacks;
    std::vector<std::shared_ptr<Feedback>> feedbacks;
    /// wp_linux_drm_syncobj_v1; of the buffer, and only until its hold is taken.
    std::optional<SyncPoint> acquire;
    std::optional<SyncPoint> release;

    /// Adds a later update.
    void merge(SurfaceUpdate&& later);
};

class Subsurface;

class Surface final : public Object {
public:
    explicit Surface(Server& server);
    ~Surface() override;
    static const wl_interface* interface();
    static const void* requests();

    [[nodiscard]] uint64_t number() const { return number_; }
    [[nodiscard]] SurfaceState& state() const;

    /// Gives the surface a role; false (and a protocol violation) when it has another one.
    bool set_role(const std::string& name, std::weak_ptr<Role> role);
    /// For the protocol files that add to the double-buffered state.
    SurfaceUpdate& pending() {
        pending_.any = true;
        return pending_;
    }
    /// That were set since the last commit.
    void forget_points() {
        pending_.acquire.reset();
        pending_.release.reset();
    }
    [[nodiscard]] bool has_cached() const { return cached_.has_value(); }
    /// Applies what a synchronised subsurface kept.
    void apply_cached();
    /// The compositor shows what was committed.
    void latch();
    /// Gives back what isn't the current content, or only what was replaced `latches` latches ago.
    void release_replaced(size_t latches = 0);
    void release_current() { current_.reset(); }
    /// Gives back the oldest of what was replaced, commit by commit.
    void release_oldest(size_t commits);
    bool release(uint64_t buffer);
    void enter_outputs();
    /// The content must be there as long as the surface shows it. To be called when a client had
    /// the time to attach another one, or to destroy the surface too.
    void check_content() const;

    /// Children that are subsurfaces, in order of creation.
    std::vector<std::weak_ptr<Subsurface>> children;
    /// The surface's wp_viewport, while there is one.
    std::weak_ptr<Object> viewport;
    /// The surface's wp_linux_drm_syncobj_surface_v1, while there is one.
    std::weak_ptr<SyncRules> sync;
    std::weak_ptr<Object> fractional_scale;
    std::weak_ptr<Object> content_type;
    std::weak_ptr<Object> tearing_control;

protected:
    void created() override;
    void destroyed() override;

private:
    void attach(wl_resource* buffer, int32_t x, int32_t y);
    void damage(int32_t x, int32_t y, int32_t width, int32_t height);
    void damage_buffer(int32_t x, int32_t y, int32_t width, int32_t height);
    void frame(uint32_t id);
    void set_opaque_region(wl_resource* region);
    void set_input_region(wl_resource* region);
    void set_buffer_transform(int32_t transform);
    void set_buffer_scale(int32_t scale);
    void offset(int32_t x, int32_t y);
    void commit();

    void add_damage(std::vector<Rect>& list, int32_t x, int32_t y, int32_t width, int32_t height);
    void apply(SurfaceUpdate&& update);
    void apply_buffer(SurfaceUpdate& update);
    void apply_geometry();
    [[nodiscard]] Region buffer_damage(const SurfaceUpdate& update) const;
    void check_viewport() const;
    void trim_history() const;

    uint64_t number_;
    std::string role_name_;
    std::weak_ptr<Role> role_;
    SurfaceUpdate pending_;
    std::optional<SurfaceUpdate> cached_;
    /// The content's hold; null when it has been given back, or there is no content.
    std::shared_ptr<BufferHold> current_;
    /// Holds of replaced contents that the release policy keeps, oldest first.
    struct Replaced {
        std::shared_ptr<BufferHold> hold;
        size_t latches = 0;
    };
    std::deque<Replaced> replaced_;
    std::vector<std::shared_ptr<Callback>> callbacks_;
    std::vector<std::shared_ptr<Feedback>> feedbacks_;
};

/// wl_compositor and wl_region
void add_surface_globals(Server& server);

}  // namespace oriel::test
