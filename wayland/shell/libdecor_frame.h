// SPDX-License-Identifier: MIT
#pragma once

#include <optional>
#include <string>

#include "core/event_loop.h"
#include "hints/toplevel_icon.h"
#include "shell/libdecor_context.h"
#include "shell/toplevel_role.h"

namespace oriel::wayland {

/// A window inside a frame of libdecor's.
class LibdecorFrame final : public ToplevelRole {
public:
    /// All is lent and must outlive this.
    LibdecorFrame(LibdecorContext& context, wl_surface* surface, ToplevelListener& listener);
    ~LibdecorFrame() override;

    void set_title(const std::string& title) override;
    void set_app_id(const std::string& app_id) override;
    void set_fullscreen(wl_output* output) override;
    void unset_fullscreen() override;
    void set_maximized() override;
    void set_min_size(Size size) override;
    void set_max_size(Size size) override;
    void prepare_commit(Size content) override;

private:
    static libdecor_frame_interface kEvents;

    void configure(libdecor_configuration* configuration);
    void commit(Size content, libdecor_configuration* configuration);

    const LibdecorLibrary& library_;
    wl_surface* const surface_;
    ToplevelListener& listener_;
    libdecor_frame* frame_ = nullptr;
    std::optional<ToplevelIcon> icon_;
    /// What libdecor was told last; nothing before the first configure.
    std::optional<Size> committed_;
    /// Lives during its event only; then null.
    libdecor_configuration* pending_ = nullptr;
    /// Once the window's title and state are there: they come before its first commit.
    DeferredCall map_;
};

}  // namespace oriel::wayland
