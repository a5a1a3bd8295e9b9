// SPDX-License-Identifier: MIT
// What a display has to know of a VM, from the command line of its VMM.
#pragma once

#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "run/qemu_command.h"

namespace oriel::app {

/// Whether the machine is of the world in which a VGA is at home: a PC, and what firmware treats
/// like one. The others ("virt", microvm) have firmware that draws on a plain display only.
[[nodiscard]] bool has_vga_world(const QemuCommand& command);

/// The guest's memory in bytes, as a backend's size: "512M". What QEMU refuses is passed on.
[[nodiscard]] std::string memory_size(const QemuCommand& command);

/// A line's beginning for each memory backend of the guest's that others can't look into.
[[nodiscard]] std::vector<std::string> private_memory(const QemuCommand& command);
/// Whether the user has said what the guest's memory is made of.
[[nodiscard]] bool memory_is_chosen(const QemuCommand& command);

/// The graphics cards besides Oriel's, as they are written.
[[nodiscard]] std::vector<std::string> other_cards(const QemuCommand& command);
/// What on the command line needs a graphics card of QEMU's own, as it is written: such a card, GL,
/// or a state of the VM that is loaded (vfio-user devices have none). Empty: nothing.
[[nodiscard]] std::string asks_for_own_card(const QemuCommand& command);
/// The value for "gl" of QEMU's display; nothing where nobody needs one.
[[nodiscard]] std::optional<std::string> wanted_gl(const QemuCommand& command);
/// Whether the machine has PCI slots.
[[nodiscard]] bool has_pci(const QemuCommand& command);
/// Whether an input device has this in its name: "tablet", "kbd".
[[nodiscard]] bool has_input(const QemuCommand& command, std::string_view kind);
/// Whether the user has said something of sound.
[[nodiscard]] bool sound_is_chosen(const QemuCommand& command);
/// Whether the user has said if QEMU adds a card of its own.
[[nodiscard]] bool default_card_is_chosen(const QemuCommand& command);
/// Whether the user has said where QEMU shows the guest.
[[nodiscard]] bool display_is_chosen(const QemuCommand& command);

/// Whether the guest runs with KVM, as far as the command line says it.
[[nodiscard]] bool wants_kvm(const QemuCommand& command);

/// The -device that attaches to this socket, over vfio-user or vhost-user; null where there is
/// none.
[[nodiscard]] const QemuOption* device_at(const QemuCommand& command, std::string_view socket);

/// Whether the machine's root bus is one whose devices a guest can eject: that of the PC before
/// q35, by ACPI.
[[nodiscard]] bool guest_ejects_from_root(const QemuCommand& command);
/// The bus of a device, if it is a slot that a guest can eject it from; else empty.
[[nodiscard]] std::string ejecting_bus(const QemuCommand& command, const QemuOption& device);
/// The -global that says whether a guest may eject what is on the root bus; null: none does.
[[nodiscard]] const QemuOption* root_eject_setting(const QemuCommand& command);

}  // namespace oriel::app
