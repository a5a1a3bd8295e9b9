// SPDX-License-Identifier: MIT
#include "run/vmm_facts.h"

#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <cstdint>
#include <optional>
#include <utility>

#include "core/text.h"

namespace oriel::app {
namespace {

constexpr uint64_t kMebibyte = uint64_t{1} << 20;
/// QEMU rounds the guest's memory up to this.
constexpr uint64_t kMemoryStep = 8192;

std::string machine_type(const QemuCommand& command) {
    return command.merged("machine").text("type");
}

bool is_x86(const QemuCommand& command) {
    return command.architecture() == "x86_64" || command.architecture() == "i386";
}

/// What QEMU gives a guest without -m.
uint64_t default_memory(const QemuCommand& command) {
    const std::string& architecture = command.architecture();
    return architecture == "loongarch64" ? 1024 * kMebibyte
           : architecture == "ppc64"     ? 512 * kMebibyte
                                         : 128 * kMebibyte;
}

/// The ids of the memory backends that are the guest's memory from the start.
std::vector<std::string> main_memory(const QemuCommand& command) {
    std::vector<std::string> ids;
    if (auto id = command.merged("machine").get("memory-backend")) {
        ids.push_back(std::move(*id));
    }
    for (const QemuOption* node : command.all("numa")) {
        if (auto id = node->properties.get("memdev")) {
            ids.push_back(std::move(*id));
        }
    }
    return ids;
}

/// Those, and what is plugged in as more memory.
std::vector<std::string> all_memory(const QemuCommand& command) {
    constexpr std::array<std::string_view, 2> kMemoryDevices{"pc-dimm", "virtio-mem"};
    std::vector<std::string> ids = main_memory(command);
    for (const QemuOption* device : command.all("device")) {
        auto id = device->properties.get("memdev");
        if (id && starts_with_one_of(device->properties.text("driver"), kMemoryDevices)) {
            ids.push_back(std::move(*id));
        }
    }
    return ids;
}

/// A memfd is shared unless somebody says otherwise, other memory is not.
bool is_shared(const QemuProperties& backend) {
    const auto share = backend.get("share");
    const std::string type = backend.text("qom-type");
    return share ? is_on(*share) : type == "memory-backend-memfd" || type == "memory-backend-shm";
}

}  // namespace

bool has_vga_world(const QemuCommand& command) {
    constexpr std::array<std::string_view, 6> kPlain{"aarch64", "arm",         "riscv64",
                                                     "riscv32", "loongarch64", "s390x"};
    constexpr std::array<std::string_view, 3> kPlainMachines{"virt", "microvm", "sbsa-ref"};
    return !is_one_of(command.architecture(), kPlain) &&
           !starts_with_one_of(machine_type(command), kPlainMachines);
}

std::string memory_size(const QemuCommand& command) {
    // -m counts in MiB, and says more than -machine memory.size. 0 is the default, too.
    auto said = command.merged("memory").get("size");
    auto size = parse_size(said.value_or("0"), kMebibyte);
    if (size == uint64_t{0}) {
        said = command.merged("machine").get("memory.size");
        size = parse_size(said.value_or("0"));
    }
    if (!size) {
        return *said;
    }
    const uint64_t bytes = *size == 0 ? default_memory(command) : *size;
    return format_size((bytes + kMemoryStep - 1) / kMemoryStep * kMemoryStep);
}

std::vector<std::string> private_memory(const QemuCommand& command) {
    std::vector<std::string> found;
    for (const std::string& id : all_memory(command)) {
        const QemuOption* const backend = command.find("object", id);
        if (backend != nullptr && !is_shared(backend->properties)) {
            found.push_back(backend->written);
        }
    }
    return found;
}

bool memory_is_chosen(const QemuCommand& command) {
    return !main_memory(command).empty();
}

bool wants_kvm(const QemuCommand& command) {
    // The first accelerator that works is taken; /usr/bin/kvm is QEMU with that one.
    const std::string program = command.program().substr(command.program().rfind('/') + 1);
    const auto said = command.all("accel");
    const std::string machine = command.merged("machine").text("accel");
    const bool named = machine.find("kvm") != std::string::npos ||
                       std::any_of(said.begin(), said.end(), [](const QemuOption* accel) {
                           return accel->written.find("kvm") != std::string::npos;
                       });
    return named || command.has("enable-kvm") ||
           ((program == "kvm" || program == "qemu-kvm") && said.empty() && machine.empty());
}

const QemuOption* device_at(const QemuCommand& command, std::string_view socket) {
    for (const QemuOption* device : command.all("device")) {
        const std::string driver = device->properties.text("driver");
        const QemuOption* const chardev =
            driver.starts_with("vhost-user-")
                ? command.find("chardev", device->properties.text("chardev"))
                : nullptr;
        if ((driver == "vfio-user-pci" && device->properties.text("socket.path") == socket) ||
            (chardev != nullptr && chardev->properties.text("path") == socket)) {
            return device;
        }
    }
    return nullptr;
}

bool guest_ejects_from_root(const QemuCommand& command) {
    const QemuProperties machine = command.merged("machine");
    const std::string type = machine.text("type");
    const bool old_pc = type == "pc" || type.starts_with("pc-i440fx") ||
                        (type.empty() && is_x86(command) && command.unread().empty());
    const auto acpi = machine.get("acpi");
    return old_pc && (!acpi || is_on(*acpi)) && !command.has("no-acpi");
}

std::string ejecting_bus(const QemuCommand& command, const QemuOption& device) {
    // "bus=port" is the one that the device with this id has.
    const std::string bus = device.properties.text("bus");
    const QemuOption* const slot = bus.empty() ? nullptr : command.find("device", bus);
    if (slot == nullptr || slot->properties.text("driver").starts_with("pxb")) {
        return {};
    }
    const auto hotplug = slot->properties.get("hotplug");
    return hotplug && !is_on(*hotplug) ? std::string{} : bus;
}

const QemuOption* root_eject_setting(const QemuCommand& command) {
    const auto all = command.all("global");
    const auto it = std::find_if(all.rbegin(), all.rend(), [](const QemuOption* global) {
        return global->properties.text("driver") == "PIIX4_PM" &&
               global->properties.text("property") == "acpi-root-pci-hotplug";
    });
    return it == all.rend() ? nullptr : *it;
}

}  // namespace oriel::app
