// SPDX-License-Identifier: MIT
#include "ctl/kiosk_commands.h"

#include <fmt/format.h>

#include <nlohmann/json.hpp>
#include <string>
#include <utility>

#include "core/text.h"
#include "ctl/control_client.h"
#include "ctl/ctl.h"

namespace oriel::app {
namespace {

using nlohmann::json;

std::string places(const json& vm) {
    std::string all;
    const auto outputs = vm.find("outputs");
    if (outputs == vm.end() || !outputs->is_array()) {
        return all;
    }
    for (const json& output : *outputs) {
        const std::string name = output.is_string() ? output.get<std::string>() : std::string{};
        all += fmt::format("{}{}", all.empty() ? "" : ", ", name.empty() ? "anywhere" : name);
    }
    return all;
}

void print_vm(const json& vm) {
    const auto number = [&vm](const char* key) { return field_of(vm, key, int64_t{0}); };
    const auto text = [&vm](const char* key) {
        return printable(field_of(vm, key, std::string{}));
    };
    std::string line = fmt::format("{:<16} {:<11}", text("name"), text("state"));
    if (number("display_pid") != 0) {
        line += fmt::format(" display {}", number("display_pid"));
    }
    if (number("vmm_pid") != 0) {
        line += fmt::format(" vmm {}", number("vmm_pid"));
    }
    line += fmt::format(" on {}, {} restarts", printable(places(vm)), number("restarts"));
    if (const auto next = vm.find("next_start_s");
        next != vm.end() && next->is_number() && next->get<double>() > 0) {
        line += fmt::format(", starts in {:.1f} s", next->get<double>());
    }
    if (const std::string reason = text("reason"); !reason.empty()) {
        line += fmt::format(" (last: {})", reason);
    }
    print(line + '\n');
}

void status(const CtlOptions& options) {
    const json status =
        ask_process(options.name, {{"command", "status"}}).field("status", json::object());
    if (options.json) {
        print(status.dump(2) + '\n');
        return;
    }
    for (const json& vm : field_of(status, "vms", json::array())) {
        print_vm(vm);
    }
}

/// The supervisor says whether it may be; the VM's own process knows which outputs there are, and
/// does it; then the supervisor makes room there.
void switch_output(const CtlOptions& options) {
    const std::string& vm = options.kiosk[1];
    const std::string& output = options.kiosk[2];
    json request{{"command", "switch"},
                 {"vm", vm},
                 {"output", output},
                 {"scanout", options.scanout},
                 {"try", true}};
    static_cast<void>(ask_process(options.name, request));
    static_cast<void>(ask_process(
        vm,
        {{"command", "screen"}, {"words", {std::to_string(options.scanout), "output", output}}}));
    request["try"] = false;
    static_cast<void>(ask_process(options.name, request));
}

}  // namespace

void ask_kiosk(const CtlOptions& options) {
    const std::string& command = options.kiosk[0];
    if (command == "status") {
        status(options);
    } else if (command == "switch") {
        switch_output(options);
    } else if (options.kiosk.size() > 1) {
        static_cast<void>(
            ask_process(options.name, {{"command", command}, {"vm", options.kiosk[1]}}));
    } else {
        static_cast<void>(ask_process(options.name, {{"command", command}}));
    }
}

}  // namespace oriel::app
