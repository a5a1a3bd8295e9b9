// SPDX-License-Identifier: MIT
#include "cli/command_table.h"

#include <algorithm>
#include <array>

namespace oriel::app {
namespace {

constexpr std::array kCommands = std::to_array<CommandRow>({
    {CommandId::kShow, "show",
     "`--vfio-user`|`--vhost-user` *SOCKET*|`--dbus` *ADDRESS* [*OPTION*]...",
     "Shows a VM in a window"},
    {CommandId::kHeadless, "headless",
     "`--vfio-user`|`--vhost-user` *SOCKET*|`--dbus` *ADDRESS* [*OPTION*]...",
     "Serves a VM without a window, for tests and screenshots"},
    {CommandId::kRun, "run", "[*OPTION*]... `--` *QEMU* [*ARGUMENT*]...",
     "Starts QEMU and shows its VM in a window"},
    {CommandId::kView, "view", "[*DOMAIN*] [*OPTION*]...",
     "Shows a libvirt domain in a window, or lists all domains"},
    {CommandId::kTest, "test", "*SCRIPT.toml*|*FOLDER*... [*OPTION*]...",
     "Runs tests: VMs whose screens, texts and serial lines are checked"},
    {CommandId::kTrace, "trace", "`diff` *FILE* *FILE* [*OPTION*]...",
     "Compares what two runs have shown, frame by frame"},
    {CommandId::kKiosk, "kiosk", "*FILE.toml* [*OPTION*]...",
     "Starts the VMs of a file on their outputs, and keeps them running"},
    {CommandId::kCtl, "ctl", "*NAME* *COMMAND* [*ARGUMENT*]...",
     "Asks a running oriel for something, or lists all of them"},
    {CommandId::kTop, "top", "[*OPTION*]...", "Shows what all running VMs do, again and again"},
    {CommandId::kVersion, "version", "", "Prints the version"},
});

using Action = InputCommand::Action;
using Command = CtlOptions::Command;

constexpr std::array kScanoutOnly{OptionId::kScanout};
constexpr std::array kJsonOnly{OptionId::kJson};
constexpr std::array kScreenshotOptions{OptionId::kScanout, OptionId::kJson, OptionId::kAllowStale,
                                        OptionId::kCursor};
constexpr std::array kStatsOptions{OptionId::kJson, OptionId::kOpenMetrics, OptionId::kAllVms};
constexpr std::array kDownUp{OptionId::kDown, OptionId::kUp};
constexpr std::array kWaitOptions{OptionId::kScanout, OptionId::kTimeout, OptionId::kCursor,
                                  OptionId::kOcr, OptionId::kSerialFile};
constexpr std::array kRecordOptions{OptionId::kScanout, OptionId::kJson,     OptionId::kCursor,
                                    OptionId::kRate,    OptionId::kVariable, OptionId::kCodec};
constexpr std::array kScanoutDownUp{OptionId::kScanout, OptionId::kDown, OptionId::kUp};

constexpr auto kButtons =
    std::to_array<std::string_view>({"left", "right", "middle", "side", "extra"});
constexpr auto kOnOff = std::to_array<std::string_view>({"on", "off"});
constexpr auto kScreenWords = std::to_array<std::string_view>({"on", "off", "output"});

constexpr auto kWaits = std::to_array<std::string_view>(
    {"image", "anywhere", "needle", "tag", "text", "pattern", "colour", "stable", "mode", "serial",
     "frames", "refresh", "cursor", "edid", "end"});

// Those that are not kInput have no action.
constexpr Action kNoAction{};
constexpr size_t kMaxChords = 64;

constexpr std::array kCtlCommands = std::to_array<CtlRow>({
    {.name = "screenshot",
     .arguments = "*FILE.png*",
     .command = Command::kScreenshot,
     .action = kNoAction,
     .least = 1,
     .most = 1,
     .expected = "a file name, for example screen.png",
     .options = kScreenshotOptions,
     .help = "Saves what the guest shows as a PNG file",
     .text = "Saves the guest's own pixels at the guest's size, whatever the window shows. A dark "
             "screen is an error. Of a VM that is gone (`--keep`) the last picture is saved, as "
             "the guest drew it; one line on standard error and the exit status 3 say that it is "
             "stale, and so does `--json`, which prints `width`, `height`, `stale`, and "
             "`stale_since` and `stale_reason`.",
     .offers_files = true},
    {.name = "record",
     .arguments = "*FILE*|`stop`",
     .command = Command::kRecord,
     .action = kNoAction,
     .least = 1,
     .most = 1,
     .expected = "a file that ends in .y4m, .mp4, .mkv or .webm, a folder for PNG files, - for a "
                 "Y4M stream, or stop",
     .options = kRecordOptions,
     .help = "Records what a screen shows, until record stop",
     .text = "Records what a screen shows until `record stop`, which waits until the file is "
             "finished and says how many frames are in it, and how many were dropped because the "
             "file could not be written as fast. The file's ending says what it is: a Y4M stream "
             "(`.y4m`, a named pipe, `-`), a video (`.mp4`, `.mkv`, `.webm`; by the program "
             "ffmpeg), or, without one, a folder with a PNG file for each frame.",
     .offers_files = true},
    {.name = "stats",
     .arguments = "",
     .command = Command::kStats,
     .action = kNoAction,
     .least = 0,
     .most = 0,
     .expected = "",
     .options = kStatsOptions,
     .help = "Prints statistics",
     .text = "Prints size, format, source and path of each screen, frames, bytes and latencies, "
             "and what the guest and the VMM asked for."},
    {.name = "list",
     .arguments = "",
     .command = Command::kList,
     .action = kNoAction,
     .least = 0,
     .most = 0,
     .expected = "",
     .options = kJsonOnly,
     .help = "Prints the running VMs",
     .text = "Prints a line for each running process: its VM's name, how it is shown, its process "
             "id, whether a VMM is attached, and how many of its screens are on.",
     .has_name = false},
    {.name = "key",
     .arguments = "*CHORD*...",
     .command = Command::kInput,
     .action = Action::kKeys,
     .least = 1,
     .most = kMaxChords,
     .expected = "key CHORD..., for example key ctrl+alt+f2",
     .options = kDownUp,
     .help = "Presses keys, for example ctrl+alt+f2",
     .text = "Presses the keys of a chord, for example `ctrl+alt+f2`, in order and releases them "
             "in the opposite order; several chords come one after the other. `--down` only "
             "presses, `--up` only releases. Keys have the names of Linux (`KEY_LEFTCTRL` or "
             "`leftctrl`), of QEMU (`ctrl`, `ret`, `spc`) or common ones (`enter`, `super`)."},
    {.name = "type",
     .arguments = "*TEXT*",
     .command = Command::kInput,
     .action = Action::kText,
     .least = 1,
     .most = 1,
     .expected = "type TEXT",
     .options = {},
     .help = "Types a text",
     .text = "Types a text with the keys of a US keyboard, whatever the guest's keymap is."},
    {.name = "pointer",
     .arguments = "*X* *Y*",
     .command = Command::kInput,
     .action = Action::kPointer,
     .least = 2,
     .most = 2,
     .expected = "pointer X Y, in pixels of the guest",
     .options = kScanoutOnly,
     .help = "Moves the pointer to a pixel of the guest",
     .text = "Moves the pointer to a pixel of the guest's screen."},
    {.name = "move",
     .arguments = "*DX* *DY*",
     .command = Command::kInput,
     .action = Action::kMove,
     .least = 2,
     .most = 2,
     .expected = "move DX DY",
     .options = {},
     .help = "Moves the mouse by so many pixels",
     .text = "Moves the relative mouse, or, where there is none, the pointer."},
    {.name = "button",
     .arguments = "*BUTTON*",
     .command = Command::kInput,
     .action = Action::kButton,
     .least = 1,
     .most = 1,
     .expected = "button left, right, middle, side or extra",
     .options = kDownUp,
     .help = "Clicks left, right, middle, side or extra",
     .text = "Clicks `left`, `right`, `middle`, `side` or `extra`. `--down` only presses, `--up` "
             "only releases.",
     .offered_words = kButtons},
    {.name = "wheel",
     .arguments = "*NOTCHES* [*NOTCHES*]",
     .command = Command::kInput,
     .action = Action::kWheel,
     .least = 1,
     .most = 2,
     .expected = "wheel NOTCHES [NOTCHES-TO-THE-RIGHT]",
     .options = {},
     .help = "Turns the wheel towards the user, the second one to the right",
     .text = "Turns the wheel towards the user, and the second one to the right. Parts of notches "
             "and negative numbers are possible."},
    {.name = "touch",
     .arguments = "*X* *Y*",
     .command = Command::kInput,
     .action = Action::kTouch,
     .least = 2,
     .most = 2,
     .expected = "touch X Y, in pixels of the guest",
     .options = kScanoutDownUp,
     .help = "Taps a pixel of the guest with a finger",
     .text = "Taps a pixel of the guest's screen with a finger, or clicks there with the left "
             "button where the guest has no touch screen."},
    {.name = "screen",
     .arguments = "*N* `on`|`off`|*WIDTH*`x`*HEIGHT*[`@`*HZ*]|`output` *OUTPUT*",
     .command = Command::kScreen,
     .action = kNoAction,
     .least = 2,
     .most = 3,
     .expected = "N on, N off, N WIDTHxHEIGHT[@HZ] or N output OUTPUT, for example 1 1920x1080@60",
     .options = {},
     .help = "Plugs a monitor in, pulls it out, or changes its mode",
     .text = "Plugs a monitor in or pulls it out while the VM runs. The guest is told, its other "
             "screens move together, and the window goes away or comes back as it was. A mode "
             "plugs the monitor in too: the guest is asked to prefer it, and the window gets that "
             "size unless the compositor chooses the size. With `--resize guest` it holds until "
             "the window has another size. The last screen that is on can't be pulled out. "
             "`output` brings the screen's window to an output of the compositor, full screen, "
             "which then is the one that it belongs on, as with `--output-map`.",
     .offered_words = kScreenWords,
     .offered_at = 1},
    {.name = "hud",
     .arguments = "`on`|`off`",
     .command = Command::kHud,
     .action = kNoAction,
     .least = 1,
     .most = 1,
     .expected = "on or off",
     .options = {},
     .help = "Shows live figures in a corner of each window, or takes them away",
     .text = "Shows live figures in a corner of each window, as `--hud` does, or takes them away. "
             "A VM without windows is an error.",
     .offered_words = kOnOff},
    {.name = "wait",
     .arguments = "*CONDITION* [*WHAT*]",
     .command = Command::kWait,
     .action = kNoAction,
     .least = 1,
     .most = 2,
     .expected = "wait image FILE.png, anywhere FILE.png, needle FILE.json, tag FOLDER:TAG, text "
                 "TEXT, pattern EXPRESSION, colour #RRGGBB[,X,Y,WIDTH,HEIGHT], stable "
                 "MILLISECONDS, mode WORDS, serial EXPRESSION, frames N, refresh "
                 "HZ[,WITHIN[,SECONDS]], cursor X,Y|shown|hidden, edid FIELD=VALUE,... or end",
     .options = kWaitOptions,
     .help = "Waits for what the screen shows, for example wait text login:",
     .text = "Waits until a screen is as a PNG file (`image`), has its picture at any place "
             "(`anywhere`), matches one of openQA's needles (`needle`), or one of a folder's that "
             "has a tag (`tag` *FOLDER*`:`*TAG*); until it shows a `text`, or what a regular "
             "expression finds (`pattern`), has one `colour` (everywhere, or in a rectangle), is "
             "`stable` for so many milliseconds, has a `mode` (`1024x768`, `virtio`, `text "
             "80x25`), has had so many `frames`, or flushes so many a second (`refresh` `60`, or "
             "with what it may be off and for how long: `60,2,5`); until the guest's `cursor` is "
             "at *X*`,`*Y*, `shown` or `hidden`, or the monitor's `edid` has these fields "
             "(`name`, `preferred`, `serial`, `width-mm`, `height-mm`, and `read`: the guest's "
             "driver has asked for it); until a line is in the file of the `serial` port; or for "
             "the VM's `end`. Prints where it is, or, with the exit status 1, what is there "
             "instead.",
     .offered_words = kWaits},
    {.name = "status",
     .arguments = "",
     .command = Command::kKiosk,
     .action = kNoAction,
     .least = 0,
     .most = 0,
     .expected = "",
     .options = kJsonOnly,
     .help = "Prints the VMs of oriel kiosk, and how they are",
     .text =
         "Prints a line for each VM of the file of `oriel kiosk`: its state, its processes, how "
         "often it was started again, its outputs, and how it ended last.",
     .of_kiosk = true},
    {.name = "start",
     .arguments = "*VM*",
     .command = Command::kKiosk,
     .action = kNoAction,
     .least = 1,
     .most = 1,
     .expected = "start VM",
     .options = {},
     .help = "Starts a VM that was stopped, has ended, was given up, or waits for its next start",
     .text = "Starts a VM that was stopped, has ended, was given up, or waits for its next start. "
             "Its count of restarts begins anew.",
     .of_kiosk = true},
    {.name = "stop",
     .arguments = "*VM*",
     .command = Command::kKiosk,
     .action = kNoAction,
     .least = 1,
     .most = 1,
     .expected = "stop VM",
     .options = {},
     .help = "Ends a VM's processes; it stays ended",
     .text = "Ends a VM's start command and then its window. It stays so until it is started.",
     .of_kiosk = true},
    {.name = "restart",
     .arguments = "*VM*",
     .command = Command::kKiosk,
     .action = kNoAction,
     .least = 1,
     .most = 1,
     .expected = "restart VM",
     .options = {},
     .help = "Ends a VM's processes and starts them again",
     .text = "Ends a VM's processes and starts them again, without a delay.",
     .of_kiosk = true},
    {.name = "switch",
     .arguments = "*VM* *OUTPUT*",
     .command = Command::kKiosk,
     .action = kNoAction,
     .least = 2,
     .most = 2,
     .expected = "switch VM OUTPUT",
     .options = kScanoutOnly,
     .help = "Brings a VM's screen to an output; who was there takes its place",
     .text =
         "Brings a VM's screen to an output. A screen that was there goes to the output that it "
         "has left. This holds until the VM's place in the file changes.",
     .of_kiosk = true},
    {.name = "reload",
     .arguments = "",
     .command = Command::kKiosk,
     .action = kNoAction,
     .least = 0,
     .most = 0,
     .expected = "",
     .options = {},
     .help = "Reads the file again, as SIGHUP does",
     .text =
         "Reads the file again, as SIGHUP does. VMs that did not change go on untouched. With a "
         "mistake in the file nothing changes, and the mistake is printed.",
     .of_kiosk = true},
    {.name = "quit",
     .arguments = "",
     .command = Command::kQuit,
     .action = kNoAction,
     .least = 0,
     .most = 0,
     .expected = "",
     .options = {},
     .help = "Ends the process",
     .text = "Ends the process, and with `oriel run` the VM."},
});

constexpr bool commands_are_in_order() {
    for (size_t i = 0; i < kCommands.size(); ++i) {
        if (static_cast<size_t>(kCommands[i].id) != i) {
            return false;
        }
    }
    return true;
}
static_assert(commands_are_in_order());

}  // namespace

std::span<const CommandRow> command_rows() {
    return kCommands;
}

const CommandRow& command_row(CommandId id) {
    return kCommands[static_cast<size_t>(id)];
}

const CommandRow* find_command(std::string_view name) {
    const auto* it = std::find_if(kCommands.begin(), kCommands.end(),
                                  [name](const CommandRow& row) { return row.name == name; });
    return it == kCommands.end() ? nullptr : it;
}

std::span<const CtlRow> ctl_rows() {
    return kCtlCommands;
}

const CtlRow* find_ctl_command(std::string_view name) {
    const auto* it = std::find_if(kCtlCommands.begin(), kCtlCommands.end(),
                                  [name](const CtlRow& row) { return row.name == name; });
    return it == kCtlCommands.end() ? nullptr : it;
}

}  // namespace oriel::app
