// SPDX-License-Identifier: MIT
#pragma once

#include <array>
#include <cstdint>
#include <memory>
#include <optional>
#include <string>
#include <string_view>

#include "bus.h"
#include "console_screen.h"
#include "core/event_loop.h"
#include "properties.h"
#include "qemu_dbus/display_stats.h"
#include "scanout/display.h"

namespace oriel::qemu_dbus {

/// The bus connection on which a VM is, and how it is called there.
struct VmAddress {
    Bus& bus;
    std::string name;  ///< of a bus; empty without one
    /// For sd-bus.
    [[nodiscard]] const char* destination() const { return name.empty() ? nullptr : name.c_str(); }
};

class ConsoleOwner {
public:
    ConsoleOwner() = default;
    ConsoleOwner(const ConsoleOwner&) = delete;
    ConsoleOwner& operator=(const ConsoleOwner&) = delete;

    /// QEMU has said what the console is: Console::graphic() is known.
    virtual void console_described(uint32_t id) = 0;
    /// QEMU has taken its listener: Console::registered().
    virtual void console_registered(uint32_t id) = 0;
    /// QEMU has taken its listener back, or refuses it.
    virtual void console_lost(uint32_t id, const std::string& why) = 0;

protected:
    ~ConsoleOwner() = default;
};

/// One of a VM's consoles, /org/qemu/Display1/Console_N: what it is like, what it shows, and what
/// users do with it. No call waits: answers that matter come as properties.
class Console final : private ConsoleFacts {
public:
    /// Mouse.Press knows the numbers below: a larger one aborts QEMU.
    static constexpr uint32_t kButtons = 9;
    static constexpr uint32_t kMoreListeners = 3;
    /// Long enough for the end of the connection itself to be told first, where that is the reason.
    static constexpr Nanoseconds kListensAgain{20'000'000};
    /// After a picture that was too large for a message, once the console is small enough.
    static constexpr Nanoseconds kAfterOverrun{1'000'000'000};

    /// describe() is to follow. All is lent and must outlive this, but for the bus, which must end
    /// first: calls of this object may wait for answers there.
    Console(EventLoop& loop, const VmAddress& vm, uint32_t id, ConsoleOwner& owner,
            DisplayStats& stats);
    ~Console();

    /// Asks for its properties.
    void describe();
    /// QEMU has it no more; describe() brings it back. Answers to calls may still come.
    void leave();
    [[nodiscard]] bool gone() const { return gone_; }

    [[nodiscard]] uint32_t id() const { return id_; }
    [[nodiscard]] const std::string& path() const { return path_; }
    /// A graphics card's, not a monitor's or a serial line's.
    [[nodiscard]] bool graphic() const { return graphic_; }
    [[nodiscard]] const std::string& label() const { return label_; }
    /// Counted from 0 on its card.
    [[nodiscard]] uint32_t head() const { return head_; }
    /// How large the console is, guest px.
    [[nodiscard]] Size size() const;
    /// The guest uses a pointer that is absolute.
    [[nodiscard]] bool absolute() const { return absolute_; }
    /// LEDs that the guest has switched on: Scroll 1, Num 2, Caps 4.
    [[nodiscard]] uint32_t leds() const { return leds_; }
    [[nodiscard]] bool has_touch() const { return has_touch_; }

    /// Its picture goes to that screen from now on. `display` is lent and must outlive this.
    /// Where QEMU takes the listener back while the connection is there, it gets another one, at
    /// most kMoreListeners times: QEMU 7.2 knows viewers of private connections by one name, and
    /// when it hears late that the viewer before has gone, it forgets the new one.
    void show_on(Display& display, ScanoutId screen);
    [[nodiscard]] bool shown() const { return screen_ != nullptr; }
    [[nodiscard]] bool registered() const { return registered_; }

    void properties_changed(std::string_view interface, const Properties& properties);

    /// The guest is to prefer that mode; nothing where the card can't tell it.
    void set_ui_info(const ScreenInfo& info);

    // What users do. Dropped, and false, while QEMU does not read.
    bool key(uint32_t qnum, bool pressed);
    bool button(uint32_t number, bool pressed);
    /// Guest px of this console; outside counts as the edge.
    bool move_to(uint32_t x, uint32_t y);
    bool move_by(int32_t dx, int32_t dy);
    bool touch(uint32_t kind, uint64_t slot, double x, double y);

private:
    class Call;

    void ask_size() override;
    void listener_lost(const std::string& why) override;
    void listener_overrun() override;
    void register_listener();

    void get_all(const char* interface, sd_bus_message_handler_t answered);
    void described(sd_bus_message* answer);
    [[nodiscard]] Call call(const char* interface, const char* method);
    /// Without an answer; false: QEMU does not read what there is already, and this isn't needed.
    bool send(Call call, bool needed);

    static int got_console(sd_bus_message* answer, void* console, sd_bus_error*);
    static int got_size(sd_bus_message* answer, void* console, sd_bus_error*);
    static int got_keyboard(sd_bus_message* answer, void* console, sd_bus_error*);
    static int got_mouse(sd_bus_message* answer, void* console, sd_bus_error*);
    static int got_registered(sd_bus_message* answer, void* console, sd_bus_error*);
    static int ui_info_taken(sd_bus_message* answer, void* console, sd_bus_error*);

    EventLoop& loop_;
    const VmAddress vm_;
    const uint32_t id_;
    const std::string path_;
    ConsoleOwner& owner_;
    DisplayStats& stats_;

    bool graphic_ = false;
    std::string label_;
    uint32_t head_ = 0;
    Size size_{};
    bool absolute_ = false;
    uint32_t leds_ = 0;
    bool has_touch_ = false;
    bool takes_ui_info_ = true;
    bool asks_size_ = false;

    std::unique_ptr<ConsoleScreen> screen_;
    std::unique_ptr<DisplayListener> listener_;
    bool registered_ = false;
    bool gone_ = false;
    uint32_t more_listeners_ = kMoreListeners;
    /// There is no listener until the picture fits into a message.
    bool overrun_ = false;
    Timer listens_again_;
};

}  // namespace oriel::qemu_dbus
