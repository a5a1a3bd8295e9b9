// SPDX-License-Identifier: MIT
#include "qemu_session.h"

#include <linux/input-event-codes.h>

#include <algorithm>
#include <cmath>
#include <utility>

#include "core/text.h"

namespace oriel::qemu_dbus {
namespace {

constexpr const char* kArea = "dbus";
constexpr const char* kVmPath = "/org/qemu/Display1/VM";
constexpr const char* kVm = "org.qemu.Display1.VM";
constexpr const char* kProperties = "org.freedesktop.DBus.Properties";
constexpr std::string_view kConsolePath = "/org/qemu/Display1/Console_";

}  // namespace

bool has_sessions() {
    return true;
}

std::unique_ptr<DisplaySession> make_session(EventLoop& loop, Display& display,
                                             SessionListener& listener, SessionOptions options) {
    return std::make_unique<QemuSession>(loop, display, listener, std::move(options));
}

QemuSession::QemuSession(EventLoop& loop, Display& display, SessionListener& listener,
                         SessionOptions options)
    : loop_{loop},
      display_{display},
      listener_{listener},
      options_{std::move(options)},
      retry_{loop, [this] { reach(); }},
      patience_{loop,
                [this] {
                    say_once(
                        fmt::format("{} does not answer (is another program connected to it, "
                                    "or is QEMU stopped?): waiting",
                                    options_.address.text()));
                }},
      modes_{loop, [this] { tell_modes(); }},
      ending_{loop, [this] { end_connection(); }} {
    for (ScanoutId screen = 0; screen < std::min<uint32_t>(display.scanout_count(), kMaxScanouts);
         ++screen) {
        untouched_.at(screen) = display.screen(screen);
        untouched_.at(screen).connected = true;
    }
    display_.listen(this);
    if (options_.address.kind == DisplayAddress::Kind::kMonitor) {
        socket_watch_.emplace(loop_, options_.address.path,
                              static_cast<SocketWatchListener&>(*this));
    }
    retry_.arm_after(Nanoseconds{0});
}

QemuSession::~QemuSession() {
    display_.listen(nullptr);
    forget_handover();
    bus_.reset();
    consoles_.clear();
}

void QemuSession::say_once(const std::string& line) {
    if (said_ != line && limiter_.admit(loop_.clock().now())) {
        said_ = line;
        log_info(kArea, "{}", line);
    }
}

// --- the way to QEMU -----------------------------------------------------------------------------

void QemuSession::reach() {
    state_ = State::kReaching;
    bus_name_.clear();
    if (options_.address.kind != DisplayAddress::Kind::kProvider) {
        patience_.arm_after(kPatience);
    }
    switch (options_.address.kind) {
        case DisplayAddress::Kind::kMonitor:
            handover_ = std::make_unique<QmpHandover>(loop_, options_.address.path,
                                                      static_cast<HandoverListener&>(*this));
            handover_->start(shown_process_);
            break;
        case DisplayAddress::Kind::kBus:
            bus_name_ = options_.address.name;
            reach_bus(options_.address.path);
            break;
        case DisplayAddress::Kind::kProvider:
            options_.address.provider->ask(static_cast<HandoverListener&>(*this));
            break;
        case DisplayAddress::Kind::kSocket:
            bus_ = Bus::to_peer(loop_, std::move(options_.address.socket), *this);
            break;
    }
}

void QemuSession::socket_appeared() {
    if (state_ == State::kAway) {
        retry_.arm_after(kListensSoon);
    }
}

void QemuSession::reach_bus(const std::string& path) {
    bus_attempt_.start(path);
}

void QemuSession::connect_ended(Result<UniqueFd> socket) {
    if (!socket) {
        lose(socket.error().message());
        return;
    }
    bus_ = Bus::to_bus(loop_, std::move(*socket), *this);
}

void QemuSession::handed_over(UniqueFd socket, bool touch) {
    process_ = handover_ ? handover_->process() : 0;
    touch_screen_ = touch;
    // The monitor is for others again.
    handover_.reset();
    bus_ = Bus::to_peer(loop_, std::move(socket), *this);
}

void QemuSession::bus_handed_over(UniqueFd socket) {
    bus_name_ = "org.qemu";
    bus_ = Bus::to_bus(loop_, std::move(socket), *this);
}

void QemuSession::not_handed_over(const std::string& why) {
    if (handover_ && handover_->process() != shown_process_) {
        shown_process_ = 0;
    }
    lose(why);
}

void QemuSession::forget_handover() {
    handover_.reset();
    if (options_.address.provider != nullptr) {
        options_.address.provider->forget();
    }
}

void QemuSession::bus_ready() {
    state_ = State::kAsking;
    sd_bus* const bus = bus_->handle();
    const VmAddress address = vm();
    sd_bus_match_signal_async(bus, nullptr, address.destination(), nullptr, kProperties,
                              "PropertiesChanged", property_signal, nullptr, this);
    sd_bus_call_method_async(bus, nullptr, address.destination(), kVmPath, kProperties, "GetAll",
                             got_vm, this, "s", kVm);
    bus_->changed();
}

VmAddress QemuSession::vm() const {
    return {*bus_, bus_name_};
}

int QemuSession::got_vm(sd_bus_message* answer, void* session, sd_bus_error*) {
    auto& self = *static_cast<QemuSession*>(session);
    const auto properties = sd_bus_message_is_method_error(answer, nullptr) > 0
                                ? std::nullopt
                                : Properties::read(answer);
    if (!properties) {
        self.lose(fmt::format("{} has no D-Bus display", self.options_.address.text()));
        return 1;
    }
    self.vm_name_ = properties->text("Name").value_or("");
    std::vector<uint32_t> ids = properties->numbers("ConsoleIDs");
    std::sort(ids.begin(), ids.end());
    ids.erase(std::unique(ids.begin(), ids.end()), ids.end());
    ids.resize(std::min(ids.size(), kMaxConsoles));
    self.undescribed_ = ids.size();
    const VmAddress vm = self.vm();
    for (const uint32_t id : ids) {
        self.consoles_[id] = std::make_unique<Console>(
            self.loop_, vm, id, static_cast<ConsoleOwner&>(self), self.stats_);
    }
    if (ids.empty()) {
        self.lose("this QEMU has no console");
    }
    return 1;
}

void QemuSession::console_described(uint32_t) {
    if (undescribed_ > 0 && --undescribed_ == 0) {
        show_consoles();
    }
}

/// Graphics cards' in the order of their numbers, then text where that was asked for.
std::vector<Console*> QemuSession::wanted_consoles() {
    std::vector<Console*> wanted;
    std::vector<Console*> texts;
    for (const auto& [id, console] : consoles_) {
        (console->graphic() ? wanted : texts).push_back(console.get());
    }
    if (options_.text_consoles) {
        wanted.insert(wanted.end(), texts.begin(), texts.end());
        if (texts.empty() && !std::exchange(no_text_said_, true)) {
            // log: once a process
            log_info(kArea,
                     "this QEMU has no text console with a picture: what is 'vc' in its command "
                     "line it gives to D-Bus as streams of bytes (org.qemu.Display1.Chardev)");
        }
    }
    for (size_t i = display_.scanout_count(); i < wanted.size(); ++i) {
        log_debug(kArea, "console {} ({}) is not shown", wanted[i]->id(), wanted[i]->label());
    }
    wanted.resize(std::min<size_t>(wanted.size(), display_.scanout_count()));
    return wanted;
}

void QemuSession::show_consoles() {
    ScanoutId screen = 0;
    for (Console* const console : wanted_consoles()) {
        shown_.at(screen) = console;
        // A running guest keeps its mode until a user, or the compositor, wants another one.
        told_.at(screen) = untouched_.at(screen);
        console->show_on(display_, screen);
        if (options_.tell_mode || console->head() > 0) {
            // A second head is off until somebody says that there is a monitor.
            told_.at(screen) = display_.screen(screen);
            told_.at(screen).connected = true;
            console->set_ui_info(told_.at(screen));
        }
        ++screen;
    }
    if (screen == 0) {
        lose("this QEMU has no graphics card");
        return;
    }
    patience_.disarm();
    said_.clear();
    ++stats_.connects;
    state_ = State::kShowing;
    shown_process_ = process_;
    if (options_.address.provider != nullptr) {
        options_.address.provider->shown();
    }
    modes_.arm_after(kModeSettles);
    keyboard_.forget();
    pointer_.forget();
    mouse_.forget();
    touch_.forget();
    if (options_.clipboard) {
        clipboard_.connected(vm());
    }
    listener_.display_attached();
}

// --- its end -------------------------------------------------------------------------------------

void QemuSession::bus_lost(const std::string& why) {
    lose(why);
}

void QemuSession::console_lost(uint32_t, const std::string& why) {
    lose(why);
}

/// Whoever tells of it still has something to do with the connection.
void QemuSession::lose(const std::string& why) {
    if (!ending_.scheduled()) {
        why_ = why;
        ending_.schedule();
    }
}

void QemuSession::end_connection() {
    const bool was_shown = state_ == State::kShowing;
    state_ = State::kAway;
    forget_handover();
    bus_attempt_.cancel();
    bus_.reset();
    clipboard_.disconnected();
    shown_ = {};
    consoles_.clear();
    patience_.disarm();
    modes_.disarm();
    if (was_shown) {
        listener_.display_detached(why_);
    } else if (options_.address.kind == DisplayAddress::Kind::kSocket) {
        listener_.display_detached(why_);
        return;
    } else {
        say_once(fmt::format("{}; trying again", why_));
    }
    if (options_.address.kind != DisplayAddress::Kind::kSocket) {
        retry_.arm_after(kRetry);
    }
}

// --- what consoles and screens are like ----------------------------------------------------------

int QemuSession::property_signal(sd_bus_message* signal, void* session, sd_bus_error*) {
    auto& self = *static_cast<QemuSession*>(session);
    const char* const path = sd_bus_message_get_path(signal);
    const char* interface = nullptr;
    if (path == nullptr || !std::string_view{path}.starts_with(kConsolePath) ||
        sd_bus_message_read_basic(signal, 's', &interface) <= 0) {
        return 0;
    }
    for (const auto& [id, console] : self.consoles_) {
        if (console->path() == path) {
            if (const auto properties = Properties::read(signal)) {
                console->properties_changed(interface, *properties);
            }
            break;
        }
    }
    return 0;
}

void QemuSession::screen_changed(ScanoutId screen) {
    if (screen < kMaxScanouts && shown_.at(screen) != nullptr) {
        modes_.arm_after(kModeSettles);
    }
}

void QemuSession::tell_modes() {
    for (ScanoutId screen = 0; screen < kMaxScanouts; ++screen) {
        Console* const console = shown_.at(screen);
        const ScreenInfo now = display_.screen(screen);
        ScreenInfo& told = told_.at(screen);
        // Not of an output's size and rate alone: a running guest keeps its mode.
        if (console != nullptr &&
            (now.connected != told.connected || now.preferred != told.preferred)) {
            told = now;
            console->set_ui_info(now);
        }
    }
}

bool QemuSession::has_screen(ScanoutId screen) const {
    return attached() && screen < kMaxScanouts && shown_.at(screen) != nullptr;
}

std::optional<input::ScreenArea> QemuSession::area(ScanoutId screen) const {
    if (!has_screen(screen)) {
        return std::nullopt;
    }
    int32_t x = 0;
    for (ScanoutId left = 0; left < screen; ++left) {
        if (has_screen(left)) {
            x += static_cast<int32_t>(shown_.at(left)->size().width);
        }
    }
    return input::ScreenArea{{x, 0}, shown_.at(screen)->size()};
}

uint32_t QemuSession::leds() const {
    constexpr uint32_t kScroll = 1;
    constexpr uint32_t kNum = 2;
    constexpr uint32_t kCaps = 4;
    const uint32_t qemu = has_screen(0) ? shown_.at(0)->leds() : 0;
    return ((qemu & kNum) != 0 ? 1U << LED_NUML : 0) | ((qemu & kCaps) != 0 ? 1U << LED_CAPSL : 0) |
           ((qemu & kScroll) != 0 ? 1U << LED_SCROLLL : 0);
}

// --- input ---------------------------------------------------------------------------------------

Console* QemuSession::input_console() {
    return attached() ? shown_.at(0) : nullptr;
}

/// QEMU's pointer is one for all consoles, unless somebody has bound it to one: the guest takes its
/// range for the whole desktop, and QEMU takes a console's size for the range.
std::optional<ConsoleChooser::Place> QemuSession::place(int32_t x, int32_t y) {
    Console* const console = input_console();
    if (console == nullptr || console->size().empty()) {
        return std::nullopt;
    }
    double width = 0;
    double height = 0;
    for (ScanoutId screen = 0; screen < kMaxScanouts; ++screen) {
        if (const auto here = area(screen)) {
            width += here->size.width;
            height = std::max<double>(height, here->size.height);
        }
    }
    const double steps = input::kAxisMax + 1.0;
    const Size size = console->size();
    // One console: exactly the px that was meant, see input::Desktop::axis_x().
    return Place{console, std::floor(x * width / steps) * size.width / width,
                 std::floor(y * height / steps) * size.height / height};
}

bool QemuSession::has_touch_screen() {
    return attached() && (touch_screen_ || options_.has_touch_screen) && shown_.at(0)->has_touch();
}

}  // namespace oriel::qemu_dbus
