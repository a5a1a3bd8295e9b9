// SPDX-License-Identifier: MIT
#include "run/vmm_arguments.h"

#include <fmt/format.h>

#include <nlohmann/json.hpp>
#include <string_view>
#include <utility>

#include "run/argument_list.h"
#include "run/vmm_facts.h"

namespace oriel::app {
namespace {

/// The id of what we add; it is unlikely to be the user's, too.
constexpr std::string_view kMemoryId = "oriel-ram";
/// A -chardev's, with a number behind it.
constexpr std::string_view kChannelId = "oriel-vhost";
constexpr std::string_view kVhostCard = "vhost-user-gpu-pci";
constexpr std::string_view kVhostInput = "vhost-user-input-pci";
/// Without this a guest that ejects a device of ours from a PC's root bus ends QEMU 11.1.
constexpr const char* kNoRootEject = "PIIX4_PM.acpi-root-pci-hotplug=off";

class Completion {
public:
    explicit Completion(std::vector<std::string> command) : list_{std::move(command)} {}

    void share_memory();
    void add_device(const std::string& socket, std::string_view what);
    /// `driver` may have properties behind it.
    void add_vhost_device(const std::string& socket, const std::string& driver,
                          std::string_view what);
    void keep_devices_plugged();
    void name_what_vhost_refuses();
    void silence_displays();

    [[nodiscard]] ArgumentList& list() { return list_; }

private:
    void add(std::string option, std::string value, std::string_view why) {
        list_.add(std::move(option), std::move(value), why);
    }
    void conflict(std::string line) { list_.conflict(std::move(line)); }

    ArgumentList list_;
    const QemuCommand& facts_ = list_.facts();
    bool on_root_bus_ = false;  // a device of ours
    uint32_t channels_ = 0;     // of vhost-user devices, added
    std::string users_device_;  // one of the user's own that attaches to us, as it is written
};

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

void Completion::add_vhost_device(const std::string& socket, const std::string& driver,
                                  std::string_view what) {
    if (const QemuOption* const device = device_at(facts_, socket)) {
        users_device_ = users_device_.empty() ? device->written : users_device_;
        return;
    }
    const std::string id = fmt::format("{}{}", kChannelId, channels_++);
    add("-chardev", fmt::format("socket,id={},path={}", id, in_list(socket)), "the way to Oriel");
    add("-device", fmt::format("{},chardev={}", driver, id), what);
}

void Completion::name_what_vhost_refuses() {
    for (const QemuOption* vnc : facts_.all("vnc")) {
        conflict(fmt::format("{}: QEMU refuses it beside {}", vnc->written, kVhostCard));
    }
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

void Completion::silence_displays() {
    for (const std::string& card : other_cards(facts_)) {
        if (card != users_device_) {
            conflict(fmt::format("{}: the guest has two graphics cards and may use the other one",
                                 card));
        }
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
    ArgumentList& list = completion.list();
    list.name_what_is_hidden();
    completion.share_memory();
    if (sockets.vhost_user) {
        const std::string screens =
            sockets.outputs > 1 ? fmt::format(",max_outputs={}", sockets.outputs) : "";
        completion.add_vhost_device(sockets.display, fmt::format("{}{}", kVhostCard, screens),
                                    "the graphics card");
        for (const std::string& input : sockets.input) {
            completion.add_vhost_device(input, std::string{kVhostInput}, "an input device");
        }
        completion.name_what_vhost_refuses();
    } else {
        completion.add_device(sockets.display, "the graphics card");
        for (const std::string& input : sockets.input) {
            completion.add_device(input, "an input device");
        }
        completion.keep_devices_plugged();
    }
    list.add_monitor(sockets.qmp, "input for guests without a driver for the devices");
    if (!sockets.agent.empty()) {
        list.add_agent(fmt::format("socket,path={},server=on,wait=off", in_list(sockets.agent)));
    }
    list.add_sound(sockets.sound);
    completion.silence_displays();
    return list.take();
}

}  // namespace oriel::app
