// SPDX-License-Identifier: MIT
#pragma once

#include <array>
#include <map>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "bus.h"
#include "console.h"
#include "core/event_loop.h"
#include "core/log.h"
#include "input_targets.h"
#include "net/connect_attempt.h"
#include "net/socket_watch.h"
#include "qemu_dbus/display_session.h"
#include "qmp_handover.h"
#include "text_clipboard.h"

namespace oriel::qemu_dbus {

///     kAway --the time has come--> kReaching (QMP, a bus)
///     kReaching --a socket that leads to QEMU--> kAsking (who the VM is, which consoles it has)
///     kAsking --all consoles are described--> kRegistering
///     kRegistering --QEMU has taken each listener--> kShowing
///     any --a connection is lost--> kAway, and the next try after kRetry
///     kAsking, kRegistering --kAnswers--> the same
class QemuSession final : public DisplaySession,
                          private SourceListener,
                          private BusListener,
                          private ConsoleOwner,
                          private ConsoleChooser,
                          private HandoverListener,
                          private SocketWatchListener,
                          private ConnectListener {
public:
    static constexpr Nanoseconds kRetry{1'000'000'000};
    /// After a socket's name has appeared: who made it listens soon.
    static constexpr Nanoseconds kListensSoon{20'000'000};
    /// A QEMU that says nothing for so long is told of; it is waited for all the same.
    static constexpr Nanoseconds kPatience{5'000'000'000};
    /// From a connection's beginning to the first picture. Less than a call's time-out in sd-bus,
    /// as that one would look like an answer.
    static constexpr Nanoseconds kAnswers{20'000'000'000};
    /// While a user drags a window's edge.
    static constexpr Nanoseconds kModeSettles{100'000'000};
    /// Consoles that are looked at, to find those that are graphics cards'.
    static constexpr size_t kMaxConsoles = 64;

    QemuSession(EventLoop& loop, Display& display, SessionListener& listener,
                SessionOptions options);
    ~QemuSession() override;

    // DisplaySession
    [[nodiscard]] bool attached() const override { return state_ == State::kShowing; }
    [[nodiscard]] const std::string& vm_name() const override { return vm_name_; }
    [[nodiscard]] pid_t process() const override { return process_; }
    [[nodiscard]] bool has_screen(ScanoutId screen) const override;
    [[nodiscard]] std::optional<input::ScreenArea> area(ScanoutId screen) const override;
    [[nodiscard]] uint32_t leds() const override;
    [[nodiscard]] const DisplayStats& stats() const override { return stats_; }
    [[nodiscard]] GuestClipboard& clipboard() override { return clipboard_; }
    [[nodiscard]] const ClipboardStats& clipboard_stats() const override {
        return clipboard_.stats();
    }
    [[nodiscard]] input::EventTarget& keyboard() override { return keyboard_; }
    [[nodiscard]] input::EventTarget& pointer() override { return pointer_; }
    [[nodiscard]] input::EventTarget& mouse() override { return mouse_; }
    [[nodiscard]] input::EventTarget& touch() override { return touch_; }

private:
    enum class State : uint8_t { kAway, kReaching, kAsking, kRegistering, kShowing };

    void reach();
    void reach_bus(const std::string& path);
    void forget_handover();
    void lose(const std::string& why);
    void end_connection();
    void take_consoles(std::vector<uint32_t> ids);
    void show_consoles();
    void show_later(Console& console);
    void show(Console& console, ScanoutId screen);
    void hide(Console& console);
    void begin(std::unique_ptr<Bus> bus);
    void shown();
    void give_up();
    [[nodiscard]] std::string silence() const;
    [[nodiscard]] std::vector<Console*> wanted_consoles();
    [[nodiscard]] VmAddress vm() const;
    void tell_modes();
    void say_once(const std::string& line);

    // SourceListener
    void screen_changed(ScanoutId screen) override;
    // HandoverListener
    void handed_over(UniqueFd socket, bool touch) override;
    void bus_handed_over(UniqueFd socket) override;
    void not_handed_over(const std::string& why) override;
    // SocketWatchListener
    void socket_appeared() override;
    // ConnectListener: a bus
    void connect_ended(Result<UniqueFd> socket) override;
    // BusListener
    void bus_ready() override;
    void bus_lost(const std::string& why) override;
    // ConsoleOwner
    void console_described(uint32_t id) override;
    void console_registered(uint32_t id) override;
    void console_lost(uint32_t id, const std::string& why) override;
    // ConsoleChooser
    [[nodiscard]] Console* input_console() override;
    [[nodiscard]] std::optional<Place> place(int32_t x, int32_t y) override;
    [[nodiscard]] bool has_touch_screen() override;
    [[nodiscard]] uint64_t life() const override { return stats_.connects; }

    static int got_vm(sd_bus_message* answer, void* session, sd_bus_error*);
    static int property_signal(sd_bus_message* signal, void* session, sd_bus_error*);

    EventLoop& loop_;
    Display& display_;
    SessionListener& listener_;
    SessionOptions options_;
    State state_ = State::kAway;
    DisplayStats stats_;
    std::string vm_name_;
    bool touch_screen_ = false;
    std::string bus_name_;  // QEMU's, where the connection is a bus

    pid_t process_ = 0;        // QEMU's, where that is known
    pid_t shown_process_ = 0;  // of the one that was shown last, as long as it may be there
    std::string why_;          // the connection is to end
    bool silent_ = false;      // because QEMU says nothing
    std::string said_;
    bool no_text_said_ = false;
    LogLimiter limiter_{10, Nanoseconds{10'000'000'000}};

    KeyboardTarget keyboard_{*this};
    MouseTarget pointer_{*this, MouseTarget::Kind::kAbsolute};
    MouseTarget mouse_{*this, MouseTarget::Kind::kRelative};
    TouchTarget touch_{*this};

    TextClipboard clipboard_;

    /// A monitor's socket is watched for.
    std::optional<SocketWatch> socket_watch_;
    std::unique_ptr<QmpHandover> handover_;
    ConnectAttempt bus_attempt_{static_cast<ConnectListener&>(*this)};
    std::map<uint32_t, std::unique_ptr<Console>> consoles_;
    size_t undescribed_ = 0;
    /// By screen; null: none. Point into consoles_.
    std::array<Console*, kMaxScanouts> shown_{};
    /// What screens were like before anybody had a wish.
    std::array<ScreenInfo, kMaxScanouts> untouched_{};
    /// What the guest was told of each screen, or has not to be told.
    std::array<ScreenInfo, kMaxScanouts> told_{};
    /// Ends before the consoles: their calls may wait for answers there.
    std::unique_ptr<Bus> bus_;
    Timer retry_;
    Timer patience_;
    Timer answers_;
    Timer modes_;
    DeferredCall ending_;
};

}  // namespace oriel::qemu_dbus
