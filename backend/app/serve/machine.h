// SPDX-License-Identifier: MIT
#pragma once

#include <memory>
#include <nlohmann/json_fwd.hpp>
#include <optional>
#include <string>

#include "agent/agent.h"
#include "caption/painter_process.h"
#include "card/card.h"
#include "card/paced_null_display.h"
#include "cli/options.h"
#include "cli/screen_command.h"
#include "control/control_server.h"
#include "core/clock.h"
#include "core/event_loop.h"
#include "core/page_returner.h"
#include "gpu/gpu_device.h"
#include "guest/guest_memory.h"
#include "net/descriptor_store.h"
#include "pci/option_rom.h"
#include "record/recordings.h"
#include "scanout/display.h"
#include "serve/device_socket.h"
#include "serve/display_keeper.h"
#include "serve/hud.h"
#include "serve/input_sockets.h"
#include "serve/serve_sandbox.h"
#include "serve/signals.h"
#include "serve/stale_screens.h"
#include "serve/started_vmm.h"
#include "serve/vm_input.h"
#include "service/service_manager.h"
#include "trace/frame_trace.h"
#include "vga/vga_device.h"

namespace oriel::app {

/// One VM's display: joins a presenter, the device and a transport, and runs them on one loop.
class Machine final : public DisplayEvents,
                      private headless::ShownFrameListener,
                      private ControlHandler,
                      private DisplayOwner,
                      private VmStatus,
                      private StopListener,
                      private ClientListener {
public:
    /// Throws StartupError. When it returns, a VMM can attach.
    explicit Machine(ServeOptions options);
    ~Machine() override;

    /// Serves until the VMM goes away (without --keep), the window is closed, a signal or `ctl
    /// quit` comes: 0; or until the compositor is lost (at the start, or if it isn't waited for),
    /// or a VMM of `oriel run` fails: 1. Such a VMM has ended when this returns.
    [[nodiscard]] int run();

    // DisplayEvents, as far as they are no source's
    void display_ready() override;
    void close_requested(ScanoutId scanout) override;
    void display_lost(const std::string& reason) override;
    void frame_done(ScanoutId) override { hud_.wake(); }

private:
    static constexpr const char* kGpuSource = "virtio";

    [[nodiscard]] std::unique_ptr<DisplayKeeper> make_windows();
    [[nodiscard]] wayland::PresenterOptions presenter_options() override;
    void windows_ready() override;
    void windows_gone(const std::string& reason) override;
    [[nodiscard]] std::unique_ptr<DeviceSocket> make_socket();
    /// Where the VMM is kept beyond this process' end; null: nowhere. One that this process has
    /// started ends with it.
    [[nodiscard]] DescriptorStore* store() {
        return service_.stores() && options_.vmm.empty() ? &service_ : nullptr;
    }
    void show_headless();
    void frame_shown(const headless::ShownFrame& frame) override;
    void resume();
    void client_attached() override;
    void client_resumed() override;
    void client_leaving(const std::string& reason) override;
    void client_detached(const std::string& reason) override;
    void catch_up(ScanoutId scanout);
    [[nodiscard]] std::string_view vm_status() const override;
    /// To the service manager, and whoever sees the windows: how it stands with the VM and the
    /// compositor.
    void tell_status(bool vm_attached);
    [[nodiscard]] ControlReply handle(const std::string& command, const nlohmann::json& request,
                                      UniqueFd& file) override;
    void stop_requested(int signal) override;
    [[nodiscard]] ControlReply screenshot(const nlohmann::json& request);
    [[nodiscard]] ControlReply frame(const nlohmann::json& request);
    [[nodiscard]] ControlReply edid(const nlohmann::json& request);
    [[nodiscard]] ControlReply record(const nlohmann::json& request, const UniqueFd& file);
    [[nodiscard]] ControlReply input(const nlohmann::json& request);
    [[nodiscard]] ControlReply screen(const nlohmann::json& request);
    [[nodiscard]] nlohmann::json stats() const;
    [[nodiscard]] nlohmann::json info() const;

    // Each part is lent the ones above it, so they go away bottom up: first whoever brings work
    // (control socket, VMM), then the presenter, then the devices, then memory and the loop.
    const ServeOptions options_;
    const std::optional<pci::OptionRom> option_rom_;
    SystemClock clock_;
    const TimePoint started_ = clock_.now();
    EventLoop loop_{clock_};
    PageReturner page_returner_{loop_};
    ServeSandbox sandbox_{loop_, options_};
    ServiceManager service_{loop_, ServiceEnvironment::take()};
    /// What an earlier process of this service has left, until it is taken.
    InheritedDescriptors inherited_;
    StopSignals signals_;
    guest::GuestMemory memory_;
    VmInput input_;
    std::optional<agent::Agent> agent_;
    PainterProcess painter_;
    /// The card's target while no presenter is ready.
    card::PacedNullDisplay no_presenter_;
    card::Card card_;
    vga::VgaDevice vga_;
    gpu::GpuDevice gpu_;
    std::optional<FrameTrace> trace_;
    /// Which of the two the card's target is from.
    std::unique_ptr<Display> headless_;
    std::unique_ptr<DisplayKeeper> windows_;
    StaleScreens stale_;
    Hud hud_;
    Recordings recordings_{loop_, card_};
    ControlServer control_;
    std::optional<InputSockets> input_sockets_;
    std::unique_ptr<DeviceSocket> socket_;
    /// How the last VM went, for the service manager; empty: there was none.
    std::string last_end_;
    StartedVmm vmm_{loop_};
    /// A VMM that comes and goes must not fill the log.
    LogLimiter attach_limiter_;
    LogLimiter detach_limiter_;
};

}  // namespace oriel::app
