// SPDX-License-Identifier: MIT
#pragma once

#include <cstdint>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "core/event_loop.h"
#include "core/log.h"
#include "core/unique_fd.h"
#include "scanout/clipboard.h"
#include "scanout/display.h"
#include "scanout/input.h"
#include "wayland/choices.h"
#include "wayland/overlay.h"
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
    /// Direct where the compositor takes the guest's own memory, shm for all else; EGL is never
    /// loaded, and no process started: for a process that is another program's.
    kDirectOrShm,
};

/// What a screen and its window have become since the start, by their users' doing. A presenter
/// that takes another one's place, on another compositor, makes its window the same way.
struct KeptScreen {
    /// With Resize::kGuest: the mode that the guest is asked for, or would have been asked for in a
    /// moment, and the window's own; buffer px.
    struct Mode {
        Size wanted;
        Size window;
        friend bool operator==(const Mode&, const Mode&) = default;
    };

    /// As it was asked for; and whether a user did, of its size and its refresh rate.
    ScreenInfo configured{};
    bool size_explicit = false;
    bool refresh_explicit = false;
    bool fullscreen = false;
    bool maximized = false;
    /// The name of the output that the window was on; empty: of none that is known.
    std::string output{};
    /// Where a user has sent it since the start (Presenter::move_to_output()); empty: nowhere.
    std::string sent_to{};
    /// The size of a floating window that the user has resized, logical px.
    std::optional<Size> user_size{};
    std::optional<Mode> mode{};
    friend bool operator==(const KeptScreen&, const KeptScreen&) = default;
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
    /// The output that a screen's window belongs on: where it is full screen, and where it goes
    /// back to when that output comes back. By its name (wl_output.name), its "MAKE MODEL", or how
    /// its description starts. Empty, or no entry: any.
    std::vector<std::string> output_names;
    /// A window is hidden while its output isn't there; otherwise any will do.
    bool hide_without_output = false;
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
    /// By screen: what Presenter::kept() of the presenter before has said. Empty: there was none,
    /// and windows are as the options say.
    std::vector<KeptScreen> kept;
    /// The guest's clipboard, for the desktop to share; lent, outlives the presenter. Null: it
    /// isn't shared.
    GuestClipboard* clipboard = nullptr;
    /// Paints the texts of overlays; lent, outlives the presenter. Null: they have none.
    TextPainter* text_painter = nullptr;
    /// A socket that is connected to a compositor already (tests). Without one the compositor is
    /// found as every client does, by WAYLAND_SOCKET, WAYLAND_DISPLAY and XDG_RUNTIME_DIR.
    UniqueFd connected_fd;
    /// That socket leads to the compositor that the environment names: it can be asked once more.
    bool connected_by_name = false;
    /// For each answer at the start: long enough for a compositor that is still starting, short
    /// enough to say that one hangs.
    Nanoseconds patience{10'000'000'000};
    /// How loud it is said what the compositor has and lacks. One that comes back again and again
    /// must not fill the log.
    LogLevel describes = LogLevel::kInfo;
    DecorationsChoice decorations = DecorationsChoice::kAuto;
    /// Opens libdecor (tests).
    OpenLibrary open_libdecor;
    /// Px a side that OpenGL ES is taken to draw at most (tests).
    uint32_t gl_side = UINT32_MAX;
    /// The device for explicit synchronisation (tests). Empty: the compositor's DRM device.
    OpenSyncDevice open_sync_device;
};

/// A presenter with windows.
class Presenter : public Display {
public:
    /// For the presenter that takes this one's place. By screen; also when the compositor is lost.
    [[nodiscard]] virtual std::vector<KeptScreen> kept() const = 0;
    /// What is over the screen's picture from now on, with the next frame at the latest. Not before
    /// display_ready().
    virtual void set_overlay(ScanoutId scanout, const Overlay& content) = 0;

    /// From now on the screen's window belongs on that output, full screen. The error is one line
    /// for the user, and nothing has changed then: there is no such screen, or no such output.
    [[nodiscard]] virtual Result<void> move_to_output(ScanoutId scanout,
                                                      const std::string& output) = 0;
};

/// A presenter that shows scanouts in windows of a Wayland compositor, one window a scanout.
///
/// Only the socket is opened here: nothing waits for the compositor, now or later. Its answers come
/// on the loop. When it has said what it has, there are windows, black, and
/// DisplayEvents::display_ready() is called; no other event comes before, but display_lost(): where
/// the compositor lacks what there is no way around, reports an error, hangs up, or answers nothing
/// in time. Until display_ready() nobody uses the presenter. Calls do no harm: flushes are
/// answered at once, what is attached is forgotten, set_screen() fails; screen() has what was
/// configured.
///
/// `loop` and `events` are lent and must outlive the presenter, which may be destroyed by whoever
/// hears display_ready() or display_lost(). Throws StartupError where there is no socket of a
/// compositor.
[[nodiscard]] std::unique_ptr<Presenter> make_presenter(EventLoop& loop, DisplayEvents& events,
                                                        PresenterOptions options);

}  // namespace oriel::wayland
