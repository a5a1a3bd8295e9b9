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

struct wl_surface;

namespace oriel::wayland {

class Clipboard;
class Connection;
class Decorations;
class Globals;
class Output;
class Outputs;
class PathSelector;
class Presentation;
class Seats;
class Window;
struct GrabState;
struct InputContext;
struct WindowView;

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
    /// Of the VM; the first of several windows is called "NAME", the others "NAME (2)" and so on.
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
    /// Lent, or -1. Once it is readable the constructor waits for the compositor no longer: it
    /// throws StartupError with exit code 0.
    int stop_fd = -1;
    /// The device for explicit synchronisation (tests). Empty: the compositor's DRM device.
    OpenSyncDevice open_sync_device;
};

/// Shows scanouts in windows of a Wayland compositor, one window a scanout. Windows exist, black,
/// from the construction on.
///
/// The constructor is the only place that waits for the compositor (two roundtrips). All else
/// happens on the loop: requests are sent before it sleeps, and nothing waits.
class Presenter final : public Display {
public:
    /// `loop` and `events` are lent and must outlive the presenter; no event is told from inside
    /// the constructor. Throws StartupError: no compositor, or one that lacks what there is no way
    /// around.
    Presenter(EventLoop& loop, DisplayEvents& events, PresenterOptions options);
    ~Presenter() override;

    void attach(ScanoutId scanout, FramebufferRef framebuffer, const Rect& source) override;
    void flush(ScanoutId scanout, const Region& damage, FlushDone done) override;
    [[nodiscard]] bool frame_pending(ScanoutId scanout) const override;
    void detach(ScanoutId scanout) override;
    void set_cursor(ScanoutId scanout, std::shared_ptr<const CursorImage> image) override;
    void move_cursor(ScanoutId scanout, Point position) override;
    [[nodiscard]] Result<void> set_screen(ScanoutId scanout, const ScreenChange& change) override;
    [[nodiscard]] bool visible(ScanoutId scanout) const override;
    [[nodiscard]] uint32_t scanout_count() const override;
    [[nodiscard]] ScreenInfo screen(ScanoutId scanout) const override;
    [[nodiscard]] const ScanoutStats& stats(ScanoutId scanout) const override;

private:
    struct Screen;

    void make_windows(const PresenterOptions& options);
    void give_paths();
    [[nodiscard]] Window* window(ScanoutId scanout) const;
    [[nodiscard]] static Size preferred_mode(const Screen& screen, const Output* output);
    [[nodiscard]] static Size preferred_mode(const Screen& screen);
    void screen_changed(ScanoutId scanout);
    void all_screens_changed();
    bool look(const wl_surface* surface, WindowView& view) const;
    void make_input(const PresenterOptions& options);
    void grab_changed(ScanoutId scanout, GrabState state);
    /// Where the host's pointer can't be the guest's cursor.
    void draw_cursor(ScanoutId scanout);
    void lost(const std::string& reason);

    EventLoop& loop_;
    DisplayEvents& events_;
    // Destroyed bottom up: windows and cursors first, the connection last.
    std::unique_ptr<Connection> connection_;
    std::unique_ptr<Outputs> outputs_;
    std::unique_ptr<Globals> globals_;
    std::unique_ptr<Presentation> presentation_;
    std::unique_ptr<Decorations> decorations_;
    std::unique_ptr<PathSelector> paths_;
    std::unique_ptr<Clipboard> clipboard_;
    std::unique_ptr<InputContext> input_;
    std::unique_ptr<Seats> seats_;
    std::vector<std::unique_ptr<Screen>> screens_;
};

}  // namespace oriel::wayland
