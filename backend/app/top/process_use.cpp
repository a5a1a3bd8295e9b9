// SPDX-License-Identifier: MIT
#include "top/process_use.h"

#include <unistd.h>

#include <fstream>
#include <limits>
#include <vector>

#include "core/whole_number.h"
#include "net/process_stat.h"

namespace oriel::app {
namespace {

/// A number of kibibytes behind `key` at the start of a line.
uint64_t kibibytes(const std::string& path, const std::string& key) {
    std::ifstream file{path};
    std::string word;
    while (file >> word) {
        uint64_t value = 0;
        if (word == key && file >> value) {
            return value * 1024;
        }
        file.ignore(std::numeric_limits<std::streamsize>::max(), '\n');
    }
    return 0;
}

}  // namespace

std::optional<ProcessUse> process_use(pid_t pid, const std::string& proc) {
    const std::vector<std::string> stat = process_stat(pid, proc);
    constexpr size_t kUserTime = stat_field(14);
    constexpr size_t kSystemTime = stat_field(15);
    if (pid <= 0 || stat.size() <= kSystemTime) {
        return std::nullopt;
    }
    const auto user = whole_number<uint64_t>(stat[kUserTime]);
    const auto system = whole_number<uint64_t>(stat[kSystemTime]);
    if (!user || !system) {
        return std::nullopt;
    }
    const std::string folder = proc + "/" + std::to_string(pid);
    const auto ticks = static_cast<double>(::sysconf(_SC_CLK_TCK));
    return ProcessUse{.cpu_s = static_cast<double>(*user + *system) / ticks,
                      .rss_bytes = kibibytes(folder + "/status", "VmRSS:"),
                      .pss_bytes = kibibytes(folder + "/smaps_rollup", "Pss:")};
}

}  // namespace oriel::app
