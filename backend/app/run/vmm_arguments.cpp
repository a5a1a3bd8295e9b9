// SPDX-License-Identifier: MIT
#include "run/vmm_arguments.h"

#include <fmt/format.h>

#include <algorithm>
#include <nlohmann/json.hpp>
#include <optional>
#include <string_view>

namespace oriel::app {
namespace {

/// The ids of what we add; they are unlikely to be the user's, too.
constexpr std::string_view kMemoryId = "oriel-ram";
constexpr std::string_view kAgentId = "oriel-agent";
/// QEMU's own when there is no -m (hw/core: default_ram_size of a PC).
constexpr std::string_view kDefaultMemory = "128M";

/// "-name" or "--name": QEMU takes both.
bool is_option(std::string_view argument, std::string_view name) {
    return argument.starts_with('-') && argument.substr(argument.starts_with("--") ? 2 : 1) == name;
}

/// The values of all options with this name, in their order.
std::vector<std::string_view> values(const std::vector<std::string>& command,
                                     std::string_view name) {
    std::vector<std::string_view> found;
    for (size_t i = 1; i + 1 < command.size(); ++i) {
        if (is_option(command[i], name)) {
            found.emplace_back(command[i + 1]);
        }
    }
    return found;
}

bool has(const std::vector<std::string>& command, std::string_view name) {
    return std::any_of(command.begin() + 1, command.end(),
                       [name](const std::string& argument) { return is_option(argument, name); });
}

/// "key" of "first,key=value,…" (a ",," in a value is a comma); the last one counts, as for QEMU.
std::optional<std::string> property(std::string_view list, std::string_view key) {
    std::optional<std::string> value;
    std::string part;
    const auto take = [&] {
        if (part.size() > key.size() && part.starts_with(key) && part[key.size()] == '=') {
            value = part.substr(key.size() + 1);
        }
        part.clear();
    };
    for (size_t i = 0; i < list.size(); ++i) {
        if (list[i] != ',') {
            part.push_back(list[i]);
        } else if (i + 1 < list.size() && list[i + 1] == ',') {
            part.push_back(list[++i]);
        } else {
            take();
        }
    }
    take();
    return value;
}

/// Bytes as -object takes them: -m counts in MiB where there is no unit, -object doesn't.
std::string memory_size(const std::vector<std::string>& command) {
    const auto given = values(command, "m");
    if (given.empty()) {
        return std::string{kDefaultMemory};
    }
    const std::string_view last = given.back();
    std::string size = property(last, "size").value_or(std::string{last.substr(0, last.find(','))});
    if (!size.empty() && size.back() >= '0' && size.back() <= '9') {
        size.push_back('M');
    }
    return size;
}

/// The -object with this id; also as JSON, whose text is searched as it is.
std::optional<std::string_view> object(const std::vector<std::string>& command,
                                       const std::string& id) {
    for (const std::string_view value : values(command, "object")) {
        if (property(value, "id") == id || value.find('"' + id + '"') != std::string_view::npos) {
            return value;
        }
    }
    return std::nullopt;
}

bool shared(std::string_view object) {
    const auto share = property(object, "share");
    return (share && (*share == "on" || *share == "true" || *share == "yes")) ||
           object.find("\"share\":true") != std::string_view::npos ||
           object.find("\"share\": true") != std::string_view::npos;
}

/// The ids of the memory backends that the user has chosen.
std::vector<std::string> memory_backends(const std::vector<std::string>& command) {
    std::vector<std::string> ids;
    const auto collect = [&](std::string_view option, std::string_view key) {
        for (const std::string_view value : values(command, option)) {
            if (auto id = property(value, key)) {
                ids.push_back(std::move(*id));
            }
        }
    };
    collect("machine", "memory-backend");
    collect("M", "memory-backend");
    collect("numa", "memdev");
    return ids;
}

/// In QEMU's lists a comma is doubled.
std::string in_list(const std::string& text) {
    std::string escaped;
    for (const char c : text) {
        escaped.append(c == ',' ? 2 : 1, c);
    }
    return escaped;
}

class Completion {
public:
    explicit Completion(std::vector<std::string> command) { result_.command = std::move(command); }

    void share_memory();
    void add_device(const std::string& socket, std::string_view what);
    void add_monitor(const std::string& socket);
    void add_agent(const std::string& socket);
    void silence_displays();

