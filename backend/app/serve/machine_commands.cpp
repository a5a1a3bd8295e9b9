// SPDX-License-Identifier: MIT
// What the control socket asks of a machine.
#include <unistd.h>

#include <nlohmann/json.hpp>
#include <utility>
#include <vector>

#include "control/json_fields.h"
#include "control/screenshot.h"
#include "core/log.h"
#include "serve/machine.h"
#include "serve/stats_report.h"

namespace oriel::app {
namespace {

using nlohmann::json;

ControlReply success(const char* key, json value) {
    return {control_line({{"ok", true}, {key, std::move(value)}}), {}};
}

Result<std::vector<std::string>> words_of(const json& request) {
    std::vector<std::string> texts;
    for (const json& word : request.value("words", json::array())) {
        if (!word.is_string()) {
            return host_error("\"words\" is no list of strings");
        }
        texts.push_back(word.get<std::string>());
    }
    return texts;
}

}  // namespace

ControlReply Machine::handle(const std::string& command, const json& request) {
    if (command == "stats") {
        return success("stats", stats());
    }
    if (command == "info") {
        return success("info", info());
    }
    if (command == "screenshot") {
        return screenshot(request);
    }
    if (command == "input") {
        return input(request);
    }
    if (command == "screen") {
        return screen(request);
    }
    if (command == "quit") {
        if (!ending_) {
            // log: once a process, or nearly: a VMM that takes its time is waited for
            log_info("app", "asked to quit");
        }
        end();
        return success("quit", true);
    }
    return control_error(fmt::format("unknown command '{}'", command));
}

/// 0 where none is given.
Result<ScanoutId> Machine::scanout_of(const json& request) const {
    const auto it = request.find("scanout");
    const bool given = it != request.end();
    if (given && !it->is_number_unsigned()) {
        return host_error("\"scanout\" is not a number");
    }
    const uint64_t scanout = given ? it->get<uint64_t>() : 0;
    if (const auto there = check_screen(scanout, card_.target(), options_.name); !there) {
        return tl::unexpected(there.error());
    }
    return static_cast<ScanoutId>(scanout);
}

ControlReply Machine::screenshot(const json& request) {
    const auto scanout = scanout_of(request);
    if (!scanout) {
        return control_error(scanout.error().message());
    }
    gpu_.catch_up();
    if (card_.source(*scanout) != kGpuSource) {
        vga_.update_picture();
    }
    return take_screenshot(card_, *scanout);
}

ControlReply Machine::input(const json& request) {
    const int64_t state = field_of(request, "state", int64_t{0});
    const auto texts = words_of(request);
    if (!texts) {
        return control_error(texts.error().message());
    }
    if (state < 0 || state > static_cast<int64_t>(InputCommand::State::kUp)) {
        return control_error("\"state\" is none");
    }
    const auto scanout = scanout_of(request);
    if (!scanout) {
        return control_error(scanout.error().message());
    }
    const auto command =
        parse_input_command(*texts, static_cast<InputCommand::State>(state), *scanout);
    if (!command) {
        return control_error(command.error().message());
    }
    if (const auto done = run_input_command(*command, input_.router()); !done) {
        return control_error(done.error().message());
    }
    return success("input", true);
}

ControlReply Machine::screen(const json& request) {
    const auto words = words_of(request);
    if (!words) {
        return control_error(words.error().message());
    }
    const auto command = parse_screen_command(*words);
    if (!command) {
        return control_error(command.error().message());
    }
    if (!command->output.empty()) {
        return send_to_output(*command);
    }
    if (const auto done = run_screen_command(*command, card_.target(), options_.name); !done) {
        return control_error(done.error().message());
    }
    return success("screen", true);
}

ControlReply Machine::send_to_output(const ScreenCommand& command) {
    auto done = check_screen(command.scanout, card_.target(), options_.name);
    if (done) {
        done = windows_ ? windows_->move_to_output(command.scanout, command.output)
                        : host_error("'{}' has no windows", options_.name);
    }
    return done ? success("screen", true) : control_error(done.error().message());
}

json Machine::stats() const {
    return stats_report(
        {.name = options_.name,
         .card = card_,
         .vga_mode = vga_.mode_name(),
         .gpu = gpu_.stats(),
         .virtio = function_.virtio().counters(),
         .vfio_user = server_.stats(),
         .input = input_,
         .input_sockets = input_sockets_ ? &*input_sockets_ : nullptr,
         .agent = agent_ ? &*agent_ : nullptr,
         .attached = server_.attached(),
         .uptime = clock_.now() - started_,
         .compositor = windows_ ? std::optional{windows_->report()} : std::nullopt});
}

json Machine::info() const {
    return {{"name", options_.name},
            {"pid", ::getpid()},
            {"presenter", options_.headless ? "headless" : "window"},
            {"vfio_user", options_.vfio_user},
            {"attached", server_.attached()},
            {"used", server_.device_used()},
            {"vmm_pid", server_.client_process()},
            {"screens", card_.target().scanout_count()},
            {"connected", connected_screens(card_.target())}};
}

}  // namespace oriel::app
