// SPDX-License-Identifier: MIT
#pragma once

#include <cstdint>
#include <deque>
#include <map>
#include <optional>
#include <string>
#include <string_view>
#include <utility>

#include "core/event_loop.h"
#include "core/log.h"
#include "core/unique_fd.h"
#include "net/descriptor_store.h"

namespace oriel::app {

/// What a service manager (systemd) has put into the environment of this process.
struct ServiceEnvironment {
    /// $NOTIFY_SOCKET: a path, or an abstract name that begins with '@'. Empty: nobody is told.
    std::string socket;
    /// $WATCHDOG_USEC: at least that often the manager wants to hear that the process is alive.
    std::optional<Nanoseconds> watchdog{};
    /// $FDSTORE: it keeps descriptors beyond this process' end. systemd sets it from version 254
    /// on, for earlier ones the unit does.
    bool stores = false;

    /// The variables are taken away, so that no child speaks for this process.
    [[nodiscard]] static ServiceEnvironment take();
};

/// Tells the service manager how this process is: the protocol of sd_notify(3), without libsystemd,
/// whose call blocks while the manager doesn't read. What a manager has no room for is told again
/// later; a sign of life is lost, and the next one comes anyway.
///
/// A sign of life is a deferred call that a timer has asked for: a loop that hangs, in a callback
/// or in a turn without end, gives none.
///
/// It keeps descriptors (FDSTORE), which the next process of the service finds. What it has not
/// heard of when this one ends is missing there.
class ServiceManager final : public DescriptorStore {
public:
    /// Whatever a VMM or a compositor does, the manager hears of it so often at most.
    static constexpr Nanoseconds kStatusEvery{1'000'000'000};
    /// Descriptors that it is told of at once, and how often it is told of one more.
    static constexpr uint32_t kStoreBurst = 64;
    static constexpr Nanoseconds kStoreEvery{20'000'000};

    /// `loop` is lent and must outlive this.
    ServiceManager(EventLoop& loop, ServiceEnvironment environment);
    ServiceManager(const ServiceManager&) = delete;
    ServiceManager& operator=(const ServiceManager&) = delete;
    /// Tells that the process ends.
    ~ServiceManager();

    /// Somebody asks, and `message` is worth making.
    [[nodiscard]] bool listens() const { return static_cast<bool>(socket_); }
    /// What is stored outlives this process.
    [[nodiscard]] bool stores() const { return listens() && environment_.stores; }
    /// Only if stores().
    void store(const std::string& name, int fd) override;
    void adopt(const std::string& name) override;
    void forget(const std::string& name) override;
    /// An earlier process has stored it; unless this one has adopted it, it goes.
    void forget_unused(const std::string& name);
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
    void order(const std::string& name, UniqueFd fd);
    void carry_out();
    [[nodiscard]] bool tell_of(const std::string& name, int fd);

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

    /// By name, how many use it.
    std::map<std::string, uint32_t> uses_;
    /// What the manager has not heard yet: no descriptor means that it goes.
    std::deque<std::pair<std::string, UniqueFd>> orders_;
    LogLimiter store_budget_{kStoreBurst, kStoreEvery};
    Timer store_timer_;
    bool store_waits_ = false;  // for that timer
};

}  // namespace oriel::app
