// SPDX-License-Identifier: MIT
#pragma once

#include <chrono>
#include <cstdint>
#include <optional>
#include <string>
#include <variant>
#include <vector>

#include "cli/dbus_option.h"
#include "cli/input_command.h"
#include "cli/record_choice.h"
#include "cli/values.h"
#include "cli/vhost_user_option.h"
#include "cli/window_options.h"
#include "core/log.h"

namespace oriel::app {

enum class PathOption : uint8_t { kAuto, kDirect, kGles, kUpload, kShm };
enum class CompositorLossOption : uint8_t { kWait, kEnd };
enum class RoadOption : uint8_t { kAuto, kVfioUser, kVhostUser, kDbus };
enum class SandboxOption : uint8_t { kOn, kLog, kOff };
enum class PaceOption : uint8_t { kRefresh, kVirtual };
enum class PciClassOption : uint8_t { kAuto, kVga, kDisplay };

/// `oriel show`, `oriel headless` and `oriel run`.
struct ServeOptions {
    bool headless = false;
    std::string name = "vm";
    std::string vfio_user;  ///< empty only for `run`: a socket in the runtime folder
    /// Instead of vfio_user; for `run` its path may be empty, too.
    std::optional<VhostUserOption> vhost_user;
    std::optional<std::string> qmp;       ///< QEMU's monitor socket
    std::optional<std::string> agent;     ///< the socket of the guest's SPICE agent
    bool clipboard = false;               ///< `run`: such a socket of its own
    std::optional<DbusOption> dbus;       ///< a QEMU's own display is shown instead
    bool text_consoles = false;           ///< of that QEMU
    RoadOption road = RoadOption::kAuto;  ///< `run`
    /// `run`: the first option that only a card of Oriel's own has, as it is written; or empty.
    std::string own_card_option;
    bool audio = true;                        ///< `run`: a sound card may be added
    std::optional<std::string> input_socket;  ///< the input devices' sockets, up to their suffix
    std::optional<ModeOption> mode;
    uint32_t outputs = 1;
    PaceOption pace = PaceOption::kRefresh;  ///< `headless`
    std::optional<std::string> trace;        ///< `headless`: a file
    std::string title;
    std::string app_id;
    bool fullscreen = false;
    PathOption path = PathOption::kAuto;
    WindowOptions window;
    bool keep = false;
    CompositorLossOption on_compositor_loss = CompositorLossOption::kWait;
    bool freeze_blink = false;
    SandboxOption sandbox = SandboxOption::kOff;
    LogLevel log_level = LogLevel::kInfo;
    PciClassOption pci_class = PciClassOption::kAuto;
    std::optional<std::string> option_rom;     ///< a file
    uint64_t vga_memory = uint64_t{16} << 20;  ///< bytes, a power of two
    /// `run`: the VMM to start, a program and its arguments; otherwise empty.
    std::vector<std::string> vmm;
};

/// `oriel ctl`.
struct CtlOptions {
    enum class Command : uint8_t {
        kScreenshot,
        kStats,
        kList,
        kQuit,
        kInput,
        kScreen,
        kHud,
        kWait,
        kRecord,
        kKiosk
    };
    std::string name;  ///< empty for kList, and with `all`
    Command command = Command::kList;
    std::string file;
    uint32_t scanout = 0;
    bool json = false;
    bool openmetrics = false;
    bool all = false;          ///< kStats: of all VMs
    bool allow_stale = false;  ///< kScreenshot
    bool cursor = false;  ///< kScreenshot, kWait, kRecord: the guest's cursor is in the picture
    bool ocr = false;     ///< kWait: tesseract may guess
    std::string serial;   ///< kWait: the serial port's file; empty: none
    bool record_stop = false;  ///< kRecord: `file` is none
    RecordChoice record;       ///< kRecord: without its format, and its codec is the next word
    std::string codec;         ///< kRecord: empty where none is named, or "auto"
    /// kInput: the words for parse_input_command(), which takes them.
    std::vector<std::string> input;
    /// kScreen: the words for parse_screen_command(), which takes them.
    std::vector<std::string> screen;
    bool hud = false;  ///< kHud: shown from now on
    InputCommand::State state = InputCommand::State::kTap;
    /// kWait: the words for parse_condition_words(), which has not looked at them.
    std::vector<std::string> wait;
    std::chrono::duration<double> timeout{};
    /// kKiosk: the command's name and its arguments.
    std::vector<std::string> kiosk;
};

/// `oriel test`.
struct TestOptions {
    std::vector<std::string> scripts;  ///< files, and folders with files
    uint32_t jobs = 1;
    std::string filter;  ///< a regular expression; empty: all
    bool list = false;
    bool update = false;
    bool keep_going = false;
    bool rerun_failed = false;
    std::optional<uint32_t> seed;
    std::string output;  ///< a folder
    bool tap = false;
    std::string sandbox;  ///< of each VM's process, as it is written; empty: as `run` has it
};

/// `oriel trace diff`.
struct TraceOptions {
    std::string first;  ///< files
    std::string second;
    bool times = false;  ///< they are compared, too
};

/// `oriel kiosk`.
struct KioskOptions {
    std::string file;
    bool check = false;
    LogLevel log_level = LogLevel::kInfo;
};

/// `oriel top`.
struct TopOptions {
    bool once = false;
    std::chrono::seconds interval{1};
};

/// `oriel view`.
struct ViewOptions {
    std::string connect;  ///< libvirt's URI; empty: its default
    std::string domain;   ///< a name or a UUID; empty: all are listed
    bool enable = false;
    ServeOptions serve;  ///< of the window
};

/// `--help`, `--version`: text for standard output, and that is all.
struct PrintOptions {
    std::string text;
};

using Options = std::variant<ServeOptions, ViewOptions, TestOptions, TraceOptions, CtlOptions,
                             KioskOptions, TopOptions, PrintOptions>;

/// `arguments` without the program's name. Throws StartupError with exit code 2 and one line that
/// says what is wrong.
[[nodiscard]] Options parse_options(const std::vector<std::string>& arguments);

}  // namespace oriel::app
