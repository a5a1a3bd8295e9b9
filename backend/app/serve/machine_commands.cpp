// SPDX-License-Identifier: MIT
// What the control socket asks of a machine.
#include <unistd.h>

#include <nlohmann/json.hpp>
#include <utility>

#include "control/screenshot.h"
#include "core/log.h"
#include "record/record_request.h"
#include "serve/control_requests.h"
#include "serve/machine.h"
#include "serve/report_parts.h"
#include "serve/stats_report.h"

namespace oriel::app {
namespace {

using nlohmann::json;

}  // namespace

ControlReply Machine::handle(const std::string& command, const json& request, UniqueFd& file) {
    if (command == "stats") {
        return control_success("stats", stats());
    }
    if (command == "info") {
        return control_success("info", info());
    }
    if (command == "screenshot") {
        return screenshot(request);
    }
    if (command == "frame") {
        return frame(request);
    }
    if (command == "edid") {
        return edid(request);
    }
    if (command == "record") {
        return record(request, file);
    }
    if (command == "input") {
        return input(request);
    }
    if (command == "screen") {
        return screen(request);
    }
    if (command == "hud") {
        return hud_reply(request, hud_, options_.name);
    }
    if (command == "quit") {
        if (!vmm_.ending()) {
            // log: once a process, or nearly: a VMM that takes its time is waited for
            log_info("app", "asked to quit");
        }
        vmm_.end();
        return control_success("quit", true);
    }
    return control_error(fmt::format("unknown command '{}'", command));
}

ControlReply Machine::screenshot(const json& request) {
    const auto scanout = scanout_of(request, card_.target(), options_.name);
    if (!scanout) {
        return control_error(scanout.error().message());
    }
    if (!card_.stale()) {
        catch_up(*scanout);
    }
    return take_screenshot(card_, *scanout, request, stale_.report());
}

ControlReply Machine::frame(const json& request) {
    const auto scanout = scanout_of(request, card_.target(), options_.name);
    if (!scanout) {
        return control_error(scanout.error().message());
    }
    return frame_reply(card_, *scanout, source_name(card_, *scanout, vga_.mode_name()));
}

ControlReply Machine::edid(const json& request) {
    const auto scanout = scanout_of(request, card_.target(), options_.name);
    if (!scanout) {
        return control_error(scanout.error().message());
    }
    return edid_reply(gpu_.edid(*scanout), gpu_.driver_has_edid(*scanout));
}

ControlReply Machine::record(const json& request, const UniqueFd& file) {
    const auto scanout = scanout_of(request, card_.target(), options_.name);
    if (!scanout) {
        return control_error(scanout.error().message());
    }
    if (!card_.stale()) {
        catch_up(*scanout);
    }
    return record_reply(request, *scanout, file, recordings_);
}

ControlReply Machine::input(const json& request) {
    return input_reply(request, card_.target(), options_.name, input_.router());
}

ControlReply Machine::screen(const json& request) {
    return screen_reply(request, card_.target(), windows_.get(), options_.name);
}

json Machine::stats() const {
    json report =
        stats_report({.name = options_.name,
                      .card = card_,
                      .vga_mode = vga_.mode_name(),
                      .gpu = gpu_.stats(),
                      .virtio = socket_->counters(),
                      .vfio_user = socket_->vfio_user(),
                      .vhost_user = socket_->vhost_user(),
                      .input = input_,
                      .input_sockets = input_sockets_ ? &*input_sockets_ : nullptr,
                      .agent = agent_ ? &*agent_ : nullptr,
                      .attached = socket_->place().attached(),
                      .uptime = clock_.now() - started_,
                      .stale = stale_.report(),
                      .compositor = windows_ ? std::optional{windows_->report()} : std::nullopt});
    report["recordings"] = recordings_.report();
    return report;
}

json Machine::info() const {
    json about{{"name", options_.name},
               {"pid", ::getpid()},
               {"presenter", options_.headless ? "headless" : "window"},
               {"vfio_user", options_.vfio_user},
               {"vhost_user", options_.vhost_user ? options_.vhost_user->text() : ""},
               {"attached", socket_->place().attached()},
               {"used", socket_->place().device_used()},
               {"vmm_pid", socket_->place().client_process()},
               {"screens", card_.target().scanout_count()},
               {"connected", connected_screens(card_.target())}};
    add_stale(about, stale_.report());
    return about;
}

}  // namespace oriel::app
