// SPDX-License-Identifier: MIT
#include "serve/run_plan.h"

#include <optional>
#include <utility>

#include "core/log.h"
#include "qemu_dbus/display_session.h"
#include "run/dbus_arguments.h"
#include "run/qemu_command.h"
#include "run/road.h"
#include "run/sound.h"
#include "run/vmm_arguments.h"
#include "scanout/scanout_id.h"
#include "serve/input_sockets.h"
#include "serve/machine_options.h"

namespace oriel::app {
namespace {

constexpr const char* kRunArea = "app";
constexpr int kWrongUse = 2;

std::optional<Road> forced(RoadOption said) {
    switch (said) {
        case RoadOption::kVfioUser:
            return Road::kVfioUser;
        case RoadOption::kVhostUser:
            return Road::kVhostUser;
        case RoadOption::kDbus:
            return Road::kDbus;
        case RoadOption::kAuto:
            break;
    }
    return std::nullopt;
}

/// Where QEMU has the card, the road's options are set.
VmmArguments dbus_vmm(ServeOptions& options, const std::string& sound, QemuProbe& probe) {
    VmmArguments vmm = complete_dbus_arguments(
        std::move(options.vmm), {*options.qmp, sound, options.clipboard, options.outputs}, probe);
    options.dbus = DbusOption{.kind = DbusOption::Kind::kMonitor, .path = *options.qmp};
    options.outputs = kMaxScanouts;
    return vmm;
}

VmmArguments own_card_vmm(ServeOptions& options, const std::string& sound) {
    VmmSockets sockets{.display = options.vfio_user,
                       .input = InputSockets::paths(*options.input_socket),
                       .qmp = *options.qmp,
                       .agent = options.agent.value_or(""),
                       .sound = sound};
    if (options.vhost_user) {
        sockets.display = options.vhost_user->path;
        sockets.vhost_user = true;
        sockets.outputs = options.outputs;
    }
    return complete_vmm_arguments(std::move(options.vmm), sockets);
}

RoadChoice road_of(const ServeOptions& options, const QemuCommand& command, QemuProbe& probe) {
    RoadWishes wishes{.own_card_option = options.own_card_option,
                      .dbus_built = qemu_dbus::has_sessions()};
    wishes.forced = forced(options.road);
    auto choice = choose_road(command, wishes, probe);
    if (!choice) {
        throw StartupError{choice.error(), wishes.forced ? kWrongUse : 1};
    }
    return std::move(*choice);
}

}  // namespace

ServeOptions planned_run(ServeOptions options) {
    if (options.vmm.empty()) {
        return options;
    }
    const QemuCommand command{options.vmm};
    QemuProbe probe{command.program()};
    const RoadChoice choice = road_of(options, command, probe);
    // log: once a process, as all of these lines
    log_info(kRunArea, "run: road {}: {}", to_string(choice.road), choice.why);
    const std::string sound =
        options.audio ? sound_driver(command, SoundServers::of_session(), probe) : "";
    if (choice.road == Road::kVhostUser && !options.vhost_user) {
        options.vhost_user.emplace();
    }
    options = with_sockets(std::move(options));
    // log: once a process
    if (choice.road == Road::kVfioUser && options.pci_class == PciClassOption::kAuto &&
        pci_class(options) == pci::DisplayClass::kDisplay) {
        log_info(kRunArea,
                 "run: the card is a plain display, as the machine has no VGA (--pci-class)");
    }
    VmmArguments vmm =
        choice.road == Road::kDbus ? dbus_vmm(options, sound, probe) : own_card_vmm(options, sound);
    // log: once a process
    for (const std::string& line : vmm.added) {
        log_info(kRunArea, "run: added {}", line);
    }
    // log: once a process
    for (const std::string& line : vmm.conflicts) {
        log_warn(kRunArea, "run: kept {}", line);
    }
    options.vmm = std::move(vmm.command);
    return options;
}

}  // namespace oriel::app
