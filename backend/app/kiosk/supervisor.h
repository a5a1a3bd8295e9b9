// SPDX-License-Identifier: MIT
#pragma once

#include <memory>
#include <nlohmann/json_fwd.hpp>
#include <optional>
#include <string>
#include <vector>

#include "cli/options.h"
#include "control/control_server.h"
#include "core/event_loop.h"
#include "kiosk/kiosk_file.h"
#include "kiosk/kiosk_vm.h"
#include "net/descriptor_store.h"
#include "net/socket_watch.h"
#include "serve/signals.h"
#include "service/service_manager.h"

namespace oriel::app {

/// `oriel kiosk`: starts the VMs of a file and keeps them running. It has no part in what they
/// show: when it ends without having been asked to (kill -9), all of them go on, and the next one
/// adopts them. SIGTERM and SIGINT end them, SIGHUP reads the file again. A service manager hears
/// that it is ready when each VM has been started once.
class Supervisor final : private KioskVmListener,
                         private ControlHandler,
                         private StopListener,
                         private SocketWatchListener {
public:
    /// Throws StartupError; with exit code 2 where the file has mistakes (each of them is logged)
    /// or a supervisor runs already.
    explicit Supervisor(const KioskOptions& options);
    ~Supervisor();

    /// Until it is asked to end, and all VMs have ended.
    [[nodiscard]] int run();

private:
    using VmList = std::vector<std::unique_ptr<KioskVm>>;

    void vm_changed(KioskVm& vm) override;
    [[nodiscard]] ControlReply handle(const std::string& command, const nlohmann::json& request,
                                      UniqueFd& file) override;
    void stop_requested(int signal) override;
    void socket_appeared() override;

    void adopt_all();
    /// Where descriptors are kept beyond this process' end; null: nowhere.
    [[nodiscard]] DescriptorStore* beyond() { return service_.stores() ? &service_ : nullptr; }
    void apply(std::vector<VmPlan> plans);
    /// Nothing, or what is wrong.
    [[nodiscard]] std::optional<std::string> reload();
    void end();
    /// Starts who may start, forgets who is gone.
    void go_on();
    /// To the service manager.
    void tell_standing();
    [[nodiscard]] bool may_start(const KioskVm& vm) const;
    [[nodiscard]] bool is_leaving(const std::string& name) const;
    [[nodiscard]] KioskVm* find(const std::string& name) const;
    [[nodiscard]] ControlReply change(const std::string& command, KioskVm& vm);
    [[nodiscard]] ControlReply send(const nlohmann::json& request, KioskVm& vm);

    const std::string file_;
    SystemClock clock_;
    EventLoop loop_{clock_};
    /// Before anything starts: what it takes out of the environment is not for others.
    ServiceManager service_{loop_, ServiceEnvironment::take()};
    /// What an earlier supervisor has left with the service manager, until it is taken.
    InheritedDescriptors inherited_;
    StopSignals signals_;
    const std::string folder_;
    /// Also what keeps a second supervisor away.
    std::unique_ptr<ControlServer> control_;
    /// Where the compositor listens, if that is known.
    const std::optional<std::string> compositor_;
    std::optional<SocketWatch> compositor_watch_;
    bool told_of_compositor_ = false;
    bool compositor_awaited_ = false;
    DeferredCall go_on_;
    /// In the file's order.
    VmList vms_;
    /// They aren't in the file any more, or not as they were, and are ending.
    VmList leaving_;
    bool ending_ = false;
    LogLimiter mistake_limiter_{kMaxMistakes};
};

}  // namespace oriel::app
