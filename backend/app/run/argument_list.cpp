// SPDX-License-Identifier: MIT
#include "run/argument_list.h"

#include <fmt/format.h>

#include <algorithm>

namespace oriel::app {
namespace {

/// The ids of what we add; they are unlikely to be the user's, too.
constexpr std::string_view kAgentId = "oriel-agent";
constexpr std::string_view kSoundId = "oriel-sound";

}  // namespace

void ArgumentList::add(std::string option, std::string value, std::string_view why) {
    result_.added.push_back(fmt::format("{} {}: {}", option, value, why));
    result_.command.push_back(std::move(option));
    result_.command.push_back(std::move(value));
}

void ArgumentList::name_what_is_hidden() {
    for (const std::string& file : facts_.unread()) {
        conflict(fmt::format("-readconfig {}: what it says of memory and graphics cards isn't seen",
                             file));
    }
}

void ArgumentList::add_monitor(const std::string& socket, std::string_view why) {
    add("-qmp", fmt::format("unix:{},server=on,wait=off", in_list(socket)), why);
}

void ArgumentList::add_agent(std::string_view chardev) {
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
    const size_t comma = std::min(chardev.find(','), chardev.size());
    add("-chardev",
        fmt::format("{},id={}{}", chardev.substr(0, comma), kAgentId, chardev.substr(comma)),
        "the guest's clipboard");
    add("-device", fmt::format("virtserialport,chardev={},name={}", kAgentId, kPort),
        "the port of the guest's spice-vdagent");
}

void ArgumentList::add_sound(const std::string& driver) {
    if (driver.empty()) {
        return;
    }
    add("-audiodev", fmt::format("{},id={}", driver, kSoundId), "the guest is heard (--no-audio)");
    add("-device", "intel-hda", "a sound card");
    add("-device", fmt::format("hda-duplex,audiodev={}", kSoundId),
        "its loudspeaker and microphone");
}

}  // namespace oriel::app
