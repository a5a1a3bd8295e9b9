// SPDX-License-Identifier: MIT
#include "kiosk/process_identity.h"

#include <fmt/format.h>

#include <fstream>
#include <sstream>

namespace oriel::app {

std::optional<ProcessIdentity> identify(pid_t pid) {
    std::ifstream file{fmt::format("/proc/{}/stat", pid)};
    std::string line;
    std::getline(file, line);
    // The program's name is in parentheses and may have blanks, and parentheses.
    const size_t name_end = line.rfind(')');
    if (name_end == std::string::npos || name_end + 2 > line.size()) {
        return std::nullopt;
    }
    std::istringstream fields{line.substr(name_end + 2)};
    std::string state;
    fields >> state;
    if (state == "Z" || state == "X") {
        return std::nullopt;
    }
    // Field 22 of proc(5); the state is field 3.
    std::string skipped;
    for (int field = 4; field < 22; ++field) {
        fields >> skipped;
    }
    ProcessIdentity identity{.pid = pid};
    return fields >> identity.started ? std::optional{identity} : std::nullopt;
}

std::string boot_id() {
    std::ifstream file{"/proc/sys/kernel/random/boot_id"};
    std::string id;
    std::getline(file, id);
    return id;
}

}  // namespace oriel::app
