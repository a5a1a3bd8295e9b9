// SPDX-License-Identifier: MIT
#include "serve/machine_options.h"

#include <unistd.h>

#include <cstdlib>
#include <utility>

#include "control/runtime_folder.h"
#include "core/log.h"
#include "run/qemu_command.h"
#include "run/vmm_facts.h"
#include "scanout/screen_row.h"

namespace oriel::app {
namespace {

/// 96 dots per inch: guests then choose no scaling.
uint32_t millimetres(uint32_t pixels) {
    return static_cast<uint32_t>(uint64_t{pixels} * 254 / 960);
}

wayland::PathChoice path_choice(PathOption path) {
    switch (path) {
        case PathOption::kShm:
            return wayland::PathChoice::kShm;
        case PathOption::kUpload:
            return wayland::PathChoice::kUpload;
        case PathOption::kDirect:
            return wayland::PathChoice::kDirect;
        case PathOption::kGles:
            return wayland::PathChoice::kGles;
        case PathOption::kAuto:
            break;
    }
    return wayland::PathChoice::kAuto;
}

/// It is good for one activation: nobody whom this program starts gets it too.
std::string take_activation_token() {
    constexpr const char* kName = "XDG_ACTIVATION_TOKEN";
    const char* const token = std::getenv(kName);
    std::string taken = token != nullptr ? token : "";
    ::unsetenv(kName);
    return taken;
}

std::string own_folder() {
    auto folder = runtime_folder(Create::kYes);
    if (!folder) {
        throw StartupError{folder.error()};
    }
    return std::move(*folder);
}

}  // namespace

ServeOptions with_sockets(ServeOptions options) {
    if (options.vmm.empty()) {
        return options;
    }
    const std::string folder = own_folder();
    if (options.vhost_user) {
        std::string& path = options.vhost_user->path;
        path = path.empty() ? vmm_socket_path(folder, options.name, "vhost-user") : path;
    } else if (options.vfio_user.empty()) {
        options.vfio_user = vmm_socket_path(folder, options.name, "vfio-user");
    }
    if (!options.input_socket) {
        options.input_socket = vmm_socket_path(folder, options.name, "in");
    }
    if (!options.qmp) {
        options.qmp = vmm_socket_path(folder, options.name, "qmp");
    }
    if (options.clipboard) {
        options.agent = vmm_socket_path(folder, options.name, "agent");
    }
    return options;
}

pci::DisplayClass pci_class(const ServeOptions& options) {
    switch (options.pci_class) {
        case PciClassOption::kVga:
            return pci::DisplayClass::kVga;
        case PciClassOption::kDisplay:
            return pci::DisplayClass::kDisplay;
        case PciClassOption::kAuto:
            break;
    }
    const bool plain =
        !options.vmm.empty() && !options.option_rom && !has_vga_world(QemuCommand{options.vmm});
    return plain ? pci::DisplayClass::kDisplay : pci::DisplayClass::kVga;
}

gpu::Limits gpu_limits(const ServeOptions& options) {
    gpu::Limits limits = gpu::Limits::for_screens(options.outputs);
    if (options.gpu_memory) {
        limits.set_host_bytes(uint64_t{*options.gpu_memory} << 20);
    }
    limits.resources = options.gpu_resources.value_or(limits.resources);
    return limits;
}

std::vector<ScreenInfo> screens_of(const ServeOptions& options) {
    ScreenInfo info;
    if (options.mode) {
        info.preferred = options.mode->size;
        info.refresh_mhz = options.mode->refresh_mhz.value_or(info.refresh_mhz);
    }
    if (options.headless) {
        info.physical_mm = {millimetres(info.preferred.width), millimetres(info.preferred.height)};
    }
    std::vector<ScreenInfo> all(options.outputs, info);
    if (options.dbus) {
        // One window is there at once; the others come with QEMU's consoles.
        for (size_t screen = 1; screen < all.size(); ++screen) {
            all[screen].connected = false;
        }
    }
    put_side_by_side(all);
    return all;
}

headless::PresenterOptions headless_options(const ServeOptions& options,
                                            headless::ShownFrameListener& trace) {
    return {.pace = options.pace == PaceOption::kVirtual ? headless::Pace::kVirtual
                                                         : headless::Pace::kRefresh,
            .frames = options.trace ? &trace : nullptr};
}

wayland::PresenterOptions window_options(const ServeOptions& options) {
    wayland::PresenterOptions window;
    window.screens = screens_of(options);
    window.size_explicit = options.mode.has_value();
    window.refresh_explicit = options.mode && options.mode->refresh_mhz;
    window.name = options.name;
    window.title = options.title;
    window.app_id = options.app_id;
    window.fullscreen = options.fullscreen;
    window.path = path_choice(options.path);
    window.scaling = options.window.scaling;
    window.grab = options.window.grab;
    window.confine = options.window.confine;
    window.latency = options.window.latency;
    window.decorations = options.window.decorations;
    window.inhibit_idle = options.window.inhibit_idle;
    window.activation_token = take_activation_token();
    window.resize = options.window.resize;
    window.output_names = options.window.output_names;
    window.hide_without_output = options.window.missing_output == MissingOutputOption::kHide;
    return window;
}

std::string control_path(const std::string& name) {
    const std::string folder = own_folder();
    std::string path = control_socket_path(folder, name);
    if (std::getenv("XDG_RUNTIME_DIR") == nullptr) {
        // log: at the start
        log_info("app", "XDG_RUNTIME_DIR is not set: the control socket is {}", path);
    }
    return path;
}

}  // namespace oriel::app
