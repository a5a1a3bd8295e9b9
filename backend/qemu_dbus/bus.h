// SPDX-License-Identifier: MIT
#pragma once

#include <systemd/sd-bus.h>

#include <cstddef>
#include <memory>
#include <string>

#include "core/event_loop.h"
#include "core/unique_fd.h"
#include "core/unique_handle.h"
#include "core/weak.h"
#include "sasl_client.h"

namespace oriel::qemu_dbus {

using BusHandle = UniqueHandle<sd_bus, sd_bus_close_unref>;
using BusMessage = UniqueHandle<sd_bus_message, sd_bus_message_unref>;

/// Whose connection it is.
class BusListener {
public:
    BusListener() = default;
    BusListener(const BusListener&) = delete;
    BusListener& operator=(const BusListener&) = delete;

    /// Calls can be made; none that has come was handled yet, so objects are to be exported here.
    virtual void bus_ready() = 0;
    /// It is over; `why` is a few words for people. Comes at most once, and nothing after it. The
    /// bus may be destroyed from inside.
    virtual void bus_lost(const std::string& why) = 0;

protected:
    ~BusListener() = default;
};

/// A D-Bus connection on our loop (sd-bus, without its event loop). Nothing here waits.
class Bus {
public:
    /// Messages that the other side hasn't taken; more than these mean that it hangs.
    static constexpr uint64_t kCongested = 64;

    /// The socket leads to one peer, which authenticates us; there is no bus and nobody has a name.
    [[nodiscard]] static std::unique_ptr<Bus> to_peer(EventLoop& loop, UniqueFd socket,
                                                      BusListener& listener);
    /// The socket leads to a message bus (dbus-daemon, dbus-broker).
    [[nodiscard]] static std::unique_ptr<Bus> to_bus(EventLoop& loop, UniqueFd socket,
                                                     BusListener& listener);
    Bus(const Bus&) = delete;
    Bus& operator=(const Bus&) = delete;
    /// Nobody hears of calls that wait for an answer.
    ~Bus();

    /// Null before bus_ready(). Lent; after using it call changed().
    [[nodiscard]] sd_bus* handle() const { return bus_.get(); }
    /// There may be something to send, or another time-out to wait for.
    void changed() { later_.schedule(); }
    [[nodiscard]] bool congested() const;
    /// It was lost because the peer has begun a message of more than 128 MiB, the most that D-Bus
    /// has.
    [[nodiscard]] bool overrun() const { return overrun_; }
    [[nodiscard]] Weak<Bus> weak() const { return self_.get(); }

private:
    Bus(EventLoop& loop, UniqueFd socket, BusListener& listener);

    void talk();
    void begin();
    [[nodiscard]] int start(sd_bus* bus, bool client);
    void process();
    void watch_again();
    void lose(const std::string& why);

    EventLoop& loop_;
    BusListener& listener_;
    /// Until it is sd-bus'.
    UniqueFd socket_;
    std::unique_ptr<SaslClient> sasl_;
    BusHandle bus_;
    FdWatch watch_;
    Timer timeout_;
    DeferredCall later_;
    bool lost_ = false;
    bool overrun_ = false;
    /// Where process() hears that this object has ended meanwhile; null while it doesn't run.
    bool* destroyed_ = nullptr;
    WeakOwner<Bus> self_{this};
};

}  // namespace oriel::qemu_dbus
