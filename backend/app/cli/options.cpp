// SPDX-License-Identifier: MIT
#include "cli/options.h"

#include <fmt/format.h>

#include <CLI/CLI.hpp>
#include <algorithm>
#include <array>
#include <charconv>
#include <utility>

#include "cli/screen_command.h"
#include "cli/version.h"
#include "core/text.h"
#include "scanout/display.h"

namespace oriel::app {
namespace {

constexpr int kUsageExitCode = 2;
constexpr size_t kMaxName = 64;
// A Wayland message has room for 4 KiB.
constexpr size_t kMaxTitle = 1024;

[[noreturn]] void refuse(const std::string& line) {
    throw StartupError{line, kUsageExitCode};
}

bool is_digit(char c) {
    return c >= '0' && c <= '9';
}

/// "60" or "59.94", up to three decimals.
std::optional<uint32_t> parse_mhz(std::string_view text) {
    constexpr size_t kDecimals = 3;
    const size_t point = text.find('.');
    const auto whole = parse_number(text.substr(0, point));
    if (!whole || *whole > ModeOption::kMaxRefreshMhz / 1000) {
        return std::nullopt;
    }
    uint32_t thousandths = 0;
    if (point != std::string_view::npos) {
        std::string digits{text.substr(point + 1)};
        if (digits.empty() || digits.size() > kDecimals) {
            return std::nullopt;
        }
        digits.resize(kDecimals, '0');
        const auto parsed = parse_number(digits);
        if (!parsed) {
            return std::nullopt;
        }
        thousandths = *parsed;
    }
    return *whole * 1000 + thousandths;
}

uint32_t parse_outputs(const std::string& text) {
    const auto count = parse_number(text);
    if (!count || *count < 1 || *count > kMaxScanouts) {
        refuse(fmt::format("--outputs {}: expected 1 to {}", text, kMaxScanouts));
    }
    return *count;
}

PathOption parse_path(const std::string& text) {
    constexpr std::array<std::pair<std::string_view, PathOption>, 5> kPaths{
        {{"auto", PathOption::kAuto},
         {"direct", PathOption::kDirect},
         {"gles", PathOption::kGles},
         {"upload", PathOption::kUpload},
         {"shm", PathOption::kShm}}};
    const auto it = std::find_if(kPaths.begin(), kPaths.end(),
                                 [&](const auto& path) { return path.first == text; });
    if (it == kPaths.end()) {
        refuse(fmt::format("--path {}: expected auto, direct, gles, upload or shm", text));
    }
    return it->second;
}

uint64_t parse_vga_memory(const std::string& text) {
    const bool unit = text.ends_with('M');
    const auto megabytes = parse_number(text.substr(0, text.size() - (unit ? 1 : 0)));
    constexpr std::array<uint32_t, 4> kSizes{16, 32, 64, 128};
    if (!megabytes || std::find(kSizes.begin(), kSizes.end(), *megabytes) == kSizes.end()) {
        refuse(fmt::format("--vga-memory {}: expected 16M, 32M, 64M or 128M", text));
    }
    return uint64_t{*megabytes} << 20;
}

void check_name(const std::string& name) {
    if (!valid_name(name)) {
        refuse(
            fmt::format("bad name '{}': expected 1 to {} letters, digits, '.', '_' or '-', "
                        "not starting with '.'",
                        name, kMaxName));
    }
}

/// Compositors are owed UTF-8 (and show it in places where a line is a line).
void check_text(const char* option, const std::string& text) {
    if (text.size() > kMaxTitle) {
        refuse(fmt::format("{} is too long: {} bytes, at most {}", option, text.size(), kMaxTitle));
    }
    if (printable(text) != text) {
        refuse(fmt::format("{} {}: expected UTF-8 without control characters", option, text));
    }
}

/// What CLI11 fills, as text: checked afterwards, so that each mistake gets a line of its own.
struct RawServe {
    ServeOptions options;
    std::string size;
    std::string outputs = "1";
    std::string path = "auto";
    RawWindow window;
    std::string log_level = "info";
    std::string vga_memory = "16M";
};

enum class Serve : uint8_t { kShow, kHeadless, kRun };

void add_serve_options(CLI::App& command, RawServe& raw, Serve kind) {
    command.add_option("--name", raw.options.name, "The VM's name, for windows and oriel ctl [vm]")
        ->type_name("NAME");
    command
        .add_option("--vfio-user", raw.options.vfio_user,
                    "Unix socket on which a VMM (QEMU 10.1 or newer) attaches its display")
        ->type_name("SOCKET");
    command
        .add_option("--input-socket", raw.options.input_socket,
                    "Unix sockets PATH.kbd, PATH.ptr, PATH.mouse and PATH.touch on which the VMM "
                    "attaches a keyboard, an absolute pointer, a mouse and a touch screen")
        ->type_name("PATH");
    command
        .add_option("--qmp", raw.options.qmp,
                    "QEMU's QMP socket: input for the devices that QEMU emulates (PS/2, "
                    "usb-tablet) while the guest has no driver for those of --input-socket")
        ->type_name("SOCKET");
    command
        .add_option("--size", raw.size,
                    "Mode that the guest should prefer, for example 1920x1080@59.94 [1280x800]")
        ->type_name("WxH[@HZ]");
    command.add_option("--outputs", raw.outputs, "Number of screens, 1 to 16 [1]")->type_name("N");
    if (kind != Serve::kRun) {
        command.add_flag("--keep", raw.options.keep,
                         "When the VMM goes away, wait for the next one on the same socket");
    }
    command.add_option("--log-level", raw.log_level, "error, warn, info or debug [info]")
        ->type_name("LEVEL");
    command
        .add_option("--option-rom", raw.options.option_rom,
                    "A display's ROM for a BIOS guest's boot text and VESA modes, for example "
                    "vgabios-bochs-display.bin")
        ->type_name("FILE");
    command
        .add_option("--vga-memory", raw.vga_memory,
                    "Video memory for VGA and bochs modes: 16M, 32M, 64M or 128M [16M]")
        ->type_name("SIZE");
    command.add_flag("--freeze-blink", raw.options.freeze_blink,
                     "Text modes: cursor and blinking text are always shown");
    if (kind == Serve::kHeadless) {
        return;
    }
    command.add_option("--title", raw.options.title, "Window title [NAME]")->type_name("TITLE");
    command.add_option("--app-id", raw.options.app_id, "Wayland app id [oriel.NAME]")
        ->type_name("ID");
    command.add_flag("--fullscreen", raw.options.fullscreen, "Start full screen");
    command
        .add_option("--path", raw.path,
                    "How pictures get to the compositor: auto, direct (dma-bufs), gles (dma-bufs "
                    "drawn by OpenGL ES), upload or shm [auto]")
        ->type_name("PATH");
    if (kind == Serve::kRun) {
        command.add_flag("--clipboard", raw.options.clipboard,
                         "Share the clipboard's texts with the guest, whose side is spice-vdagent");
    } else {
        command
            .add_option("--agent", raw.options.agent,
                        "The VMM's socket of a virtio-serial port com.redhat.spice.0: shares the "
                        "clipboard's texts with the guest, whose side is spice-vdagent")
            ->type_name("SOCKET");
    }
    add_window_options(command, raw.window);
}

ServeOptions check_serve(RawServe raw, Serve kind) {
    ServeOptions options = std::move(raw.options);
    options.headless = kind == Serve::kHeadless;
    check_name(options.name);
    if (options.vfio_user.empty() && kind != Serve::kRun) {
        refuse("--vfio-user SOCKET is missing: where should the VMM attach?");
    }
    if (options.input_socket && options.input_socket->empty()) {
        refuse("--input-socket PATH is empty");
    }
    if (options.qmp && options.qmp->empty()) {
        refuse("--qmp SOCKET is empty");
    }
    if (options.agent && options.agent->empty()) {
        refuse("--agent SOCKET is empty");
    }
    check_text("--title", options.title);
    check_text("--app-id", options.app_id);
    if (!raw.size.empty()) {
        auto mode = parse_mode(raw.size);
        if (!mode) {
            refuse(mode.error().message());
        }
        options.mode = *mode;
    }
    options.outputs = parse_outputs(raw.outputs);
    options.path = parse_path(raw.path);
    options.window = check_window(raw.window, options.mode && options.fullscreen, options.outputs);
    const auto level = parse_log_level(raw.log_level);
    if (!level) {
        refuse(fmt::format("--log-level {}: expected error, warn, info or debug", raw.log_level));
    }
    options.log_level = *level;
    options.vga_memory = parse_vga_memory(raw.vga_memory);
    return options;
}

struct RawCtl {
    std::vector<std::string> words;
    std::optional<std::string> scanout;
    bool json = false;
    bool down = false;
    bool up = false;
};

/// CLI11 takes a negative number for an option, so its sign looks different while that reads.
constexpr char kMinus = '\x01';

void hide_minus(std::string& word) {
    if (word.size() > 1 && word[0] == '-' && (is_digit(word[1]) || word[1] == '.')) {
        word[0] = kMinus;
    }
}

void show_minus(std::string& word) {
    if (!word.empty() && word[0] == kMinus) {
        word[0] = '-';
    }
}

void add_ctl_options(CLI::App& command, RawCtl& raw) {
    command
        .add_option("words", raw.words,
                    "NAME screenshot FILE.png | NAME stats | NAME quit | list | NAME key "
                    "CHORD... | NAME type TEXT | NAME pointer X Y | NAME move DX DY | NAME button "
                    "BUTTON | NAME wheel NOTCHES | NAME touch X Y | NAME screen N on|off|WxH[@HZ]")
        ->type_name("");
    command.add_option("--scanout", raw.scanout, "Screen of screenshot, pointer and touch [0]")
        ->type_name("N");
    command.add_flag("--down", raw.down, "key, button, touch: press and hold");
    command.add_flag("--up", raw.up, "key, button, touch: release what is held");
    command.add_flag("--json", raw.json, "Print statistics as JSON");
}

uint32_t parse_scanout(const std::string& text) {
    const auto scanout = parse_number(text);
    if (!scanout || *scanout >= kMaxScanouts) {
        refuse(fmt::format("--scanout {}: expected 0 to {}", text, kMaxScanouts - 1));
    }
    return *scanout;
}

CtlOptions check_ctl_input(const RawCtl& raw, CtlOptions options) {
    options.command = CtlOptions::Command::kInput;
    options.input.assign(raw.words.begin() + 1, raw.words.end());
    if (raw.json) {
        refuse(fmt::format("ctl {}: --json goes with stats and list only", options.input[0]));
    }
    if (raw.down && raw.up) {
        refuse("--down and --up: one of them");
    }
    using State = InputCommand::State;
    options.state = raw.down ? State::kDown : (raw.up ? State::kUp : State::kTap);
    options.scanout = raw.scanout ? parse_scanout(*raw.scanout) : 0;
    const auto command = parse_input_command(options.input, options.state, options.scanout);
    if (!command) {
        refuse(command.error().message());
    }
    using Action = InputCommand::Action;
    if (raw.scanout && command->action != Action::kPointer && command->action != Action::kTouch) {
        refuse(fmt::format("ctl {}: --scanout goes with screenshot, pointer and touch only",
                           options.input[0]));
    }
    return options;
}

CtlOptions check_ctl(const RawCtl& raw) {
    using Command = CtlOptions::Command;
    CtlOptions options;
    options.json = raw.json;
    const auto& words = raw.words;
    if (words.size() == 1 && words[0] == "list") {
        if (raw.scanout) {
            refuse("ctl list: --scanout goes with screenshot, pointer and touch only");
        }
        if (raw.down || raw.up) {
            refuse("ctl list: --down and --up go with key, button and touch");
        }
        return options;
    }
    if (words.size() < 2) {
        refuse(
            "ctl: expected NAME screenshot FILE.png, NAME stats, NAME quit, NAME key CHORD and its "
            "like (see oriel ctl --help), or list");
    }
    options.name = words[0];
    check_name(options.name);
    if (is_input_command(words[1])) {
        return check_ctl_input(raw, std::move(options));
    }
    if (raw.down || raw.up) {
        refuse(fmt::format("ctl {}: --down and --up go with key, button and touch", words[1]));
    }
    // Its arguments are its own to count.
    const bool screen = words[1] == "screen";
    size_t expected_words = 2;
    if (words[1] == "screenshot") {
        options.command = Command::kScreenshot;
        expected_words = 3;
        if (words.size() < expected_words) {
            refuse("ctl screenshot: expected a file name, for example screen.png");
        }
        options.file = words[2];
    } else if (words[1] == "stats") {
        options.command = Command::kStats;
    } else if (words[1] == "quit") {
        options.command = Command::kQuit;
    } else if (screen) {
        options.command = Command::kScreen;
        options.screen.assign(words.begin() + 2, words.end());
        if (const auto command = parse_screen_command(options.screen); !command) {
            refuse(command.error().message());
        }
    } else {
        refuse(
            fmt::format("ctl: unknown command '{}': expected screenshot, stats, quit, list, key, "
                        "type, pointer, move, button, wheel, touch or screen",
                        words[1]));
    }
    if (words.size() > expected_words && !screen) {
        refuse(fmt::format("ctl {}: too many arguments: '{}'", words[1], words[expected_words]));
    }
    if (raw.json && options.command != Command::kStats) {
        refuse(fmt::format("ctl {}: --json goes with stats and list only", words[1]));
    }
    if (raw.scanout && options.command != Command::kScreenshot) {
        refuse(fmt::format("ctl {}: --scanout goes with screenshot, pointer and touch only",
                           words[1]));
    }
    if (raw.scanout) {
        options.scanout = parse_scanout(*raw.scanout);
    }
    return options;
}

}  // namespace

std::optional<uint32_t> parse_number(std::string_view text) {
    uint32_t value = 0;
    const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), value);
    if (text.empty() || !is_digit(text.front()) || error != std::errc{} ||
        end != text.data() + text.size()) {
        return std::nullopt;
    }
    return value;
}

