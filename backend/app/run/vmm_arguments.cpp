// SPDX-License-Identifier: MIT
#include "run/vmm_arguments.h"

#include <fmt/format.h>

#include <algorithm>
#include <nlohmann/json.hpp>
#include <string_view>

#include "run/vmm_facts.h"

namespace oriel::app {
namespace {

/// The ids of what we add; they are unlikely to be the user's, too.
constexpr std::string_view kMemoryId = "oriel-ram";
constexpr std::string_view kAgentId = "oriel-agent";
/// Without this a guest that ejects a device of ours from a PC's root bus ends QEMU 11.1.
constexpr const char* kNoRootEject = "PIIX4_PM.acpi-root-pci-hotplug=off";

class Completion {
public:
    explicit Completion(std::vector<std::string> command) : facts_{command} {
        result_.command = std::move(command);
    }

    void name_what_is_hidden();
    void share_memory();
    void add_device(const std::string& socket, std::string_view what);
    void keep_devices_plugged();
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

    const QemuCommand facts_;  // as the user has it
    VmmArguments result_;
    bool on_root_bus_ = false;  // a device of ours
};

void Completion::name_what_is_hidden() {
    for (const std::string& file : facts_.unread()) {
        conflict(fmt::format("-readconfig {}: what it says of memory and graphics cards isn't seen",
                             file));
    }
}

void Completion::share_memory() {
    for (const std::string& memory : private_memory(facts_)) {
        conflict(
            fmt::format("{}: without share=on Oriel can't see what the guest draws there", memory));
    }
    if (memory_is_chosen(facts_)) {
        return;
    }
    if (facts_.has("mem-path")) {
        conflict(
            "-mem-path: the guest's memory is private; use -object "
            "memory-backend-file,share=on and -machine memory-backend= instead");
        return;
    }
    add("-object",
        fmt::format("memory-backend-memfd,id={},size={},share=on", kMemoryId, memory_size(facts_)),
        "Oriel reads what the guest draws");
    add("-machine", fmt::format("memory-backend={}", kMemoryId), "that is the guest's memory");
}

void Completion::add_device(const std::string& socket, std::string_view what) {
    if (const QemuOption* const device = device_at(facts_, socket)) {
        const std::string bus = ejecting_bus(facts_, *device);
        if (!bus.empty()) {
            conflict(
                fmt::format("{}: a guest that ejects it from {} ends QEMU 11.1; a "
                            "pcie-root-port with hotplug=off keeps it",
                            device->written, bus));
        }
        on_root_bus_ = on_root_bus_ || device->properties.text("bus").empty() ||
                       device->properties.text("bus") == "pci.0";
        return;
    }
    const nlohmann::ordered_json device{{"driver", "vfio-user-pci"},
                                        {"socket", {{"type", "unix"}, {"path", socket}}}};
    add("-device", device.dump(), what);
    on_root_bus_ = true;
}

void Completion::keep_devices_plugged() {
    if (!on_root_bus_ || !guest_ejects_from_root(facts_)) {
        return;
    }
    const QemuOption* const said = root_eject_setting(facts_);
    if (said == nullptr) {
        add("-global", kNoRootEject, "a guest that ejects Oriel's devices would end QEMU");
    } else if (is_on(said->properties.text("value"))) {
        conflict(
            fmt::format("{}: a guest that ejects Oriel's devices ends QEMU 11.1", said->written));
    }
}

void Completion::add_monitor(const std::string& socket) {
    add("-qmp", fmt::format("unix:{},server=on,wait=off", in_list(socket)),
        "input for guests without a driver for the devices");
}

void Completion::add_agent(const std::string& socket) {
    constexpr std::string_view kPort = "com.redhat.spice.0";
    const auto devices = facts_.all("device");
    for (const QemuOption* device : devices) {
        if (device->properties.text("name") == kPort) {
            conflict(
                fmt::format("{}: the guest's agent has that port, so its clipboard isn't "
                            "shared (--clipboard)",
                            device->written));
            return;
        }
    }
    // Whatever its bus: virtio-serial, virtio-serial-pci, …; ports find it by themselves.
    if (std::none_of(devices.begin(), devices.end(), [](const QemuOption* device) {
            return device->properties.text("driver").starts_with("virtio-serial");
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
    for (const std::string& card : other_cards(facts_)) {
        conflict(
            fmt::format("{}: the guest has two graphics cards and may use the other one", card));
    }
    if (!default_card_is_chosen(facts_)) {
        add("-vga", "none", "no graphics card of QEMU's own");
    }
    if (!display_is_chosen(facts_)) {
        add("-display", "none", "no window of QEMU's own");
    }
}

}  // namespace

VmmArguments complete_vmm_arguments(std::vector<std::string> command, const VmmSockets& sockets) {
    Completion completion{std::move(command)};
    completion.name_what_is_hidden();
    completion.share_memory();
    completion.add_device(sockets.display, "the graphics card");
    for (const std::string& input : sockets.input) {
        completion.add_device(input, "an input device");
    }
    completion.keep_devices_plugged();
    completion.add_monitor(sockets.qmp);
    if (!sockets.agent.empty()) {
        completion.add_agent(sockets.agent);
    }
    completion.silence_displays();
    return completion.take();
}

}  // namespace oriel::app
