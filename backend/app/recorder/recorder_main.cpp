// SPDX-License-Identifier: MIT
// The process that writes one recording. It waits for disks, pipes and encoders, so that the one
// that serves the VM does not. It ends with the recording, or with the one that serves the VM: what
// it has then is finished, as after a stop.
#include <poll.h>
#include <sys/socket.h>
#include <unistd.h>

#include <array>
#include <csignal>
#include <cstdlib>
#include <cstring>
#include <optional>
#include <string_view>
#include <utility>

#include "core/clock.h"
#include "core/mapping.h"
#include "core/memfd.h"
#include "net/local_socket.h"
#include "record/record_wire.h"
#include "recorder/frame_writer.h"

namespace {

using namespace oriel;
using namespace oriel::app;

struct Message {
    RecorderMessage head;
    std::string text;
    UniqueFd file;
};

class Recorder {
public:
    explicit Recorder(int socket) : socket_{socket} {}

    void run() {
        auto first = receive();
        if (!first || first->head.kind != ToRecorder::kStart) {
            return;
        }
        Result<void> done = record(std::move(*first));
        reply(FromRecorder::kEnded, kFrameSlots, done ? std::string{} : done.error().message());
    }

private:
    struct Slot {
        UniqueFd file;
        Mapping memory;
    };

    /// Nothing: the other side has ended, or says what can't be.
    [[nodiscard]] std::optional<Message> receive() const {
        Message message;
        std::array<char, sizeof message.head + kMaxRecordName> bytes;
        auto received = receive_with_fd(socket_, bytes);
        if (!received || received->bytes < sizeof message.head) {
            return std::nullopt;
        }
        std::memcpy(&message.head, bytes.data(), sizeof message.head);
        message.text.assign(bytes.data() + sizeof message.head,
                            received->bytes - sizeof message.head);
        message.file = std::move(received->fd);
        return message;
    }

    [[nodiscard]] Nanoseconds now() const { return clock_.now() - begin_; }

    [[nodiscard]] Result<void> record(Message first) {
        begin_ = TimePoint{Nanoseconds{first.head.time_ns}};
        auto writer =
            recorder::make_writer(first.head.choice, {first.head.width, first.head.height},
                                  {std::move(first.file), std::move(first.text)});
        if (!writer) {
            return tl::unexpected(writer.error());
        }
        writer_ = std::move(*writer);
        for (;;) {
            if (auto passed = wait_for_message(); !passed) {
                return passed;
            }
            auto message = receive();
            if (!message || message->head.kind == ToRecorder::kStop) {
                return writer_->finish(message ? Nanoseconds{message->head.time_ns} : now());
            }
            if (auto shown = show(std::move(*message)); !shown) {
                return shown;
            }
        }
    }

    [[nodiscard]] Result<void> wait_for_message() {
        for (;;) {
            const auto due = writer_->due();
            const auto left =
                std::chrono::ceil<std::chrono::milliseconds>(due.value_or(now()) - now());
            pollfd watched{socket_, POLLIN, 0};
            const int wait_ms = static_cast<int>(std::max<int64_t>(left.count(), 0));
            if (::poll(&watched, 1, due ? wait_ms : -1) > 0) {
                return {};
            }
            if (auto passed = writer_->pass(now()); !passed) {
                return passed;
            }
        }
    }

    [[nodiscard]] Result<void> show(Message message) {
        const RecorderMessage& head = message.head;
        const Size size{head.width, head.height};
        if (head.slot >= slots_.size()) {
            return host_error("a frame came without its memory");
        }
        Slot& slot = slots_[head.slot];
        if (message.file) {
            if (!has_fixed_size(message.file.get(), head.slot_bytes)) {
                return host_error("a frame's memory has another size than was said");
            }
            auto memory = Mapping::map(message.file.get(), 0, head.slot_bytes, MapAccess::kRead);
            if (!memory) {
                return tl::unexpected(memory.error());
            }
            slot.memory = std::move(*memory);
        }
        if (size.empty() || size.area() > kMaxFramePixels ||
            slot.memory.size() < size.area() * MemoryBuffer::kBytesPerPixel) {
            return host_error("a frame came without its memory");
        }
        auto shown =
            writer_->show({size, size.width * MemoryBuffer::kBytesPerPixel, slot.memory.bytes()},
                          Nanoseconds{head.time_ns});
        // The one before is needed no more.
        const auto before = std::exchange(shown_, head.slot);
        if (shown) {
            reply(FromRecorder::kWritten, before.value_or(kFrameSlots), {});
        }
        return shown;
    }

    void reply(FromRecorder kind, uint32_t slot, const std::string& text) const {
        RecorderReply head{.kind = kind, .slot = slot};
        if (writer_) {
            head.frames = writer_->frames();
            head.left_out = writer_->left_out();
        }
        std::string bytes(sizeof head, '\0');
        std::memcpy(bytes.data(), &head, sizeof head);
        bytes += std::string_view{text}.substr(0, kMaxRecordError);
        static_cast<void>(send_with_fd(socket_, bytes, -1));
    }

    int socket_;
    SystemClock clock_;
    TimePoint begin_{};
    std::array<Slot, kFrameSlots> slots_;
    std::optional<uint32_t> shown_;
    std::unique_ptr<recorder::FrameWriter> writer_;
};

/// A Ctrl+C on the terminal, and the end of our parent (PR_SET_PDEATHSIG), are no reason to leave
/// the file as it is: the other end of the socket tells. ffmpeg inherits this.
void block_signals() {
    sigset_t signals;
    ::sigemptyset(&signals);
    for (const int signal : {SIGINT, SIGTERM, SIGHUP, SIGPIPE}) {
        ::sigaddset(&signals, signal);
    }
    ::sigprocmask(SIG_BLOCK, &signals, nullptr);
}

}  // namespace

int main(int argc, char** argv) {
    if (argc != 2) {
        return 2;
    }
    block_signals();
    // Where there are few CPUs the guest is to have them: an encoder takes all that there are.
    constexpr int kNicer = 5;
    // Without it a recording costs the guest more, and nothing else changes.
    [[maybe_unused]] const int nicer = ::nice(kNicer);
    Recorder{std::atoi(argv[1])}.run();
    return 0;
}
