// SPDX-License-Identifier: MIT
#pragma once

#include <memory>

#include "object.h"
#include "surface.h"

namespace oriel::test {

/// wl_subsurface
class Subsurface final : public Object, public Role {
public:
    Subsurface(Server& server, const std::shared_ptr<Surface>& surface,
               const std::shared_ptr<Surface>& parent);
    static const wl_interface* interface();
    static const void* requests();

    /// The parent's state has been applied: the position follows, and a synchronised content.
    void parent_applied();

    /// Commits wait for the parent's.
    [[nodiscard]] bool has_cached() const;

    void before_commit(bool) override {}
    void after_commit() override {}
    [[nodiscard]] bool synchronised() const override;

protected:
    void created() override;
    void destroyed() override;

private:
    void set_position(int32_t x, int32_t y);
    void place_above(wl_resource* sibling);
    void place_below(wl_resource* sibling);
    void set_sync() { synchronised_ = true; }
    void set_desync();
    void restack(wl_resource* sibling, bool above);
    void remove_from_stack();

    std::weak_ptr<Surface> surface_;
    std::weak_ptr<Surface> parent_;
    Point position_;
    bool synchronised_ = true;
};

/// wl_subcompositor
void add_subcompositor(Server& server);

}  // namespace oriel::test
