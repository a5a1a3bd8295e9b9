// SPDX-License-Identifier: MIT
#include "serve/machine.h"

#include <cstring>
#include <ctime>
#include <utility>

#include "core/log.h"
#include "core/log_fields.h"
#include "headless/presenter.h"
#include "net/inherited_sockets.h"
#include "serve/machine_options.h"
#include "serve/option_rom_file.h"
#include "serve/report_parts.h"
#include "serve/vfio_user_socket.h"
#include "serve/vhost_user_socket.h"
#include "vfio_user/attachment.h"
#include "wayland/compositor_socket.h"

namespace oriel::app {
namespace {

constexpr const char* kArea = "app";

/// Among the sockets of this process whose VMMs are kept.
constexpr const char* kDisplaySocket = "display";

InheritedDescriptors left_by_earlier(const ServiceManager& service) {
    return service.stores() ? InheritedDescriptors::take(vfio_user::Attachment::kPrefix)
                            : InheritedDescriptors{};
}

std::optional<pci::OptionRom> option_rom(const ServeOptions& options) {
    if (!options.option_rom) {
        return std::nullopt;
    }
    return load_option_rom(*options.option_rom);
}

}  // namespace

Machine::Machine(ServeOptions options)
    : options_{std::move(options)},
      option_rom_{option_rom(options_)},
      inherited_{left_by_earlier(service_)},
      signals_{loop_, *this},
      input_{loop_, [this](ScanoutId scanout) { return input_area(card_, scanout); },
             options_.qmp.value_or("")},
      painter_{loop_},
      no_presenter_{loop_, screens_of(options_)},
      card_{no_presenter_, this},
      vga_{loop_, card_.add_source("vga", 0, 1), options_.vga_memory,
           inherited_.copy(vfio_user::Attachment::region_name(kDisplaySocket, 0))},
      gpu_{loop_, card_.add_source(kGpuSource, 1), memory_, {.limits = gpu_limits(options_)}},
      windows_{make_windows()},
      stale_{card_, windows_.get()},
      hud_{loop_, card_, windows_.get(), *this},
      control_{loop_, control_path(options_.name), options_.name, *this},
      socket_{make_socket()} {
    vga_.freeze_blink(options_.freeze_blink);
    if (options_.input_socket && options_.vhost_user) {
        input_sockets_.emplace(loop_, input_, *options_.input_socket, VhostUserInput{});
    } else if (options_.input_socket) {
        input_sockets_.emplace(loop_, input_, *options_.input_socket, VfioUserInput{store()});
    }
    if (options_.headless) {
        show_headless();
    }
    for (const std::string& path : unused_inherited_listeners()) {
        // log: once a process, and each socket of its unit
        log_warn(kArea, "the service manager's socket {} is none of this VM's", path);
    }
    if (options_.window.hud) {
        static_cast<void>(hud_.set(true));
    }
    resume();
    vmm_.start(options_.vmm);
    sandbox_.enter(vmm_.program(), trace_ ? &*trace_ : nullptr);
}

/// With the VMM of an earlier process, if there is one.
void Machine::resume() {
    const InheritedDescriptors left = std::exchange(inherited_, {});
    socket_->resume(left);
    if (input_sockets_) {
        input_sockets_->resume(left);
    }
    for (const std::string& name : left.names()) {
        service_.forget_unused(name);
    }
}

Machine::~Machine() {
    recordings_.finish();
    // The server resets the device when it goes: nobody is to see that, nor the guest a change.
    no_presenter_.look_like(card_.target());
    card_.retarget(no_presenter_);
}

std::unique_ptr<DeviceSocket> Machine::make_socket() {
    if (options_.vhost_user) {
        return std::make_unique<VhostUserSocket>(loop_, memory_, gpu_, *options_.vhost_user,
                                                 static_cast<ClientListener&>(*this));
    }
    auto function = std::make_unique<pci::DisplayFunction>(
        pci::DisplayFunction::Setup{.loop = loop_,
                                    .memory = memory_,
                                    .device = gpu_,
                                    .vga = vga_,
                                    .edid = gpu_,
                                    .option_rom = option_rom_ ? &*option_rom_ : nullptr,
                                    .pci_class = pci_class(options_)});
    return std::make_unique<VfioUserSocket>(loop_, memory_, std::move(function), options_.vfio_user,
                                            static_cast<ClientListener&>(*this),
                                            StoragePlace{store(), kDisplaySocket});
}

std::unique_ptr<DisplayKeeper> Machine::make_windows() {
    if (options_.headless) {
        return nullptr;
    }
    if (options_.agent) {
        agent_.emplace(loop_, *options_.agent);
    }
    DisplayKeeper::Options keep{
        .socket = wayland::compositor_socket(),
        .wait = options_.on_compositor_loss == CompositorLossOption::kWait,
    };
    return std::make_unique<DisplayKeeper>(loop_, card_, no_presenter_,
                                           static_cast<DisplayOwner&>(*this), std::move(keep));
}

void Machine::show_headless() {
    if (options_.trace) {
        trace_.emplace(*options_.trace);
    }
    headless_ = std::make_unique<headless::HeadlessPresenter>(
        loop_, screens_of(options_), &card_,
        headless_options(options_, static_cast<headless::ShownFrameListener&>(*this)));
    card_.retarget(*headless_);
    windows_ready();
}

void Machine::frame_shown(const headless::ShownFrame& frame) {
    trace_->add(frame, shown_name(card_, frame, vga_.shown_mode()));
}

wayland::PresenterOptions Machine::presenter_options() {
    wayland::PresenterOptions window = window_options(options_);
    window.clipboard = agent_ ? &*agent_ : nullptr;
    window.text_painter = &painter_;
    // Without a device of the guest's that could get it there is no reason to grab the input.
    if (options_.input_socket || options_.qmp) {
        window.input = &input_.router();
    }
    return window;
}

int Machine::run() {
    return loop_.run();
}

void Machine::display_ready() {
    windows_->display_ready();
    tell_status(socket_->place().attached());
}

void Machine::windows_ready() {
    // A VMM could attach before; a user who reads the line looks for the window, too.
    // log: once a process
    log_info(kArea, "'{}' is ready: a VMM can attach to {}", options_.name,
             options_.vhost_user ? options_.vhost_user->text() : options_.vfio_user);
    service_.ready();
    tell_status(socket_->place().attached());
}

void Machine::stop_requested(int signal) {
    // log: whoever sends signals can end the process
    log_info(kArea, "{}: ending", ::strsignal(signal));
    vmm_.end();
}

void Machine::close_requested(ScanoutId) {
    if (!vmm_.ending()) {
        // log: once a process, or nearly: a VMM that takes its time is waited for
        log_info(kArea, "the window was closed");
    }
    vmm_.end();
}

void Machine::display_lost(const std::string& reason) {
    windows_->display_lost(reason);
    tell_status(socket_->place().attached());
}

std::string_view Machine::vm_status() const {
    return stale_.report() ? "stale" : socket_->place().attached() ? "running" : "awaited";
}

void Machine::tell_status(bool vm_attached) {
    hud_.wake();
    if (!service_.listens()) {
        return;
    }
    std::string line = vm_attached ? "a VM is attached" : "no VM is attached";
    if (!vm_attached && !last_end_.empty()) {
        line += fmt::format("; the last one {}{}", last_end_,
                            stale_.report() ? ", its last picture stays" : "");
    }
    if (windows_ && windows_->report().state == CompositorReport::State::kAway) {
        line += ", the compositor is away";
    }
    service_.status(std::move(line));
}

void Machine::windows_gone(const std::string& reason) {
    const LogScope scope{{.event = LogEvent::kCompositorLost}};
    // log: once a process
    log_error(kArea, "{}", reason);
    vmm_.end(kCompositorLost);
}

void Machine::client_attached() {
    tell_status(true);
    if (attach_limiter_.admit(clock_.now())) {
        const LogScope scope{{.event = LogEvent::kVmAttached}};
        log_info(kArea, "the VMM is attached");
    }
    stale_.vm_comes();
    vmm_.attached(socket_->place().client_process(), socket_->place().client_socket());
}

void Machine::client_resumed() {
    tell_status(true);
    const LogScope scope{{.event = LogEvent::kVmAttached}};
    // log: once a process
    log_info(kArea, "the VM is still attached: this process goes on where the one before ended");
}

/// The screens as the guest has left them.
void Machine::client_leaving(const std::string& reason) {
    if (!options_.keep || !(socket_->place().device_used() || stale_.report())) {
        return;
    }
    for (ScanoutId scanout = 0; scanout < card_.target().scanout_count(); ++scanout) {
        catch_up(scanout);
    }
    const auto kept = stale_.vm_leaves(reason, std::time(nullptr));
    if (!kept && detach_limiter_.admit(clock_.now())) {
        log_warn(kArea, "{}", kept.error().message());
    }
}

/// What the guest has drawn there is in the picture.
void Machine::catch_up(ScanoutId scanout) {
    gpu_.catch_up();
    if (card_.source(scanout) != kGpuSource) {
        vga_.update_picture();
    }
}

void Machine::client_detached(const std::string& reason) {
    if (socket_->place().device_used()) {
        last_end_ = reason;
    }
    tell_status(false);
    const bool only_one = options_.vhost_user && options_.vhost_user->fd >= 0;
    if (!socket_->place().device_used() && !only_one) {
        if (detach_limiter_.admit(clock_.now())) {
            log_info(kArea, "a client {}; it never used the card, so the VMM is still awaited",
                     reason);
        }
        vmm_.let_go();
        return;
    }
    if (detach_limiter_.admit(clock_.now())) {
        const LogScope scope{{.event = LogEvent::kVmGone}};
        log_info(kArea, "the VMM {}{}", reason, options_.keep ? "; waiting for the next one" : "");
    }
    if (vmm_.running()) {
        vmm_.detached();
    } else if (!options_.keep) {
        loop_.quit();
    }
}

}  // namespace oriel::app
