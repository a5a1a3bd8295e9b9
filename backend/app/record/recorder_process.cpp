// SPDX-License-Identifier: MIT
#include "record/recorder_process.h"

#include <fmt/format.h>
#include <poll.h>
#include <sys/socket.h>

#include <array>
#include <cerrno>
#include <chrono>
#include <cstring>
#include <utility>
#include <vector>

#include "core/text.h"
#include "net/local_socket.h"
#include "net/own_program.h"

namespace oriel::app {

std::string recorder_program() {
    return helper_program(kRecorderProgram);
}

RecorderProcess::RecorderProcess(EventLoop& loop, RecorderListener& listener)
    : loop_{loop}, listener_{listener}, patience_{loop, [this] {
                                                      end(host_error(
                                                          "it was not written to its end within "
                                                          "{} s",
                                                          kPatience.count() / 1'000'000'000));
                                                  }} {}

RecorderProcess::~RecorderProcess() = default;

Result<void> RecorderProcess::start(const std::string& program, RecorderMessage message,
                                    const std::string& name, const UniqueFd& output) {
    auto sockets = make_helper_sockets();
    if (!sockets) {
        return tl::unexpected(sockets.error());
    }
    UniqueFd own = std::move(sockets->ours);
    auto watch = loop_.watch(own.get(), FdEvents::kRead, [this](FdEvents) { readable(); });
    if (!watch) {
        return tl::unexpected(watch.error());
    }
    auto child = HelperProcess::start(loop_, HelperKind::kRecorder, program, sockets->theirs);
    if (!child) {
        return tl::unexpected(child.error());
    }
    message.kind = ToRecorder::kStart;
    std::vector<char> bytes(sizeof message + std::min(name.size(), kMaxRecordName));
    std::memcpy(bytes.data(), &message, sizeof message);
    std::memcpy(bytes.data() + sizeof message, name.data(), bytes.size() - sizeof message);
    const auto sent = send_with_fd(own.get(), bytes, output.get());
    if (!sent || *sent != bytes.size()) {
        return host_error("{} does not take its file", program);
    }
    child_ = std::move(*child);
    watch_ = std::move(*watch);
    socket_ = std::move(own);
    return {};
}

void RecorderProcess::send(const RecorderMessage& message, int file) {
    std::array<char, sizeof message> bytes;
    std::memcpy(bytes.data(), &message, sizeof message);
    // The socket has room for as many messages as there are slots.
    const auto sent = send_with_fd(socket_.get(), bytes, file);
    if (!sent || *sent != bytes.size()) {
        readable();  // why it has ended
        end(host_error("{} does not take its frames", kRecorderProgram));
    }
}

void RecorderProcess::stop(int64_t time_ns) {
    if (!ended()) {
        send({.kind = ToRecorder::kStop, .time_ns = time_ns});
    }
}

void RecorderProcess::expect_end() {
    patience_.arm_after(kPatience);
    end_expected_ = std::chrono::steady_clock::now();
}

void RecorderProcess::readable() {
    while (!ended() && take_reply()) {
    }
}

bool RecorderProcess::take_reply() {
    RecorderReply reply;
    std::array<char, sizeof reply + kMaxRecordError> bytes;
    const auto received = receive_with_fd(socket_.get(), bytes);
    if (!received && (received.error().code == EAGAIN || received.error().code == EINTR)) {
        return false;
    }
    if (!received && received.error().code == ECONNRESET) {
        return true;  // it has ended with frames unread; what it has said before comes now
    }
    if (!received || received->bytes < sizeof reply) {
        end(host_error("{} ended before the recording did", kRecorderProgram));
        return false;
    }
    std::memcpy(&reply, bytes.data(), sizeof reply);
    listener_.slot_written(reply.slot, reply.frames, reply.left_out);
    if (reply.kind == FromRecorder::kEnded) {
        const std::string why =
            printable(std::string{bytes.data() + sizeof reply, received->bytes - sizeof reply});
        end(why.empty() ? Result<void>{} : host_error("{}", why));
    }
    return true;
}

/// One that still runs is killed.
void RecorderProcess::end(const Result<void>& how) {
    if (ended()) {
        return;
    }
    patience_.disarm();
    watch_.reset();
    socket_.reset();
    if (!how) {
        child_.reset();
    }
    listener_.recorder_ended(how);
}

void RecorderProcess::wait_for_end() {
    const auto deadline = end_expected_ + kPatience;
    while (!ended()) {
        readable();
        const auto left = std::chrono::ceil<std::chrono::milliseconds>(
            deadline - std::chrono::steady_clock::now());
        if (ended()) {
            return;
        }
        if (left.count() <= 0) {
            end(host_error("there was no time to write it to its end"));
            return;
        }
        pollfd watched{socket_.get(), POLLIN, 0};
        static_cast<void>(::poll(&watched, 1, static_cast<int>(left.count())));
    }
}

}  // namespace oriel::app
