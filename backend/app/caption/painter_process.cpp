// SPDX-License-Identifier: MIT
#include "caption/painter_process.h"

#include <fcntl.h>
#include <fmt/format.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <unistd.h>

#include <algorithm>
#include <array>
#include <cerrno>
#include <cstring>
#include <utility>
#include <vector>

#include "caption/painter_wire.h"
#include "net/local_socket.h"
#include "net/own_program.h"

namespace oriel::app {
namespace {

constexpr size_t kPixel = 4;

/// What the painter says is checked against the file that came with it.
Result<wayland::TextImage> checked(const PaintReply& reply, UniqueFd pixels) {
    if (reply.width == 0) {
        return host_error("there is no font, or no memory");
    }
    struct stat status = {};
    const bool fits =
        reply.width <= kMaxPaintedSide && reply.height <= kMaxPaintedSide && reply.height != 0 &&
        reply.stride >= reply.width * kPixel &&
        reply.stride <= size_t{2} * kMaxPaintedSide * kPixel && pixels &&
        ::fstat(pixels.get(), &status) == 0 &&
        static_cast<uint64_t>(status.st_size) >= uint64_t{reply.stride} * reply.height;
    const int seals = fits ? ::fcntl(pixels.get(), F_GET_SEALS) : -1;
    if (seals < 0 || (seals & F_SEAL_SHRINK) == 0) {
        return host_error("{} gave an image that is none", kPainterProgram);
    }
    return wayland::TextImage{std::move(pixels), {reply.width, reply.height}, reply.stride};
}

}  // namespace

std::string painter_program() {
    return helper_program(kPainterProgram);
}

PainterProcess::PainterProcess(EventLoop& loop, std::string program)
    : loop_{loop},
      program_{std::move(program)},
      timer_{loop, [this] { time_is_up(); }},
      next_{loop, [this] { next(); }} {}

PainterProcess::~PainterProcess() = default;

void PainterProcess::paint(wayland::TextRequest request, Weak<wayland::TextReceiver> receiver) {
    // Those of windows that are gone, but for the one that is with the painter.
    jobs_.erase(std::remove_if(jobs_.begin() + (painting_ ? 1 : 0), jobs_.end(),
                               [](const Job& job) { return job.receiver.get() == nullptr; }),
                jobs_.end());
    if (jobs_.size() >= kMaxWaiting) {
        return;
    }
    if (request.text.size() > kMaxPaintedText) {
        request.text.resize(kMaxPaintedText);
    }
    jobs_.push_back({std::move(request), std::move(receiver)});
    next_.schedule();
}

void PainterProcess::next() {
    if (painting_ || jobs_.empty()) {
        return;
    }
    if (loop_.clock().now() < pause_until_) {
        answer(host_error("texts could not be painted just now"));
        return;
    }
    if (const auto started = socket_ ? Result<void>{} : start(); !started) {
        fail(started.error());
        return;
    }
    if (const auto sent = send(jobs_.front().request); !sent) {
        fail(sent.error());
        return;
    }
    painting_ = true;
    timer_.arm_after(kPatience);
}

Result<void> PainterProcess::start() {
    auto sockets = make_helper_sockets();
    if (!sockets) {
        return tl::unexpected(sockets.error());
    }
    auto watch =
        loop_.watch(sockets->ours.get(), FdEvents::kRead, [this](FdEvents) { readable(); });
    if (!watch) {
        return tl::unexpected(watch.error());
    }
    watch_ = std::move(*watch);
    socket_ = std::move(sockets->ours);
    auto child = HelperProcess::start(loop_, HelperKind::kPainter, program_, sockets->theirs);
    if (!child) {
        return tl::unexpected(child.error());
    }
    child_ = std::move(*child);
    return {};
}

Result<void> PainterProcess::send(const wayland::TextRequest& request) {
    const PaintRequest head{request.height, request.max_width, request.step};
    std::vector<char> message(sizeof head + request.text.size());
    std::memcpy(message.data(), &head, sizeof head);
    std::memcpy(message.data() + sizeof head, request.text.data(), request.text.size());
    const auto sent = send_with_fd(socket_.get(), message, -1);
    if (!sent) {
        return tl::unexpected(sent.error());
    }
    if (*sent != message.size()) {
        return host_error("{} does not read", program_);
    }
    return {};
}

void PainterProcess::readable() {
    Result<wayland::TextImage> image = receive();
    if (!painting_) {
        stop();  // it has ended, or says what nobody has asked for
        return;
    }
    if (!image) {
        fail(image.error());
        return;
    }
    painting_ = false;
    timer_.arm_after(kIdle);
    answer(std::move(image));
}

Result<wayland::TextImage> PainterProcess::receive() {
    PaintReply reply;
    std::array<char, sizeof reply> bytes;
    auto received = receive_with_fd(socket_.get(), bytes);
    if (!received) {
        return tl::unexpected(received.error());
    }
    if (received->bytes != sizeof reply) {
        return host_error("{} has ended", program_);
    }
    std::memcpy(&reply, bytes.data(), sizeof reply);
    return checked(reply, std::move(received->fd));
}

void PainterProcess::time_is_up() {
    if (painting_) {
        fail(host_error("{} does not answer", program_).value());
    } else {
        stop();
    }
}

/// A painter that still runs is killed.
void PainterProcess::stop() {
    timer_.disarm();
    watch_.reset();
    socket_.reset();
    child_.reset();
    painting_ = false;
}

void PainterProcess::fail(const HostError& error) {
    stop();
    pause_until_ = loop_.clock().now() + kPause;
    const std::string why = error.message();
    if (std::exchange(said_, why) != why && log_limiter_.admit(loop_.clock().now())) {
        log_warn("app", "no text is shown over the picture: {}", why);
    }
    answer(tl::unexpected(error));
}

/// The first one's; the others come in the next turn.
void PainterProcess::answer(Result<wayland::TextImage> image) {
    const Job job = std::move(jobs_.front());
    jobs_.pop_front();
    if (!jobs_.empty()) {
        next_.schedule();
    }
    if (wayland::TextReceiver* const receiver = job.receiver.get()) {
        receiver->text_painted(std::move(image));
    }
}

}  // namespace oriel::app
