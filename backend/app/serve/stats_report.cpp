// SPDX-License-Identifier: MIT
#include "serve/stats_report.h"

#include <unistd.h>

#include <array>
#include <chrono>
#include <nlohmann/json.hpp>
#include <numeric>
#include <string>

#include "serve/report_parts.h"

namespace oriel::app {
namespace {

using nlohmann::json;

template <size_t N>
json by_name(const std::array<gpu::TypeCount, N>& counts) {
    json named = json::object();
    for (const gpu::TypeCount& entry : counts) {
        if (entry.count > 0) {
            named[gpu::to_string(entry.type)] = entry.count;
        }
    }
    return named;
}

json gpu_report(const gpu::Stats& stats) {
    return {{"commands", by_name(stats.commands)},
            {"errors", by_name(stats.errors)},
            {"unknown_commands", stats.unknown_commands},
            {"resources", stats.resources},
            {"resource_bytes", stats.host_bytes},
            {"kept_bytes", stats.kept_bytes},
            {"blobs", stats.blobs},
            {"blob_bytes", stats.blob_bytes},
            {"backing_entries", stats.backing_entries},
            {"transferred_bytes", stats.transferred_bytes},
            {"flushes_waiting", stats.flushes_waiting},
            {"flushes_merged", stats.flushes_merged},
            {"updates_held", stats.updates_held},
            {"flushes_without_damage", stats.flushes_without_damage},
            {"cursor_updates", stats.cursor_updates}};
}

json input_report(const VmInput& input, const InputSockets* sockets) {
    const input::RouterStats& router = input.router().stats();
    uint64_t events = 0;
    uint64_t dropped = 0;
    uint64_t merged = 0;
    LatencyHistogram all;
    json devices = json::array();
    for (size_t i = 0; i < input::kKinds; ++i) {
        const auto kind = static_cast<input::Kind>(i);
        const input::InputDevice& device = input.device(kind);
        const input::DeviceStats stats = device.stats();
        events += stats.events;
        dropped += stats.dropped;
        merged += stats.merged;
        all.add(stats.latency);
        devices.push_back({{"name", to_string(kind)},
                           {"attached", sockets != nullptr && sockets->attached(kind)},
                           {"ready", device.ready()},
                           {"events", stats.events},
                           {"dropped", stats.dropped},
                           {"merged", stats.merged},
                           {"waiting", device.waiting()},
                           {"bad_buffers", stats.bad_buffers},
                           {"leds", led_names(device.leds())}});
    }
    json report{{"calls", router.calls},
                {"undelivered", router.undelivered},
                {"events", events},
                {"dropped", dropped},
                {"merged", merged},
                {"latency_us", latency_report(all)},
                {"devices", std::move(devices)}};
    if (const input::QmpTarget* qmp = input.qmp()) {
        const input::QmpStats stats = qmp->stats();
        report["qmp"] = {{"connected", stats.connected},
                         {"absolute", stats.absolute},
                         {"suspended", stats.suspended},
                         {"connects", stats.connects},
                         {"commands", stats.commands},
                         {"errors", stats.errors},
                         {"garbage", stats.garbage},
                         {"dropped", stats.dropped},
                         {"untranslatable", stats.untranslatable}};
    }
    return report;
}

json agent_report(const agent::AgentStats& stats) {
    return {{"connected", stats.connected},
            {"ready", stats.ready},
            {"capabilities", stats.capabilities},
            {"connects", stats.connects},
            {"offers_to_guest", stats.offers_to_guest},
            {"offers_to_host", stats.offers_to_host},
            {"texts_to_guest", stats.texts_to_guest},
            {"texts_to_host", stats.texts_to_host},
            {"garbage", stats.garbage},
            {"refused", stats.refused},
            {"unanswered", stats.unanswered},
            {"dropped", stats.dropped}};
}

json vfio_user_report(const vfio_user::Stats& stats) {
    return {
        {"messages", std::accumulate(stats.messages.begin(), stats.messages.end(), uint64_t{0})},
        {"errors", stats.replies_with_error},
        {"malformed", stats.malformed},
        {"clients", stats.clients},
        {"clients_refused", stats.clients_refused},
        {"interrupts", stats.interrupts},
        {"interrupts_latched", stats.interrupts_latched},
        {"unwanted_fds", stats.unwanted_fds},
        {"register_access_us", latency_report(stats.region_access)}};
}

json vhost_user_report(const vhost_user::Stats& stats) {
    return {{"messages", stats.messages},
            {"errors", stats.errors},
            {"malformed", stats.malformed},
            {"clients", stats.clients},
            {"clients_refused", stats.clients_refused},
            {"calls", stats.calls},
            {"config_changes", stats.config_changes},
            {"resets", stats.resets},
            {"missing", stats.missing},
            {"unwanted_fds", stats.unwanted_fds}};
}

}  // namespace

json stats_report(const StatsSources& from) {
    json report{{"name", from.name},
                {"pid", ::getpid()},
                {"uptime_s", std::chrono::floor<std::chrono::seconds>(from.uptime).count()},
                {"attached", from.attached},
                {"scanouts", json::array()},
                {"gpu", gpu_report(from.gpu)},
                {"virtio",
                 {{"kicks", from.virtio.kicks},
                  {"interrupts", from.virtio.interrupts},
                  {"ring_errors", from.virtio.ring_errors}}},
                {"input", input_report(from.input, from.input_sockets)}};
    if (from.vfio_user != nullptr) {
        report["vfio_user"] = vfio_user_report(*from.vfio_user);
    }
    if (from.vhost_user != nullptr) {
        report["vhost_user"] = vhost_user_report(*from.vhost_user);
    }
    add_stale(report, from.stale);
    for (ScanoutId scanout = 0; scanout < from.card.target().scanout_count(); ++scanout) {
        report["scanouts"].push_back(
            scanout_report(from.card, scanout, source_name(from.card, scanout, from.vga_mode)));
    }
    if (from.agent != nullptr) {
        report["agent"] = agent_report(from.agent->stats());
    }
    if (from.compositor) {
        report["compositor"] = compositor_report(*from.compositor);
    }
    add_process(report);
    return report;
}

}  // namespace oriel::app