    [[nodiscard]] VmmArguments take() { return std::move(result_); }

private:
    void add(std::string option, std::string value, std::string_view why) {
        result_.added.push_back(fmt::format("{} {}: {}", option, value, why));
        result_.command.push_back(std::move(option));
        result_.command.push_back(std::move(value));
    }
    void conflict(std::string line) { result_.conflicts.push_back(std::move(line)); }

    VmmArguments result_;
};

void Completion::share_memory() {
    const auto& command = result_.command;
    const auto chosen = memory_backends(command);
    for (const std::string& id : chosen) {
        const auto backend = object(command, id);
        if (backend && !shared(*backend)) {
            conflict(fmt::format(
                "-object {}: without share=on Oriel can't see what the guest draws", *backend));
        }
    }
    if (!chosen.empty()) {
        return;
    }
    if (has(command, "mem-path")) {
        conflict(
            "-mem-path: the guest's memory is private; use -object "
            "memory-backend-file,share=on and -machine memory-backend= instead");
        return;
    }
    add("-object",
        fmt::format("memory-backend-memfd,id={},size={},share=on", kMemoryId, memory_size(command)),
        "Oriel reads what the guest draws");
    add("-machine", fmt::format("memory-backend={}", kMemoryId), "that is the guest's memory");
}

void Completion::add_device(const std::string& socket, std::string_view what) {
    const auto ours = [&socket](std::string_view device) {
        return device.find("vfio-user-pci") != std::string_view::npos &&
               device.find(socket) != std::string_view::npos;
    };
    const auto devices = values(result_.command, "device");
    if (std::any_of(devices.begin(), devices.end(), ours)) {
        return;
    }
    const nlohmann::ordered_json device{{"driver", "vfio-user-pci"},
                                        {"socket", {{"type", "unix"}, {"path", socket}}}};
    add("-device", device.dump(), what);
}

void Completion::add_monitor(const std::string& socket) {
    add("-qmp", fmt::format("unix:{},server=on,wait=off", in_list(socket)),
        "input for guests without a driver for the devices");
}

void Completion::add_agent(const std::string& socket) {
    constexpr std::string_view kPort = "com.redhat.spice.0";
    const auto devices = values(result_.command, "device");
    for (const std::string_view device : devices) {
        if (device.find(kPort) != std::string_view::npos) {
            conflict(
                fmt::format("-device {}: the guest's agent has that port, so its clipboard isn't "
                            "shared (--clipboard)",
                            device));
            return;
        }
    }
    // Whatever its bus: virtio-serial, virtio-serial-pci, -device, …; ports find it by themselves.
    if (std::none_of(devices.begin(), devices.end(), [](std::string_view device) {
            return device.find("virtio-serial") != std::string_view::npos;
        })) {
        add("-device", "virtio-serial", "a controller for the agent's port");
    }
    add("-chardev",
        fmt::format("socket,id={},path={},server=on,wait=off", kAgentId, in_list(socket)),
        "the guest's clipboard");
    add("-device", fmt::format("virtserialport,chardev={},name={}", kAgentId, kPort),
        "the port of the guest's spice-vdagent");
}

void Completion::silence_displays() {
    const auto cards = values(result_.command, "vga");
    if (cards.empty()) {
        add("-vga", "none", "no second graphics card");
    } else if (cards.back() != "none") {
        conflict(fmt::format("-vga {}: the guest has two graphics cards and may use the other one",
                             cards.back()));
    }
    const bool chosen = has(result_.command, "display") || has(result_.command, "nographic") ||
                        has(result_.command, "curses") || has(result_.command, "vnc") ||
                        has(result_.command, "spice");
    if (!chosen) {
        add("-display", "none", "no window of QEMU's own");
    }
}

}  // namespace

VmmArguments complete_vmm_arguments(std::vector<std::string> command, const VmmSockets& sockets) {
    Completion completion{std::move(command)};
    completion.share_memory();
    completion.add_device(sockets.display, "the graphics card");
    for (const std::string& input : sockets.input) {
        completion.add_device(input, "an input device");
    }
    completion.add_monitor(sockets.qmp);
    if (!sockets.agent.empty()) {
        completion.add_agent(sockets.agent);
    }
    completion.silence_displays();
    return completion.take();
}

}  // namespace oriel::app
