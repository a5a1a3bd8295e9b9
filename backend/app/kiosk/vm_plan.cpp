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

bool can_go_on(const VmPlan& before, const VmPlan& after) {
    if (before.name != after.name || before.options != after.options ||
        before.command != after.command || before.outputs.size() != after.outputs.size()) {
        return false;
    }
    for (size_t screen = 0; screen < after.outputs.size(); ++screen) {
        // A window can be sent to an output, and not to nowhere in particular.
        if (after.outputs[screen].empty() && !before.outputs[screen].empty()) {
            return false;
        }
    }
    return true;
}

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
