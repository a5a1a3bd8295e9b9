// SPDX-License-Identifier: MIT
#pragma once

#include <array>

#include "cli/option_choices.h"
#include "cli/option_table.h"

// A part of the table of options: only option_table.cpp includes it.

namespace oriel::app {

/// Options that asking has, and those that all commands have.
constexpr std::array kAskingOptions = [] {
    using Group = OptionGroup;
    using Id = OptionId;
    constexpr CommandSet kCtlOnly{CommandId::kCtl};
    constexpr CommandSet kTopOnly{CommandId::kTop};
    constexpr CommandSet kLogging{CommandId::kShow, CommandId::kHeadless, CommandId::kRun,
                                  CommandId::kView, CommandId::kKiosk};
    constexpr CommandSet kAll{CommandId::kShow,   CommandId::kHeadless, CommandId::kRun,
                              CommandId::kView,   CommandId::kTest,     CommandId::kTrace,
                              CommandId::kKiosk,  CommandId::kCtl,      CommandId::kTop,
                              CommandId::kVersion};
    return std::to_array<OptionRow>({
        {.id = Id::kScanout,
         .group = Group::kCtl,
         .commands = kCtlOnly,
         .name = "--scanout",
         .argument = "N",
         .fallback = "0",
         .help = "The screen, 0 to 15",
         .text = "The screen, counted from 0."},
        {.id = Id::kDown,
         .group = Group::kCtl,
         .commands = kCtlOnly,
         .name = "--down",
         .argument = "",
         .fallback = "",
         .help = "Presses and holds",
         .text = "Presses and holds."},
        {.id = Id::kUp,
         .group = Group::kCtl,
         .commands = kCtlOnly,
         .name = "--up",
         .argument = "",
         .fallback = "",
         .help = "Releases what is held",
         .text = "Releases what is held."},
        {.id = Id::kJson,
         .group = Group::kCtl,
         .commands = kCtlOnly,
         .name = "--json",
         .argument = "",
         .fallback = "",
         .help = "Prints JSON",
         .text = "Prints JSON, for programs."},
        {.id = Id::kOpenMetrics,
         .group = Group::kCtl,
         .commands = kCtlOnly,
         .name = "--openmetrics",
         .help = "Prints OpenMetrics text",
         .text = "Prints the text format of OpenMetrics, for Prometheus and what reads the same. "
                 "Labels are `vm` and `screen`."},
        {.id = Id::kAllVms,
         .group = Group::kCtl,
         .commands = kCtlOnly,
         .name = "--all",
         .help = "All running VMs, in place of a name",
         .text = "All running VMs, in place of a name: `oriel ctl --all stats --openmetrics`. One "
                 "that does not answer within a second is left out, and `oriel_up` is 0 for it."},
        {.id = Id::kAllowStale,
         .group = Group::kCtl,
         .commands = kCtlOnly,
         .name = "--allow-stale",
         .help = "The last picture of a VM that is gone will do",
         .text =
             "The last picture of a VM that is gone (`--keep`) will do: the exit status is 0 then "
             "and not 3."},
        {.id = Id::kCursor,
         .group = Group::kCtl,
         .commands = kCtlOnly,
         .name = "--cursor",
         .help = "With the guest's cursor in the picture",
         .text = "The guest's cursor is in the picture, where the guest has it. Without this it is "
                 "left out: it is the desktop that draws it, not the guest."},
        {.id = Id::kOcr,
         .group = Group::kCtl,
         .commands = kCtlOnly,
         .name = "--ocr",
         .help = "Texts that no font explains are read by tesseract",
         .text = "With `wait text` and `wait pattern`: what can't be read exactly is read by the "
                 "program tesseract (package tesseract-ocr), which guesses."},
        {.id = Id::kSerialFile,
         .group = Group::kCtl,
         .commands = kCtlOnly,
         .name = "--serial",
         .argument = "FILE",
         .help = "The file that the VM's serial port is written to",
         .text = "With `wait serial`: the file that the VM's serial port is written to (QEMU's "
                 "`-serial file:`*FILE*, or `logfile=` of a `-chardev`). It is read from its "
                 "start.",
         .offers = Offers::kFiles},
        {.id = Id::kRate,
         .group = Group::kCtl,
         .commands = kCtlOnly,
         .name = "--rate",
         .argument = "N",
         .fallback = "60",
         .help = "Frames a second, 1 to 240",
         .text = "Frames a second, 1 to 240. Where each frame has its own time (`--variable`, PNG "
                 "files) it is the most."},
        {.id = Id::kVariable,
         .group = Group::kCtl,
         .commands = kCtlOnly,
         .name = "--variable",
         .help = "Each frame of a video has its own time",
         .text = "A frame of a video is where the guest has drawn one, at its time, and not so "
                 "many a second."},
        {.id = Id::kCodec,
         .group = Group::kCtl,
         .commands = kCtlOnly,
         .name = "--codec",
         .argument = "CODEC",
         .fallback = "auto",
         .help = "How a video is packed",
         .text = "How a video is packed. ffmpeg must have the encoder (`libx264`, `libvpx-vp9`, "
                 "`libsvtav1`).",
         .choices = kCodecs},
        {.id = Id::kTimeout,
         .group = Group::kCtl,
         .commands = kCtlOnly,
         .name = "--timeout",
         .argument = "SECONDS",
         .fallback = "30",
         .help = "How long is waited, 0 to 86400",
         .text = "How long is waited, 0 to 86400 seconds, with a fraction or without; 0: one look "
                 "only. The exit status is 1 when that is over."},
        {.id = Id::kOnce,
         .group = Group::kOther,
         .commands = kTopOnly,
         .name = "--once",
         .help = "Prints one table and ends",
         .text = "Prints one table, of half a second, and ends. So does `top` whose output is no "
                 "terminal."},
        {.id = Id::kInterval,
         .group = Group::kOther,
         .commands = kTopOnly,
         .name = "--interval",
         .argument = "SECONDS",
         .fallback = "1",
         .help = "Time between two tables, 1 to 3600",
         .text = "The time between two tables, 1 to 3600 seconds."},
        {.id = Id::kCheck,
         .group = Group::kOther,
         .commands = {CommandId::kKiosk},
         .name = "--check",
         .argument = "",
         .fallback = "",
         .help = "Reads the file, prints each mistake, and starts nothing",
         .text = "Reads the file, prints each mistake with its line and column, and starts "
                 "nothing. The "
                 "exit status is 2 if there is one."},
        {.id = Id::kSandbox,
         .group = Group::kOther,
         .commands = {CommandId::kShow, CommandId::kHeadless, CommandId::kRun, CommandId::kView,
                      CommandId::kTest},
         .name = "--sandbox",
         .argument = "MODE",
         .fallback = "on",
         .help = "What the process may still do once it serves the VM",
         .text =
             "What the process may still do once it serves the VM. In its sandbox it has no "
             "capabilities and can't gain any, opens only what it was started with, starts no "
             "program, has no network, and signals nobody. A small process that reads nothing of "
             "the guest stays outside. It connects again to the sockets that were named at the "
             "start, starts recorders, and ends the VMM of `run`. What the kernel lacks for it is "
             "a line in the log. With `test` it is that of each VM's process; in a file of `kiosk` "
             "the key `sandbox` is that of a VM's.",
         .choices = kSandboxes},
        {.id = Id::kLogLevel,
         .group = Group::kOther,
         .commands = kLogging,
         .name = "--log-level",
         .argument = "LEVEL",
         .fallback = "info",
         .help = "What is written to standard error",
         .text = "What is written to standard error.",
         .choices = kLogLevels},
        {.id = Id::kHelp,
         .group = Group::kOther,
         .commands = kAll,
         .name = "--help",
         .argument = "",
         .fallback = "",
         .help = "Prints this help (also -h)",
         .text = "Prints the options of a command, or, in place of a command, all commands. Also "
                 "`-h`."},
        {.id = Id::kVersion,
         .group = Group::kOther,
         .commands = {},
         .name = "--version",
         .argument = "",
         .fallback = "",
         .help = "Prints the version",
         .text = "Prints the version, in place of a command."},
    });
}();

}  // namespace oriel::app
