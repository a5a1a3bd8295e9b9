// SPDX-License-Identifier: MIT
#include "ctl/stats_table.h"

#include <fmt/format.h>

#include <nlohmann/json.hpp>

#include "core/text.h"

namespace oriel::app {
namespace {

using nlohmann::json;

const json& field(const json& object, const char* name) {
    static const json nothing;
    if (!object.is_object()) {
        return nothing;
    }
    const auto it = object.find(name);
    return it == object.end() ? nothing : *it;
}

std::string text(const json& value) {
    if (value.is_string()) {
        return printable(value.get<std::string>());
    }
    return value.is_null() ? "-" : printable(value.dump());
}

std::string mebibytes(const json& value) {
    if (!value.is_number()) {
        return "-";
    }
    return fmt::format("{:.1f} MiB", value.get<double>() / (1024.0 * 1024.0));
}

std::string latency(const json& histogram) {
    return fmt::format("p50 {} µs, p99 {} µs", text(field(histogram, "p50")),
                       text(field(histogram, "p99")));
}

/// "name 3, other 1", or "none".
std::string counts(const json& by_name) {
    std::string line;
    for (const auto& [name, count] : by_name.items()) {
        line += fmt::format("{}{} {}", line.empty() ? "" : ", ", printable(name), text(count));
    }
    return line.empty() ? "none" : line;
}

std::string scanout_lines(const json& scanout) {
    const auto get = [&](const char* name) { return text(field(scanout, name)); };
    std::string reason = get("path_reason");
    reason = reason.empty() ? reason : fmt::format(" ({})", reason);
    if (field(scanout, "sync") == json("explicit")) {
        reason += ", explicit sync";
    }
    std::string seen = field(scanout, "visible") == json(false) ? ", hidden" : "";
    if (field(scanout, "connected") == json(false)) {
        seen = ", off";
    }
    return fmt::format(
        "screen {}: {}x{} {}, {}, path {}{}{}\n"
        "  scale      {}, filter {}\n"
        "  frames     flushed {}, committed {}, presented {}, merged {}, answered by timer {}\n"
        "  copied     {}, zero copy {} of {} frames asked about\n"
        "  to commit  {}\n"
        "  to glass   {}\n",
        get("scanout"), get("width"), get("height"), get("format"), get("source"), get("path"),
        reason, seen, get("scale"), get("filter"), get("flushed"), get("committed"),
        get("presented"), get("merged"), get("answered_by_timer"),
        mebibytes(field(scanout, "bytes_copied")), get("zero_copy"), get("feedbacks"),
        latency(field(scanout, "flush_to_commit_us")),
        latency(field(scanout, "flush_to_presented_us")));
}

/// What a QEMU's own card tells.
std::string dbus_lines(const json& stats, const json& dbus) {
    const json& input = field(stats, "input");
    const auto get = [&](const char* name) { return text(field(dbus, name)); };
    return fmt::format(
        "QEMU's D-Bus display: {}\n"
        "  pictures   {} sent, {} updates, {}; {} shared, {} updates; {} dma-bufs, {} updates\n"
        "  calls      {} malformed, {} refused\n"
        "input: {} calls, {} undelivered, {} dropped; pointer {}\n",
        get("address"), get("scanouts"), get("updates"), mebibytes(field(dbus, "sent_bytes")),
        get("scanout_maps"), get("update_maps"), get("scanout_dmabufs"), get("update_dmabufs"),
        get("malformed"), get("errors"), text(field(input, "calls")),
        text(field(input, "undelivered")), text(field(input, "dropped")),
        text(field(input, "pointer")));
}

}  // namespace

std::string stats_table(const json& stats) {
    const auto get = [&](const char* name) { return text(field(stats, name)); };
    std::string table =
        fmt::format("{}: process {}, up {} s, memory {}, VMM {}\n", get("name"), get("pid"),
                    get("uptime_s"), mebibytes(field(stats, "rss_bytes")),
                    field(stats, "attached") == json(true) ? "attached" : "awaited");
    if (field(stats, "stale") == json(true)) {
        table += fmt::format("stale: the screens show the last pictures of a VM that {} at {}\n",
                             get("stale_reason"), get("stale_since"));
    }
    if (const json& files = field(stats, "descriptors"); files.is_object()) {
        table += fmt::format("descriptors: {} of {} open, {} of them not for the guest\n",
                             text(field(files, "open")), text(field(files, "limit")),
                             text(field(files, "reserved")));
    }
    if (const json& held = field(field(stats, "held"), "all"); held.is_object()) {
        table += fmt::format("held for the guest: {}, {} descriptors\n",
                             mebibytes(field(held, "bytes")), text(field(held, "descriptors")));
    }
    if (const json& compositor = field(stats, "compositor");
        field(compositor, "state") == json("away")) {
        table += fmt::format("compositor: away for {} s: {}\n", text(field(compositor, "away_s")),
                             text(field(compositor, "reason")));
    }
    for (const json& scanout : field(stats, "scanouts")) {
        table += scanout_lines(scanout);
    }
    for (const json& recording : field(stats, "recordings")) {
        table += fmt::format(
            "recording of screen {}: {}, {}; {} frames recorded, {} dropped, {} written\n",
            text(field(recording, "scanout")), text(field(recording, "state")),
            text(field(recording, "file")), text(field(recording, "recorded")),
            text(field(recording, "dropped")), text(field(recording, "frames")));
    }
    if (const json& dbus = field(stats, "dbus"); dbus.is_object()) {
        return table + dbus_lines(stats, dbus);
    }
    const json& gpu = field(stats, "gpu");
    table += fmt::format(
        "gpu: {} resources, {}; {} of them blobs, {} of the guest's memory\n  commands   {}\n  "
        "errors     {}\n",
        text(field(gpu, "resources")), mebibytes(field(gpu, "resource_bytes")),
        text(field(gpu, "blobs")), mebibytes(field(gpu, "blob_bytes")),
        counts(field(gpu, "commands")), counts(field(gpu, "errors")));
    const json& virtio = field(stats, "virtio");
    table += fmt::format("virtio: {} kicks, {} interrupts, {} broken rings\n",
                         text(field(virtio, "kicks")), text(field(virtio, "interrupts")),
                         text(field(virtio, "ring_errors")));
    const json& input = field(stats, "input");
    std::string ready;
    if (field(field(input, "qmp"), "connected") == json(true)) {
        ready = "QEMU's own devices";
    }
    for (const json& device : field(input, "devices")) {
        if (field(device, "ready") == json(true)) {
            ready += fmt::format("{}{}", ready.empty() ? "" : ", ", text(field(device, "name")));
        }
    }
    table += fmt::format("input: {}; {} events, {} dropped, {} undelivered, to the guest {}\n",
                         ready.empty() ? "no device" : ready, text(field(input, "events")),
                         text(field(input, "dropped")), text(field(input, "undelivered")),
                         latency(field(input, "latency_us")));
    if (const json& agent = field(stats, "agent"); agent.is_object()) {
        const bool shares = field(agent, "ready") == json(true);
        const bool connected = field(agent, "connected") == json(true);
        table += fmt::format("agent: {}; {} texts to the guest, {} to the host, {} refused\n",
                             shares ? "shares the clipboard" : (connected ? "awaited" : "no VMM"),
                             text(field(agent, "texts_to_guest")),
                             text(field(agent, "texts_to_host")), text(field(agent, "refused")));
    }
    if (const json& road = field(stats, "vfio_user"); road.is_object()) {
        table += fmt::format("vfio-user: {} messages, {} errors, register access {}\n",
                             text(field(road, "messages")), text(field(road, "errors")),
                             latency(field(road, "register_access_us")));
    }
    if (const json& road = field(stats, "vhost_user"); road.is_object()) {
        table += fmt::format("vhost-user: {} messages, {} errors, {} resets\n",
                             text(field(road, "messages")), text(field(road, "errors")),
                             text(field(road, "resets")));
        if (const json& missing = field(road, "missing");
            missing.is_string() && !missing.get_ref<const std::string&>().empty()) {
            table += fmt::format("  the guest's driver works without {}\n", text(missing));
        }
    }
    return table;
}

}  // namespace oriel::app