Result<ModeOption> parse_mode(std::string_view text, std::string_view what) {
    const auto bad = [&](const char* why) { return host_error("{} {}: {}", what, text, why); };
    const size_t at = text.find('@');
    const std::string_view size = text.substr(0, at);
    const size_t cross = size.find('x');
    // 0 is no size either way.
    const uint32_t width = parse_number(size.substr(0, cross)).value_or(0);
    const uint32_t height =
        cross == std::string_view::npos ? 0 : parse_number(size.substr(cross + 1)).value_or(0);
    if (width == 0 || height == 0) {
        return bad("expected WIDTHxHEIGHT or WIDTHxHEIGHT@HZ, for example 1920x1080@60");
    }
    const auto sensible = [](uint32_t side) {
        return side >= ModeOption::kMinSide && side <= ModeOption::kMaxSide;
    };
    if (!sensible(width) || !sensible(height)) {
        return bad("width and height must be 64 to 16384");
    }
    ModeOption mode{{width, height}, std::nullopt};
    if (at != std::string_view::npos) {
        mode.refresh_mhz = parse_mhz(text.substr(at + 1));
        if (!mode.refresh_mhz || *mode.refresh_mhz < ModeOption::kMinRefreshMhz ||
            *mode.refresh_mhz > ModeOption::kMaxRefreshMhz) {
            return bad("the refresh rate must be 20 to 500 Hz, with up to three decimals");
        }
    }
    return mode;
}

