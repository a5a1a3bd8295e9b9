// SPDX-License-Identifier: MIT
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

#include "core/event_loop.h"
#include "core/unique_fd.h"

namespace oriel::app {

/// What a service manager (systemd) has put into the environment of this process.
struct ServiceEnvironment {
    /// $NOTIFY_SOCKET: a path, or an abstract name that begins with '@'. Empty: nobody is told.
    std::string socket;
    /// $WATCHDOG_USEC: at least that often the manager wants to hear that the process is alive.
    std::optional<Nanoseconds> watchdog;

    /// The variables are taken away, so that no child speaks for this process.
    [[nodiscard]] static ServiceEnvironment take();
};

/// Tells the service manager how this process is: the protocol of sd_notify(3), without libsystemd,
/// whose call blocks while the manager doesn't read. What a manager has no room for is told again
/// later; a sign of life is lost, and the next one comes anyway.
///
/// A sign of life is a deferred call that a timer has asked for: a loop that hangs, in a callback
/// or in a turn without end, gives none.
class ServiceManager final {
public:
    /// Whatever a VMM or a compositor does, the manager hears of it so often at most.
    static constexpr Nanoseconds kStatusEvery{1'000'000'000};

    /// `loop` is lent and must outlive this.
    ServiceManager(EventLoop& loop, ServiceEnvironment environment);
    ServiceManager(const ServiceManager&) = delete;
    ServiceManager& operator=(const ServiceManager&) = delete;
    /// Tells that the process ends.
    ~ServiceManager();

    /// Somebody asks, and `message` is worth making.
    [[nodiscard]] bool listens() const { return static_cast<bool>(socket_); }
    /// The service is up. Only the first call counts.
    void ready();
    /// One line for `systemctl status`. The newest counts.
    void status(std::string line);

private:
    /// Whether it was taken.
    bool tell(std::string_view message);
    /// What is left to be told.
    void catch_up();
    void live();

    EventLoop& loop_;
    const ServiceEnvironment environment_;
    UniqueFd socket_;
    enum class Ready : uint8_t { kNotYet, kToTell, kTold };
    Ready ready_ = Ready::kNotYet;
    std::string status_;
    std::string told_status_;
    TimePoint next_at_{};
    Timer catch_up_;
    Timer life_timer_;
    DeferredCall life_;
};

}  // namespace oriel::app
