// SPDX-License-Identifier: MIT
#include "net/outside.h"

#include <poll.h>
#include <sys/socket.h>

#include <algorithm>
#include <cerrno>
#include <cstring>
#include <span>
#include <utility>

#include "core/log.h"
#include "net/local_socket.h"

namespace oriel {
namespace {

/// A process is in one sandbox, or in none.
Outside* g_outside = nullptr;

/// For the end of a process: whoever does not answer until then does not at all.
constexpr int kRemovePatienceMs = 1000;
constexpr int kEndPatienceMs = 1000;

std::optional<uint32_t> index_of(const std::vector<std::string>& places, const std::string& path) {
    const auto found = std::find(places.begin(), places.end(), path);
    return found == places.end()
               ? std::nullopt
               : std::optional{static_cast<uint32_t>(std::distance(places.begin(), found))};
}

struct Answer {
    OutsideReply reply;
    UniqueFd fd;
};

/// EAGAIN when nothing is there, something else when the process has ended.
Result<Answer> receive(int socket) {
    Answer answer;
    std::array<char, sizeof answer.reply> bytes{};
    auto received = receive_with_fd(socket, bytes);
    if (!received) {
        return tl::unexpected(received.error());
    }
    if (received->bytes != sizeof answer.reply) {
        return tl::unexpected(HostError{ECONNRESET, "the process outside the sandbox"});
    }
    std::memcpy(&answer.reply, bytes.data(), sizeof answer.reply);
    answer.reply.text.back() = '\0';
    answer.fd = std::move(received->fd);
    return answer;
}

}  // namespace

Outside::Outside(EventLoop& loop, UniqueFd socket, Places places,
                 const std::vector<Child>& children)
    : loop_{loop}, socket_{std::move(socket)}, places_{std::move(places)} {
    const auto begin = [this](const Child& child) {
        const auto begun = send({.work = OutsideWork::kBegin,
                                 .place = static_cast<uint32_t>(child.pid),
                                 .argument = static_cast<uint32_t>(child.end_signal)},
                                child.pidfd);
        if (!begun) {
            throw StartupError{begun.error()};
        }
    };
    for (const Child& child : children) {
        begin(child);
    }
    begin({.pid = 0, .pidfd = -1, .end_signal = 0});
    auto watch = loop_.watch(socket_.get(), FdEvents::kRead, [this](FdEvents) { readable(); });
    if (!watch) {
        throw StartupError{watch.error()};
    }
    watch_ = std::move(*watch);
    g_outside = this;
}

Outside::~Outside() {
    for (const auto& [number, errand] : errands_) {
        errand->number_ = 0;
    }
    g_outside = nullptr;
    // It is killed with this process; at the socket's end it ends by itself, after all that is in
    // there.
    ::shutdown(socket_.get(), SHUT_WR);
    pollfd ready{socket_.get(), POLLIN, 0};
    while (::poll(&ready, 1, kEndPatienceMs) > 0) {
        const auto answer = receive(socket_.get());
        if (!answer && answer.error().code != EINTR) {
            return;
        }
    }
}

Outside* Outside::current() {
    return g_outside;
}

Result<uint32_t> Outside::send(OutsideRequest request, int fd) {
    request.number = ++last_number_;
    if (request.number == 0) {
        request.number = ++last_number_;
    }
    std::array<char, sizeof request> bytes{};
    std::memcpy(bytes.data(), &request, sizeof request);
    const auto sent = send_with_fd(socket_.get(), bytes, fd);
    if (!sent) {
        return tl::unexpected(sent.error());
    }
    if (*sent != sizeof request) {
        return tl::unexpected(HostError{EAGAIN, "ask the process outside the sandbox"});
    }
    return request.number;
}

Result<uint32_t> Outside::start(HelperKind kind, int socket) {
    return send({.work = OutsideWork::kStart, .place = static_cast<uint32_t>(kind)}, socket);
}

void Outside::end(uint32_t helper) {
    static_cast<void>(send({.work = OutsideWork::kEnd, .place = helper}));
}

void Outside::signal(pid_t process, int signal) {
    static_cast<void>(send({.work = OutsideWork::kSignal,
                            .place = static_cast<uint32_t>(process),
                            .argument = static_cast<uint32_t>(signal)}));
}

void Outside::remove(const std::string& path) {
    const auto place = index_of(places_.remove, path);
    if (!place) {
        return;
    }
    const auto number = send({.work = OutsideWork::kRemove, .place = *place});
    while (number) {
        pollfd ready{socket_.get(), POLLIN, 0};
        if (::poll(&ready, 1, kRemovePatienceMs) <= 0) {
            return;
        }
        const auto answer = receive(socket_.get());
        if (!answer || answer->reply.number == *number) {
            return;
        }
    }
}

void Outside::readable() {
    auto answer = receive(socket_.get());
    if (!answer) {
        if (answer.error().code != EAGAIN && answer.error().code != EINTR) {
            lose();
        }
        return;
    }
    const auto found = errands_.find(answer->reply.number);
    if (found == errands_.end()) {
        return;  // nobody waits for it any more
    }
    OutsideErrand& errand = *found->second;
    errands_.erase(found);
    errand.number_ = 0;
    std::string text{answer->reply.text.data()};
    if (answer->reply.failed != 0) {
        errand.listener_.outside_answered(
            tl::unexpected(HostError{answer->reply.code, std::move(text)}), {});
    } else {
        errand.listener_.outside_answered(std::move(text), std::move(answer->fd));
    }
}

/// All that is asked for from now on fails.
void Outside::lose() {
    watch_.reset();
    // log: once a process
    log_error("net", "the process outside the sandbox has ended: lost connections stay lost");
    // A listener may end other errands.
    while (!errands_.empty()) {
        OutsideErrand& errand = *errands_.begin()->second;
        errands_.erase(errands_.begin());
        errand.number_ = 0;
        errand.listener_.outside_answered(
            tl::unexpected(HostError{ECONNRESET, "the process outside the sandbox"}), {});
    }
}

void OutsideErrand::connect(const std::string& path, std::optional<uid_t> also) {
    cancel();
    const auto place = index_of(g_outside->places_.connect, path);
    if (!place) {
        listener_.outside_answered(
            tl::unexpected(HostError{
                EACCES, fmt::format("connect to {}: it was not named at the start", path)}),
            {});
        return;
    }
    begin(g_outside->send({.work = OutsideWork::kConnect,
                           .place = *place,
                           .argument = also.value_or(static_cast<uid_t>(-1))}));
}

void OutsideErrand::probe() {
    cancel();
    begin(g_outside->send({.work = OutsideWork::kProbe}));
}

void OutsideErrand::find_vmm(pid_t process, int connection) {
    cancel();
    begin(g_outside->send({.work = OutsideWork::kFindVmm, .place = static_cast<uint32_t>(process)},
                          connection));
}

void OutsideErrand::begin(Result<uint32_t> number) {
    if (!number) {
        listener_.outside_answered(tl::unexpected(number.error()), {});
        return;
    }
    number_ = *number;
    g_outside->errands_.emplace(number_, this);
}

void OutsideErrand::cancel() {
    if (number_ != 0) {
        g_outside->errands_.erase(number_);
        number_ = 0;
    }
}

}  // namespace oriel
