// SPDX-License-Identifier: MIT
#include "serve/dbus_viewer.h"

#include <fcntl.h>
#include <unistd.h>

#include <chrono>
#include <cstring>
#include <nlohmann/json.hpp>
#include <utility>

#include "cli/screen_command.h"
#include "control/screenshot.h"
#include "core/log.h"
#include "core/log_fields.h"
#include "headless/presenter.h"
#include "record/record_request.h"
#include "serve/control_requests.h"
#include "serve/machine_options.h"
#include "serve/report_parts.h"
#include "wayland/compositor_socket.h"

namespace oriel::app {
namespace {

using nlohmann::json;

constexpr const char* kViewerArea = "app";
constexpr int kNoDisplay = 1;

qemu_dbus::SessionOptions session_options(const ServeOptions& options,
                                          qemu_dbus::DisplayProvider* provider) {
    using Kind = qemu_dbus::DisplayAddress::Kind;
    const DbusOption& from = *options.dbus;
    qemu_dbus::SessionOptions session;
    // As other viewers do: the window's mode is the guest's from the beginning.
    session.tell_mode =
        options.mode || (!options.headless && options.window.resize == wayland::Resize::kGuest);
    session.clipboard = options.clipboard;
    session.text_consoles = options.text_consoles;
    switch (from.kind) {
        case DbusOption::Kind::kMonitor:
            session.address.kind = Kind::kMonitor;
            break;
        case DbusOption::Kind::kBus:
            session.address.kind = Kind::kBus;
            break;
        case DbusOption::Kind::kDescriptor:
            session.address.kind = Kind::kSocket;
            session.address.socket = UniqueFd{from.fd};
            ::fcntl(from.fd, F_SETFD, FD_CLOEXEC);
            break;
        case DbusOption::Kind::kDomain:
            session.address.kind = Kind::kProvider;
            session.address.provider = provider;
            break;
    }
    session.address.path = from.path;
    session.address.name = from.name;
    return session;
}

}  // namespace

DbusViewer::DbusViewer(ServeOptions options)
    : options_{std::move(options)},
      signals_{loop_, *this},
      painter_{loop_},
      domain_{options_.dbus->kind == DbusOption::Kind::kDomain
                  ? std::make_unique<DomainDisplay>(loop_, options_.dbus->path, options_.dbus->name)
                  : nullptr},
      no_presenter_{loop_, screens_of(options_)},
      card_{no_presenter_, this},
      session_{qemu_dbus::make_session(loop_, card_.add_source("qemu", 0), *this,
                                       session_options(options_, domain_.get()))},
      router_{clock_, [this](ScanoutId screen) { return session_->area(screen); },
              input::Targets{.keyboards = {&session_->keyboard()},
                             .pointers = {&session_->pointer()},
                             .mice = {&session_->mouse()},
                             .touch = &session_->touch()}},
      windows_{make_windows()},
      hud_{loop_, card_, windows_.get(), *this},
      control_{loop_, control_path(options_.name), options_.name, *this} {
    if (options_.headless) {
        if (options_.trace) {
            trace_.emplace(*options_.trace);
        }
        headless_ = std::make_unique<headless::HeadlessPresenter>(
            loop_, screens_of(options_), &card_,
            headless_options(options_, static_cast<headless::ShownFrameListener&>(*this)));
        card_.retarget(*headless_);
        windows_ready();
    }
    if (options_.window.hud) {
        static_cast<void>(hud_.set(true));
    }
    vmm_.start(options_.vmm);
    sandbox_.enter(vmm_.program(), trace_ ? &*trace_ : nullptr);
}

DbusViewer::~DbusViewer() {
    recordings_.finish();
    // QEMU lets go of keys by itself, and of nothing else.
    router_.release_keys();
    router_.release_buttons();
    router_.touch_cancelled();
    no_presenter_.look_like(card_.target());
    card_.retarget(no_presenter_);
}

std::unique_ptr<DisplayKeeper> DbusViewer::make_windows() {
    if (options_.headless) {
        return nullptr;
    }
    DisplayKeeper::Options keep{
        .socket = wayland::compositor_socket(),
        .wait = options_.on_compositor_loss == CompositorLossOption::kWait,
    };
    return std::make_unique<DisplayKeeper>(loop_, card_, no_presenter_,
                                           static_cast<DisplayOwner&>(*this), std::move(keep));
}

wayland::PresenterOptions DbusViewer::presenter_options() {
    wayland::PresenterOptions window = window_options(options_);
    window.input = &router_;
    window.text_painter = &painter_;
    window.clipboard = options_.clipboard ? &session_->clipboard() : nullptr;
    return window;
}

void DbusViewer::display_ready() {
    windows_->display_ready();
    plug_screens();
    tell_status();
}

void DbusViewer::windows_ready() {
    // log: once a process
    log_info(kViewerArea, "'{}' is ready: waiting for QEMU's display at {}", options_.name,
             options_.dbus->text());
    service_.ready();
    tell_status();
}

void DbusViewer::frame_shown(const headless::ShownFrame& frame) {
    trace_->add(frame, shown_name(card_, frame));
}

void DbusViewer::tell_status() {
    hud_.wake();
    if (!service_.listens()) {
        return;
    }
    const bool away = windows_ && windows_->report().state == CompositorReport::State::kAway;
    service_.status(fmt::format("{}{}", session_->attached() ? "QEMU is there" : "QEMU is awaited",
                                away ? ", the compositor is away" : ""));
}

void DbusViewer::windows_gone(const std::string& reason) {
    const LogScope scope{{.event = LogEvent::kCompositorLost}};
    // log: once a process
    log_error(kViewerArea, "{}", reason);
    vmm_.end(kCompositorLost);
}

void DbusViewer::display_lost(const std::string& reason) {
    windows_->display_lost(reason);
    tell_status();
}

void DbusViewer::close_requested(ScanoutId) {
    end("the window was closed");
}

void DbusViewer::stop_requested(int signal) {
    end(::strsignal(signal));
}

void DbusViewer::end(const std::string& why) {
    if (!vmm_.ending()) {
        // log: whoever closes windows or sends signals can end the process
        log_info(kViewerArea, "{}: ending{}", why, vmm_.running() ? "" : "; the VM goes on");
    }
    vmm_.end();
}

void DbusViewer::display_attached() {
    plug_screens();
    tell_status();
    if (attach_limiter_.admit(clock_.now())) {
        const LogScope scope{{.event = LogEvent::kVmAttached}};
        log_info(kViewerArea, "QEMU's display is attached{}{}, {} screens",
                 session_->vm_name().empty() ? "" : ": VM ", session_->vm_name(), plugged_.count());
    }
    vmm_.attached(session_->process());
}

void DbusViewer::screens_changed() {
    plug_screens();
    if (attach_limiter_.admit(clock_.now())) {
        log_info(kViewerArea, "QEMU has other consoles: {} screens", plugged_.count());
    }
}

void DbusViewer::display_detached(const std::string& reason) {
    plug_screens();
    tell_status();
    if (detach_limiter_.admit(clock_.now())) {
        const LogScope scope{{.event = LogEvent::kVmGone}};
        log_info(kViewerArea, "QEMU's display is gone: {}{}", reason,
                 options_.keep ? "; waiting for the next one" : "");
    }
    if (vmm_.running()) {
        vmm_.disconnected();
    } else if (!options_.keep) {
        loop_.quit(session_->stats().connects > 0 ? 0 : kNoDisplay);
    }
}

/// The first screen's window stays: it is where the next QEMU shows. What a user has switched off
/// stays off as long as its console is there.
void DbusViewer::plug_screens() {
    Display& target = card_.target();
    for (ScanoutId screen = 1; screen < target.scanout_count(); ++screen) {
        const bool there = session_->has_screen(screen);
        if (there == plugged_[screen]) {
            continue;
        }
        if (target.set_screen(screen, {.connected = there})) {
            plugged_[screen] = there;
        }
    }
}

// --- what the control socket asks ----------------------------------------------------------------

ControlReply DbusViewer::handle(const std::string& command, const json& request, UniqueFd& file) {
    if (command == "stats") {
        return control_success("stats", stats());
    }
    if (command == "info") {
        return control_success("info", info());
    }
    if (command == "hud") {
        return hud_reply(request, hud_, options_.name);
    }
    if (command == "quit") {
        end("asked to quit");
        return control_success("quit", true);
    }
    if (command == "edid") {
        return control_error("QEMU's own card makes the EDID, and tells it to the guest only");
    }
    if (command != "frame" && command != "screenshot" && command != "input" &&
        command != "screen" && command != "record") {
        return control_error(fmt::format("unknown command '{}'", command));
    }
    if (const auto there = check_console(request); !there) {
        return control_error(there.error().message());
    }
    if (command == "input") {
        return input_reply(request, card_.target(), options_.name, router_);
    }
    if (command == "record") {
        const auto scanout = scanout_of(request, card_.target(), options_.name);
        return scanout ? record_reply(request, *scanout, file, recordings_)
                       : control_error(scanout.error().message());
    }
    if (command == "frame") {
        const auto scanout = scanout_of(request, card_.target(), options_.name);
        return scanout ? frame_reply(card_, *scanout, picture_name(card_, *scanout))
                       : control_error(scanout.error().message());
    }
    return command == "screen"
               ? screen_reply(request, card_.target(), windows_.get(), options_.name)
               : screenshot(request);
}

/// The presenter has more screens than QEMU may have consoles.
Result<void> DbusViewer::check_console(const json& request) const {
    const auto words = request.find("words");
    const bool named = request.value("command", "") == "screen" && words != request.end() &&
                       words->is_array() && !words->empty() && words->front().is_string();
    const std::string word = named ? words->front().get<std::string>() : "";
    const auto scanout = named ? parse_number(word).value_or(0)
                               : scanout_of(request, card_.target(), options_.name).value_or(0);
    if (scanout != 0 && (scanout >= kMaxScanouts || !session_->has_screen(scanout))) {
        return host_error("there is no screen {}: QEMU has no such console", scanout);
    }
    return {};
}

ControlReply DbusViewer::screenshot(const json& request) {
    const auto scanout = scanout_of(request, card_.target(), options_.name);
    return scanout ? take_screenshot(card_, *scanout, request)
                   : control_error(scanout.error().message());
}

json DbusViewer::stats() const {
    const qemu_dbus::DisplayStats& dbus = session_->stats();
    json report{
        {"name", options_.name},
        {"pid", ::getpid()},
        {"uptime_s", std::chrono::floor<std::chrono::seconds>(clock_.now() - started_).count()},
        {"attached", session_->attached()},
        {"scanouts", json::array()},
        {"recordings", recordings_.report()}};
    for (ScanoutId screen = 0; screen < card_.target().scanout_count(); ++screen) {
        if (screen == 0 || plugged_[screen]) {
            report["scanouts"].push_back(
                scanout_report(card_, screen, picture_name(card_, screen)));
        }
    }
    report["input"] = {{"calls", router_.stats().calls},
                       {"undelivered", router_.stats().undelivered},
                       {"sent", dbus.input_calls},
                       {"dropped", dbus.input_dropped},
                       {"pointer", session_->pointer().ready() ? "absolute"
                                   : session_->mouse().ready() ? "relative"
                                                               : "none"},
                       {"touch", session_->touch().ready()},
                       {"leds", led_names(session_->leds())}};
    report["dbus"] = {{"address", options_.dbus->text()},
                      {"vm", session_->vm_name()},
                      {"connects", dbus.connects},
                      {"scanouts", dbus.scanouts},
                      {"updates", dbus.updates},
                      {"sent_bytes", dbus.sent_bytes},
                      {"scanout_maps", dbus.scanout_maps},
                      {"update_maps", dbus.update_maps},
                      {"scanout_dmabufs", dbus.scanout_dmabufs},
                      {"update_dmabufs", dbus.update_dmabufs},
                      {"malformed", dbus.malformed},
                      {"errors", dbus.errors}};
    if (options_.clipboard) {
        const qemu_dbus::ClipboardStats& texts = session_->clipboard_stats();
        report["clipboard"] = {{"offers_to_guest", texts.offers_to_guest},
                               {"offers_to_host", texts.offers_to_host},
                               {"texts_to_guest", texts.texts_to_guest},
                               {"texts_to_host", texts.texts_to_host},
                               {"refused", texts.refused}};
    }
    if (windows_) {
        report["compositor"] = compositor_report(windows_->report());
    }
    add_process(report);
    return report;
}

json DbusViewer::info() const {
    return {{"name", options_.name},
            {"pid", ::getpid()},
            {"presenter", options_.headless ? "headless" : "window"},
            {"dbus", options_.dbus->text()},
            {"attached", session_->attached()},
            {"screens", plugged_.count()},
            {"connected", connected_screens(card_.target())}};
}

}  // namespace oriel::app
