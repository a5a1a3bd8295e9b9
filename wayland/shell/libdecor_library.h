// SPDX-License-Identifier: MIT
#pragma once

#include <libdecor.h>

#include "core/result.h"
#include "wayland/choices.h"

namespace oriel::wayland {

/// libdecor's functions, looked up at run time: a system without the library runs this program too.
struct LibdecorLibrary {
    /// The error says what is missing. The library stays loaded for good: its plugins leave things
    /// behind that point into it.
    [[nodiscard]] static Result<LibdecorLibrary> load(const OpenLibrary& open);

    /// Whether a plugin is loaded, which is what draws. Without one libdecor falls back on windows
    /// without frames, and says so to nobody (libdecor_new() writes it to stderr).
    [[nodiscard]] static bool plugin_loaded();

    decltype(&::libdecor_new) create = nullptr;
    decltype(&::libdecor_unref) unref = nullptr;
    decltype(&::libdecor_dispatch) dispatch = nullptr;
    decltype(&::libdecor_decorate) decorate = nullptr;
    decltype(&::libdecor_frame_unref) frame_unref = nullptr;
    decltype(&::libdecor_frame_map) frame_map = nullptr;
    decltype(&::libdecor_frame_commit) frame_commit = nullptr;
    decltype(&::libdecor_frame_set_title) set_title = nullptr;
    decltype(&::libdecor_frame_set_app_id) set_app_id = nullptr;
    decltype(&::libdecor_frame_set_fullscreen) set_fullscreen = nullptr;
    decltype(&::libdecor_frame_unset_fullscreen) unset_fullscreen = nullptr;
    decltype(&::libdecor_frame_set_maximized) set_maximized = nullptr;
    decltype(&::libdecor_frame_set_min_content_size) set_min_content_size = nullptr;
    decltype(&::libdecor_frame_set_max_content_size) set_max_content_size = nullptr;
    decltype(&::libdecor_frame_get_xdg_toplevel) get_xdg_toplevel = nullptr;
    decltype(&::libdecor_state_new) state_new = nullptr;
    decltype(&::libdecor_state_free) state_free = nullptr;
    decltype(&::libdecor_configuration_get_content_size) get_content_size = nullptr;
    decltype(&::libdecor_configuration_get_window_state) get_window_state = nullptr;
};

}  // namespace oriel::wayland
