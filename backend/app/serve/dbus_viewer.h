// SPDX-License-Identifier: MIT
#pragma once

#include <bitset>
#include <memory>
#include <nlohmann/json_fwd.hpp>
#include <optional>
#include <string>

#include "caption/painter_process.h"
#include "card/card.h"
#include "card/paced_null_display.h"
#include "cli/options.h"
#include "control/control_server.h"
#include "core/clock.h"
#include "core/event_loop.h"
#include "core/page_returner.h"
#include "input/router.h"
#include "qemu_dbus/display_session.h"
#include "record/recordings.h"
#include "scanout/display.h"
#include "serve/display_keeper.h"
#include "serve/hud.h"
#include "serve/serve_sandbox.h"
#include "serve/signals.h"
#include "serve/started_vmm.h"
#include "service/service_manager.h"
#include "trace/frame_trace.h"
#include "view/domain_display.h"

namespace oriel::app {

/// Shows the screens of a QEMU that has its own graphics cards, over its D-Bus display: joins a
/// presenter and that road, and runs them on one loop. What Machine is where Oriel is the card.
class DbusViewer final : public DisplayEvents,
                         private headless::ShownFrameListener,
                         private ControlHandler,
                         private DisplayOwner,
                         private VmStatus,
                         private StopListener,
                         private qemu_dbus::SessionListener {
public:
    /// Throws StartupError. QEMU need not be there yet.
    explicit DbusViewer(ServeOptions options);
    ~DbusViewer() override;

    /// Shows QEMU until it goes away (without --keep), the window is closed, a signal or `ctl quit`
    /// comes: 0; or until the compositor is lost (at the start, or if it isn't waited for), or the
    /// socket of --fd turns out to lead to no display: 1. The VM goes on in all of these cases,
    /// unless it is `oriel run`'s: that has ended when this returns, and failed if this is 1.
    [[nodiscard]] int run() { return loop_.run(); }

    // DisplayEvents, as far as they are no source's
    void display_ready() override;
    void close_requested(ScanoutId scanout) override;
    void display_lost(const std::string& reason) override;
    void frame_done(ScanoutId) override { hud_.wake(); }

private:
    [[nodiscard]] std::unique_ptr<DisplayKeeper> make_windows();
    [[nodiscard]] wayland::PresenterOptions presenter_options() override;
    void windows_ready() override;
    void windows_gone(const std::string& reason) override;
    void display_attached() override;
    void screens_changed() override;
    void display_detached(const std::string& reason) override;
    void stop_requested(int signal) override;
    void frame_shown(const headless::ShownFrame& frame) override;
    [[nodiscard]] ControlReply handle(const std::string& command, const nlohmann::json& request,
                                      UniqueFd& file) override;
    [[nodiscard]] ControlReply screenshot(const nlohmann::json& request);
    [[nodiscard]] Result<void> check_console(const nlohmann::json& request) const;
    [[nodiscard]] nlohmann::json stats() const;
    [[nodiscard]] nlohmann::json info() const;
    /// With the VM, if this is `oriel run`.
    void end(const std::string& why);
    void plug_screens();
    [[nodiscard]] std::string_view vm_status() const override {
        return session_->attached() ? "running" : "awaited";
    }
    /// To the service manager, and whoever sees the windows: how it stands with QEMU and the
    /// compositor.
    void tell_status();

    // Each part is lent the ones above it: see Machine.
    const ServeOptions options_;
    SystemClock clock_;
    const TimePoint started_ = clock_.now();
    EventLoop loop_{clock_};
    PageReturner page_returner_{loop_};
    ServeSandbox sandbox_{loop_, options_};
    ServiceManager service_{loop_, ServiceEnvironment::take()};
    StopSignals signals_;
    PainterProcess painter_;
    /// Null unless this is `oriel view`.
    std::unique_ptr<DomainDisplay> domain_;
    /// The card's target while no presenter is ready.
    card::PacedNullDisplay no_presenter_;
    card::Card card_;
    std::unique_ptr<qemu_dbus::DisplaySession> session_;
    input::InputRouter router_;
    std::optional<FrameTrace> trace_;
    /// Which of the two the card's target is from.
    std::unique_ptr<Display> headless_;
    std::unique_ptr<DisplayKeeper> windows_;
    Hud hud_;
    Recordings recordings_{loop_, card_};
    ControlServer control_;
    StartedVmm vmm_{loop_};
    /// What the target was told last of which screens there are.
    std::bitset<kMaxScanouts> plugged_{1};
    /// A QEMU that comes and goes must not fill the log.
    LogLimiter attach_limiter_;
    LogLimiter detach_limiter_;
};

}  // namespace oriel::app
