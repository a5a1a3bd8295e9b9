// SPDX-License-Identifier: MIT
#include "input/qmp_target.h"

#include <linux/input-event-codes.h>

#include <array>
#include <cerrno>
#include <optional>
#include <utility>

#include "core/local_socket.h"
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
constexpr Nanoseconds kRetry{1'000'000'000};
/// After somebody who doesn't speak QMP.
constexpr Nanoseconds kRetryGarbage{10'000'000'000};
/// A QEMU that answers nothing for so long is taken for one that hangs.
constexpr Nanoseconds kPatience{5'000'000'000};
/// Whether the guest has got, or lost, an absolute pointer: there is no event for it. Asked so
/// often while a guest may be booting, and afterwards only while the pointer moves.
constexpr Nanoseconds kAskMice{2'000'000'000};
constexpr Nanoseconds kBoot{180'000'000'000};

}  // namespace

class QmpTarget::Impl {
public:
    enum class Role : uint8_t { kKeyboard, kPointer, kMouse };

    /// One of QEMU's devices as the router sees it; all frames go one way.
    class Device final : public EventTarget {
    public:
        Device(Impl& impl, Role role) : impl_{impl}, role_{role} {}
        [[nodiscard]] bool ready() const override { return impl_.ready(role_); }
        void event(const Event& event) override { impl_.event(event); }
        void sync(TimePoint since) override { impl_.sync(since, role_); }

    private:
        Impl& impl_;
        const Role role_;
    };

    Impl(EventLoop& loop, std::string path) : loop_{loop}, path_{std::move(path)} { connect(); }

    [[nodiscard]] QmpStats stats() const {
        QmpStats stats = stats_;
        stats.connected = state_ == State::kReady;
        stats.absolute = stats.connected && mice_.absolute;
        stats.dropped += backlog_.dropped();
        return stats;
    }

    Device keyboard{*this, Role::kKeyboard};
    Device pointer{*this, Role::kPointer};
    Device mouse{*this, Role::kMouse};

private:
    enum class State : uint8_t { kAway, kGreeting, kNegotiating, kReady };

    [[nodiscard]] bool ready(Role role) const;
    void event(const Event& event);
    void sync(TimePoint since, Role role);

    void connect();
    void lost(const std::string& why, Nanoseconds retry);
    void happened(FdEvents events);
    [[nodiscard]] bool receive();
    [[nodiscard]] bool handle(const qmp::Message& message);
    void answered(const qmp::Message& message);
    void become_ready();
    void machine_starts();
    void ask_mice();
    void ask_mice_again();
    void deliver();
    void command(const std::string& line);
    void flush();
    void patience_over();
    void say_once(const std::string& line);

    EventLoop& loop_;
    const std::string path_;
    State state_ = State::kAway;
    UniqueFd socket_;
    FdWatch watch_;
    std::string input_;
    std::string output_;
    uint64_t last_id_ = 0;
    size_t unanswered_ = 0;
    bool hangs_ = false;
    qmp::Message::Mice mice_;
    std::optional<TimePoint> mice_asked_;
    TimePoint booted_{};  // when the machine is thought to be
    FrameBacklog backlog_;
    /// What QEMU's devices had down when the connection was lost.
    DeviceState left_down_;
    QmpStats stats_;
    std::string said_;  // the last line about the connection: told once
    Timer retry_{loop_, [this] { connect(); }};
    Timer mice_timer_{loop_, [this] { ask_mice_again(); }};
    Timer patience_{loop_, [this] { patience_over(); }};
};

bool QmpTarget::Impl::ready(Role role) const {
    if (state_ != State::kReady || hangs_) {
        return false;
    }
    switch (role) {
        case Role::kPointer:
            return mice_.absolute;
        case Role::kMouse:
            return mice_.relative;
        case Role::kKeyboard:
            break;
    }
    return true;
}

void QmpTarget::Impl::event(const Event& event) {
    if (state_ != State::kReady) {
        ++stats_.dropped;
    } else if (qmp::translates(event)) {
        if (backlog_.add(event)) {
            backlog_.end_frame(loop_.clock().now());
        }
    } else if (event.type != EV_REL) {
        // High-resolution wheels come with whole notches, too.
        ++stats_.untranslatable;
    }
}

void QmpTarget::Impl::sync(TimePoint since, Role role) {
    if (state_ != State::kReady) {
        return;
    }
    backlog_.end_frame(since);
    if (role != Role::kKeyboard && mice_asked_ && loop_.clock().now() - *mice_asked_ >= kAskMice) {
        ask_mice();
    }
    deliver();
}

void QmpTarget::Impl::connect() {
    auto socket = connect_local(path_);
    if (!socket) {
        lost(socket.error().message(), kRetry);
        return;
    }
    socket_ = std::move(*socket);
    auto watch =
        loop_.watch(socket_.get(), FdEvents::kRead, [this](FdEvents events) { happened(events); });
    if (!watch) {
        lost(watch.error().message(), kRetry);
        return;
    }
    watch_ = std::move(*watch);
    state_ = State::kGreeting;
    patience_.arm_after(kPatience);
}

/// QEMU restarts, or starts later than this: goes on trying.
void QmpTarget::Impl::lost(const std::string& why, Nanoseconds retry) {
    say_once(fmt::format("{}; trying again", why));
    if (state_ == State::kReady) {
        left_down_ = backlog_.told();
    }
    state_ = State::kAway;
    watch_.reset();
    socket_.reset();
    input_.clear();
    output_.clear();
    unanswered_ = 0;
    hangs_ = false;
    mice_ = {};
    mice_asked_.reset();
    mice_timer_.disarm();
    backlog_.clear();
    patience_.disarm();
    retry_.arm_after(retry);
}

void QmpTarget::Impl::say_once(const std::string& line) {
    if (std::exchange(said_, line) != line) {
        log_info(kArea, "{}", line);
    }
}

void QmpTarget::Impl::happened(FdEvents events) {
    if (events & FdEvents::kRead) {
        if (!receive()) {
            return;
        }
    } else if ((events & FdEvents::kHangUp) || (events & FdEvents::kError)) {
        lost(fmt::format("{}: closed by QEMU", path_), kRetry);
        return;
    }
    deliver();
}

/// One read a turn of the loop. False if the connection is over.
bool QmpTarget::Impl::receive() {
    std::array<char, 8192> buffer;
    const auto received = receive_with_fd(socket_.get(), buffer);
    if (!received) {
        if (received.error().code == EAGAIN || received.error().code == EINTR) {
            return true;
        }
        lost(fmt::format("{}: {}", path_, received.error().message()), kRetry);
        return false;
    }
    if (received->bytes == 0) {
        lost(fmt::format("{}: closed by QEMU", path_), kRetry);
        return false;
    }
    input_.append(buffer.data(), received->bytes);
    size_t start = 0;
    for (size_t end = input_.find('\n'); end != std::string::npos; end = input_.find('\n', start)) {
        // A copy: what is handled may end the connection.
        const std::string line = input_.substr(start, end - start);
        start = end + 1;
        if (!handle(qmp::parse(line))) {
            return false;
        }
    }
    input_.erase(0, start);
    if (input_.size() > kMaxLine) {
        ++stats_.garbage;
        lost(fmt::format("{}: a line is longer than {} bytes", path_, kMaxLine), kRetryGarbage);
        return false;
    }
    return true;
}

bool QmpTarget::Impl::handle(const qmp::Message& message) {
    using Kind = qmp::Message::Kind;
    const bool expected = state_ == State::kGreeting ? message.kind == Kind::kGreeting
                                                     : message.kind != Kind::kGreeting;
    if (message.kind == Kind::kGarbage || !expected) {
        ++stats_.garbage;
        lost(fmt::format("{}: whoever is there speaks no QMP", path_), kRetryGarbage);
        return false;
    }
    if (message.kind == Kind::kGreeting) {
        state_ = State::kNegotiating;
        command(qmp::capabilities(++last_id_));
    } else if (message.kind != Kind::kEvent) {
        answered(message);
    } else if (state_ == State::kReady && message.text == "RESET") {
        machine_starts();
    }
    // Sending may have found the connection closed.
    return state_ != State::kAway;
}

void QmpTarget::Impl::answered(const qmp::Message& message) {
    if (message.id == 0 || message.id > last_id_ || unanswered_ == 0) {
        return;  // nobody's
    }
    --unanswered_;
    if (std::exchange(hangs_, false)) {
        say_once(fmt::format("{}: QEMU answers again", path_));
    }
    if (unanswered_ > 0) {
        patience_.arm_after(kPatience);
    } else {
        patience_.disarm();
    }
    if (message.kind == qmp::Message::Kind::kError) {
        ++stats_.errors;
        if (state_ == State::kNegotiating) {
            lost(fmt::format("{}: QEMU refuses: {}", path_, printable(message.text)),
                 kRetryGarbage);
            return;
        }
        log_debug(kArea, "{}: {}", path_, printable(message.text));
    } else if (message.mice) {
        mice_ = *message.mice;
    }
    if (state_ == State::kNegotiating) {
        become_ready();
    }
}

void QmpTarget::Impl::become_ready() {
    state_ = State::kReady;
    ++stats_.connects;
    say_once(fmt::format("{}: input goes to QEMU's own devices where virtio's aren't used", path_));
    // Perhaps it is the same machine, where keys are still down.
    for (const Event& event : std::exchange(left_down_, {}).events_to({})) {
        if (event.type == EV_KEY) {
            const std::string release = qmp::send_events(++last_id_, std::span{&event, 1});
            if (!release.empty()) {
                command(release);
            }
        }
    }
    machine_starts();
}

void QmpTarget::Impl::machine_starts() {
    booted_ = loop_.clock().now() + kBoot;
    ask_mice_again();
}

void QmpTarget::Impl::ask_mice_again() {
    ask_mice();
    deliver();
    if (state_ == State::kReady && loop_.clock().now() < booted_) {
        mice_timer_.arm_after(kAskMice);
    }
}

void QmpTarget::Impl::ask_mice() {
    mice_asked_ = loop_.clock().now();
    if (unanswered_ < kMaxUnanswered) {
        command(qmp::query_mice(++last_id_));
    }
}

void QmpTarget::Impl::deliver() {
    while (state_ == State::kReady && unanswered_ < kMaxUnanswered) {
        const FrameBacklog::Frame* frame = backlog_.front(loop_.clock().now());
        if (frame == nullptr) {
            break;
        }
        const size_t count = frame->events.size();
        const std::string line = qmp::send_events(last_id_ + 1, frame->events);
        static_cast<void>(backlog_.sent(count));
        if (!line.empty()) {
            ++last_id_;
            command(line);
        }
    }
    if (state_ != State::kAway) {
        flush();
    }
}

void QmpTarget::Impl::command(const std::string& line) {
    ++stats_.commands;
    if (unanswered_++ == 0) {
        patience_.arm_after(kPatience);
    }
    output_ += line;
}

void QmpTarget::Impl::flush() {
    while (!output_.empty()) {
        const auto sent = send_with_fd(socket_.get(), output_, -1);
        if (!sent) {
            lost(fmt::format("{}: {}", path_, sent.error().message()), kRetry);
            return;
        }
        if (*sent == 0) {
            break;
        }
        output_.erase(0, *sent);
    }
    watch_.set_events(output_.empty() ? FdEvents::kRead : FdEvents::kRead | FdEvents::kWrite);
}

void QmpTarget::Impl::patience_over() {
    // The connection stays: a monitor that another client uses, or a QEMU that is busy, comes back.
    say_once(fmt::format("{}: QEMU doesn't answer", path_));
    hangs_ = true;
}

QmpTarget::QmpTarget(EventLoop& loop, std::string path)
    : impl_{std::make_unique<Impl>(loop, std::move(path))} {}

QmpTarget::~QmpTarget() = default;

EventTarget& QmpTarget::keyboard() {
    return impl_->keyboard;
}

EventTarget& QmpTarget::pointer() {
    return impl_->pointer;
}

EventTarget& QmpTarget::mouse() {
    return impl_->mouse;
}

QmpStats QmpTarget::stats() const {
    return impl_->stats();
}

}  // namespace oriel::input