bool valid_name(std::string_view name) {
    return !name.empty() && name.size() <= kMaxName && name.front() != '.' &&
           std::all_of(name.begin(), name.end(), [](char c) {
               return is_digit(c) || (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || c == '.' ||
                      c == '_' || c == '-';
           });
}

Options parse_options(const std::vector<std::string>& all) {
    // What is behind "--" is not ours to read.
    const auto end = std::find(all.begin(), all.end(), "--");
    const std::vector<std::string> arguments{all.begin(), end};
    std::vector<std::string> vmm{end == all.end() ? end : end + 1, all.end()};
    CLI::App app{"Presents a virtual machine as a native Wayland window.", "oriel"};
    app.set_version_flag("--version", std::string{"oriel "} + kVersion);
    RawServe show;
    RawServe headless;
    RawServe run;
    RawCtl ctl;
    CLI::App* show_command = app.add_subcommand("show", "Shows a VM in a window");
    CLI::App* headless_command =
        app.add_subcommand("headless", "Serves a VM without a window, for tests and screenshots");
    CLI::App* run_command = app.add_subcommand(
        "run", "Starts QEMU and shows its VM in a window: oriel run [OPTIONS] -- qemu-system-…");
    CLI::App* ctl_command = app.add_subcommand("ctl", "Asks a running oriel, or lists them");
    CLI::App* version_command = app.add_subcommand("version", "Prints the version");
    add_serve_options(*show_command, show, Serve::kShow);
    add_serve_options(*headless_command, headless, Serve::kHeadless);
    add_serve_options(*run_command, run, Serve::kRun);
    add_ctl_options(*ctl_command, ctl);

    if (arguments.empty()) {
        refuse("no command: expected show, headless, run, ctl or version (see oriel --help)");
    }
    // CLI11 would only say that a command is missing.
    const std::string& first = arguments.front();
    const auto commands = app.get_subcommands([](const CLI::App*) { return true; });
    const bool known = std::any_of(commands.begin(), commands.end(), [&](const CLI::App* command) {
        return command->get_name() == first;
    });
    if (!known && !first.starts_with('-')) {
        refuse(
            fmt::format("unknown command '{}': expected show, headless, run, ctl or version "
                        "(see oriel --help)",
                        first));
    }
    // CLI11 takes them from the back.
    std::vector<std::string> reversed{arguments.rbegin(), arguments.rend()};
    if (first == "ctl") {
        std::for_each(reversed.begin(), reversed.end(), hide_minus);
    }
    try {
        app.parse(std::move(reversed));
    } catch (const CLI::CallForHelp&) {
        return PrintOptions{app.help()};
    } catch (const CLI::CallForAllHelp&) {
        return PrintOptions{app.help("", CLI::AppFormatMode::All)};
    } catch (const CLI::CallForVersion&) {
        return PrintOptions{fmt::format("oriel {}\n", kVersion)};
    } catch (const CLI::ParseError& error) {
        refuse(fmt::format("{} (see oriel --help)", error.what()));
    }
    if (*run_command) {
        if (vmm.empty()) {
            refuse(
                "run: which VMM? Expected -- and its command line, for example oriel run -- "
                "qemu-system-x86_64 -m 4G disk.qcow2");
        }
        run.options.vmm = std::move(vmm);
        return check_serve(std::move(run), Serve::kRun);
    }
    if (end != all.end()) {
        refuse(fmt::format("{}: '--' goes with run only", first));
    }
    if (*show_command) {
        return check_serve(std::move(show), Serve::kShow);
    }
    if (*headless_command) {
        return check_serve(std::move(headless), Serve::kHeadless);
    }
    if (*version_command) {
        return PrintOptions{fmt::format("oriel {}\n", kVersion)};
    }
    if (*ctl_command) {
        std::for_each(ctl.words.begin(), ctl.words.end(), show_minus);
        if (ctl.scanout) {
            show_minus(*ctl.scanout);
        }
        return check_ctl(ctl);
    }
    refuse("no command: expected show, headless, run, ctl or version (see oriel --help)");
}

}  // namespace oriel::app
