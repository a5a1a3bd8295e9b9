// SPDX-License-Identifier: MIT
#include <fmt/format.h>

#include <algorithm>
#include <charconv>
#include <string_view>
#include <utility>

#include "cli/checks.h"
#include "cli/dbus_checks.h"
#include "cli/vhost_user_checks.h"
#include "core/result.h"
#include "core/text.h"
#include "scanout/scanout_id.h"

namespace oriel::app {
namespace {

constexpr int kUsageExitCode = 2;
// A Wayland message has room for 4 KiB.
constexpr size_t kMaxTitle = 1024;

/// The value that the option's word stands for.
template <class Value>
Value chosen(const OptionRow& row, const std::string& word) {
    const auto it = std::find_if(row.choices.begin(), row.choices.end(),
                                 [&](const Choice& choice) { return choice.word == word; });
    if (it == row.choices.end()) {
        refuse(fmt::format("{} {}: expected {}", row.name, word, words_of(row.choices)));
    }
    return static_cast<Value>(it->value);
}

template <class Value>
Value chosen(const GivenOptions& given, OptionId id) {
    return static_cast<Value>(check_choice(given, id));
}

uint32_t check_outputs(const std::string& text) {
    const auto count = parse_number(text);
    if (!count || *count < 1 || *count > kMaxScanouts) {
        refuse(fmt::format("--outputs {}: expected 1 to {}", text, kMaxScanouts));
    }
    return *count;
}

/// In bytes. The unit may be left out.
uint64_t check_vga_memory(const GivenOptions& given) {
    const OptionRow& row = option_row(OptionId::kVgaMemory);
    const std::string text = given.text_or_default(row.id);
    for (const Choice& choice : row.choices) {
        if (choice.word == text || choice.word.substr(0, choice.word.size() - 1) == text) {
            return static_cast<uint64_t>(choice.value) << 20;
        }
    }
    refuse(fmt::format("{} {}: expected {}", row.name, text, words_of(row.choices)));
}

/// Wayland takes UTF-8 only, and compositors show these texts where one line has room.
std::string check_text(const GivenOptions& given, OptionId id) {
    std::string text = given.text(id).value_or("");
    const std::string_view option = option_row(id).name;
    if (text.size() > kMaxTitle) {
        refuse(fmt::format("{} is too long: {} bytes, at most {}", option, text.size(), kMaxTitle));
    }
    if (printable(text) != text) {
        refuse(fmt::format("{} {}: expected UTF-8 without control characters", option, text));
    }
    return text;
}

std::optional<std::string> check_path(const GivenOptions& given, OptionId id) {
    auto text = given.text(id);
    if (text && text->empty()) {
        refuse(fmt::format("{} {} is empty", option_row(id).name, option_row(id).argument));
    }
    return text;
}

std::optional<ModeOption> check_size(const GivenOptions& given) {
    const std::string text = given.text(OptionId::kSize).value_or("");
    if (text.empty()) {
        return std::nullopt;
    }
    const auto mode = parse_mode(text);
    if (!mode) {
        refuse(mode.error().message());
    }
    return *mode;
}

/// "Display Co\, Ltd" is "Display Co, Ltd".
std::string without_backslashes(std::string_view text) {
    std::string plain;
    for (size_t i = 0; i < text.size(); ++i) {
        const bool escape = text[i] == '\\' && i + 1 < text.size() && text[i + 1] == ',';
        if (!escape) {
            plain += text[i];
        }
    }
    return plain;
}

/// "0=DP-1,1=HDMI-A-1".
std::vector<std::string> check_output_map(const std::string& text, uint32_t screens) {
    const auto bad = [&](const std::string& why) {
        refuse(fmt::format("--output-map {}: {}", text, why));
    };
    std::vector<std::string> names;
    for (size_t at = 0; at < text.size();) {
        size_t end = std::min(text.find(',', at), text.size());
        while (end < text.size() && end > at && text[end - 1] == '\\') {
            end = std::min(text.find(',', end + 1), text.size());
        }
        const std::string_view rule = std::string_view{text}.substr(at, end - at);
        const size_t equals = rule.find('=');
        uint32_t screen = 0;
        const auto [stop, error] = std::from_chars(rule.data(), rule.data() + rule.size(), screen);
        if (error != std::errc{} || equals == std::string_view::npos ||
            stop != rule.data() + equals || equals + 1 == rule.size()) {
            bad("expected SCREEN=OUTPUT, for example 0=DP-1,1=HDMI-A-1");
        }
        if (screen >= screens) {
            bad(fmt::format("there is no screen {} (--outputs {})", screen, screens));
        }
        names.resize(std::max<size_t>(names.size(), screen + 1));
        if (!names[screen].empty()) {
            bad(fmt::format("screen {} has two outputs", screen));
        }
        names[screen] = without_backslashes(rule.substr(equals + 1));
        at = end + 1;
    }
    return names;
}

/// `mode_for_fullscreen`: a size was named for a full screen, so it is the mode that is wanted
/// there.
WindowOptions check_window(const GivenOptions& given, bool mode_for_fullscreen, uint32_t screens) {
    std::string resize = given.text(OptionId::kResize).value_or("");
    if (resize.empty()) {
        resize = mode_for_fullscreen ? "scale" : option_row(OptionId::kResize).fallback;
    }
    return {
        .resize = chosen<wayland::Resize>(option_row(OptionId::kResize), resize),
        .output_names = check_output_map(given.text_or_default(OptionId::kOutputMap), screens),
        .missing_output = chosen<MissingOutputOption>(given, OptionId::kMissingOutput),
        .scaling = chosen<wayland::Scaling>(given, OptionId::kScaling),
        .grab = chosen<wayland::GrabChoice>(given, OptionId::kGrab),
        .confine = given.has(OptionId::kConfine),
        .latency = chosen<wayland::LatencyChoice>(given, OptionId::kLatency),
        .decorations = chosen<wayland::DecorationsChoice>(given, OptionId::kDecorations),
        .inhibit_idle = given.has(OptionId::kInhibitIdle),
        .hud = given.has(OptionId::kHud),
    };
}

}  // namespace

void refuse(const std::string& line) {
    throw StartupError{line, kUsageExitCode};
}

int check_choice(const GivenOptions& given, OptionId id) {
    return chosen<int>(option_row(id), given.text_or_default(id));
}

void check_name(const std::string& name) {
    if (!valid_name(name)) {
        refuse(
            fmt::format("bad name '{}': expected 1 to {} letters, digits, '.', '_' or '-', "
                        "not starting with '.'",
                        name, kMaxName));
    }
}

ServeOptions check_serve(const GivenOptions& given, CommandId command,
                         std::vector<std::string> vmm) {
    ServeOptions options;
    options.headless = command == CommandId::kHeadless || given.has(OptionId::kRunHeadless);
    options.name = given.text_or_default(OptionId::kName);
    check_name(options.name);
    const bool view = command == CommandId::kView;
    options.vfio_user = given.text(OptionId::kVfioUser).value_or("");
    options.dbus = check_dbus(given);
    options.vhost_user = check_vhost_user(given);
    if (options.vfio_user.empty() && command != CommandId::kRun && !options.dbus &&
        !options.vhost_user && !view) {
        refuse(
            "--vfio-user SOCKET is missing: where should the VMM attach? (or --vhost-user SOCKET, "
            "or --dbus ADDRESS)");
    }
    options.input_socket = check_path(given, OptionId::kInputSocket);
    if (options.vhost_user && !options.input_socket && !options.vhost_user->path.empty()) {
        options.input_socket = options.vhost_user->path;
    }
    options.qmp = check_path(given, OptionId::kQmp);
    options.agent = check_path(given, OptionId::kAgent);
    options.clipboard = given.has(OptionId::kClipboard);
    if (options.clipboard && command == CommandId::kShow && !options.dbus) {
        refuse("--clipboard goes with run, and with show --dbus; here it is --agent SOCKET");
    }
    options.text_consoles = given.has(OptionId::kTextConsoles);
    if (options.text_consoles && !view && !options.dbus) {
        refuse("--text-consoles goes with --dbus or --fd only");
    }
    options.keep = given.has(OptionId::kKeep);
    options.on_compositor_loss = chosen<CompositorLossOption>(given, OptionId::kOnCompositorLoss);
    options.title = check_text(given, OptionId::kTitle);
    options.app_id = check_text(given, OptionId::kAppId);
    options.fullscreen = given.has(OptionId::kFullscreen);
    options.mode = check_size(given);
    options.outputs = options.dbus || view
                          ? kMaxScanouts
                          : check_outputs(given.text_or_default(OptionId::kOutputs));
    options.path = chosen<PathOption>(given, OptionId::kPath);
    options.window = check_window(given, options.mode && options.fullscreen, options.outputs);
    options.sandbox = chosen<SandboxOption>(given, OptionId::kSandbox);
    options.log_level = chosen<LogLevel>(given, OptionId::kLogLevel);
    options.pci_class = chosen<PciClassOption>(given, OptionId::kPciClass);
    options.option_rom = given.text(OptionId::kOptionRom);
    if (options.option_rom && options.pci_class == PciClassOption::kDisplay) {
        refuse("--option-rom: a card of --pci-class display has no ROM");
    }
    options.vga_memory = check_vga_memory(given);
    options.pace = chosen<PaceOption>(given, OptionId::kPace);
    options.trace = check_path(given, OptionId::kTrace);
    for (const OptionId id : {OptionId::kPace, OptionId::kTrace}) {
        if (given.has(id) && !options.headless) {
            refuse(fmt::format("{} is for screens without a window: headless, or run --headless",
                               option_row(id).name));
        }
    }
    options.freeze_blink =
        given.has(OptionId::kFreezeBlink) || options.pace == PaceOption::kVirtual;
    options.vmm = std::move(vmm);
    options.road = chosen<RoadOption>(given, OptionId::kRoad);
    options.audio = !given.has(OptionId::kNoAudio);
    if (command == CommandId::kRun) {
        options.own_card_option = own_card_option(given);
        check_vhost_user_road(given, options);
    }
    if (options.road == RoadOption::kDbus && !options.own_card_option.empty()) {
        refuse(fmt::format("{} is for a card of Oriel's own: it does not go with --road dbus",
                           options.own_card_option));
    }
    return options;
}

}  // namespace oriel::app
