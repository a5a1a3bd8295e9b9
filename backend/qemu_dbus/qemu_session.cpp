// SPDX-License-Identifier: MIT
#include "qemu_session.h"

#include <algorithm>
#include <utility>

#include "core/text.h"

namespace oriel::qemu_dbus {
namespace {

constexpr const char* kArea = "dbus";
constexpr const char* kVmPath = "/org/qemu/Display1/VM";
constexpr const char* kVm = "org.qemu.Display1.VM";
constexpr const char* kProperties = "org.freedesktop.DBus.Properties";

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
      patience_{loop, [this] { say_once(silence()); }},
      answers_{loop, [this] { give_up(); }},
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
            begin(Bus::to_peer(loop_, std::move(options_.address.socket), *this));
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
    begin(Bus::to_bus(loop_, std::move(*socket), *this));
}

void QemuSession::begin(std::unique_ptr<Bus> bus) {
    bus_ = std::move(bus);
    patience_.arm_after(kPatience);
    answers_.arm_after(kAnswers);
}

std::string QemuSession::silence() const {
    return fmt::format(
        "{} does not answer (is another program connected to it, or is QEMU stopped?): waiting",
        options_.address.text());
}

/// QEMU may have lost this conversation, and hear the next one.
void QemuSession::give_up() {
    silent_ = true;
    lose("it does not answer");
}

void QemuSession::handed_over(UniqueFd socket, bool touch) {
    process_ = handover_ ? handover_->process() : 0;
    touch_screen_ = touch;
    // The monitor is for others again.
    handover_.reset();
    begin(Bus::to_peer(loop_, std::move(socket), *this));
}

void QemuSession::bus_handed_over(UniqueFd socket) {
    bus_name_ = "org.qemu";
    begin(Bus::to_bus(loop_, std::move(socket), *this));
}

void QemuSession::not_handed_over(const std::string& why) {
    if (handover_ && handover_->process() != shown_process_) {
        shown_process_ = 0;
    }
    silent_ = handover_ && handover_->silent();
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
    self.take_consoles(properties->numbers("ConsoleIDs"));
    if (self.consoles_.empty()) {
        self.lose("this QEMU has no console");
    }
    return 1;
}

/// Those that QEMU has now, at first and whenever a card was plugged in (QEMU 11.1 tells). One that
/// has gone keeps its object: calls of it may wait for answers.
void QemuSession::take_consoles(std::vector<uint32_t> ids) {
    std::sort(ids.begin(), ids.end());
    for (const auto& [id, console] : consoles_) {
        if (!console->gone() && !std::binary_search(ids.begin(), ids.end(), id)) {
            hide(*console);
        }
    }
    const VmAddress address = vm();
    for (const uint32_t id : ids) {
        const auto found = consoles_.find(id);
        if (found == consoles_.end() && consoles_.size() < kMaxConsoles) {
            auto& console = consoles_[id];
            console = std::make_unique<Console>(loop_, address, id,
                                                static_cast<ConsoleOwner&>(*this), stats_);
            console->describe();
            ++undescribed_;
        } else if (found != consoles_.end() && found->second->gone()) {
            found->second->describe();
            ++undescribed_;
        }
    }
}

void QemuSession::console_described(uint32_t id) {
    undescribed_ -= std::min<size_t>(undescribed_, 1);
    if (state_ == State::kAsking && undescribed_ == 0) {
        show_consoles();
    } else if (state_ == State::kRegistering || state_ == State::kShowing) {
        show_later(*consoles_.at(id));
    }
}

/// Graphics cards' in the order of their numbers, then text where that was asked for.
std::vector<Console*> QemuSession::wanted_consoles() {
    std::vector<Console*> wanted;
    std::vector<Console*> texts;
    for (const auto& [id, console] : consoles_) {
        if (!console->gone()) {
            (console->graphic() ? wanted : texts).push_back(console.get());
        }
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
        show(*console, screen);
        ++screen;
    }
    if (screen == 0) {
        lose("this QEMU has no graphics card");
        return;
    }
    state_ = State::kRegistering;
}

void QemuSession::show(Console& console, ScanoutId screen) {
    shown_.at(screen) = &console;
    // A running guest keeps its mode until a user, or the compositor, wants another one.
    told_.at(screen) = untouched_.at(screen);
    console.show_on(display_, screen);
    if (options_.tell_mode || console.head() > 0) {
        // A second head is off until somebody says that there is a monitor.
        told_.at(screen) = display_.screen(screen);
        told_.at(screen).connected = true;
        console.set_ui_info(told_.at(screen));
    }
}

/// On the first screen that has none.
void QemuSession::show_later(Console& console) {
    const auto screens = std::min<size_t>(display_.scanout_count(), kMaxScanouts);
    const auto end = shown_.begin() + static_cast<ptrdiff_t>(screens);
    const auto screen = std::find(shown_.begin(), end, nullptr);
    if (console.gone() || console.shown() || screen == end ||
        (!console.graphic() && !options_.text_consoles)) {
        return;
    }
    show(console, static_cast<ScanoutId>(screen - shown_.begin()));
    if (attached()) {
        listener_.screens_changed();
    }
}

void QemuSession::hide(Console& console) {
    std::replace(shown_.begin(), shown_.end(), &console, static_cast<Console*>(nullptr));
    console.leave();
    if (attached()) {
        listener_.screens_changed();
    }
}

void QemuSession::console_registered(uint32_t) {
    const bool all = std::all_of(shown_.begin(), shown_.end(), [](const Console* console) {
        return console == nullptr || console->registered();
    });
    if (state_ == State::kRegistering && all) {
        shown();
    }
}

void QemuSession::shown() {
    patience_.disarm();
    answers_.disarm();
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
    undescribed_ = 0;
    patience_.disarm();
    answers_.disarm();
    modes_.disarm();
    const bool silent = std::exchange(silent_, false);
    if (was_shown) {
        listener_.display_detached(why_);
    } else if (options_.address.kind == DisplayAddress::Kind::kSocket) {
        listener_.display_detached(why_);
        return;
    } else {
        say_once(silent ? silence() : fmt::format("{}; trying again", why_));
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
    if (path == nullptr || sd_bus_message_read_basic(signal, 's', &interface) <= 0) {
        return 0;
    }
    if (std::string_view{path} == kVmPath && self.state_ != State::kAway) {
        const auto properties = Properties::read(signal);
        auto ids = properties ? properties->numbers("ConsoleIDs") : std::vector<uint32_t>{};
        if (!ids.empty()) {
            self.take_consoles(std::move(ids));
        }
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

}  // namespace oriel::qemu_dbus
