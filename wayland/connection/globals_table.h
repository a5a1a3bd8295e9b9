// SPDX-License-Identifier: MIT
#pragma once

#include <cstdint>
#include <tuple>

#include "protocol/content_type_v1.h"
#include "protocol/core.h"
#include "protocol/cursor_shape_v1.h"
#include "protocol/fractional_scale_v1.h"
#include "protocol/idle_inhibit_v1.h"
#include "protocol/keyboard_shortcuts_inhibit_v1.h"
#include "protocol/linux_dmabuf_v1.h"
#include "protocol/linux_drm_syncobj_v1.h"
#include "protocol/pointer_constraints_v1.h"
#include "protocol/presentation_time.h"
#include "protocol/relative_pointer_v1.h"
#include "protocol/single_pixel_buffer_v1.h"
#include "protocol/tearing_control_v1.h"
#include "protocol/toplevel_icon_v1.h"
#include "protocol/viewporter.h"
#include "protocol/xdg_activation_v1.h"
#include "protocol/xdg_decoration_v1.h"
#include "protocol/xdg_output_v1.h"
#include "protocol/xdg_shell.h"

namespace oriel::wayland {

/// How much is lost without an interface.
enum class Need : uint8_t {
    kRequired,
    kUseful,
    kNice,  ///< not a line of the log, but with --log-level debug
};

/// One interface that this program uses.
template <class T>
struct Global {
    const wl_interface* interface;
    uint32_t min;  ///< older ones are as good as missing
    uint32_t max;  ///< the newest whose events are all handled here
    Need need;
    /// What happens without it; for the log.
    const char* without;
};

// All that is bound of what a compositor offers. Globals::get<T>() gives the object of a row.
//
// To add a protocol:
// 1. Write protocol/NAME.h as the others there are: the line that names its XML file, which the
//    build looks for, the generated header, and how each of its objects is destroyed.
// 2. Include it above, and add its row here.
// A protocol that some supported version of wayland-protocols lacks is `optional DEFINE` in the XML
// line; its header's content, its row and the code that uses it are inside #ifdef DEFINE.
// (Not formatted: clang-format 14 and 19 differ behind an #if.)
// clang-format off
inline constexpr std::tuple kGlobals{
    // 4: wl_surface.damage_buffer
    Global<wl_compositor>{
        &wl_compositor_interface, 4, 6, Need::kRequired, ""},
    Global<wl_shm>{
        &wl_shm_interface, 1, 1, Need::kRequired, ""},
    // 6: the suspended state
    Global<xdg_wm_base>{
        &xdg_wm_base_interface, 1, 6, Need::kRequired, ""},
    Global<wl_subcompositor>{
        &wl_subcompositor_interface, 1, 1, Need::kUseful,
        "a picture of another shape than its window is stretched"},
    Global<wl_data_device_manager>{
        &wl_data_device_manager_interface, 1, 3, Need::kNice, "no clipboard"},
    Global<wp_viewporter>{
        &wp_viewporter_interface, 1, 1, Need::kUseful,
        "pictures are scaled here, which costs time of the CPU; scales are whole numbers"},
    Global<wp_presentation>{
        &wp_presentation_interface, 1, 2, Need::kUseful, "frame callbacks count as presented"},
    Global<wp_single_pixel_buffer_manager_v1>{
        &wp_single_pixel_buffer_manager_v1_interface, 1, 1, Need::kUseful,
        "black is a wl_shm buffer"},
    Global<zxdg_decoration_manager_v1>{
        &zxdg_decoration_manager_v1_interface, 1, 1, Need::kUseful,
        "frames are drawn here, with libdecor"},
    // 3: modifiers
    Global<zwp_linux_dmabuf_v1>{
        &zwp_linux_dmabuf_v1_interface, 3, 5, Need::kUseful,
        "what a guest draws into its own memory is copied"},
#if ORIEL_SYNCOBJ
    Global<wp_linux_drm_syncobj_manager_v1>{
        &wp_linux_drm_syncobj_manager_v1_interface, 1, 1, Need::kUseful,
        "a guest's own buffers come back by wl_buffer.release"},
#endif
    Global<wp_fractional_scale_manager_v1>{
        &wp_fractional_scale_manager_v1_interface, 1, 1, Need::kUseful,
        "scales are whole numbers"},
    Global<zwp_keyboard_shortcuts_inhibit_manager_v1>{
        &zwp_keyboard_shortcuts_inhibit_manager_v1_interface, 1, 1, Need::kUseful,
        "the compositor keeps its keyboard shortcuts"},
    Global<zwp_pointer_constraints_v1>{
        &zwp_pointer_constraints_v1_interface, 1, 1, Need::kUseful, "the pointer can't be locked"},
    Global<zwp_relative_pointer_manager_v1>{
        &zwp_relative_pointer_manager_v1_interface, 1, 1, Need::kNice,
        "the pointer can't be locked"},
    Global<zwp_idle_inhibit_manager_v1>{
        &zwp_idle_inhibit_manager_v1_interface, 1, 1, Need::kNice,
        "the screen may go blank during a film"},
    Global<wp_content_type_manager_v1>{
        &wp_content_type_manager_v1_interface, 1, 1, Need::kNice,
        "the compositor does not know what kind of picture it is"},
    Global<wp_tearing_control_manager_v1>{
        &wp_tearing_control_manager_v1_interface, 1, 1, Need::kNice,
        "every frame waits for the screen"},
    Global<xdg_activation_v1>{
        &xdg_activation_v1_interface, 1, 1, Need::kNice,
        "a new window may come up behind others"},
#ifdef ORIEL_HAVE_CURSOR_SHAPE
    Global<wp_cursor_shape_manager_v1>{
        &wp_cursor_shape_manager_v1_interface, 1, 1, Need::kNice,
        "the arrow is that of the cursor theme"},
#endif
#ifdef ORIEL_HAVE_TOPLEVEL_ICON
    Global<xdg_toplevel_icon_manager_v1>{
        &xdg_toplevel_icon_manager_v1_interface, 1, 1, Need::kNice,
        "the icon is that of the desktop entry"},
#endif
    Global<zxdg_output_manager_v1>{
        &zxdg_output_manager_v1_interface, 2, 2, Need::kNice,
        "outputs whose wl_output has no name have none"},
    // There may be several of these, which come and go: GlobalsListener hears of each.
    Global<wl_output>{
        &wl_output_interface, 2, 4, Need::kUseful, "the refresh rate is taken to be 60 Hz"},
    Global<wl_seat>{
        &wl_seat_interface, 1, 9, Need::kUseful, "no keyboard, no pointer, no touch screen"},
};
// clang-format on

}  // namespace oriel::wayland
