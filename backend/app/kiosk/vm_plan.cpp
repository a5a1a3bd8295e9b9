// SPDX-License-Identifier: MIT
#include "kiosk/vm_plan.h"

#include <fmt/format.h>

namespace oriel::app {
namespace {

/// For --output-map, where a comma separates.
std::string escaped(const std::string& name) {
    std::string text;
    for (const char c : name) {
        text += c == ',' ? "\\," : std::string{c};
    }
    return text;
}

}  // namespace

std::vector<std::string> show_arguments(const VmPlan& plan,
                                        const std::vector<std::string>& outputs) {
    std::vector<std::string> arguments{"show"};
    arguments.insert(arguments.end(), plan.options.begin(), plan.options.end());
    std::string map;
    for (size_t screen = 0; screen < outputs.size(); ++screen) {
        if (!outputs[screen].empty()) {
            map += fmt::format("{}{}={}", map.empty() ? "" : ",", screen, escaped(outputs[screen]));
        }
    }
    if (!map.empty()) {
        arguments.push_back("--output-map=" + map);
    }
    return arguments;
}

}  // namespace oriel::app
