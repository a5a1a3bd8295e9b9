// SPDX-License-Identifier: MIT
#pragma once

#include <sys/types.h>

#include <cstdint>
#include <memory>
#include <optional>
#include <string>

#include "core/event_loop.h"
#include "core/unique_fd.h"
#include "input/desktop.h"
#include "input/event_target.h"
#include "qemu_dbus/clipboard_stats.h"
#include "qemu_dbus/display_provider.h"
#include "qemu_dbus/display_stats.h"
#include "scanout/clipboard.h"
#include "scanout/display.h"

namespace oriel::qemu_dbus {

/// Where a QEMU's D-Bus display is.
struct DisplayAddress {
    enum class Kind : uint8_t {
        kMonitor,   ///< QEMU's monitor is asked for a connection; `path` is its socket
        kBus,       ///< a message bus listens on `path`, and QEMU is `name` there
        kSocket,    ///< `socket` leads to QEMU
        kProvider,  ///< `provider` knows, and `name` is how people call the VM
    };
    Kind kind = Kind::kMonitor;
    std::string path{};
    std::string name{};
    UniqueFd socket{};
    DisplayProvider* provider = nullptr;  // lent, and must outlive the session

    /// For people.
    [[nodiscard]] std::string text() const;
};

/// Who shows what QEMU has.
class SessionListener {
public:
    SessionListener() = default;
    SessionListener(const SessionListener&) = delete;
    SessionListener& operator=(const SessionListener&) = delete;

    /// QEMU is there: DisplaySession::has_screen() has changed.
    virtual void display_attached() = 0;
    /// QEMU has more consoles, or fewer: the same.
    virtual void screens_changed() = 0;
    /// It has gone; the same. `reason` is a few words: "closed the connection".
    virtual void display_detached(const std::string& reason) = 0;

protected:
    ~SessionListener() = default;
};

/// A QEMU whose D-Bus display is shown: it is waited for, and may go and come again. Each of its
/// graphics cards' consoles is a screen, in the order of their numbers; see also text_consoles.
///
/// Nothing here waits for QEMU, which calls from its main loop and stands still until it is
/// answered.
class DisplaySession {
public:
    DisplaySession() = default;
    DisplaySession(const DisplaySession&) = delete;
    DisplaySession& operator=(const DisplaySession&) = delete;
    virtual ~DisplaySession() = default;

    [[nodiscard]] virtual bool attached() const = 0;
    /// The VM's name, as QEMU has it (-name); empty if it has none.
    [[nodiscard]] virtual const std::string& vm_name() const = 0;
    /// QEMU's process, as its monitor tells; 0 where that isn't known.
    [[nodiscard]] virtual pid_t process() const = 0;
    [[nodiscard]] virtual bool has_screen(ScanoutId screen) const = 0;
    /// Where that screen is in the guest's desktop.
    [[nodiscard]] virtual std::optional<input::ScreenArea> area(ScanoutId screen) const = 0;
    /// LEDs that the guest has switched on: bit LED_* of linux/input-event-codes.h.
    [[nodiscard]] virtual uint32_t leds() const = 0;
    [[nodiscard]] virtual const DisplayStats& stats() const = 0;

    /// What QEMU shares with its guest's agent; where it shares nothing, neither does this.
    [[nodiscard]] virtual GuestClipboard& clipboard() = 0;
    [[nodiscard]] virtual const ClipboardStats& clipboard_stats() const = 0;

    [[nodiscard]] virtual input::EventTarget& keyboard() = 0;
    /// Ready while the guest uses an absolute pointer; mouse() while it uses a relative one.
    [[nodiscard]] virtual input::EventTarget& pointer() = 0;
    [[nodiscard]] virtual input::EventTarget& mouse() = 0;
    [[nodiscard]] virtual input::EventTarget& touch() = 0;
};

struct SessionOptions {
    DisplayAddress address;
    /// The mode of each screen is told to the guest at once. Otherwise a running guest keeps its
    /// mode until the user changes the screen.
    bool tell_mode = false;
    /// QEMU is told of the host's texts, and tells of its guest's.
    bool clipboard = false;
    /// Text consoles are screens, too, behind those of graphics cards.
    bool text_consoles = false;
    /// The VM has a touch screen: nothing but the monitor tells.
    bool has_touch_screen = false;
};

/// Whether this program was built with D-Bus.
[[nodiscard]] bool has_sessions();

/// `loop`, `display` (of which this is the only source) and `listener` are lent and must outlive
/// it. Throws StartupError where this program was built without D-Bus.
[[nodiscard]] std::unique_ptr<DisplaySession> make_session(EventLoop& loop, Display& display,
                                                           SessionListener& listener,
                                                           SessionOptions options);

}  // namespace oriel::qemu_dbus
