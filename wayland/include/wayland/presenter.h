// SPDX-License-Identifier: MIT
#pragma once

#include <cstdint>
#include <memory>
#include <string>
#include <vector>

#include "core/event_loop.h"
#include "core/unique_fd.h"
#include "scanout/clipboard.h"
#include "scanout/display.h"
#include "scanout/input.h"
#include "wayland/choices.h"
#include "wayland/sync_device.h"

namespace oriel::wayland {

/// `--path`: how pictures get to the compositor.
enum class PathChoice : uint8_t {
    /// Direct where the compositor takes the guest's own memory; for all else gles where EGL has a
    /// real GPU, shm otherwise.
    kAuto,
    kShm,     ///< wl_shm buffers; EGL is never loaded
    kUpload,  ///< textures drawn with GLES2, also by a software rasteriser; nothing is imported
    kGles,    ///< guests' dma-bufs drawn with GLES2 where they are, what else there is as kUpload
    kDirect,  ///< like kAuto, on a compositor that takes dma-bufs and on no other
};

struct PresenterOptions {
    /// One window each, 1 to kMaxScanouts. `preferred` is the mode that the guest is to prefer.
    std::vector<ScreenInfo> screens{ScreenInfo{}};
    /// The user named the size: it stays the preferred mode. Otherwise a fullscreen window's
    /// preferred mode is that of its output.
    bool size_explicit = false;
    /// The user named the refresh rate. Otherwise it is that of the window's output.
    bool refresh_explicit = false;
    /// The VM's name; the first of several windows is called "NAME", the others "NAME (2)" and so
    /// on.
    std::string name = "oriel";
    /// Empty: `name`.
    std::string title;
    /// Empty: "oriel.NAME".
    std::string app_id;
    Resize resize = Resize::kScale;
    bool fullscreen = false;
    /// The name of the output (wl_output.name) that a screen's window belongs on: where it is full
    /// screen, and where it goes back to when that output comes back. Empty, or no entry: any.
    std::vector<std::string> output_names;
    PathChoice path = PathChoice::kAuto;
    Scaling scaling = Scaling::kFit;
    LatencyChoice latency = LatencyChoice::kNormal;
    /// The screen doesn't go blank while a fullscreen picture moves.
    bool inhibit_idle = false;
    /// XDG_ACTIVATION_TOKEN, as whoever started the program gave it: the first window may take the
    /// user's attention. Empty: none.
    std::string activation_token;
    /// Where input goes; lent, outlives the presenter. Null: nowhere, and nothing is grabbed.
    InputSink* input = nullptr;
    GrabChoice grab = GrabChoice::kClick;
    /// A click keeps the pointer in the window, until Ctrl+Alt.
    bool confine = false;
    /// The guest's clipboard, for the desktop to share; lent, outlives the presenter. Null: it
    /// isn't shared.
    GuestClipboard* clipboard = nullptr;
    /// A socket that is connected to a compositor already (tests). Without one the compositor is
    /// found as every client does, by WAYLAND_SOCKET, WAYLAND_DISPLAY and XDG_RUNTIME_DIR.
    UniqueFd connected_fd;
    DecorationsChoice decorations = DecorationsChoice::kAuto;
    /// Opens libdecor (tests).
    OpenLibrary open_libdecor;
    /// Px a side that OpenGL ES is taken to draw at most (tests).
    uint32_t gl_side = UINT32_MAX;
    /// The device for explicit synchronisation (tests). Empty: the compositor's DRM device.
    OpenSyncDevice open_sync_device;
};

/// A presenter that shows scanouts in windows of a Wayland compositor, one window a scanout.
///
/// Only the socket is opened here: nothing waits for the compositor, now or later. Its answers come
/// on the loop. When it has said what it has, there are windows, black, and
/// DisplayEvents::display_ready() is called; no other event comes before, but display_lost(): where
/// the compositor lacks what there is no way around, reports an error, hangs up, or answers nothing
/// for 10 s. Until display_ready() nobody uses the presenter. Calls do no harm: flushes are
/// answered at once, what is attached is forgotten, set_screen() fails; screen() has what was
/// configured.
///
/// `loop` and `events` are lent and must outlive the presenter, which may be destroyed by whoever
/// hears display_ready() or display_lost(). Throws StartupError where there is no socket of a
/// compositor.
[[nodiscard]] std::unique_ptr<Display> make_presenter(EventLoop& loop, DisplayEvents& events,
                                                      PresenterOptions options);

}  // namespace oriel::wayland
