// SPDX-License-Identifier: MIT
#pragma once

#include <memory>

#include "object.h"

namespace oriel::test {

class Surface;
struct SurfaceUpdate;

/// wp_presentation_feedback
class Feedback final : public Object {
public:
    Feedback(Server& server, std::weak_ptr<Surface> surface)
        : Object{server}, surface_{std::move(surface)} {}
    static const wl_interface* interface();
    static const void* requests() { return nullptr; }

    /// Shown now, by the clock that the options name.
    void present();
    void discard();

private:
    std::weak_ptr<Surface> surface_;
};

/// What a wp_linux_drm_syncobj_surface_v1 asks of its surface's commits.
class SyncRules {
public:
    SyncRules() = default;
    SyncRules(const SyncRules&) = delete;
    SyncRules& operator=(const SyncRules&) = delete;
    virtual ~SyncRules() = default;
    virtual void before_commit(const SurfaceUpdate& update) = 0;
};

void add_viewporter(Server& server);
void add_presentation(Server& server);
void add_single_pixel(Server& server);
/// Only in a build that has the protocol.
void add_syncobj(Server& server);

}  // namespace oriel::test
