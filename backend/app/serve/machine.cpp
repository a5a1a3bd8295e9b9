// SPDX-License-Identifier: MIT
#include "serve/machine.h"

#include <unistd.h>

#include <cstdlib>
#include <cstring>
#include <nlohmann/json.hpp>
#include <utility>
#include <vector>

#include "cli/screen_command.h"
#include "control/runtime_folder.h"
#include "control/screenshot.h"
#include "core/log.h"
#include "ctl/control_client.h"
#include "headless/presenter.h"
#include "run/vmm_arguments.h"
#include "scanout/screen_row.h"
#include "serve/option_rom_file.h"
#include "serve/stats_report.h"
#include "wayland/presenter.h"

namespace oriel::app {
namespace {

using nlohmann::json;

constexpr const char* kArea = "app";
constexpr int kCompositorLost = 1;
constexpr int kVmmFailed = 1;
// QEMU flushes its disks first.
constexpr Nanoseconds kVmmPatience{10'000'000'000};

/// 96 dots per inch: guests then choose no scaling.
uint32_t millimetres(uint32_t pixels) {
    return static_cast<uint32_t>(uint64_t{pixels} * 254 / 960);
}

/// Side by side, left to right.
std::vector<ScreenInfo> screens(const ServeOptions& options) {
    ScreenInfo info;
    if (options.mode) {
        info.preferred = options.mode->size;
        info.refresh_mhz = options.mode->refresh_mhz.value_or(info.refresh_mhz);
    }
    if (options.headless) {
        info.physical_mm = {millimetres(info.preferred.width), millimetres(info.preferred.height)};
    }
    std::vector<ScreenInfo> all(options.outputs, info);
    put_side_by_side(all);
    return all;
}

wayland::PathChoice path_choice(PathOption path) {
    switch (path) {
        case PathOption::kShm:
            return wayland::PathChoice::kShm;
        case PathOption::kUpload:
            return wayland::PathChoice::kUpload;
        case PathOption::kDirect:
            return wayland::PathChoice::kDirect;
        case PathOption::kGles:
            return wayland::PathChoice::kGles;
        case PathOption::kAuto:
            break;
    }
    return wayland::PathChoice::kAuto;
}

/// It is good for one activation: nobody whom this program starts gets it too.
std::string take_activation_token() {
    constexpr const char* kName = "XDG_ACTIVATION_TOKEN";
    const char* const token = std::getenv(kName);
    std::string taken = token != nullptr ? token : "";
    ::unsetenv(kName);
    return taken;
}

std::string own_folder() {
    auto folder = runtime_folder(Create::kYes);
    if (!folder) {
        throw StartupError{folder.error()};
    }
    return std::move(*folder);
}

std::string control_path(const std::string& name) {
    const std::string folder = own_folder();
    std::string path = control_socket_path(folder, name);
    if (std::getenv("XDG_RUNTIME_DIR") == nullptr) {
        log_info(kArea, "XDG_RUNTIME_DIR is not set: the control socket is {}", path);
    }
    return path;
}

std::optional<pci::OptionRom> option_rom(const ServeOptions& options) {
    if (!options.option_rom) {
        return std::nullopt;
    }
    return load_option_rom(*options.option_rom);
}

/// `oriel run` has sockets of its own.
ServeOptions with_sockets(ServeOptions options) {
    if (options.vmm.empty()) {
        return options;
    }
    const std::string folder = own_folder();
    if (options.vfio_user.empty()) {
        options.vfio_user = vmm_socket_path(folder, options.name, "vfio-user");
    }
    if (!options.input_socket) {
        options.input_socket = vmm_socket_path(folder, options.name, "in");
    }
    if (!options.qmp) {
        options.qmp = vmm_socket_path(folder, options.name, "qmp");
    }
    if (options.clipboard) {
        options.agent = vmm_socket_path(folder, options.name, "agent");
    }
    return options;
}

ControlReply success(const char* key, json value) {
    return {control_line({{"ok", true}, {key, std::move(value)}}), {}};
}

Result<std::vector<std::string>> words_of(const json& request) {
    std::vector<std::string> texts;
    for (const json& word : request.value("words", json::array())) {
        if (!word.is_string()) {
            return host_error("\"words\" is no list of strings");
        }
        texts.push_back(word.get<std::string>());
    }
    return texts;
}

}  // namespace

Machine::Machine(ServeOptions options)
    : options_{with_sockets(std::move(options))},
      option_rom_{option_rom(options_)},
      signals_{loop_, *this},
      input_{loop_, [this](ScanoutId scanout) { return screen_area(scanout); },
             options_.qmp.value_or("")},
      display_{create_display()},
      sources_{*display_},
      vga_{loop_, sources_.vga(), options_.vga_memory},
      gpu_{loop_, sources_.virtio(), memory_, {.on_reset = [this] { sources_.reset(); }}},
      vga_registers_{vga_, gpu_},
      function_{{loop_, memory_, gpu_, vga_registers_, option_rom_ ? &*option_rom_ : nullptr}},
      control_{loop_, control_path(options_.name), options_.name, *this},
      server_{{loop_, function_, memory_},
              options_.vfio_user,
              {.attached =
                   [this] {
                       was_attached_ = true;
                       log_info(kArea, "the VMM is attached");
                   },
               .detached = [this](const std::string& reason) { vmm_detached(reason); }}} {
    vga_.freeze_blink(options_.freeze_blink);
    sources_.on_vga_active([this](bool active) { vga_.set_active(active); });
    if (options_.input_socket) {
        input_sockets_.emplace(loop_, input_, *options_.input_socket);
    }
    complete_ = true;
    log_info(kArea, "'{}' is ready: a VMM can attach to {}", options_.name, options_.vfio_user);
    start_vmm();
}

Machine::~Machine() {
    // The server resets the device when it goes; nobody is to be told any more.
    sources_.on_vga_active({});
    complete_ = false;
}

std::unique_ptr<Display> Machine::create_display() {
    if (options_.headless) {
        return std::make_unique<headless::HeadlessPresenter>(loop_, screens(options_), this);
    }
    if (options_.agent) {
        agent_.emplace(loop_, *options_.agent);
    }
    wayland::PresenterOptions window;
    window.screens = screens(options_);
    window.size_explicit = options_.mode.has_value();
    window.refresh_explicit = options_.mode && options_.mode->refresh_mhz;
    window.name = options_.name;
    window.title = options_.title;
    window.app_id = options_.app_id;
    window.fullscreen = options_.fullscreen;
    window.path = path_choice(options_.path);
    window.scaling = options_.window.scaling;
    window.grab = options_.window.grab;
    window.confine = options_.window.confine;
    window.clipboard = agent_ ? &*agent_ : nullptr;
    window.latency = options_.window.latency;
    window.decorations = options_.window.decorations;
    window.inhibit_idle = options_.window.inhibit_idle;
    window.activation_token = take_activation_token();
    // Nothing is grabbed for nobody.
    if (options_.input_socket || options_.qmp) {
        window.input = &input_.router();
    }
    window.resize = options_.window.resize;
    window.output_names = options_.window.output_names;
    auto presenter = wayland::make_presenter(loop_, *this, std::move(window));
    while (!display_ready_) {
        if (loop_.quitting()) {
            throw StartupError{"stopped while the Wayland compositor had not answered yet", 0};
        }
        if (!lost_at_start_.empty()) {
            throw StartupError{lost_at_start_};
        }
        loop_.dispatch(Nanoseconds::max());
    }
    return presenter;
}

int Machine::run() {
    return loop_.run();
}

void Machine::screen_changed(ScanoutId scanout) {
    if (!complete_) {
        return;
    }
    gpu_.screen_changed(scanout);
    vga_registers_.edid_changed();
}

void Machine::visibility_changed(ScanoutId) {
    if (complete_) {
        vga_.visibility_changed();
    }
}

void Machine::frame_done(ScanoutId) {
    if (complete_) {
        gpu_.catch_up();
    }
}

void Machine::stop_requested(int signal) {
    if (!complete_) {
        loop_.quit();  // create_display() waits for the compositor
        return;
    }
    log_info(kArea, "{}: ending", ::strsignal(signal));
    end();
}

void Machine::close_requested(ScanoutId) {
    log_info(kArea, "the window was closed");
    if (complete_) {
        end();
    } else {
        loop_.quit();
    }
}

void Machine::display_lost(const std::string& reason) {
    if (!complete_) {
        lost_at_start_ = reason;
        return;
    }
    log_error(kArea, "{}", reason);
    end(kCompositorLost);
}

void Machine::start_vmm() {
    if (options_.vmm.empty()) {
        return;
    }
    const VmmArguments vmm = complete_vmm_arguments(
        options_.vmm, {options_.vfio_user, InputSockets::paths(*options_.input_socket),
                       *options_.qmp, options_.agent.value_or("")});
    for (const std::string& line : vmm.added) {
        log_info(kArea, "run: added {}", line);
    }
    for (const std::string& line : vmm.conflicts) {
        log_warn(kArea, "run: kept {}", line);
    }
    auto child = ChildProcess::start(loop_, vmm.command,
                                     [this](const ExitStatus& status) { vmm_ended(status); });
    if (!child) {
        throw StartupError{child.error()};
    }
    vmm_ = std::move(*child);
}

void Machine::vmm_detached(const std::string& reason) {
    log_info(kArea, "the VMM {}{}", reason, options_.keep ? "; waiting for the next one" : "");
    if (vmm_ && vmm_->running()) {
        vmm_->expect_end(kVmmPatience);
    } else if (!options_.keep) {
        loop_.quit();
    }
}

void Machine::vmm_ended(const ExitStatus& status) {
    const bool asked = ending_.has_value();
    const int code = asked ? *ending_ : status.success() ? 0 : kVmmFailed;
    const std::string& program = options_.vmm.front();
    if (asked || status.success()) {
        log_info(kArea, "{} ended", program);
    } else if (was_attached_) {
        log_error(kArea, "{} ended {}", program, to_string(status));
    } else {
        log_error(kArea,
                  "{} ended {} before its display was attached (vfio-user-pci is in QEMU 10.1 and "
                  "newer)",
                  program, to_string(status));
    }
    loop_.quit(code);
}

/// The VMM is still answered while it ends: it says good-bye to its devices.
void Machine::end(int exit_code) {
    if (!vmm_ || !vmm_->running()) {
        loop_.quit(exit_code);
        return;
    }
    if (!ending_) {
        ending_ = exit_code;
        vmm_->terminate(kVmmPatience);
    }
}

ControlReply Machine::handle(const std::string& command, const json& request) {
    if (command == "stats") {
        return success("stats", stats());
    }
    if (command == "info") {
        return success("info", info());
    }
    if (command == "screenshot") {
        return screenshot(request);
    }
    if (command == "input") {
        return input(request);
    }
    if (command == "screen") {
        return screen(request);
    }
    if (command == "quit") {
        log_info(kArea, "asked to quit");
        end();
        return success("quit", true);
    }
    return control_error(fmt::format("unknown command '{}'", command));
}

/// 0 where none is given.
Result<ScanoutId> Machine::scanout_of(const json& request) const {
    const auto it = request.find("scanout");
    const bool given = it != request.end();
    if (given && !it->is_number_unsigned()) {
        return host_error("\"scanout\" is not a number");
    }
    const uint64_t scanout = given ? it->get<uint64_t>() : 0;
    if (const auto there = check_screen(scanout, *display_, options_.name); !there) {
        return tl::unexpected(there.error());
    }
    return static_cast<ScanoutId>(scanout);
}

ControlReply Machine::screenshot(const json& request) {
    const auto scanout = scanout_of(request);
    if (!scanout) {
        return control_error(scanout.error().message());
    }
    gpu_.catch_up();
    if (sources_.source(*scanout) != PictureSource::kVirtio) {
        vga_.update_picture();
    }
    return take_screenshot(sources_, *scanout);
}

ControlReply Machine::input(const json& request) {
    const int64_t state = field_of(request, "state", int64_t{0});
    const auto texts = words_of(request);
    if (!texts) {
        return control_error(texts.error().message());
    }
    if (state < 0 || state > static_cast<int64_t>(InputCommand::State::kUp)) {
        return control_error("\"state\" is none");
    }
    const auto scanout = scanout_of(request);
    if (!scanout) {
        return control_error(scanout.error().message());
    }
    const auto command =
        parse_input_command(*texts, static_cast<InputCommand::State>(state), *scanout);
    if (!command) {
        return control_error(command.error().message());
    }
    if (const auto done = run_input_command(*command, input_.router()); !done) {
        return control_error(done.error().message());
    }
    return success("input", true);
}

ControlReply Machine::screen(const json& request) {
    const auto words = words_of(request);
    if (!words) {
        return control_error(words.error().message());
    }
    const auto command = parse_screen_command(*words);
    if (!command) {
        return control_error(command.error().message());
    }
    if (const auto done = run_screen_command(*command, *display_, options_.name); !done) {
        return control_error(done.error().message());
    }
    return success("screen", true);
}

/// Where the guest shows a picture. While it shows none anywhere (it sleeps) a screen is as large
/// as its mode, so that a pointer can wake it.
std::optional<input::ScreenArea> Machine::screen_area(ScanoutId scanout) const {
    if (!complete_ || scanout >= display_->scanout_count()) {
        return std::nullopt;
    }
    const ScreenInfo info = display_->screen(scanout);
    if (!info.connected) {
        return std::nullopt;
    }
    if (const auto* attached = sources_.attached(scanout)) {
        return input::ScreenArea{info.position, attached->source.size()};
    }
    for (ScanoutId other = 0; other < display_->scanout_count(); ++other) {
        if (display_->screen(other).connected && sources_.attached(other) != nullptr) {
            return std::nullopt;
        }
    }
    return input::ScreenArea{info.position, info.preferred};
}

json Machine::stats() const {
    return stats_report({.name = options_.name,
                         .display = *display_,
                         .sources = sources_,
                         .vga_mode = vga_.mode_name(),
                         .gpu = gpu_.stats(),
                         .virtio = function_.virtio().counters(),
                         .vfio_user = server_.stats(),
                         .input = input_,
                         .input_sockets = input_sockets_ ? &*input_sockets_ : nullptr,
                         .agent = agent_ ? &*agent_ : nullptr,
                         .attached = server_.attached(),
                         .uptime = clock_.now() - started_});
}

json Machine::info() const {
    return {{"name", options_.name},
            {"pid", ::getpid()},
            {"presenter", options_.headless ? "headless" : "window"},
            {"vfio_user", options_.vfio_user},
            {"attached", server_.attached()},
            {"screens", display_->scanout_count()},
            {"connected", connected_screens(*display_)}};
}

}  // namespace oriel::app
