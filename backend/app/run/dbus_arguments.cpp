// SPDX-License-Identifier: MIT
#include "run/dbus_arguments.h"

#include <fmt/format.h>

#include "run/argument_list.h"
#include "run/vmm_facts.h"

namespace oriel::app {
namespace {

constexpr std::string_view kUsbId = "oriel-usb";

/// A QEMU that can't be asked is supposed to have what they all have.
bool has(QemuProbe& probe, std::string_view driver) {
    return probe.has_device(driver).value_or(true);
}

/// QEMU has one display: the last that is said counts. What it says of GL goes on.
void add_display(ArgumentList& list) {
    const auto said = list.facts().all("display");
    const QemuProperties last = said.empty() ? QemuProperties{} : said.back()->properties;
    if (last.text("type") == "dbus" && last.on("p2p")) {
        return;
    }
    std::string display = "dbus,p2p=yes";
    if (const auto gl = wanted_gl(list.facts())) {
        display += ",gl=" + in_list(*gl);
    }
    for (const char* key : {"rendernode", "audiodev"}) {
        if (const auto value = last.get(key)) {
            display += fmt::format(",{}={}", key, in_list(*value));
        }
    }
    list.add("-display", display,
             said.empty() ? "Oriel shows it"
                          : fmt::format("Oriel shows it, in place of {}", said.back()->written));
}

void add_card(ArgumentList& list, uint32_t outputs, QemuProbe& probe) {
    const QemuCommand& facts = list.facts();
    if (!other_cards(facts).empty()) {
        if (outputs > 1) {
            list.conflict(fmt::format("{}: it says how many screens there are, --outputs doesn't",
                                      other_cards(facts).front()));
        }
        return;
    }
    const bool vga = has_vga_world(facts);
    const std::string driver = vga ? "virtio-vga" : "virtio-gpu-pci";
    if (!has_pci(facts) || !has(probe, driver)) {
        return;  // QEMU's default, where it has one
    }
    if (!default_card_is_chosen(facts)) {
        list.add("-vga", "none", "no other graphics card");
    }
    list.add("-device", outputs > 1 ? fmt::format("{},max_outputs={}", driver, outputs) : driver,
             "a graphics card whose guest follows the window");
}

/// PCs have a keyboard and a relative mouse by themselves.
void add_input(ArgumentList& list, QemuProbe& probe) {
    const QemuCommand& facts = list.facts();
    const bool tablet = !has_input(facts, "tablet") && has(probe, "usb-tablet");
    const bool keyboard =
        !has_vga_world(facts) && !has_input(facts, "kbd") && !has_input(facts, "keyboard");
    if (!(tablet || keyboard) || !has_pci(facts) || !has(probe, "qemu-xhci")) {
        return;
    }
    list.add("-device", fmt::format("qemu-xhci,id={}", kUsbId), "USB for what follows");
    if (tablet) {
        list.add("-device", fmt::format("usb-tablet,bus={}.0", kUsbId),
                 "the guest's pointer is where the desktop's is");
    }
    if (keyboard) {
        list.add("-device", fmt::format("usb-kbd,bus={}.0", kUsbId), "a keyboard");
    }
}

}  // namespace

VmmArguments complete_dbus_arguments(std::vector<std::string> command, const DbusVmm& vmm,
                                     QemuProbe& probe) {
    ArgumentList list{std::move(command)};
    list.name_what_is_hidden();
    list.add_monitor(vmm.qmp, "Oriel asks there for QEMU's display");
    add_display(list);
    add_card(list, vmm.outputs, probe);
    add_input(list, probe);
    list.add_sound(vmm.sound);
    if (vmm.clipboard) {
        list.add_agent("qemu-vdagent,clipboard=on");
    }
    return list.take();
}

}  // namespace oriel::app
