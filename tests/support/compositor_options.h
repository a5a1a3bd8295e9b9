// SPDX-License-Identifier: MIT
#pragma once

#include <sys/types.h>

#include <ctime>

#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include "core/geometry.h"

namespace oriel::test {

/// A monitor of the compositor.
struct OutputOptions {
    std::string name = "TEST-1";
    Size mode{1920, 1080};
    uint32_t refresh_mhz = 60'000;
    Size physical_mm{};
    int32_t scale = 1;
    /// In the compositor's logical space.
    Point position{};
    int32_t transform = 0;  ///< wl_output.transform
};

/// When a committed frame is latched: its frame callbacks and presentation feedbacks fire then.
enum class Frames {
    kImmediate,  ///< with the commit itself
    kManual,     ///< by TestCompositor::fire_frame_callbacks()
    kAtRefresh,  ///< each refresh period of the first output, as TestCompositor::advance() goes by
};

/// When a wl_buffer is given back.
enum class Releases {
    kWhenReplaced,  ///< when a later frame has been latched (a compositor that scans out of it)
    kImmediate,     ///< with the commit (a compositor that copies into a texture)
    kManual,        ///< by TestCompositor::release() and release_all()
};

/// xdg_toplevel.state
enum class WindowFlag : uint32_t {
    kMaximized = 1,
    kFullscreen = 2,
    kResizing = 3,
    kActivated = 4,
};

/// What zwp_linux_dmabuf_v1 says and does. A client's buffers are memfds in place of dma-bufs: they
/// are mapped and read.
struct DmabufOptions {
    struct Format {
        uint32_t fourcc;    ///< DRM_FORMAT_…
        uint64_t modifier;  ///< DRM_FORMAT_MOD_…
    };
    /// As events before version 4, as feedback from it on.
    std::vector<Format> formats{{0x34325258, 0}, {0x34325241, 0}};  // XR24, AR24; linear
    /// The first render node's number, from version 4 on.
    dev_t main_device = 0xe280;
    /// Of a surface's feedback; unset: `formats`. Comes in a tranche for scanout.
    std::optional<std::vector<Format>> surface_formats;

    enum class Feedback {
        kGood,
        kNever,            ///< none is ever sent
        kNoTable,          ///< indices into nothing
        kTableTooSmall,    ///< the file is smaller than it is said to be
        kTableTooLarge,    ///< more entries than indices can name
        kIndexOutOfRange,  ///< one that the table doesn't have
    };
    Feedback feedback = Feedback::kGood;

    enum class Imports {
        kCreated,
        kFailed,
        kCreatedThenFailed,  ///< both events
        kUnanswered,         ///< until answer_imports()
    };
    /// What becomes of zwp_linux_buffer_params_v1.create.
    Imports imports = Imports::kCreated;
};

/// Something that goes wrong by itself, in the middle of the client's n-th request of a name.
struct Fault {
    std::string request;  ///< "wl_surface.commit"; empty: whatever it is
    uint64_t nth = 1;
    /// Without one the connection is cut without a word.
    std::optional<uint32_t> error_code;
    std::string message = "scripted error";
};

/// What kind of compositor it is. Versions: 0 means that the global doesn't exist.
struct CompositorOptions {
    uint32_t wl_compositor = 5;
    uint32_t wl_subcompositor = 1;
    uint32_t wl_shm = 1;
    uint32_t wl_seat = 7;
    uint32_t xdg_wm_base = 5;
    uint32_t wp_viewporter = 1;
    uint32_t xdg_output = 0;
    uint32_t wp_presentation = 1;
    uint32_t wp_single_pixel_buffer = 1;
    uint32_t xdg_decoration = 1;
    uint32_t wl_output = 4;
    /// At most what the installed protocol files know.
    uint32_t linux_dmabuf = 0;
    /// Not in every build.
    uint32_t drm_syncobj = 0;
    uint32_t fractional_scale = 0;
    uint32_t shortcuts_inhibit = 0;
    uint32_t pointer_constraints = 0;
    uint32_t relative_pointer = 0;
    uint32_t idle_inhibit = 0;
    uint32_t data_device_manager = 0;
    uint32_t content_type = 0;
    uint32_t tearing_control = 0;
    uint32_t activation = 0;
    // Not there at all if the installed protocol files don't know them.
    uint32_t cursor_shape = 0;
    uint32_t toplevel_icon = 0;

    /// Of wl_seat.capabilities: 1 pointer, 2 keyboard, 4 touch.
    uint32_t seat_capabilities = 3;
    /// What is in wl_keyboard.keymap's file.
    std::string keymap = "xkb_keymap { };";
    /// wp_fractional_scale_v1.preferred_scale of a new surface; 0: none is sent.
    uint32_t scale_n120 = 0;
    /// Inhibitors and constraints take effect at once; otherwise when the test says so.
    bool grant_inhibitors = true;
    bool grant_constraints = true;

    DmabufOptions dmabuf;
    std::vector<OutputOptions> outputs{OutputOptions{}};
    /// Surfaces are told their output's scale and transform (wl_surface.preferred_buffer_scale), if
    /// their version and the installed protocol files have that.
    bool preferred_buffers = false;
    /// wl_shm.format
    std::vector<uint32_t> shm_formats{0, 1};
    clockid_t presentation_clock = CLOCK_MONOTONIC;
    /// More seconds than that clock has, in presentation feedback.
    uint64_t presentation_ahead = 0;
    /// Presentation feedback says that nothing was composed.
    bool zero_copy = false;

    Frames frames = Frames::kImmediate;
    Releases releases = Releases::kWhenReplaced;
    /// With kWhenReplaced: gives a buffer back so many latches later, as a compositor does that has
    /// frames of its own in flight. Not with Frames::kImmediate, where only commits latch.
    size_t hold_longer = 0;

    /// Answers the initial commit and state requests (fullscreen, maximized) with a configure.
    bool auto_configure = true;
    /// Logical px; 0x0 leaves the choice to the client.
    Size configure_size{};
    std::vector<WindowFlag> configure_flags{WindowFlag::kActivated};

    /// The client is one of ours: shm pools are sealed, page-aligned, rows a multiple of 256 bytes,
    /// no buffer is destroyed while the compositor holds it, damage stays inside buffers, and a
    /// commit brings something. Mesa's EGL and libdecor's plugins do none of that.
    bool strict_buffers = true;
    /// As KWin 5.27: rows of a wl_shm buffer are read as if they were as long as it is wide, and it
    /// says by a global of its own who it is.
    bool kwin = false;
    /// Reads what it is given, and again when it gives it back; a bench has no use for that.
    bool look_at_pixels = true;
    /// A guest draws into its only buffer while the compositor shows it: no violation.
    bool tearing_guest = false;
    /// Every wl_shm buffer is refused with a protocol error.
    bool deny_buffers = false;
    std::optional<Fault> fault;
    /// Send and receive buffer of the socket, both ways; 0: the system's default.
    int socket_buffer_bytes = 0;
};

}  // namespace oriel::test
