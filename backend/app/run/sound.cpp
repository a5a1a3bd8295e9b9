// SPDX-License-Identifier: MIT
#include "run/sound.h"

#include <fmt/format.h>
#include <sys/stat.h>

#include <cstdlib>

#include "run/qemu_syntax.h"
#include "run/vmm_facts.h"

namespace oriel::app {
namespace {

bool is_socket(const std::string& path) {
    struct stat status = {};
    return ::stat(path.c_str(), &status) == 0 && S_ISSOCK(status.st_mode);
}

std::string environment_text(const char* name) {
    const char* const text = std::getenv(name);
    return text != nullptr ? text : "";
}

}  // namespace

SoundServers SoundServers::of_session() {
    const std::string folder = environment_text("XDG_RUNTIME_DIR");
    const std::string remote = environment_text("PIPEWIRE_REMOTE");
    SoundServers servers;
    servers.pipewire = remote.starts_with('/')
                           ? remote
                           : fmt::format("{}/{}", folder, remote.empty() ? "pipewire-0" : remote);
    servers.pulse = fmt::format("{}/pulse/native", folder);
    constexpr std::string_view kUnix = "unix:";
    if (const std::string pulse = environment_text("PULSE_SERVER"); pulse.starts_with(kUnix)) {
        servers.pulse = pulse.substr(kUnix.size());
    }
    for (std::string* path : {&servers.pipewire, &servers.pulse}) {
        if (!is_socket(*path)) {
            path->clear();
        }
    }
    return servers;
}

std::string sound_driver(const QemuCommand& command, const SoundServers& servers,
                         QemuProbe& probe) {
    if (sound_is_chosen(command)) {
        return {};
    }
    // A QEMU that can't be asked may refuse the driver, and end.
    if (!servers.pipewire.empty() && probe.has_audio("pipewire").value_or(false)) {
        return "pipewire";
    }
    if (!servers.pulse.empty() && probe.has_audio("pa").value_or(false)) {
        // By itself QEMU looks for the server's pid file, and ends where it isn't (7.2): a server
        // that starts when the first client connects has none yet.
        return fmt::format("pa,server=unix:{}", in_list(servers.pulse));
    }
    return {};
}

}  // namespace oriel::app
