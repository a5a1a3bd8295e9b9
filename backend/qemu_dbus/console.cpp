// SPDX-License-Identifier: MIT
#include "console.h"

#include <fmt/format.h>
#include <sys/socket.h>

#include <algorithm>
#include <cerrno>
#include <cstring>
#include <utility>

#include "core/descriptor_pair.h"

namespace oriel::qemu_dbus {
namespace {

constexpr const char* kConsole = "org.qemu.Display1.Console";
constexpr const char* kKeyboard = "org.qemu.Display1.Keyboard";
constexpr const char* kMouse = "org.qemu.Display1.Mouse";
constexpr const char* kMultiTouch = "org.qemu.Display1.MultiTouch";
constexpr uint64_t kPixelBytes = 4;
constexpr const char* kPropertiesOf = "org.freedesktop.DBus.Properties";

Console& self(void* console) {
    return *static_cast<Console*>(console);
}

std::optional<Properties> answered(sd_bus_message* answer) {
    return sd_bus_message_is_method_error(answer, nullptr) > 0 ? std::nullopt
                                                               : Properties::read(answer);
}

}  // namespace

/// A method call that is being put together.
class Console::Call {
public:
    explicit Call(BusMessage message) : message_{std::move(message)} {}
    template <class... Args>
    Call&& with(const char* types, Args... args) && {
        if (message_ && sd_bus_message_append(message_.get(), types, args...) < 0) {
            message_.reset();
        }
        return std::move(*this);
    }
    [[nodiscard]] sd_bus_message* get() const { return message_.get(); }

private:
    BusMessage message_;
};

Console::Console(EventLoop& loop, const VmAddress& vm, uint32_t id, ConsoleOwner& owner,
                 DisplayStats& stats)
    : loop_{loop},
      vm_{vm},
      id_{id},
      path_{fmt::format("/org/qemu/Display1/Console_{}", id)},
      owner_{owner},
      stats_{stats},
      listens_again_{loop, [this] { register_listener(); }} {}

Console::~Console() = default;

void Console::describe() {
    gone_ = false;
    get_all(kConsole, got_console);
}

void Console::leave() {
    gone_ = true;
    registered_ = false;
    overrun_ = false;
    listens_again_.disarm();
    listener_.reset();
    screen_.reset();
    size_ = {};
}

Size Console::size() const {
    return size_.empty() && screen_ ? screen_->size() : size_;
}

// --- what it is like -----------------------------------------------------------------------------

void Console::get_all(const char* interface, sd_bus_message_handler_t handler) {
    sd_bus_call_method_async(vm_.bus.handle(), nullptr, vm_.destination(), path_.c_str(),
                             kPropertiesOf, "GetAll", handler, this, "s", interface);
    vm_.bus.changed();
}

int Console::got_console(sd_bus_message* answer, void* console, sd_bus_error*) {
    Console& here = self(console);
    if (const auto properties = answered(answer)) {
        here.graphic_ = properties->text("Type") == "Graphic";
        here.label_ = properties->text("Label").value_or("");
        here.head_ = static_cast<uint32_t>(properties->number("Head").value_or(0));
        const auto interfaces = properties->texts("Interfaces");
        here.has_touch_ =
            std::find(interfaces.begin(), interfaces.end(), kMultiTouch) != interfaces.end();
        here.properties_changed(kConsole, *properties);
        here.get_all(kKeyboard, got_keyboard);
        here.get_all(kMouse, got_mouse);
    }
    here.owner_.console_described(here.id_);
    return 1;
}

int Console::got_keyboard(sd_bus_message* answer, void* console, sd_bus_error*) {
    if (const auto properties = answered(answer)) {
        self(console).properties_changed(kKeyboard, *properties);
    }
    return 1;
}

int Console::got_mouse(sd_bus_message* answer, void* console, sd_bus_error*) {
    if (const auto properties = answered(answer)) {
        self(console).properties_changed(kMouse, *properties);
    }
    return 1;
}

int Console::got_size(sd_bus_message* answer, void* console, sd_bus_error*) {
    Console& here = self(console);
    here.asks_size_ = false;
    if (const auto properties = answered(answer)) {
        here.properties_changed(kConsole, *properties);
        if (here.screen_) {
            here.screen_->console_size(here.size_, true);
        }
    }
    return 1;
}

void Console::ask_size() {
    if (!std::exchange(asks_size_, true)) {
        get_all(kConsole, got_size);
    }
}

void Console::properties_changed(std::string_view interface, const Properties& properties) {
    if (interface == kConsole) {
        size_.width = static_cast<uint32_t>(properties.number("Width").value_or(size_.width));
        size_.height = static_cast<uint32_t>(properties.number("Height").value_or(size_.height));
        if (screen_) {
            screen_->console_size(size_, false);
        }
        if (overrun_ && size_.area() * kPixelBytes <= kMaxSentBytes) {
            listens_again_.arm_after(kAfterOverrun);
        }
    } else if (interface == kMouse) {
        absolute_ = properties.number("IsAbsolute").value_or(absolute_ ? 1 : 0) != 0;
    } else if (interface == kKeyboard) {
        leds_ = static_cast<uint32_t>(properties.number("Modifiers").value_or(leds_));
    }
}

// --- what it shows -------------------------------------------------------------------------------

void Console::show_on(Display& display, ScanoutId screen) {
    screen_ = std::make_unique<ConsoleScreen>(loop_, display, screen,
                                              static_cast<ConsoleFacts&>(*this), stats_);
    screen_->console_size(size_, false);
    register_listener();
}

void Console::register_listener() {
    overrun_ = false;
    auto sockets = make_socket_pair("socketpair", SOCK_STREAM | SOCK_NONBLOCK);
    if (!sockets) {
        owner_.console_lost(id_, std::strerror(sockets.error().code));
        return;
    }
    // Before QEMU can have the other end: it waits for this one to speak.
    listener_ = std::make_unique<DisplayListener>(loop_, std::move(sockets->ours), *screen_);
    const Call made = call(kConsole, "RegisterListener").with("h", sockets->theirs.get());
    // Without a time-out: a QEMU that is stopped has not refused it.
    sd_bus_call_async(vm_.bus.handle(), nullptr, made.get(), got_registered, this, UINT64_MAX);
    vm_.bus.changed();
}

int Console::got_registered(sd_bus_message* answer, void* console, sd_bus_error*) {
    if (self(console).gone_) {
        return 1;
    }
    if (sd_bus_message_is_method_error(answer, nullptr) <= 0) {
        self(console).registered_ = true;
        self(console).owner_.console_registered(self(console).id_);
    } else {
        const sd_bus_error* const error = sd_bus_message_get_error(answer);
        self(console).owner_.console_lost(
            self(console).id_,
            error != nullptr && error->message != nullptr ? error->message : "it refuses a viewer");
    }
    return 1;
}

void Console::listener_lost(const std::string& why) {
    if (more_listeners_ == 0) {
        owner_.console_lost(id_, why);
        return;
    }
    --more_listeners_;
    listens_again_.arm_after(kListensAgain);
}

/// QEMU would send the same again to the next listener. It says how large the picture is: now, as
/// it may have changed meanwhile, and when it changes.
void Console::listener_overrun() {
    overrun_ = true;
    ask_size();
}

void Console::set_ui_info(const ScreenInfo& info) {
    if (!takes_ui_info_) {
        return;
    }
    const Size size = info.connected ? info.preferred : Size{};
    const auto mm = [&](uint32_t length) {
        return static_cast<unsigned>(std::min<uint32_t>(length, UINT16_MAX));
    };
    sd_bus_call_method_async(vm_.bus.handle(), nullptr, vm_.destination(), path_.c_str(), kConsole,
                             "SetUIInfo", ui_info_taken, this, "qqiiuu", mm(info.physical_mm.width),
                             mm(info.physical_mm.height), info.position.x, info.position.y,
                             size.width, size.height);
    vm_.bus.changed();
}

int Console::ui_info_taken(sd_bus_message* answer, void* console, sd_bus_error*) {
    if (sd_bus_message_is_method_error(answer, "org.qemu.Display1.Error.Unsupported") > 0) {
        self(console).takes_ui_info_ = false;
    } else if (sd_bus_message_is_method_error(answer, nullptr) > 0) {
        ++self(console).stats_.errors;
    }
    return 1;
}

// --- what users do -------------------------------------------------------------------------------

Console::Call Console::call(const char* interface, const char* method) {
    sd_bus_message* made = nullptr;
    sd_bus_message_new_method_call(vm_.bus.handle(), &made, vm_.destination(), path_.c_str(),
                                   interface, method);
    return Call{BusMessage{made}};
}

bool Console::send(Call call, bool needed) {
    if ((!needed && vm_.bus.congested()) || call.get() == nullptr) {
        ++stats_.input_dropped;
        return false;
    }
    ++stats_.input_calls;
    sd_bus_message_set_expect_reply(call.get(), 0);
    const bool sent = sd_bus_send(vm_.bus.handle(), call.get(), nullptr) >= 0;
    vm_.bus.changed();
    return sent;
}

// A release is sent always: there is one for each press that was, so they are bounded.

bool Console::key(uint32_t qnum, bool pressed) {
    return send(call(kKeyboard, pressed ? "Press" : "Release").with("u", qnum), !pressed);
}

bool Console::button(uint32_t number, bool pressed) {
    return number < kButtons &&
           send(call(kMouse, pressed ? "Press" : "Release").with("u", number), !pressed);
}

bool Console::move_to(uint32_t x, uint32_t y) {
    const Size now = size();
    return !now.empty() &&
           send(call(kMouse, "SetAbsPosition")
                    .with("uu", std::min(x, now.width - 1), std::min(y, now.height - 1)),
                false);
}

bool Console::move_by(int32_t dx, int32_t dy) {
    return send(call(kMouse, "RelMotion").with("ii", dx, dy), false);
}

bool Console::touch(uint32_t kind, uint64_t slot, double x, double y) {
    constexpr uint32_t kEnd = 2;
    return send(call(kMultiTouch, "SendEvent").with("utdd", kind, slot, x, y), kind >= kEnd);
}

}  // namespace oriel::qemu_dbus
