// SPDX-License-Identifier: MIT
#include "serve/serve_sandbox.h"

#include <array>
#include <chrono>
#include <csignal>
#include <cstdlib>
#include <ctime>
#include <filesystem>
#include <sstream>
#include <string>
#include <utility>
#include <vector>

#include "caption/painter_process.h"
#include "control/runtime_folder.h"
#include "core/log.h"
#include "outside/outside_process.h"
#include "record/recorder_process.h"
#include "scanout/scanout_id.h"
#include "serve/input_sockets.h"
#include "serve/machine_options.h"
#include "serve/vm_input.h"
#include "view/libvirt_process.h"
#include "wayland/compositor_socket.h"

namespace oriel::app {
namespace {

constexpr const char* kSandboxArea = "app";

#if defined(__SANITIZE_ADDRESS__) || defined(__SANITIZE_THREAD__)
constexpr bool kHasSanitizer = true;
#elif defined(__has_feature)
constexpr bool kHasSanitizer = __has_feature(address_sanitizer) ||
                               __has_feature(thread_sanitizer) || __has_feature(memory_sanitizer);
#else
constexpr bool kHasSanitizer = false;
#endif

/// A sanitizer starts processes, for its reports and its search for leaks: it can't live in one.
SandboxOption possible(SandboxOption wished) {
    if (kHasSanitizer && wished == SandboxOption::kOn) {
        // log: once a process
        log_info(kSandboxArea, "the sandbox is off: this build has a sanitizer");
        return SandboxOption::kOff;
    }
    return wished;
}

bool is_there(const char* path) {
    std::error_code error;
    return std::filesystem::exists(path, error);
}

/// A GL driver may come into this process.
bool may_load_driver(const ServeOptions& options) {
    switch (options.path) {
        case PathOption::kShm:
            return false;
        case PathOption::kUpload:
        case PathOption::kGles:
            return true;
        case PathOption::kAuto:
        case PathOption::kDirect:
            break;
    }
    return is_there("/dev/dri");
}

/// The folders that a variable of the environment lists, as libraries look for their files there:
/// who starts the process has set it.
void add_listed(const char* variable, std::vector<std::string>& folders) {
    const char* const value = std::getenv(variable);
    std::istringstream list{value == nullptr ? "" : value};
    for (std::string folder; std::getline(list, folder, ':');) {
        if (folder.starts_with('/') && folder.find_first_not_of('/') != std::string::npos) {
            folders.push_back(std::move(folder));
        }
    }
}

/// The fonts, icons and pointers that a user has: window frames and the pointer are drawn with
/// them. Nothing else at home can be read.
void add_home(std::vector<std::string>& readable) {
    const char* const home = std::getenv("HOME");
    const auto add = [&](const char* variable, const char* at_home, const char* folder) {
        const char* const value = std::getenv(variable);
        if (value != nullptr && *value == '/') {
            readable.push_back(fmt::format("{}/{}", value, folder));
        } else if (home != nullptr && *home == '/') {
            readable.push_back(fmt::format("{}/{}/{}", home, at_home, folder));
        }
    };
    add("XDG_DATA_HOME", ".local/share", "icons");
    add("XDG_DATA_HOME", ".local/share", "fonts");
    add("XDG_CONFIG_HOME", ".config", "fontconfig");
    add("XDG_CACHE_HOME", ".cache", "fontconfig");
    if (home != nullptr && *home == '/') {
        readable.push_back(fmt::format("{}/.icons", home));
        readable.push_back(fmt::format("{}/.fonts", home));
    }
    add_listed("XCURSOR_PATH", readable);
}

/// What libraries are made of, and what they read: window frames, the pointer's theme.
void add_desktop(sandbox::Rules& rules) {
    rules.runnable = {"/usr",       "/lib",       "/lib64",
                      "/nix/store", "/gnu/store", "/run/current-system/sw"};
    for (const char* const file : {"/etc/ld.so.cache", "/etc/fonts", "/etc/X11", "/etc/gtk-3.0",
                                   "/etc/gtk-4.0", "/etc/passwd", "/etc/nsswitch.conf",
                                   "/var/cache/fontconfig", "/dev/null", "/dev/urandom"}) {
        rules.readable.emplace_back(file);
    }
    add_home(rules.readable);
    add_listed("LD_LIBRARY_PATH", rules.runnable);
    add_listed("LIBDECOR_PLUGIN_DIR", rules.runnable);
}

void add_driver(sandbox::Rules& rules) {
    rules.runnable.emplace_back("/run/opengl-driver");
    rules.runnable.emplace_back("/opt");
    add_listed("LIBGL_DRIVERS_PATH", rules.runnable);
    add_listed("GBM_BACKENDS_PATH", rules.runnable);
    for (const char* const file :
         {"/sys/dev", "/sys/devices", "/sys/bus", "/sys/class/drm", "/etc/drirc", "/etc/glvnd",
          "/etc/egl", "/etc/nvidia", "/proc/driver/nvidia", "/proc/cpuinfo", "/proc/meminfo",
          "/proc/modules"}) {
        rules.readable.emplace_back(file);
    }
    rules.devices.emplace_back("/dev/dri");
    rules.devices.emplace_back("/dev/kfd");
    for (const char* const device : {"/dev/nvidiactl", "/dev/nvidia0", "/dev/nvidia1",
                                     "/dev/nvidia-modeset", "/dev/nvidia-uvm"}) {
        rules.devices.emplace_back(device);
    }
}

/// At which sockets the VMM of `oriel run` is, and nobody else.
std::vector<std::string> vmm_sockets(const ServeOptions& options) {
    if (options.dbus) {
        return {options.dbus->path};
    }
    return {options.vhost_user ? options.vhost_user->path : options.vfio_user};
}

std::array<Outside::Program, kHelperKinds> programs(const ServeOptions& options) {
    // One that is ending, and the next one, for each screen.
    constexpr size_t kMostRecorders = size_t{2} * kMaxScanouts;
    std::array<Outside::Program, kHelperKinds> programs;
    const auto set = [&programs](HelperKind kind, Outside::Program program) {
        programs.at(static_cast<size_t>(kind)) = std::move(program);
    };
    if (!options.headless) {
        set(HelperKind::kPainter, {.path = painter_program()});
    }
    set(HelperKind::kRecorder, {.path = recorder_program(), .most = kMostRecorders});
    if (options.dbus && options.dbus->kind == DbusOption::Kind::kDomain) {
        set(HelperKind::kLibvirt,
            {.path = libvirt_program(), .arguments = {options.dbus->path, options.dbus->name}});
    }
    return programs;
}

}  // namespace

sandbox::Rules sandbox_rules(const ServeOptions& options) {
    sandbox::Rules rules;
    rules.mode =
        options.sandbox == SandboxOption::kLog ? sandbox::Mode::kLog : sandbox::Mode::kEnforce;
    // What it takes itself: for `stats`. Limits of udmabuf, which an administrator may raise.
    rules.readable = {"/proc/self", "/sys/module/udmabuf/parameters", "/etc/localtime"};
    rules.devices = {"/dev/udmabuf"};
    if (options.headless) {
        return rules;
    }
    rules.calls = sandbox::CallList::kWindows;
    add_desktop(rules);
    if (may_load_driver(options)) {
        rules.calls = sandbox::CallList::kDriver;
        add_driver(rules);
    }
    return rules;
}

Outside::Places outside_places(const ServeOptions& options,
                               const std::optional<std::string>& compositor) {
    Outside::Places places;
    for (const auto& path : {options.qmp, options.agent, compositor}) {
        if (path) {
            places.connect.push_back(*path);
        }
    }
    // A libvirt domain has a URI in place of a path.
    const bool domain = options.dbus && options.dbus->kind == DbusOption::Kind::kDomain;
    if (options.dbus && !domain && !options.dbus->path.empty()) {
        places.connect.push_back(options.dbus->path);
    }
    if (!options.vmm.empty()) {
        places.vmm = vmm_sockets(options);
    }
    places.programs = programs(options);
    if (const auto folder = runtime_folder(Create::kYes)) {
        places.remove.push_back(control_socket_path(*folder, options.name));
    }
    if (!options.vfio_user.empty()) {
        places.remove.push_back(options.vfio_user);
    }
    if (options.vhost_user && !options.vhost_user->path.empty()) {
        places.remove.push_back(options.vhost_user->path);
    }
    if (options.input_socket) {
        for (std::string& path : InputSockets::paths(*options.input_socket)) {
            places.remove.push_back(std::move(path));
        }
    }
    return places;
}

ServeSandbox::ServeSandbox(EventLoop& loop, const ServeOptions& options)
    : loop_{loop}, option_{possible(options.sandbox)} {
    if (option_ == SandboxOption::kOff) {
        return;
    }
    const TimePoint begin = loop_.clock().now();
    rules_ = sandbox_rules(options);
    places_ =
        outside_places(options, options.headless ? std::nullopt : wayland::compositor_socket());
    auto socket = start_outside(places_);
    start_took_ = loop_.clock().now() - begin;
    if (!socket) {
        throw StartupError{socket.error()};
    }
    socket_ = std::move(*socket);
}

void ServeSandbox::enter(const ProcessHandle* vmm, const FrameTrace* trace) {
    if (option_ == SandboxOption::kOff) {
        return;
    }
    const TimePoint begin = loop_.clock().now();
    std::vector<Outside::Child> children;
    if (vmm != nullptr) {
        children.push_back({vmm->pid(), vmm->fd(), SIGTERM});
    }
    if (trace != nullptr) {
        children.push_back(trace->writer());
    }
    outside_.emplace(loop_, std::move(socket_), places_, children);
    // What $TZ names is in no list, and read only once.
    ::tzset();
    // Its folder can't be written to, which Mesa would complain about at each start.
    for (const char* const cache : {"MESA_SHADER_CACHE_DISABLE", "MESA_GLSL_CACHE_DISABLE"}) {
        ::setenv(cache, "true", 0);
    }
    const auto missing = sandbox::enter(rules_);
    if (!missing) {
        throw StartupError{missing.error()};
    }
    if (!missing->empty()) {
        // log: once a process
        log_warn(kSandboxArea, "sandbox: {}", *missing);
    }
    // log: once a process
    log_debug(
        kSandboxArea, "the sandbox is entered; its start took {} us",
        std::chrono::floor<std::chrono::microseconds>(start_took_ + loop_.clock().now() - begin)
            .count());
}

}  // namespace oriel::app
