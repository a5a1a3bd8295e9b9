// SPDX-License-Identifier: MIT
#include "top/process_use.h"

#include <unistd.h>

#include <fstream>
#include <limits>
#include <sstream>

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
    const std::string folder = proc + "/" + std::to_string(pid);
    std::ifstream file{folder + "/stat"};
    std::string stat;
    if (pid <= 0 || !std::getline(file, stat)) {
        return std::nullopt;
    }
    // Behind the program's name, which may have blanks and brackets: 11 words, then two times.
    const size_t name_end = stat.rfind(')');
    std::istringstream words{stat.substr(name_end == std::string::npos ? 0 : name_end + 1)};
    std::string skipped;
    for (int i = 0; i < 11; ++i) {
        words >> skipped;
    }
    double user = 0;
    double system = 0;
    if (!(words >> user >> system)) {
        return std::nullopt;
    }
    const auto ticks = static_cast<double>(::sysconf(_SC_CLK_TCK));
    return ProcessUse{.cpu_s = (user + system) / ticks,
                      .rss_bytes = kibibytes(folder + "/status", "VmRSS:"),
                      .pss_bytes = kibibytes(folder + "/smaps_rollup", "Pss:")};
}

}  // namespace oriel::app
