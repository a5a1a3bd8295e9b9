// SPDX-License-Identifier: MIT
#pragma once

#include <cstdint>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "core/event_loop.h"
#include "input/event_target.h"
#include "net/local_client.h"

namespace oriel::input {

class FrameBacklog;
namespace qmp {
struct Message;
}

/// Counted since the start.
struct QmpStats {
    bool connected = false;  ///< QEMU has answered
    bool absolute = false;   ///< the guest uses an absolute pointer of QEMU's
    bool suspended = false;  ///< the machine sleeps (S3)
    uint64_t connects = 0;
    uint64_t commands = 0;
    uint64_t errors = 0;          ///< QEMU refused a command
    uint64_t garbage = 0;         ///< lines that are no QMP
    uint64_t dropped = 0;         ///< events: nobody was there, or QEMU was too slow
    uint64_t untranslatable = 0;  ///< events that QEMU has no name for
};

/// The input devices that QEMU itself emulates (PS/2, usb-tablet, ...), through its monitor socket:
/// `input-send-event` of QMP, a command a frame. Firmware, installers and guests without a virtio
/// driver have no other.
///
/// Connects by itself, again and again, and never waits: a QEMU that doesn't answer, or answers
/// what is no QMP, costs one line in the log and a bounded buffer. What is down when the connection
/// is lost is released on the next one.
///
/// While the machine sleeps its devices come before all others (Hearing::kWakes): what is pressed
/// wakes it, by QEMU's keyboard, or else by QEMU itself.
class QmpTarget final : private LocalClient::Listener {
public:
    /// `loop` is lent and must outlive this. Nothing need be at `path` yet.
    QmpTarget(EventLoop& loop, std::string path);
    ~QmpTarget();
    QmpTarget(const QmpTarget&) = delete;
    QmpTarget& operator=(const QmpTarget&) = delete;

    [[nodiscard]] EventTarget& keyboard() { return keyboard_; }
    /// Ready while the guest uses an absolute one.
    [[nodiscard]] EventTarget& pointer() { return pointer_; }
    [[nodiscard]] EventTarget& mouse() { return mouse_; }

    [[nodiscard]] QmpStats stats() const;

private:
    enum class Role : uint8_t { kKeyboard, kPointer, kMouse };
    enum class State : uint8_t { kAway, kGreeting, kNegotiating, kReady };

    /// One of QEMU's devices as the router sees it; all frames go one way.
    class Device final : public EventTarget {
    public:
        /// `target` has this as its member.
        Device(QmpTarget& target, Role role) : target_{target}, role_{role} {}
        [[nodiscard]] bool ready() const override { return target_.ready(role_); }
        [[nodiscard]] Hearing hearing() const override;
        void event(const Event& event) override { target_.event(event); }
        void sync(TimePoint since) override { target_.sync(since, role_); }

    private:
        QmpTarget& target_;
        const Role role_;
    };

    [[nodiscard]] bool ready(Role role) const;
    void event(const Event& event);
    void sync(TimePoint since, Role role);

    // LocalClient::Listener
    void connected() override;
    void lost() override;
    void received(std::string_view bytes) override;

    [[nodiscard]] bool handle(const qmp::Message& message);
    void answered(const qmp::Message& message);
    void become_ready();
    void machine_starts();
    void happened(const std::string& event);
    void wake();
    void ask_mice();
    void ask_mice_again();
    void deliver();
    void command(uint64_t id, const std::string& line);
    void patience_over();

    EventLoop& loop_;
    Device keyboard_{*this, Role::kKeyboard};
    Device pointer_{*this, Role::kPointer};
    Device mouse_{*this, Role::kMouse};
    State state_ = State::kAway;
    std::string input_;
    uint64_t last_id_ = 0;
    /// The ids of commands that QEMU hasn't answered.
    std::vector<uint64_t> unanswered_;
    uint64_t mice_id_ = 0;  // of the query that is on its way, 0: none is
    bool hangs_ = false;
    /// The machine sleeps (S3): none of its processors runs, so no driver hears anything.
    bool suspended_ = false;
    uint64_t wake_id_ = 0;  // of the last system_wakeup
    /// The guest uses a pointer of QEMU's that is absolute, and one that is not.
    bool absolute_ = false;
    bool relative_ = false;
    std::optional<TimePoint> mice_asked_;
    TimePoint booted_{};  // when the machine is thought to be
    const std::unique_ptr<FrameBacklog> backlog_;
    /// What releases that which QEMU's devices had down when the connection was lost.
    std::vector<Event> releases_;
    QmpStats stats_;
    Timer mice_timer_{loop_, [this] { ask_mice_again(); }};
    Timer patience_{loop_, [this] { patience_over(); }};
    Timer wake_timer_{loop_, [this] { wake(); }};
    // Last: it may connect at once.
    LocalClient client_;
};

}  // namespace oriel::input
