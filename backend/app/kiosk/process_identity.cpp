// SPDX-License-Identifier: MIT
#include "kiosk/process_identity.h"

#include <fstream>
#include <vector>

#include "core/whole_number.h"
#include "net/process_stat.h"

namespace oriel::app {

std::optional<ProcessIdentity> identify(pid_t pid) {
    const std::vector<std::string> stat = process_stat(pid);
    constexpr size_t kState = stat_field(3);
    constexpr size_t kStarted = stat_field(22);
    if (stat.size() <= kStarted || stat[kState] == "Z" || stat[kState] == "X") {
        return std::nullopt;
    }
    const auto started = whole_number<uint64_t>(stat[kStarted]);
    return started ? std::optional{ProcessIdentity{.pid = pid, .started = *started}} : std::nullopt;
}

std::string boot_id() {
    std::ifstream file{"/proc/sys/kernel/random/boot_id"};
    std::string id;
    std::getline(file, id);
    return id;
}

}  // namespace oriel::app
