// SPDX-License-Identifier: MIT
#pragma once

#include <cstdint>
#include <vector>

#include "core/event_loop.h"
#include "core/log.h"
#include "guest/guest_memory.h"
#include "virtio/device.h"
#include "virtio/virtqueue.h"

namespace oriel::virtio {

/// How a driver is told that something happened: MSI-X vectors on PCI, eventfds on vhost-user.
class DriverNotifier {
public:
    DriverNotifier() = default;
    DriverNotifier(const DriverNotifier&) = delete;
    DriverNotifier& operator=(const DriverNotifier&) = delete;

    /// Interrupts for used buffers of queue `index`. Returns whether there was a way to.
    virtual bool notify_queue(uint16_t index) = 0;
    /// The same for a change of the configuration or of DEVICE_NEEDS_RESET.
    virtual bool notify_config() = 0;

protected:
    ~DriverNotifier() = default;
};

/// The virtqueues of a device, whichever road carries it: which of them run, whether they are
/// served, and what the driver is told when.
///
/// A kick only takes note: the device is called from a deferred call, so that the VMM's write is
/// answered first; there is one call for all kicks until then. Interrupts of one turn of the loop
/// are merged.
///
///              open()                    needs_reset()
///     closed ---------> open (is served) ------------> broken
///        ^  <---------                                   |
///        |     close(), let_go()                         |
///        +---------------------- reset() ----------------+
class QueueSet final : public Transport {
public:
    /// All lent, must outlive this; connects the device.
    QueueSet(EventLoop& loop, const guest::GuestMemory& memory, Device& device,
             DriverNotifier& notifier);

    [[nodiscard]] uint16_t count() const { return static_cast<uint16_t>(queues_.size()); }

    /// Starts queue `index`, which is below count(); a layout that is not allowed, or not in guest
    /// memory, needs a reset.
    void start(uint16_t index, const Virtqueue::Layout& layout);
    /// The same for one that an earlier process has served, see Virtqueue::resume().
    void resume(uint16_t index, const Virtqueue::Layout& layout);
    /// What is in flight is kept there (lent) from now on; nowhere if that is too little.
    void keep(std::span<uint64_t> words);
    /// The same for one queue, in whichever form.
    void keep(uint16_t index, const InFlight& where) { queues_[index].ring.keep(where); }
    /// Stops it; the device forgets its requests.
    void stop(uint16_t index);
    /// Stops one that was started, after the device has answered what it can. Returns where it is
    /// to go on (Layout::resume).
    [[nodiscard]] uint16_t pause(uint16_t index);

    /// The driver is ready: what waits in the queues is looked at.
    void open();
    /// Nothing is processed any more until open(): the driver gave up, or the machine is paused.
    void close() { open_ = false; }
    /// The driver has gone without a reset: its rings are memory of somebody else's now. All queues
    /// stop; closed.
    void let_go();
    /// All queues stop and the device is as after power-on. Closed.
    void reset();
    /// The VMM is gone: what was said about its memory may be said again about the next one's.
    void detached() { memory_problem_told_ = false; }

    /// The driver has put requests into queue `index` (any number: those that don't exist and
    /// those that don't run are ignored).
    void kick(uint32_t index);

    /// A ring was found broken, and there was no reset since.
    [[nodiscard]] bool broken() const { return broken_; }
    [[nodiscard]] uint8_t config_generation() const { return generation_; }

    /// Kicks that reached the device, interrupts raised, rings found broken, and deferred calls
    /// since the start.
    struct Counters {
        uint64_t kicks = 0;
        uint64_t interrupts = 0;
        uint64_t ring_errors = 0;
        uint64_t runs = 0;
    };
    [[nodiscard]] const Counters& counters() const { return counters_; }

    // Transport
    [[nodiscard]] Virtqueue& queue(uint16_t index) override;
    [[nodiscard]] bool served(uint16_t index) const override { return served(queues_[index]); }
    void signal_used(uint16_t index) override;
    void continue_later(uint16_t index) override;
    void look_now(uint16_t index) override;
    void config_changed() override;
    void needs_reset(RingError why) override;

private:
    struct Queue {
        explicit Queue(const guest::GuestMemory& memory) : ring{memory} {}
        Virtqueue ring;
        bool due = false;   // Device::kicked() is to be called
        bool used = false;  // signal_used() since the last interrupt
    };

    [[nodiscard]] bool served(const Queue& queue) const {
        return open_ && !broken_ && queue.ring.running();
    }
    void schedule();
    void run();
    void tell_driver();
    void tell_used(uint16_t index);
    void tell_no_memory(uint64_t descriptors);
    void tell_unread(uint64_t descriptors);

    const Clock& clock_;
    const guest::GuestMemory& memory_;
    Device& device_;
    DriverNotifier& notifier_;
    std::vector<Queue> queues_;  // never grows: devices keep references

    bool open_ = false;
    bool broken_ = false;
    bool config_due_ = false;
    /// run() is on the stack: what is due will be told at its end.
    bool in_run_ = false;
    bool memory_problem_told_ = false;
    uint8_t generation_ = 0;
    Counters counters_;
    LogLimiter log_limiter_;
    /// Finding out why a ring reads as zero takes time.
    LogLimiter question_limiter_{3};
    DeferredCall call_;
};

}  // namespace oriel::virtio
