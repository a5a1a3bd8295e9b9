// SPDX-License-Identifier: MIT
#include "ctl/ctl.h"

#include <fmt/format.h>

#include <cassert>
#include <chrono>
#include <cstdio>
#include <nlohmann/json.hpp>
#include <string>
#include <thread>
#include <utility>
#include <vector>

#include "control/runtime_folder.h"
#include "control/screenshot.h"
#include "core/text.h"
#include "ctl/ask_all.h"
#include "ctl/control_client.h"
#include "ctl/input_requests.h"
#include "ctl/kiosk_commands.h"
#include "ctl/openmetrics.h"
#include "ctl/stats_table.h"

namespace oriel::app {
namespace {

using nlohmann::json;

// One process that hangs must not hide the others for long.
constexpr std::chrono::milliseconds kListPatience{1'000};

/// What a picture is that shows no running VM.
constexpr int kStale = 3;

int screenshot(const CtlOptions& options) {
    ControlAnswer answer = ask_process(
        options.name,
        {{"command", "screenshot"}, {"scanout", options.scanout}, {"cursor", options.cursor}});
    const auto saved = save_screenshot(answer.json(), answer.take_fd(), options.file);
    if (!saved) {
        throw StartupError{saved.error()};
    }
    const bool stale = answer.field("stale", false);
    if (options.json) {
        json about{{"file", options.file}, {"stale", stale}};
        for (const char* name : {"width", "height", "stale_since", "stale_reason"}) {
            if (const auto it = answer.json().find(name); it != answer.json().end()) {
                about[name] = *it;
            }
        }
        print(control_line(about) + '\n');
    }
    if (!stale || options.allow_stale) {
        return 0;
    }
    const std::string line = printable(fmt::format("the picture is stale: the VM {} at {}",
                                                   answer.field("stale_reason", std::string{}),
                                                   answer.field("stale_since", std::string{})));
    std::fprintf(stderr, "oriel: %s\n", line.c_str());
    return kStale;
}

/// All VMs, or the one that was named, which must answer.
std::vector<VmStats> stats_of(const CtlOptions& options) {
    if (!options.all) {
        const ControlAnswer answer = ask_process(options.name, {{"command", "stats"}});
        return {{.name = options.name, .stats = answer.field("stats", json::object())}};
    }
    const auto folder = runtime_folder(Create::kYes);
    if (!folder) {
        throw StartupError{folder.error()};
    }
    return ask_all_for_stats(*folder, kListPatience);
}

void stats(const CtlOptions& options) {
    const std::vector<VmStats> vms = stats_of(options);
    if (options.openmetrics) {
        print(openmetrics(vms));
        return;
    }
    json all = json::array();
    std::string tables;
    for (const VmStats& vm : vms) {
        if (vm.stats.is_object()) {
            all.push_back(vm.stats);
            tables += (tables.empty() ? "" : "\n") + stats_table(vm.stats);
        } else {
            all.push_back({{"name", vm.name}, {"error", "it does not answer"}});
            tables += fmt::format("{}: it does not answer\n", vm.name);
        }
    }
    print(options.json ? (options.all ? all : all.at(0)).dump(2) + '\n' : tables);
}

void input(const CtlOptions& options) {
    const auto requests = input_requests(options.input, options.state, options.scanout);
    for (const json& request : requests) {
        static_cast<void>(ask_process(options.name, request));
        if (requests.size() > 1) {
            std::this_thread::sleep_for(kBetweenStrokes);
        }
    }
}

void screen(const CtlOptions& options) {
    static_cast<void>(
        ask_process(options.name, {{"command", "screen"}, {"words", options.screen}}));
}

json list_entry(const std::string& folder, const std::string& name) {
    const auto answer = control_request(control_socket_path(folder, name), name,
                                        {{"command", "info"}}, kListPatience);
    if (!answer) {
        return {{"name", name}, {"error", answer.error().message()}};
    }
    return answer->field("info", json::object());
}

void list(bool as_json) {
    const auto folder = runtime_folder(Create::kYes);
    if (!folder) {
        throw StartupError{folder.error()};
    }
    json found = json::array();
    for (const std::string& name : control_socket_names(*folder)) {
        if (is_alive(control_socket_path(*folder, name))) {
            found.push_back(list_entry(*folder, name));
        }
    }
    if (as_json) {
        print(found.dump(2) + '\n');
        return;
    }
    for (const json& entry : found) {
        const auto text = [&entry](const char* name) {
            return printable(field_of(entry, name, std::string{}));
        };
        if (text("presenter") == "kiosk") {
            print(fmt::format("{:<16} {:<9} process {:<8} {} of {} VMs run\n", text("name"),
                              "supervisor", field_of(entry, "pid", int64_t{0}),
                              field_of(entry, "running", int64_t{0}),
                              field_of(entry, "vms", int64_t{0})));
            continue;
        }
        const std::string error = text("error");
        print(error.empty()
                  ? fmt::format("{:<16} {:<9} process {:<8} {}, {} of {} screens on\n",
                                text("name"), text("presenter"), field_of(entry, "pid", int64_t{0}),
                                field_of(entry, "attached", false) ? "VMM attached" : "VMM awaited",
                                field_of(entry, "connected", int64_t{0}),
                                field_of(entry, "screens", int64_t{0}))
                  : fmt::format("{:<16} {}\n", text("name"), error));
    }
}

}  // namespace

void print(const std::string& text) {
    if (std::fwrite(text.data(), 1, text.size(), stdout) != text.size() ||
        std::fflush(stdout) != 0) {
        throw StartupError{system_error("write standard output").value()};
    }
}

int run_ctl(const CtlOptions& options) {
    switch (options.command) {
        case CtlOptions::Command::kScreenshot:
            return screenshot(options);
        case CtlOptions::Command::kStats:
            stats(options);
            break;
        case CtlOptions::Command::kList:
            list(options.json);
            break;
        case CtlOptions::Command::kInput:
            input(options);
            break;
        case CtlOptions::Command::kScreen:
            screen(options);
            break;
        case CtlOptions::Command::kHud:
            static_cast<void>(ask_process(options.name, {{"command", "hud"}, {"on", options.hud}}));
            break;
        case CtlOptions::Command::kRecord:
        case CtlOptions::Command::kWait:
            assert(false);  // run_record() and run_wait() do it
            break;
        case CtlOptions::Command::kKiosk:
            ask_kiosk(options);
            break;
        case CtlOptions::Command::kQuit:
            static_cast<void>(ask_process(options.name, {{"command", "quit"}}));
            break;
    }
    return 0;
}

}  // namespace oriel::app
