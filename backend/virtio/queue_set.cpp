// SPDX-License-Identifier: MIT
#include "virtio/queue_set.h"

#include <cassert>
#include <utility>

#include "core/log_fields.h"

namespace oriel::virtio {
namespace {

constexpr const char* kArea = "virtio";

}  // namespace

QueueSet::QueueSet(EventLoop& loop, const guest::GuestMemory& memory, Device& device,
                   DriverNotifier& notifier)
    : clock_{loop.clock()},
      memory_{memory},
      device_{device},
      notifier_{notifier},
      call_{loop, [this] { run(); }} {
    queues_.reserve(device.queue_count());
    for (uint16_t i = 0; i < device.queue_count(); ++i) {
        queues_.emplace_back(memory);
    }
    device.connect(*this);
}

void QueueSet::start(uint16_t index, const Virtqueue::Layout& layout) {
    const RingError error = queue(index).start(layout);
    if (error != RingError::kNone) {
        tell_no_memory(layout.descriptors);
        needs_reset(error);
    }
}

void QueueSet::resume(uint16_t index, const Virtqueue::Layout& layout) {
    if (const RingError error = queue(index).resume(layout); error != RingError::kNone) {
        needs_reset(error);
    }
}

void QueueSet::keep(std::span<uint64_t> words) {
    for (uint16_t i = 0; i < count(); ++i) {
        const size_t wanted = InFlight::words_for(device_.queue_size_max(i));
        const size_t given = wanted <= words.size() ? wanted : 0;
        queues_[i].ring.keep(words.first(given));
        words = words.subspan(given);
    }
}

void QueueSet::stop(uint16_t index) {
    Queue& queue = queues_[index];
    queue.ring.stop();
    queue.due = false;
    queue.used = false;
    device_.queue_reset(index);
}

uint16_t QueueSet::pause(uint16_t index) {
    Queue& queue = queues_[index];
    if (queue.ring.running()) {
        device_.queue_stopping(index);
        tell_used(index);
    }
    const uint16_t next = queue.ring.next_index();
    stop(index);
    return next;
}

void QueueSet::let_go() {
    open_ = false;
    for (uint16_t i = 0; i < count(); ++i) {
        stop(i);
    }
}

void QueueSet::open() {
    open_ = true;
    // Requests may wait since before; a kick that came too early was dropped.
    for (Queue& queue : queues_) {
        queue.due = queue.ring.running();
    }
    schedule();
}

void QueueSet::reset() {
    // Rings first: answers that the device gives while it lets go of its requests go nowhere.
    for (Queue& queue : queues_) {
        queue.ring.stop();
        queue.due = false;
        queue.used = false;
    }
    open_ = false;
    broken_ = false;
    config_due_ = false;
    device_.reset();
}

void QueueSet::kick(uint32_t index) {
    if (index >= queues_.size() || !served(queues_[index])) {
        return;
    }
    Queue& queue = queues_[index];
    ++counters_.kicks;
    queue.due = true;
    // Memory that is lost also reads as zero.
    if (!memory_problem_told_ && queue.ring.looks_unshared() && !memory_.damaged()) {
        tell_unread(queue.ring.layout().descriptors);
    }
    call_.schedule();
}

/// What run() does at its end needs no call of its own.
void QueueSet::schedule() {
    if (!in_run_) {
        call_.schedule();
    }
}

void QueueSet::run() {
    ++counters_.runs;
    in_run_ = true;
    for (uint16_t i = 0; i < count(); ++i) {
        if (std::exchange(queues_[i].due, false)) {
            look_now(i);
        }
    }
    if (open_ && memory_.damaged() && !broken_) {
        needs_reset(RingError::kMemoryLost);
    }
    in_run_ = false;
    tell_driver();
}

void QueueSet::tell_driver() {
    for (uint16_t i = 0; i < count(); ++i) {
        tell_used(i);
    }
    // A driver that isn't there yet reads the configuration when it comes.
    if (std::exchange(config_due_, false) && open_) {
        counters_.interrupts += notifier_.notify_config() ? 1 : 0;
    }
}

void QueueSet::tell_used(uint16_t index) {
    Queue& queue = queues_[index];
    if (std::exchange(queue.used, false) && queue.ring.take_interrupt()) {
        counters_.interrupts += notifier_.notify_queue(index) ? 1 : 0;
    }
}

Virtqueue& QueueSet::queue(uint16_t index) {
    assert(index < queues_.size());
    return queues_[index].ring;
}

void QueueSet::signal_used(uint16_t index) {
    assert(index < queues_.size());
    queues_[index].used = true;
    schedule();
}

void QueueSet::continue_later(uint16_t index) {
    assert(index < queues_.size());
    queues_[index].due = true;
    call_.schedule();
}

void QueueSet::look_now(uint16_t index) {
    assert(index < queues_.size());
    if (served(queues_[index])) {
        device_.kicked(index);
    }
}

void QueueSet::config_changed() {
    ++generation_;
    config_due_ = true;
    schedule();
}

void QueueSet::needs_reset(RingError why) {
    ++counters_.ring_errors;
    if (memory_.damaged()) {
        why = RingError::kMemoryLost;  // zeros in place of a ring look like any error
    }
    if (log_limiter_.admit(clock_.now())) {
        const LogScope scope{{.event = LogEvent::kDeviceFault}};
        log_warn(kArea,
                 "a queue of the guest's driver is broken ({}); the device waits for its reset",
                 to_string(why));
    }
    if (!std::exchange(broken_, true)) {
        config_due_ = true;
        schedule();
    }
}

void QueueSet::tell_no_memory(uint64_t descriptors) {
    // A VMM may come and go as often as it likes.
    if (memory_problem_told_ || !memory_.without_file(descriptors) ||
        !log_limiter_.admit(clock_.now())) {
        return;
    }
    memory_problem_told_ = true;
    log_error(kArea,
              "the guest's memory has no file behind it, so its requests can't be read and its "
              "driver is refused; give the VM a memory backend with share=on");
}

/// The ring reads as zero. A driver may have kicked without a request, too.
void QueueSet::tell_unread(uint64_t descriptors) {
    if (memory_problem_told_ || !question_limiter_.admit(clock_.now())) {
        return;
    }
    const guest::Sharing sharing = memory_.sharing(descriptors);
    if (sharing == guest::Sharing::kShared || !log_limiter_.admit(clock_.now())) {
        return;
    }
    memory_problem_told_ = true;
    if (sharing == guest::Sharing::kPrivate) {
        log_error(
            kArea,
            "the guest's requests read as zero: the VMM has its memory mapped privately, not "
            "shared, so its driver will wait for ever; give the VM's memory backend share=on");
    } else {
        // log: as above
        log_warn(kArea,
                 "the guest's requests read as zero, and so does all of its memory that was looked "
                 "at: if the screen stays dark, give the VM's memory backend share=on");
    }
}

}  // namespace oriel::virtio
