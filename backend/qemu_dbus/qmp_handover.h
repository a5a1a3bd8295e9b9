// SPDX-License-Identifier: MIT
#pragma once

#include <sys/types.h>

#include <cstddef>
#include <cstdint>
#include <string>
#include <string_view>

#include "core/event_loop.h"
#include "core/unique_fd.h"
#include "net/connect_attempt.h"
#include "qemu_dbus/display_provider.h"

namespace oriel::qemu_dbus {

/// Asks QEMU over its monitor (QMP) for a private connection to its D-Bus display, and leaves the
/// monitor to others again. Never waits; a monitor that does not greet (another program is
/// connected to it, QEMU is stopped) has its time: to leave would be to lose the place in its
/// queue.
class QmpHandover final : private ConnectListener {
public:
    static constexpr size_t kMaxLine = size_t{256} << 10;
    /// From its greeting to its last answer.
    static constexpr Nanoseconds kAnswers{20'000'000'000};

    /// `loop` and `listener` are lent and must outlive this.
    QmpHandover(EventLoop& loop, std::string path, HandoverListener& listener);
    QmpHandover(const QmpHandover&) = delete;
    QmpHandover& operator=(const QmpHandover&) = delete;

    /// Begins; `other_than`: a process whose display is not wanted (0: none).
    void start(pid_t other_than);
    /// Who listens on the monitor's socket; 0 before it is known.
    [[nodiscard]] pid_t process() const { return process_; }
    /// It has failed because the monitor has greeted, and then not answered.
    [[nodiscard]] bool silent() const { return silent_; }

private:
    enum class Step : uint8_t { kGreeting, kCapabilities, kNamed, kUnnamed, kGetFd, kAddClient };

    void connect_ended(Result<UniqueFd> socket) override;
    void readable();
    [[nodiscard]] bool handle(std::string_view line);
    void next();
    void send(std::string_view command, int fd = -1);
    void fail(const std::string& why);

    EventLoop& loop_;
    const std::string path_;
    HandoverListener& listener_;
    ConnectAttempt attempt_{static_cast<ConnectListener&>(*this)};
    /// Whose display is not wanted.
    pid_t other_than_ = 0;
    UniqueFd monitor_;
    FdWatch watch_;
    pid_t process_ = 0;
    Step step_ = Step::kGreeting;
    std::string input_;
    bool touch_ = false;
    bool silent_ = false;
    Timer answers_;
    UniqueFd ours_;
};

}  // namespace oriel::qemu_dbus
