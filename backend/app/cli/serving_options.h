// SPDX-License-Identifier: MIT
#pragma once

#include <array>

#include "cli/option_choices.h"
#include "cli/option_table.h"

// A part of the table of options: only option_table.cpp includes it.

namespace oriel::app {

/// Options that serving a VM has.
constexpr std::array kServingOptions = [] {
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
         .commands = {CommandId::kShow, CommandId::kHeadless},
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
             "passes neither blobs nor changes of the screens to its guest, and firmware is not "
             "seen here.",
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
        {.id = Id::kSize,
         .group = Group::kScreens,
         .commands = kServingOrView,
         .name = "--size",
         .argument = "WxH[@HZ]",
         .fallback = "1280x800",
         .help = "Mode that the guest should prefer, for example 1920x1080@59.94",
         .text =
             "The mode that the guest should prefer, for example `1920x1080@59.94`: 64 to 16384 "
             "pixels a side, 20 to 500 Hz with up to three decimals."},
        {.id = Id::kOutputs,
         .group = Group::kScreens,
         .commands = kServing,
         .name = "--outputs",
         .argument = "N",
         .fallback = "1",
         .help = "Number of screens, 1 to 16",
         .text = "Number of the VM's screens, 1 to 16. Each has a window of its own."},
        {.id = Id::kTitle,
         .group = Group::kWindow,
         .commands = kWindowed,
         .name = "--title",
         .argument = "TITLE",
         .fallback = "the VM's name",
         .help = "Window title",
         .text = "The window's title: UTF-8 without control characters, at most 1024 bytes."},
        {.id = Id::kAppId,
         .group = Group::kWindow,
         .commands = kWindowed,
         .name = "--app-id",
         .argument = "ID",
         .fallback = "oriel.NAME",
         .help = "Wayland application id",
         .text =
             "The Wayland application id, by which a desktop finds the window's icon and rules: "
             "UTF-8 without control characters, at most 1024 bytes."},
        {.id = Id::kFullscreen,
         .group = Group::kWindow,
         .commands = kWindowed,
         .name = "--fullscreen",
         .argument = "",
         .fallback = "",
         .help = "Starts full screen",
         .text = "The window starts full screen."},
        {.id = Id::kOutputMap,
         .group = Group::kWindow,
         .commands = kWindowed,
         .name = "--output-map",
         .argument = "SCREEN=OUTPUT,...",
         .fallback = "",
         .help = "Outputs on which screens are full screen, for example 0=DP-1,1=HDMI-A-1",
         .text =
             "Where the windows of screens (counted from 0) are full screen, by the output's name, "
             "for example `0=DP-1,1=HDMI-A-1`, or by the monitor: its make and model, and its "
             "serial number where the compositor's description of it has that, for example "
             "`0=Dell Inc. U2415 XKV0P05`. A comma in a name is written `\\,`. A full screen "
             "window "
             "goes back to its output when that is plugged in again."},
        {.id = Id::kMissingOutput,
         .group = Group::kWindow,
         .commands = kWindowed,
         .name = "--missing-output",
         .argument = "WHAT",
         .fallback = "show",
         .help = "What becomes of a window whose output isn't there",
         .text = "What becomes of a window whose output of `--output-map` isn't there.",
         .choices = kMissingOutputs},
        {.id = Id::kResize,
         .group = Group::kWindow,
         .commands = kWindowed,
         .name = "--resize",
         .argument = "HOW",
         .fallback = "guest",
         .help = "How a window's size and the guest's mode follow each other",
         .text = "How a window's size and the guest's mode follow each other.",
         .choices = kResizes},
        {.id = Id::kScaling,
         .group = Group::kWindow,
         .commands = kWindowed,
         .name = "--scaling",
         .argument = "HOW",
         .fallback = "fit",
         .help = "How large the picture is in a window of another size",
         .text = "How large the picture is in a window of another size. A guest's pixels are the "
                 "output's pixels, at any scale, wherever they fit.",
         .choices = kScalings},
        {.id = Id::kPath,
         .group = Group::kWindow,
         .commands = kWindowed,
         .name = "--path",
         .argument = "PATH",
         .fallback = "auto",
         .help = "How pictures get to the compositor",
         .text = "How pictures get to the compositor.",
         .choices = kPaths},
        {.id = Id::kLatency,
         .group = Group::kWindow,
         .commands = kWindowed,
         .name = "--latency",
         .argument = "LATENCY",
         .fallback = "normal",
         .help = "Whether the newest frame may show at once, even if the picture tears",
         .text = "What the compositor should prefer.",
         .choices = kLatencies},
        {.id = Id::kDecorations,
         .group = Group::kWindow,
         .commands = kWindowed,
         .name = "--decorations",
         .argument = "WHOSE",
         .fallback = "auto",
         .help = "The window's frame",
         .text = "The window's frame.",
         .choices = kDecorations},
        {.id = Id::kInhibitIdle,
         .group = Group::kWindow,
         .commands = kWindowed,
         .name = "--inhibit-idle",
         .argument = "",
         .fallback = "",
         .help = "The screen doesn't go blank while a full screen picture moves",
         .text = "The screen doesn't go blank while a full screen picture moves, as a film does."},
        {.id = Id::kOnCompositorLoss,
         .group = Group::kWindow,
         .commands = kWindowed,
         .name = "--on-compositor-loss",
         .argument = "WHAT",
         .fallback = "wait",
         .help = "What happens when the compositor goes away",
         .text = "What happens when the compositor crashes, is killed, or is restarted. A start "
                 "without "
                 "a compositor is an error.",
         .choices = kCompositorLosses},
        {.id = Id::kHud,
         .group = Group::kWindow,
         .commands = kWindowed,
         .name = "--hud",
         .argument = "",
         .fallback = "",
         .help = "Shows live figures in a corner of each window",
         .text =
             "Shows in the top left corner of each window how its pictures get to the compositor, "
             "how it stands with the VM, frames shown and flushes merged in a second, and how long "
             "pictures take to the screen (median and 99th percentile since the start). The "
             "figures are on a surface of their own: the picture below is neither drawn again nor "
             "committed for them, and screenshots don't have them. A compositor that would put a "
             "full screen picture on the output as it is has to compose both. `oriel ctl` *NAME* "
             "`hud on` and `hud off` do the same later."},
        {.id = Id::kGrab,
         .group = Group::kInput,
         .commands = kWindowed,
         .name = "--grab",
         .argument = "WHEN",
         .fallback = "click",
         .help = "When the desktop's keyboard shortcuts become the VM's, until Ctrl+Alt",
         .text = "When the compositor is asked to leave its keyboard shortcuts to the VM. "
                 "`Ctrl+Alt` gives them back.",
         .choices = kGrabs},
        {.id = Id::kConfine,
         .group = Group::kInput,
         .commands = kWindowed,
         .name = "--confine",
         .argument = "",
         .fallback = "",
         .help = "A click keeps the pointer in the window, until Ctrl+Alt",
         .text = "A click keeps the pointer in the window, until `Ctrl+Alt`."},
        {.id = Id::kPciClass,
         .group = Group::kVga,
         .commands = kServing,
         .name = "--pci-class",
         .argument = "CLASS",
         .fallback = "auto",
         .help = "What the guest takes the card for",
         .text = "What the guest takes the card for: its PCI class.",
         .choices = kPciClasses},
        {.id = Id::kOptionRom,
         .group = Group::kVga,
         .commands = kServing,
         .name = "--option-rom",
         .argument = "FILE",
         .fallback = "",
         .help = "A display's ROM for a BIOS guest, for example vgabios-bochs-display.bin",
         .text =
             "A display's ROM for a BIOS guest, which then has its boot text and VESA modes: "
             "`vgabios-bochs-display.bin` of Debian's package seabios. Its PCI ids and checksum "
             "are set for this card; of several images only the one for a BIOS is used. UEFI "
             "needs none.",
         .offers = Offers::kFiles},
        {.id = Id::kVgaMemory,
         .group = Group::kVga,
         .commands = kServing,
         .name = "--vga-memory",
         .argument = "SIZE",
         .fallback = "16M",
         .help = "Video memory for VGA and bochs modes",
         .text = "Video memory for VGA and bochs modes; it has no effect on virtio-gpu.",
         .choices = kMemorySizes},
        {.id = Id::kFreezeBlink,
         .group = Group::kVga,
         .commands = kServing,
         .name = "--freeze-blink",
         .argument = "",
         .fallback = "",
         .help = "Text modes: cursor and blinking text are always shown",
         .text =
             "In VGA text modes, cursor and blinking text are always shown: two screenshots of the "
             "same text are the same picture."},
    });
}();

}  // namespace oriel::app
