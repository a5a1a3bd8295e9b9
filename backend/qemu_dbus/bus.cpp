// SPDX-License-Identifier: MIT
#include "bus.h"

#include <fcntl.h>
#include <poll.h>
#include <sys/socket.h>
#include <unistd.h>

#include <array>
#include <cerrno>
#include <chrono>
#include <cstring>
#include <string_view>
#include <utility>

#include "net/local_socket.h"

namespace oriel::qemu_dbus {
namespace {

/// What is handled before others on the loop have their turn.
constexpr Nanoseconds kTurn{4'000'000};
/// Steps that sd-bus needs to read an answer that lies there already.
constexpr int kStartSteps = 64;
/// What the peer has said to our own authentication, once more for sd-bus, in its order: it sends
/// an empty identity.
constexpr std::string_view kAuthenticated =
    "DATA\r\nOK 0123456789abcdef0123456789abcdef\r\nAGREE_UNIX_FD\r\n";
constexpr uint64_t kCallTimeoutUs = 25'000'000;

uid_t maker_of(int socket) {
    ucred peer{};
    socklen_t size = sizeof peer;
    return ::getsockopt(socket, SOL_SOCKET, SO_PEERCRED, &peer, &size) == 0 ? peer.uid
                                                                            : ::geteuid();
}

std::string words(int error) {
    return error == -ECONNRESET || error == -ENOTCONN || error == -EPIPE
               ? "it closed the connection"
               : std::strerror(-error);
}

}  // namespace

Bus::Bus(EventLoop& loop, UniqueFd socket, BusListener& listener)
    : loop_{loop},
      listener_{listener},
      socket_{std::move(socket)},
      timeout_{loop, [this] { process(); }},
      later_{loop, [this] {
                 if (bus_) {
                     process();
                 } else {
                     talk();
                 }
             }} {
    const int flags = ::fcntl(socket_.get(), F_GETFL);
    ::fcntl(socket_.get(), F_SETFL, flags | O_NONBLOCK);
}

Bus::~Bus() {
    if (destroyed_ != nullptr) {
        *destroyed_ = true;
    }
    // The watch first: sd-bus closes its descriptor.
    watch_.reset();
}

std::unique_ptr<Bus> Bus::to_peer(EventLoop& loop, UniqueFd socket, BusListener& listener) {
    std::unique_ptr<Bus> made{new Bus{loop, std::move(socket), listener}};
    made->sasl_ = std::make_unique<SaslClient>(maker_of(made->socket_.get()));
    auto watch = loop.watch(made->socket_.get(), FdEvents::kRead,
                            [bus = made.get()](FdEvents) { bus->talk(); });
    if (watch) {
        made->watch_ = std::move(*watch);
    }
    made->later_.schedule();
    return made;
}

std::unique_ptr<Bus> Bus::to_bus(EventLoop& loop, UniqueFd socket, BusListener& listener) {
    std::unique_ptr<Bus> made{new Bus{loop, std::move(socket), listener}};
    made->later_.schedule();
    return made;
}

void Bus::talk() {
    if (lost_) {
        return;
    }
    if (!sasl_) {
        begin();
        return;
    }
    if (!watch_.active()) {
        lose("it can't be watched");
        return;
    }
    std::array<char, 1024> buffer;
    const ssize_t got = ::recv(socket_.get(), buffer.data(), buffer.size(), MSG_DONTWAIT);
    if (got == 0 || (got < 0 && errno != EAGAIN && errno != EINTR)) {
        lose("it closed the connection");
        return;
    }
    if (got > 0) {
        sasl_->received({buffer.data(), static_cast<size_t>(got)});
    }
    if (sasl_->state() == SaslClient::State::kRefused) {
        lose(sasl_->why());
        return;
    }
    // Some dozen bytes in a socket in which nothing waits: they fit.
    const std::string out = sasl_->take_output();
    if (!out.empty() && ::send(socket_.get(), out.data(), out.size(), MSG_NOSIGNAL) !=
                            static_cast<ssize_t>(out.size())) {
        lose("it closed the connection");
        return;
    }
    if (sasl_->state() == SaslClient::State::kDone) {
        begin();
    }
}

/// The socket becomes sd-bus'. To a peer we are authenticated already: sd-bus gets the same answers
/// from a pair of sockets of our own, and then the real socket in that one's place.
int Bus::start(sd_bus* bus, bool client) {
    sd_bus_negotiate_fds(bus, 1);
    sd_bus_set_method_call_timeout(bus, kCallTimeoutUs);
    if (client) {
        sd_bus_set_bus_client(bus, 1);
        const int fd = socket_.release();
        if (const int set = sd_bus_set_fd(bus, fd, fd); set < 0) {
            ::close(fd);
            return set;
        }
        return sd_bus_start(bus);
    }
    std::array<int, 2> ends{};
    if (::socketpair(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0, ends.data()) != 0) {
        return -errno;
    }
    const UniqueFd answers{ends[1]};
    if (::write(answers.get(), kAuthenticated.data(), kAuthenticated.size()) !=
        static_cast<ssize_t>(kAuthenticated.size())) {
        ::close(ends[0]);
        return -EIO;
    }
    if (const int set = sd_bus_set_fd(bus, ends[0], ends[0]); set < 0) {
        ::close(ends[0]);
        return set;
    }
    int result = sd_bus_start(bus);
    for (int i = 0; i < kStartSteps && result >= 0 && sd_bus_is_ready(bus) <= 0; ++i) {
        result = sd_bus_process(bus, nullptr);
    }
    if (result < 0) {
        return result;
    }
    if (::dup3(socket_.get(), ends[0], O_CLOEXEC) < 0) {
        return -errno;
    }
    socket_.reset();
    return 0;
}

void Bus::begin() {
    watch_.reset();
    sd_bus* made = nullptr;
    int result = sd_bus_new(&made);
    if (result >= 0) {
        bus_.reset(made);
        result = start(made, sasl_ == nullptr);
    }
    if (result < 0) {
        lose(words(result));
        return;
    }
    auto watch = loop_.watch(sd_bus_get_fd(made), FdEvents::kRead, [this](FdEvents) { process(); });
    if (!watch) {
        lose(watch.error().message());
        return;
    }
    watch_ = std::move(*watch);
    later_.schedule();
    listener_.bus_ready();
}

void Bus::process() {
    if (!bus_ || lost_) {
        return;
    }
    const TimePoint end = loop_.clock().now() + kTurn;
    bool destroyed = false;
    destroyed_ = &destroyed;
    int result = 1;
    while (result > 0 && !lost_ && loop_.clock().now() < end) {
        result = sd_bus_process(bus_.get(), nullptr);
        if (destroyed) {
            return;
        }
    }
    destroyed_ = nullptr;
    if (lost_) {
        return;
    }
    if (result < 0 || sd_bus_is_open(bus_.get()) <= 0) {
        // sd-bus refuses the message by its first bytes, and can't go on behind it.
        overrun_ = result == -ENOBUFS;
        lose(words(result < 0 ? result : -ECONNRESET));
        return;
    }
    if (result > 0) {
        later_.schedule();
    }
    watch_again();
}

void Bus::watch_again() {
    const int events = sd_bus_get_events(bus_.get());
    FdEvents wanted = FdEvents::kNone;
    if (events >= 0 && (events & POLLIN) != 0) {
        wanted = wanted | FdEvents::kRead;
    }
    if (events >= 0 && (events & POLLOUT) != 0) {
        wanted = wanted | FdEvents::kWrite;
    }
    watch_.set_events(wanted);
    uint64_t deadline = UINT64_MAX;
    if (sd_bus_get_timeout(bus_.get(), &deadline) < 0 || deadline == UINT64_MAX) {
        timeout_.disarm();
        return;
    }
    timeout_.arm_at(TimePoint{std::chrono::microseconds{deadline}});
}

void Bus::lose(const std::string& why) {
    lost_ = true;
    watch_.reset();
    timeout_.disarm();
    later_.cancel();
    listener_.bus_lost(why);
}

bool Bus::congested() const {
    uint64_t waiting = 0;
    return bus_ && sd_bus_get_n_queued_write(bus_.get(), &waiting) >= 0 && waiting > kCongested;
}

}  // namespace oriel::qemu_dbus
