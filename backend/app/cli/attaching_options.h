// SPDX-License-Identifier: MIT
#pragma once

#include <array>

#include "cli/option_choices.h"
#include "cli/option_table.h"

// A part of the table of options: only option_table.cpp includes it.

namespace oriel::app {

/// Options that say which VM is shown, and how it is reached.
constexpr std::array kAttachingOptions = [] {
    using Group = OptionGroup;
    using Id = OptionId;
    constexpr CommandSet kServing{CommandId::kShow, CommandId::kHeadless, CommandId::kRun};
    constexpr CommandSet kServingOrView{CommandId::kShow, CommandId::kHeadless, CommandId::kRun,
                                        CommandId::kView};
    constexpr CommandSet kWindowed{CommandId::kShow, CommandId::kRun, CommandId::kView};
    return std::to_array<OptionRow>({
        {.id = Id::kName,
         .group = Group::kVm,
         .commands = kServingOrView,
         .name = "--name",
         .argument = "NAME",
         .fallback = "vm",
         .help = "The VM's name, for windows and oriel ctl",
         .text = "The VM's name, for windows and for `oriel ctl`: 1 to 64 letters, digits, dots, "
                 "underscores and hyphens, not starting with a dot. `view` has the domain's name "
                 "as the default value."},
        {.id = Id::kVfioUser,
         .group = Group::kVm,
         .commands = kServing,
         .name = "--vfio-user",
         .argument = "SOCKET",
         .fallback = "",
         .help = "Unix socket on which a VMM (QEMU 10.1 or newer) attaches its display",
         .text =
             "Unix socket on which the VMM attaches. A socket that a dead process left there is "
             "replaced. `run` has `$XDG_RUNTIME_DIR/oriel/NAME.vfio-user` as the default value; "
             "the other commands need this option.",
         .offers = Offers::kFiles},
        {.id = Id::kVhostUser,
         .group = Group::kVm,
         .commands = kServing,
         .name = "--vhost-user",
         .argument = "SOCKET",
         .fallback = "",
         .help = "The same for a VMM that can't speak vfio-user (older QEMUs, crosvm)",
         .text =
             "Unix socket on which a VMM attaches over vhost-user, instead of `--vfio-user`: "
             "QEMU's `vhost-user-gpu-pci` and `vhost-user-vga`, crosvm, Cloud Hypervisor. "
             "`fd:`*N* is a socket that whoever starts this program has connected. Beside a path "
             "are the input devices, for `vhost-user-input-pci`: *SOCKET*`.kbd`, `.ptr`, `.mouse` "
             "and `.touch`, or where `--input-socket` says. The VMM has the PCI function: QEMU's "
             "passes neither blobs nor changes of the screens to its guest, and a BIOS is not "
             "seen here. With `run` it is `--road vhost-user` at this socket, and has no `fd:`.",
         .offers = Offers::kFiles},
        {.id = Id::kInputSocket,
         .group = Group::kVm,
         .commands = kServing,
         .name = "--input-socket",
         .argument = "PATH",
         .fallback = "",
         .help =
             "Unix sockets PATH.kbd, PATH.ptr, PATH.mouse and PATH.touch on which the VMM attaches "
             "input devices",
         .text =
             "Unix sockets *PATH*`.kbd`, *PATH*`.ptr`, *PATH*`.mouse` and *PATH*`.touch` on which "
             "the VMM attaches a keyboard, an absolute pointer, a relative mouse and a touch "
             "screen, each a virtio-input device on the road of the display. Any of them may stay "
             "unused. "
             "`run` has sockets of its own here; the other commands have none unless this option "
             "is given.",
         .offers = Offers::kFiles},
        {.id = Id::kQmp,
         .group = Group::kVm,
         .commands = kServing,
         .name = "--qmp",
         .argument = "SOCKET",
         .fallback = "",
         .help = "QEMU's QMP socket: input for guests without a driver for --input-socket",
         .text =
             "QEMU's QMP socket. While the guest has no driver for a device of `--input-socket`, "
             "the devices that QEMU emulates (PS/2, usb-tablet) get the input instead. QEMU may "
             "start later, or again. `run` has a socket of its own here.",
         .offers = Offers::kFiles},
        {.id = Id::kAgent,
         .group = Group::kVm,
         .commands = {CommandId::kShow},
         .name = "--agent",
         .argument = "SOCKET",
         .fallback = "",
         .help = "The VMM's socket of the guest's spice-vdagent: shares the clipboard's texts",
         .text =
             "The VMM's socket of a virtio-serial port named `com.redhat.spice.0`; the guest's "
             "side is `spice-vdagent`. Host and guest then share the clipboard: UTF-8 texts of up "
             "to 16 MiB. The guest is told that there is a text while a window has the keyboard, "
             "and gets the text if it asks: when somebody pastes there, or without that. Whoever "
             "copied it is asked for it once. The VMM may start later, or again. Without this "
             "option nothing is shared.",
         .offers = Offers::kFiles},
        {.id = Id::kClipboard,
         .group = Group::kVm,
         .commands = kWindowed,
         .name = "--clipboard",
         .argument = "",
         .fallback = "",
         .help = "Shares the clipboard's texts with the guest's spice-vdagent",
         .text =
             "As `--agent`: `run` adds the port and its socket to QEMU's command line, and with "
             "`--dbus` it is QEMU's own clipboard (`-chardev qemu-vdagent,clipboard=on`)."},
        {.id = Id::kDbus,
         .group = Group::kVm,
         .commands = {CommandId::kShow, CommandId::kHeadless},
         .name = "--dbus",
         .argument = "ADDRESS",
         .fallback = "",
         .help = "Shows the D-Bus display of any QEMU from 7.0 on, for example qmp:/run/vm.qmp",
         .text =
             "Shows what the graphics cards of a QEMU show that runs with `-display dbus`, instead "
             "of being the card. `qmp:`*SOCKET* asks QEMU over its monitor for a private "
             "connection (`-display dbus,p2p=yes`); `unix:path=`*SOCKET* and `session` are a "
             "message bus on which QEMU is. QEMU may start later. The VM goes on when the viewer "
             "ends. Options for a card of Oriel's own don't go with it."},
        {.id = Id::kDbusName,
         .group = Group::kVm,
         .commands = {CommandId::kShow, CommandId::kHeadless},
         .name = "--dbus-name",
         .argument = "NAME",
         .fallback = "org.qemu",
         .help = "QEMU's name on the bus of --dbus",
         .text =
             "QEMU's name on the bus of `--dbus`. All QEMUs on a bus want the name `org.qemu`: the "
             "others have a unique one, such as `:1.7`."},
        {.id = Id::kFd,
         .group = Group::kVm,
         .commands = {CommandId::kShow, CommandId::kHeadless},
         .name = "--fd",
         .argument = "N",
         .fallback = "",
         .help = "The same as --dbus over a socket that is open already",
         .text = "The same as `--dbus` over a socket that whoever starts this program has opened: "
                 "QEMU's `add_client` or libvirt's `virDomainOpenGraphicsFD` has its other end."},
        {.id = Id::kTextConsoles,
         .group = Group::kVm,
         .commands = {CommandId::kShow, CommandId::kHeadless, CommandId::kView},
         .name = "--text-consoles",
         .argument = "",
         .fallback = "",
         .help = "Shows QEMU's text consoles, too, behind its graphics cards'",
         .text =
             "Each text console of the D-Bus display (a monitor, a serial line) that has a picture "
             "is a screen, behind those of the graphics cards. Where QEMU has none, one line says "
             "so: the QEMUs that were tried give the consoles of `vc` to D-Bus as streams of "
             "bytes, "
             "which are not shown."},
        {.id = Id::kRoad,
         .group = Group::kVm,
         .commands = {CommandId::kRun},
         .name = "--road",
         .argument = "ROAD",
         .fallback = "auto",
         .help = "Whether Oriel is the VM's graphics card, or shows QEMU's own",
         .text =
             "Whether Oriel is the VM's graphics card, or shows QEMU's own. One line says which "
             "road a VM takes, and why. A road that QEMU does not have is an error.",
         .choices = kRoads},
        {.id = Id::kNoAudio,
         .group = Group::kVm,
         .commands = {CommandId::kRun},
         .name = "--no-audio",
         .argument = "",
         .fallback = "",
         .help = "Adds no sound card to QEMU's command line",
         .text = "QEMU gets no sound card. Otherwise `run` adds one where the command line says "
                 "nothing of sound, a PipeWire or PulseAudio server runs, and QEMU has a driver "
                 "for it."},
        {.id = Id::kConnect,
         .group = Group::kVm,
         .commands = {CommandId::kView},
         .name = "--connect",
         .argument = "URI",
         .fallback = "",
         .help = "Which libvirt, for example qemu:///session",
         .text = "libvirt's URI, for example `qemu:///session` or `qemu:///system`. Without it "
                 "libvirt chooses: `LIBVIRT_DEFAULT_URI`, its configuration, or its own default."},
        {.id = Id::kEnable,
         .group = Group::kVm,
         .commands = {CommandId::kView},
         .name = "--enable",
         .argument = "",
         .fallback = "",
         .help = "Gives a domain without a D-Bus display one, for its next start, after asking",
         .text = "If the domain has no D-Bus display, asks whether `<graphics type='dbus' "
                 "p2p='yes'/>` is to be added to its devices, for its next start, and does it. "
                 "Everything else in its XML stays."},
        {.id = Id::kRunHeadless,
         .group = Group::kVm,
         .commands = {CommandId::kRun},
         .name = "--headless",
         .argument = "",
         .fallback = "",
         .help = "Without a window or a compositor, for tests and screenshots",
         .text = "Serves the VM without a window or a compositor, as `headless` does."},
        {.id = Id::kKeep,
         .group = Group::kVm,
         .commands = {CommandId::kShow, CommandId::kHeadless, CommandId::kView},
         .name = "--keep",
         .argument = "",
         .fallback = "",
         .help = "When the VMM goes away, waits for the next one on the same socket",
         .text =
             "When the VMM goes away, the process waits for the next one on the same socket, which "
             "then shows in the same window. Until its first frame the last picture stays, dimmed, "
             "with a text that says what happened and when. Without this option the process ends "
             "with its VMM. With `view`: shows the domain again when it is started again."},
    });
}();

}  // namespace oriel::app
