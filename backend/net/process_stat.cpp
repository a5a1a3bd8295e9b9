// SPDX-License-Identifier: MIT
#include "net/process_stat.h"

#include <fmt/format.h>

#include <fstream>
#include <sstream>
#include <utility>

namespace oriel {

std::vector<std::string> process_stat(pid_t pid, const std::string& proc) {
    std::ifstream file{fmt::format("{}/{}/stat", proc, pid)};
    std::string line;
    std::getline(file, line);
    std::vector<std::string> fields;
    const size_t name_end = line.rfind(')');
    if (name_end == std::string::npos) {
        return fields;
    }
    fields.reserve(64);
    std::istringstream words{line.substr(name_end + 1)};
    for (std::string word; words >> word;) {
        fields.push_back(std::move(word));
    }
    return fields;
}

}  // namespace oriel
