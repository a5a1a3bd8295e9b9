// SPDX-License-Identifier: MIT
#include "outside/outside_server.h"

#include <fcntl.h>
#include <poll.h>
#include <sys/stat.h>
#include <unistd.h>

#include <algorithm>
#include <array>
#include <cerrno>
#include <csignal>
#include <cstring>
#include <optional>
#include <utility>
#include <vector>

#include "net/helper_link.h"
#include "net/local_socket.h"
#include "net/pidfd.h"

namespace oriel::app {
namespace {

bool has(const std::vector<std::string>& paths, const std::string& path) {
    return std::find(paths.begin(), paths.end(), path) != paths.end();
}

bool has_hung_up(int socket) {
    pollfd state{socket, POLLRDHUP, 0};
    return ::poll(&state, 1, 0) != 0;
}

}  // namespace

OutsideServer::OutsideServer(EventLoop& loop, UniqueFd socket, Outside::Places places)
    : loop_{loop}, socket_{std::move(socket)}, places_{std::move(places)} {
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
        end_children();
        loop_.quit();
        return;
    }
    if (received->bytes == sizeof request) {
        std::memcpy(&request, bytes.data(), sizeof request);
        carry_out(request, std::move(received->fd));
    }
}

void OutsideServer::carry_out(const OutsideRequest& request, UniqueFd fd) {
    begun_ = begun_ || request.work != OutsideWork::kBegin || !fd;
    switch (request.work) {
        case OutsideWork::kBegin:
            if (!begun_) {
                children_.push_back({static_cast<pid_t>(request.place), std::move(fd),
                                     static_cast<int>(request.argument)});
            }
            return;
        case OutsideWork::kConnect:
            connect(request);
            return;
        case OutsideWork::kStart:
            start(request, fd);
            return;
        case OutsideWork::kEnd:
            end(request.place);
            return;
        case OutsideWork::kProbe:
            probe(request.number);
            return;
        case OutsideWork::kRemove:
            remove(request);
            return;
        case OutsideWork::kFindVmm:
            find_vmm(request, fd);
            return;
        case OutsideWork::kSignal:
            signal(request);
            return;
    }
}

void OutsideServer::connect(const OutsideRequest& request) {
    if (request.place >= places_.connect.size()) {
        answer(request.number, tl::unexpected(HostError{EACCES, "connect"}));
        return;
    }
    const bool anybody_else = request.argument != static_cast<uid_t>(-1);
    const std::string& path = places_.connect[request.place];
    const auto socket =
        connect_local(path, anybody_else ? std::optional{request.argument} : std::nullopt);
    if (!socket) {
        answer(request.number, tl::unexpected(socket.error()));
        return;
    }
    if (has(places_.vmm, path)) {
        // Here, while the connection says whose number that is.
        const pid_t peer = peer_process(socket->get());
        connected_[request.place] = {peer, UniqueFd{::pidfd_open(peer, 0)}};
    }
    answer(request.number, std::string{}, socket->get());
}

/// Where it can't be started the socket ends, as that of a helper that has ended.
void OutsideServer::start(const OutsideRequest& request, const UniqueFd& socket) {
    if (request.place >= helpers_.size() || !socket) {
        return;
    }
    const Outside::Program& program = places_.programs.at(request.place);
    std::list<Helper>& running = helpers_.at(request.place);
    running.remove_if([](const Helper& one) { return !one.process->running(); });
    if (program.path.empty()) {
        return;
    }
    if (running.size() >= program.most) {
        running.pop_front();
    }
    auto child = start_helper(loop_, program.path, socket, program.arguments);
    if (child) {
        running.push_back({request.number, std::move(*child)});
    }
}

void OutsideServer::end(uint32_t helper) {
    for (std::list<Helper>& running : helpers_) {
        running.remove_if([helper](const Helper& one) { return one.number == helper; });
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

/// Whoever asks names a number; what counts is that it is the VMM's, by a socket at which nobody
/// else is.
void OutsideServer::find_vmm(const OutsideRequest& request, const UniqueFd& connection) {
    const auto pid = static_cast<pid_t>(request.place);
    UniqueFd found;
    if (connection && pid > 0 && peer_process(connection.get()) == pid &&
        std::any_of(places_.vmm.begin(), places_.vmm.end(), [&](const std::string& path) {
            return is_connected_at(connection.get(), path);
        })) {
        found.reset(::pidfd_open(pid, 0));
        // The number of one that has ended may be another's by now.
        if (has_hung_up(connection.get())) {
            found.reset();
        }
    }
    for (const auto& [place, process] : connected_) {
        if (!connection && pid > 0 && process.pid == pid) {
            found.reset(::fcntl(process.pidfd.get(), F_DUPFD_CLOEXEC, 0));
        }
    }
    if (!found) {
        answer(request.number, tl::unexpected(HostError{EACCES, "find the VMM"}));
        return;
    }
    holder_ = {pid, std::move(found)};
    answer(request.number, std::string{}, holder_.pidfd.get());
}

void OutsideServer::signal(const OutsideRequest& request) {
    const auto number = static_cast<int>(request.argument);
    if (number != SIGTERM && number != SIGKILL) {
        return;
    }
    const auto send = [&](const Signalled& process) {
        if (process.pidfd && process.pid == static_cast<pid_t>(request.place)) {
            static_cast<void>(::pidfd_send_signal(process.pidfd.get(), number, nullptr, 0));
        }
    };
    std::for_each(children_.begin(), children_.end(), send);
    send(holder_);
}

/// What their parent's end would be to them (PR_SET_PDEATHSIG): where Landlock restricts signals it
/// holds back that one, too.
void OutsideServer::end_children() {
    for (const Signalled& child : children_) {
        static_cast<void>(::pidfd_send_signal(child.pidfd.get(), child.end_signal, nullptr, 0));
    }
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
