// SPDX-License-Identifier: MIT
#include "outside/outside_server.h"

#include <sys/stat.h>
#include <unistd.h>

#include <algorithm>
#include <array>
#include <cerrno>
#include <cstring>
#include <optional>
#include <utility>
#include <vector>

#include "net/helper_link.h"
#include "net/local_socket.h"

namespace oriel::app {

OutsideServer::OutsideServer(EventLoop& loop, UniqueFd socket, Outside::Places places,
                             std::string painter)
    : loop_{loop},
      socket_{std::move(socket)},
      places_{std::move(places)},
      painter_{std::move(painter)} {
    auto watch = loop_.watch(socket_.get(), FdEvents::kRead, [this](FdEvents) { readable(); });
    if (!watch) {
        throw StartupError{watch.error()};
    }
    watch_ = std::move(*watch);
}

OutsideServer::~OutsideServer() = default;

/// One a turn of the loop.
void OutsideServer::readable() {
    OutsideRequest request;
    std::array<char, sizeof request> bytes{};
    auto received = receive_with_fd(socket_.get(), bytes);
    if (!received && (received.error().code == EAGAIN || received.error().code == EINTR)) {
        return;
    }
    if (!received || received->bytes == 0) {
        watch_.reset();
        loop_.quit();
        return;
    }
    if (received->bytes == sizeof request) {
        std::memcpy(&request, bytes.data(), sizeof request);
        carry_out(request, std::move(received->fd));
    }
}

void OutsideServer::carry_out(const OutsideRequest& request, UniqueFd fd) {
    switch (request.work) {
        case OutsideWork::kConnect:
            connect(request);
            return;
        case OutsideWork::kPaint:
            paint(std::move(fd));
            return;
        case OutsideWork::kProbe:
            probe(request.number);
            return;
        case OutsideWork::kRemove:
            remove(request);
            return;
    }
}

void OutsideServer::connect(const OutsideRequest& request) {
    if (request.place >= places_.connect.size()) {
        answer(request.number, tl::unexpected(HostError{EACCES, "connect"}));
        return;
    }
    const bool anybody_else = request.also != static_cast<uid_t>(-1);
    const auto socket = connect_local(places_.connect[request.place],
                                      anybody_else ? std::optional{request.also} : std::nullopt);
    if (!socket) {
        answer(request.number, tl::unexpected(socket.error()));
    } else {
        answer(request.number, std::string{}, socket->get());
    }
}

/// Where it can't be started the socket ends, as that of a painter that has ended.
void OutsideServer::paint(UniqueFd socket) {
    painting_.reset();
    if (!socket) {
        return;
    }
    auto child = start_helper(loop_, painter_, socket);
    if (child) {
        painting_ = std::move(*child);
    }
}

void OutsideServer::probe(uint32_t number) {
    probe_number_ = number;
    probing_ =
        std::make_unique<wayland::GpuProbe>(loop_, static_cast<wayland::GpuProbeListener&>(*this));
}

void OutsideServer::gpu_probed(const Result<std::string>& renderer) {
    answer(probe_number_, renderer);
    probing_.reset();
}

void OutsideServer::remove(const OutsideRequest& request) {
    struct stat status = {};
    if (request.place < places_.remove.size()) {
        const std::string& path = places_.remove[request.place];
        if (::lstat(path.c_str(), &status) == 0 && S_ISSOCK(status.st_mode)) {
            ::unlink(path.c_str());
        }
    }
    answer(request.number, std::string{});
}

/// A socket that is full belongs to somebody who does not read answers: they are lost.
void OutsideServer::answer(uint32_t number, const Result<std::string>& text, int fd) {
    OutsideReply reply{
        .number = number, .failed = text ? 0 : 1, .code = text ? 0 : text.error().code};
    const std::string& words = text ? *text : text.error().context;
    words.copy(reply.text.data(), reply.text.size() - 1);
    std::array<char, sizeof reply> bytes{};
    std::memcpy(bytes.data(), &reply, sizeof reply);
    static_cast<void>(send_with_fd(socket_.get(), bytes, fd));
}

}  // namespace oriel::app
