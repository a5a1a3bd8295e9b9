// SPDX-License-Identifier: MIT
#include "input/qmp_target.h"

#include <linux/input-event-codes.h>

#include <utility>

#include "core/log.h"
#include "core/text.h"
#include "frame_backlog.h"
#include "qmp_message.h"

namespace oriel::input {
namespace {

constexpr const char* kArea = "qmp";

/// What input needs of QEMU is short; its events may be longer.
constexpr size_t kMaxLine = size_t{64} << 10;
/// Commands that QEMU hasn't answered; then frames wait here.
constexpr size_t kMaxUnanswered = 16;
/// More than the releases of a whole keyboard; nobody who reads leaves that.
constexpr size_t kMaxUnsent = size_t{256} << 10;
/// After somebody who doesn't speak QMP.
constexpr Nanoseconds kRetryGarbage{10'000'000'000};
/// A QEMU that answers nothing for so long is taken for one that hangs.
constexpr Nanoseconds kPatience{5'000'000'000};
/// Whether the guest has got, or lost, an absolute pointer: there is no event for it. Asked so
/// often while a guest may be booting, and afterwards only while the pointer moves.
constexpr Nanoseconds kAskMice{2'000'000'000};
constexpr Nanoseconds kBoot{180'000'000'000};
/// A guest that a key hasn't woken after this is woken by QEMU itself: not every machine has a
/// keyboard that can.
constexpr Nanoseconds kWakesByItself{250'000'000};

}  // namespace

QmpTarget::QmpTarget(EventLoop& loop, std::string path)
    : loop_{loop},
      backlog_{std::make_unique<FrameBacklog>()},
      client_{loop, std::move(path), {.area = kArea, .server = "QEMU"}, *this} {}

QmpTarget::~QmpTarget() = default;

QmpStats QmpTarget::stats() const {
    QmpStats stats = stats_;
    stats.connected = state_ == State::kReady;
    stats.absolute = stats.connected && absolute_;
    stats.suspended = suspended_;
    stats.dropped += backlog_->dropped();
    return stats;
}

Hearing QmpTarget::Device::hearing() const {
    if (!ready()) {
        return Hearing::kNobody;
    }
    return target_.suspended_ ? Hearing::kWakes : Hearing::kDriver;
}

bool QmpTarget::ready(Role role) const {
    if (state_ != State::kReady || hangs_) {
        return false;
    }
    switch (role) {
        case Role::kPointer:
            return absolute_;
        case Role::kMouse:
            return relative_;
        case Role::kKeyboard:
            break;
    }
    return true;
}

void QmpTarget::event(const Event& event) {
    if (state_ != State::kReady) {
        ++stats_.dropped;
        return;
    }
    if (suspended_ && event.type == EV_KEY && event.value != 0 && !wake_timer_.deadline()) {
        wake_timer_.arm_after(kWakesByItself);
    }
    if (qmp::translates(event)) {
        if (backlog_->add(event)) {
            backlog_->end_frame(loop_.clock().now());
        }
    } else if (event.type != EV_REL) {
        // High-resolution wheels come with whole notches, too.
        ++stats_.untranslatable;
    }
}

void QmpTarget::sync(TimePoint since, Role role) {
    if (state_ != State::kReady) {
        return;
    }
    backlog_->end_frame(since);
    if (role != Role::kKeyboard && mice_asked_ && loop_.clock().now() - *mice_asked_ >= kAskMice) {
        ask_mice();
    }
    deliver();
}

void QmpTarget::connected() {
    state_ = State::kGreeting;
    patience_.arm_after(kPatience);
}

/// QEMU restarts, or starts later than this.
void QmpTarget::lost() {
    if (state_ == State::kReady) {
        releases_ = backlog_->told().events_to({});
    }
    state_ = State::kAway;
    input_.clear();
    unanswered_.clear();
    mice_id_ = 0;
    hangs_ = false;
    suspended_ = false;
    wake_timer_.disarm();
    absolute_ = false;
    relative_ = false;
    mice_asked_.reset();
    mice_timer_.disarm();
    backlog_->clear();
    patience_.disarm();
}

void QmpTarget::received(std::string_view bytes) {
    input_ += bytes;
    size_t start = 0;
    for (size_t end = input_.find('\n'); end != std::string::npos; end = input_.find('\n', start)) {
        // A copy: what is handled may end the connection.
        const std::string line = input_.substr(start, end - start);
        start = end + 1;
        if (!handle(qmp::parse(line))) {
            return;
        }
    }
    input_.erase(0, start);
    if (input_.size() > kMaxLine) {
        ++stats_.garbage;
        client_.drop(fmt::format("{}: a line is longer than {} bytes", client_.path(), kMaxLine),
                     kRetryGarbage);
        return;
    }
    deliver();
}

bool QmpTarget::handle(const qmp::Message& message) {
    using qmp::Message;
    const bool expected =
        (state_ == State::kGreeting) == (message.kind == Message::Kind::kGreeting);
    if (message.kind == Message::Kind::kGarbage || !expected) {
        ++stats_.garbage;
        client_.drop(fmt::format("{}: whoever is there speaks no QMP", client_.path()),
                     kRetryGarbage);
        return false;
    }
    if (message.kind == Message::Kind::kGreeting) {
        state_ = State::kNegotiating;
        ++last_id_;
        command(last_id_, qmp::capabilities(last_id_));
    } else if (message.kind != Message::Kind::kEvent) {
        answered(message);
    } else if (state_ == State::kReady) {
        happened(message.text);
    }
    // Sending may have found the connection closed.
    return state_ != State::kAway;
}

void QmpTarget::happened(const std::string& event) {
    if (event == "SUSPEND") {
        suspended_ = true;
    } else if (event == "WAKEUP" || event == "RESET") {
        suspended_ = false;
        wake_timer_.disarm();
    }
    if (event == "RESET") {
        machine_starts();
    }
}

/// Nothing that was pressed has woken it.
void QmpTarget::wake() {
    if (suspended_ && state_ == State::kReady && unanswered_.size() < kMaxUnanswered) {
        wake_id_ = ++last_id_;
        command(last_id_, qmp::system_wakeup(last_id_));
        client_.flush();
    }
}

void QmpTarget::answered(const qmp::Message& message) {
    if (std::erase(unanswered_, message.id) == 0) {
        return;  // nobody's, or it has been answered
    }
    mice_id_ = mice_id_ == message.id ? 0 : mice_id_;
    if (std::exchange(hangs_, false)) {
        client_.say_once(fmt::format("{}: QEMU answers again", client_.path()));
    }
    if (!unanswered_.empty()) {
        patience_.arm_after(kPatience);
    } else {
        patience_.disarm();
    }
    if (message.kind == qmp::Message::Kind::kError) {
        ++stats_.errors;
        if (state_ == State::kNegotiating) {
            client_.drop(
                fmt::format("{}: QEMU refuses: {}", client_.path(), printable(message.text)),
                kRetryGarbage);
            return;
        }
        if (suspended_ && message.id == wake_id_) {
            client_.say_once(fmt::format("{}: QEMU can't wake the guest: {}", client_.path(),
                                         printable(message.text)));
        }
        log_debug(kArea, "{}: {}", client_.path(), printable(message.text));
    } else if (message.mice) {
        absolute_ = message.mice->absolute;
        relative_ = message.mice->relative;
    } else if (!message.status.empty()) {
        suspended_ = message.status == "suspended";
    }
    if (state_ == State::kNegotiating) {
        become_ready();
    }
}

void QmpTarget::become_ready() {
    state_ = State::kReady;
    ++stats_.connects;
    client_.say_once(fmt::format("{}: input goes to QEMU's own devices where virtio's aren't used",
                                 client_.path()));
    // Perhaps it is the same machine, where keys are still down.
    for (const Event& event : std::exchange(releases_, {})) {
        if (event.type == EV_KEY) {
            ++last_id_;
            const std::string release = qmp::send_events(last_id_, std::span{&event, 1});
            if (!release.empty()) {
                command(last_id_, release);
            }
        }
    }
    ++last_id_;
    command(last_id_, qmp::query_status(last_id_));
    machine_starts();
}

void QmpTarget::machine_starts() {
    booted_ = loop_.clock().now() + kBoot;
    ask_mice_again();
}

void QmpTarget::ask_mice_again() {
    ask_mice();
    deliver();
    if (state_ == State::kReady && loop_.clock().now() < booted_) {
        mice_timer_.arm_after(kAskMice);
    }
}

void QmpTarget::ask_mice() {
    mice_asked_ = loop_.clock().now();
    if (mice_id_ == 0 && unanswered_.size() < kMaxUnanswered) {
        mice_id_ = ++last_id_;
        command(last_id_, qmp::query_mice(last_id_));
    }
}

void QmpTarget::deliver() {
    while (state_ == State::kReady && unanswered_.size() < kMaxUnanswered) {
        const FrameBacklog::Frame* frame = backlog_->front(loop_.clock().now());
        if (frame == nullptr) {
            break;
        }
        const size_t count = frame->events.size();
        const std::string line = qmp::send_events(last_id_ + 1, frame->events);
        static_cast<void>(backlog_->sent(count));
        if (!line.empty()) {
            ++last_id_;
            command(last_id_, line);
        }
    }
    client_.flush();
    if (client_.unsent() > kMaxUnsent) {
        // It answers, or says that it does, but doesn't read.
        client_.drop(fmt::format("{}: whoever is there doesn't read", client_.path()),
                     kRetryGarbage);
    }
}

void QmpTarget::command(uint64_t id, const std::string& line) {
    ++stats_.commands;
    if (unanswered_.empty()) {
        patience_.arm_after(kPatience);
    }
    unanswered_.push_back(id);
    client_.queue(line);
}

void QmpTarget::patience_over() {
    // The connection stays: a monitor that another client uses, or a QEMU that is busy, comes back.
    client_.say_once(fmt::format("{}: QEMU doesn't answer", client_.path()));
    hangs_ = true;
}

}  // namespace oriel::input
