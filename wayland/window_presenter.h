// SPDX-License-Identifier: MIT
#pragma once

#include <memory>
#include <string>
#include <vector>

#include "clipboard/desktop_clipboard.h"
#include "connection/connection.h"
#include "connection/globals.h"
#include "connection/startup.h"
#include "core/event_loop.h"
#include "cursor/arrow_theme.h"
#include "frames/path_selector.h"
#include "frames/presentation.h"
#include "output/output.h"
#include "screens.h"
#include "seat/input_context.h"
#include "seat/seat.h"
#include "shell/decorations.h"
#include "wayland/presenter.h"

namespace oriel::wayland {

/// Shows scanouts in windows of a Wayland compositor, one window a scanout: see make_presenter().
class WindowPresenter final : public Presenter,
                              private ConnectionListener,
                              private GlobalsListener,
                              private OutputsListener,
                              private StartupSteps {
public:
    WindowPresenter(EventLoop& loop, DisplayEvents& events, PresenterOptions options);
    ~WindowPresenter() override;

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
    [[nodiscard]] std::vector<KeptScreen> kept() const override;
    void set_overlay(ScanoutId scanout, const Overlay& content) override;
    [[nodiscard]] Result<void> move_to_output(ScanoutId scanout,
                                              const std::string& output) override;

private:
    void connection_lost(const std::string& reason) override;
    void output_added(uint32_t name, Proxy<wl_output> proxy) override;
    void seat_added(uint32_t name, Proxy<wl_seat> proxy) override;
    void global_removed(uint32_t name) override;
    void outputs_changed() override;
    [[nodiscard]] Result<void> globals_known() override;
    [[nodiscard]] Result<uint32_t> outputs_described() override;
    void ready() override;

    void make_windows();
    [[nodiscard]] WindowOptions window_options(ScanoutId scanout) const;

    EventLoop& loop_;
    DisplayEvents& events_;
    PresenterOptions options_;
    const bool named_compositor_;
    // Destroyed bottom up: windows and cursors first, the connection last.
    Connection connection_;
    Outputs outputs_{*this};
    Globals globals_;
    // From globals_known() on:
    std::unique_ptr<Presentation> presentation_;
    std::unique_ptr<PathSelector> paths_;
    std::unique_ptr<DesktopClipboard> clipboard_;
    std::unique_ptr<InputContext> input_;
    // From outputs_described() on:
    std::unique_ptr<Decorations> decorations_;
    ArrowTheme arrow_theme_{globals_};
    Seats seats_;
    Screens screens_;
    Startup startup_;
    /// Why the connection was lost; told from the loop, as whoever hears it may destroy this.
    std::string lost_because_;
    DeferredCall tell_lost_;
};

}  // namespace oriel::wayland
