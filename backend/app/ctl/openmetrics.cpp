// SPDX-License-Identifier: MIT
#include "ctl/openmetrics.h"

#include <fmt/format.h>

#include <array>
#include <string_view>

#include "core/text.h"

namespace oriel::app {
namespace {

using nlohmann::json;

enum class Kind : uint8_t {
    kGauge,
    kCounter,
    kCounts,  ///< a counter for each member of an object
    kLatency  ///< microseconds
};

/// One family of samples, of one number.
struct Family {
    std::string_view name;
    Kind kind;
    std::string_view unit;  ///< the name's end; empty: none
    std::string_view help;
    std::string_view field;       ///< a JSON pointer
    std::string_view label = {};  ///< with kCounts: what the members' names are
};

constexpr std::array kVmFamilies = std::to_array<Family>({
    {"oriel_vmm_attached", Kind::kGauge, "", "Whether a VMM is attached.", "/attached"},
    {"oriel_stale", Kind::kGauge, "", "Whether the screens show what a VM that is gone has left.",
     "/stale"},
    {"oriel_uptime_seconds", Kind::kGauge, "seconds", "Time since the process started.",
     "/uptime_s"},
    {"oriel_resident_memory_bytes", Kind::kGauge, "bytes",
     "Resident memory, with what of it the guest's memory is.", "/rss_bytes"},
    {"oriel_anonymous_memory_bytes", Kind::kGauge, "bytes", "Resident memory of the process alone.",
     "/rss_anonymous_bytes"},
    {"oriel_open_descriptors", Kind::kGauge, "", "Open file descriptors.", "/descriptors/open"},
    {"oriel_held_bytes", Kind::kGauge, "bytes", "What the process holds for its guest.",
     "/held/all/bytes"},
    {"oriel_held_descriptors", Kind::kGauge, "", "File descriptors that it holds for its guest.",
     "/held/all/descriptors"},
    {"oriel_compositor_losses", Kind::kCounter, "", "Compositors that have gone.",
     "/compositor/losses"},
    {"oriel_gpu_commands", Kind::kCounts, "", "Commands of the guest's driver.", "/gpu/commands",
     "command"},
    {"oriel_gpu_errors", Kind::kCounts, "", "Commands that were answered with an error.",
     "/gpu/errors", "error"},
    {"oriel_gpu_resources", Kind::kGauge, "", "Resources of the guest.", "/gpu/resources"},
    {"oriel_gpu_resource_bytes", Kind::kGauge, "bytes", "Memory of the guest's resources.",
     "/gpu/resource_bytes"},
    {"oriel_gpu_transferred_bytes", Kind::kCounter, "bytes", "Bytes that transfers have copied.",
     "/gpu/transferred_bytes"},
    {"oriel_virtio_kicks", Kind::kCounter, "", "Notifications of the guest's driver.",
     "/virtio/kicks"},
    {"oriel_virtio_interrupts", Kind::kCounter, "", "Interrupts of the card.",
     "/virtio/interrupts"},
    {"oriel_virtio_ring_errors", Kind::kCounter, "", "Broken rings.", "/virtio/ring_errors"},
    {"oriel_input_events", Kind::kCounter, "", "Input events in the guest's rings.",
     "/input/events"},
    {"oriel_input_dropped_events", Kind::kCounter, "", "Input events that were dropped.",
     "/input/dropped"},
    {"oriel_input_latency_seconds", Kind::kLatency, "seconds",
     "From the user's input to the guest's ring.", "/input/latency_us"},
    {"oriel_vfio_user_messages", Kind::kCounter, "", "Messages of the VMM.", "/vfio_user/messages"},
    {"oriel_vfio_user_errors", Kind::kCounter, "", "Messages that were answered with an error.",
     "/vfio_user/errors"},
    {"oriel_vfio_user_clients", Kind::kCounter, "", "VMMs that have attached.",
     "/vfio_user/clients"},
    {"oriel_vfio_user_refused_clients", Kind::kCounter, "", "VMMs that were turned away.",
     "/vfio_user/clients_refused"},
});

constexpr std::array kScreenFamilies = std::to_array<Family>({
    {"oriel_screen_connected", Kind::kGauge, "", "Whether the monitor is plugged in.",
     "/connected"},
    {"oriel_screen_visible", Kind::kGauge, "", "Whether anybody can see the screen.", "/visible"},
    {"oriel_screen_width", Kind::kGauge, "", "Pixels of the guest's picture.", "/width"},
    {"oriel_screen_height", Kind::kGauge, "", "Pixels of the guest's picture.", "/height"},
    {"oriel_screen_flushed_frames", Kind::kCounter, "", "Frames that the guest has flushed.",
     "/flushed"},
    {"oriel_screen_committed_frames", Kind::kCounter, "", "Frames that were committed.",
     "/committed"},
    {"oriel_screen_presented_frames", Kind::kCounter, "", "Frames that the compositor has taken.",
     "/presented"},
    {"oriel_screen_merged_frames", Kind::kCounter, "",
     "Frames that went out together with a later one.", "/merged"},
    {"oriel_screen_timed_answers", Kind::kCounter, "",
     "Flushes that were answered although nothing was shown.", "/answered_by_timer"},
    {"oriel_screen_copied_bytes", Kind::kCounter, "bytes", "Bytes of pixels that were copied.",
     "/bytes_copied"},
    {"oriel_screen_flush_to_commit_seconds", Kind::kLatency, "seconds",
     "From the guest's flush to the commit.", "/flush_to_commit_us"},
    {"oriel_screen_flush_to_presented_seconds", Kind::kLatency, "seconds",
     "From the guest's flush to the screen.", "/flush_to_presented_us"},
});

std::string escaped(const std::string& text) {
    std::string out;
    for (const char c : printable(text)) {
        if (c == '\\' || c == '"') {
            out += '\\';
        }
        out += c;
    }
    return out;
}

std::string_view type_of(Kind kind) {
    switch (kind) {
        case Kind::kGauge:
            break;
        case Kind::kCounter:
        case Kind::kCounts:
            return "counter";
        case Kind::kLatency:
            return "summary";
    }
    return "gauge";
}

std::string head(std::string_view name, std::string_view type, std::string_view unit,
                 std::string_view help) {
    std::string lines = fmt::format("# TYPE {} {}\n", name, type);
    if (!unit.empty()) {
        lines += fmt::format("# UNIT {} {}\n", name, unit);
    }
    return lines + fmt::format("# HELP {} {}\n", name, help);
}

std::string number(const json& value) {
    if (value.is_boolean()) {
        return value.get<bool>() ? "1" : "0";
    }
    return value.is_number() ? value.dump() : std::string{};
}

std::string seconds(const json& us) {
    return us.is_number() ? fmt::format("{}", us.get<double>() / 1e6) : std::string{};
}

std::string sample(std::string_view name, std::string_view end, const std::string& labels,
                   const std::string& value) {
    return value.empty() ? std::string{} : fmt::format("{}{}{{{}}} {}\n", name, end, labels, value);
}

/// `object`: the VM, or one of its screens.
std::string samples(const Family& family, const json& object, const std::string& labels) {
    static const json nothing;
    const json::json_pointer at{std::string{family.field}};
    const json& value = object.contains(at) ? object.at(at) : nothing;
    std::string lines;
    switch (family.kind) {
        case Kind::kGauge:
            return sample(family.name, "", labels, number(value));
        case Kind::kCounter:
            return sample(family.name, "_total", labels, number(value));
        case Kind::kCounts:
            for (const auto& [member, count] : value.items()) {
                lines += sample(family.name, "_total",
                                fmt::format("{},{}=\"{}\"", labels, family.label, escaped(member)),
                                number(count));
            }
            return lines;
        case Kind::kLatency:
            if (!value.is_object() || value.value("count", json{}) == json(0)) {
                return {};
            }
            for (const auto& [field, quantile] :
                 {std::pair{"p50", "0.5"}, std::pair{"p99", "0.99"}, std::pair{"p99.9", "0.999"}}) {
                lines +=
                    sample(family.name, "", fmt::format("{},quantile=\"{}\"", labels, quantile),
                           seconds(value.value(field, json{})));
            }
            return lines +
                   sample(family.name, "_count", labels, number(value.value("count", json{})));
    }
    return lines;
}

std::string vm_label(const VmStats& vm) {
    return fmt::format("vm=\"{}\"", escaped(vm.name));
}

/// Calls `visit(labels, screen)`.
template <class Visit>
void for_each_screen(const std::vector<VmStats>& vms, Visit visit) {
    for (const VmStats& vm : vms) {
        const auto screens = vm.stats.is_object() ? vm.stats.find("scanouts") : vm.stats.end();
        if (!vm.stats.is_object() || screens == vm.stats.end() || !screens->is_array()) {
            continue;
        }
        for (const json& screen : *screens) {
            if (screen.is_object()) {
                visit(fmt::format("{},screen=\"{}\"", vm_label(vm),
                                  number(screen.value("scanout", json{}))),
                      screen);
            }
        }
    }
}

std::string path_of(const json& screen) {
    const auto path = screen.find("path");
    return path != screen.end() && path->is_string() ? escaped(path->get<std::string>()) : "none";
}

}  // namespace

std::string openmetrics(const std::vector<VmStats>& vms) {
    std::string text = head("oriel_up", "gauge", "", "Whether the VM's process answers.");
    for (const VmStats& vm : vms) {
        text += sample("oriel_up", "", vm_label(vm), vm.stats.is_object() ? "1" : "0");
    }
    for (const Family& family : kVmFamilies) {
        text += head(family.name, type_of(family.kind), family.unit, family.help);
        for (const VmStats& vm : vms) {
            text += samples(family, vm.stats, vm_label(vm));
        }
    }
    text += head("oriel_screen", "info", "", "How the screen's pictures get to the compositor.");
    for_each_screen(vms, [&text](const std::string& labels, const json& screen) {
        text += sample("oriel_screen", "_info",
                       fmt::format("{},path=\"{}\"", labels, path_of(screen)), "1");
    });
    for (const Family& family : kScreenFamilies) {
        text += head(family.name, type_of(family.kind), family.unit, family.help);
        for_each_screen(vms, [&](const std::string& labels, const json& screen) {
            text += samples(family, screen, labels);
        });
    }
    return text + "# EOF\n";
}

}  // namespace oriel::app
