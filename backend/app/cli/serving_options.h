// SPDX-License-Identifier: MIT
#pragma once

#include <array>

#include "cli/option_choices.h"
#include "cli/option_table.h"

// A part of the table of options: only option_table.cpp includes it.

namespace oriel::app {

/// Options that say how a VM is shown.
constexpr std::array kServingOptions = [] {
    using Group = OptionGroup;
    using Id = OptionId;
    constexpr CommandSet kServing{CommandId::kShow, CommandId::kHeadless, CommandId::kRun};
    constexpr CommandSet kServingOrView{CommandId::kShow, CommandId::kHeadless, CommandId::kRun,
                                        CommandId::kView};
    constexpr CommandSet kUnseen{CommandId::kHeadless, CommandId::kRun};
    constexpr CommandSet kWindowed{CommandId::kShow, CommandId::kRun, CommandId::kView};
    return std::to_array<OptionRow>({
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
        {.id = Id::kPace,
         .group = Group::kScreens,
         .commands = kUnseen,
         .name = "--pace",
         .argument = "PACE",
         .fallback = "refresh",
         .help = "What makes the clock of a screen without a window go on",
         .text = "What makes the clock of a screen without a window (`headless`, `run --headless`) "
                 "go on.",
         .choices = kPaces},
        {.id = Id::kTrace,
         .group = Group::kScreens,
         .commands = kUnseen,
         .name = "--trace",
         .argument = "FILE",
         .fallback = "",
         .help = "Writes a line for each frame of a screen without a window, for oriel trace diff",
         .text =
             "Writes a line of JSON for each frame that a screen without a window (`headless`, "
             "`run --headless`) shows: its number, the screen, the time by the display's clock, "
             "size, mode, damage and a hash of the picture. Nothing waits for the file: what can't "
             "be written in time is left out, and one line says how much.",
         .offers = Offers::kFiles},
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
        {.id = Id::kGpuMemory,
         .group = Group::kVga,
         .commands = kServing,
         .name = "--gpu-memory",
         .argument = "MIB",
         .fallback = "256, and 128 for each screen",
         .help = "Memory of this machine that a guest's pictures may take, in MiB",
         .text = "How much of this machine's memory the pictures may take that a guest has in "
                 "virtio-gpu, in MiB, 16 to 65536. The addresses of their pages have a limit that "
                 "grows with it. Beyond it the guest is told that there is no memory, and what it "
                 "has goes on."},
        {.id = Id::kGpuResources,
         .group = Group::kVga,
         .commands = kServing,
         .name = "--gpu-resources",
         .argument = "N",
         .fallback = "1024",
         .help = "How many pictures a guest may have in virtio-gpu",
         .text = "How many resources (pictures, cursors) a guest may have in virtio-gpu, 16 to "
                 "16384. Beyond it the guest is told that there is no memory."},
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
