// SPDX-License-Identifier: MIT
#include "service/service_manager.h"

#include <fcntl.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <cstddef>
#include <cstdint>
#include <cstdlib>
#include <cstring>
#include <iterator>
#include <utility>

#include "core/log.h"
#include "core/whole_number.h"
#include "net/local_socket.h"

namespace oriel::app {
namespace {

constexpr const char* kArea = "service";

/// Takes a variable out of the environment; empty if it isn't there.
std::string taken(const char* name) {
    const char* const text = std::getenv(name);
    std::string value = text != nullptr ? text : "";
    ::unsetenv(name);
    return value;
}

/// An address and how much of it counts; 0: that can't be one.
std::pair<sockaddr_un, socklen_t> address_of(const std::string& name) {
    sockaddr_un address{};
    address.sun_family = AF_UNIX;
    if (name.size() < 2 || name.size() >= sizeof address.sun_path ||
        (name[0] != '/' && name[0] != '@')) {
        return {address, 0};
    }
    std::memcpy(address.sun_path, name.data(), name.size());
    const bool abstract = name[0] == '@';
    if (abstract) {
        address.sun_path[0] = '\0';
    }
    const size_t size = offsetof(sockaddr_un, sun_path) + name.size() + (abstract ? 0 : 1);
    return {address, static_cast<socklen_t>(size)};
}

/// Connected, so that each message needs no name; empty with a line in the log.
UniqueFd connected(const std::string& name) {
    if (name.empty()) {
        return {};
    }
    const auto [address, size] = address_of(name);
    UniqueFd socket{::socket(AF_UNIX, SOCK_DGRAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0)};
    if (size == 0) {
        errno = EINVAL;
    }
    if (size == 0 || !socket ||
        ::connect(socket.get(), reinterpret_cast<const sockaddr*>(&address), size) != 0) {
        // log: once a process
        log_warn(kArea, "the service manager is told nothing: NOTIFY_SOCKET is '{}': {}", name,
                 std::strerror(errno));
        return {};
    }
    return socket;
}

}  // namespace

ServiceEnvironment ServiceEnvironment::take() {
    ServiceEnvironment environment;
    environment.socket = taken("NOTIFY_SOCKET");
    const auto microseconds = whole_number<int64_t>(taken("WATCHDOG_USEC"));
    const std::string pid = taken("WATCHDOG_PID");
    environment.stores = whole_number<uint32_t>(taken("FDSTORE")).value_or(0) > 0;
    constexpr int64_t kMost = INT64_MAX / 1000;
    if (microseconds && *microseconds > 0 && *microseconds <= kMost &&
        (pid.empty() || whole_number<pid_t>(pid) == ::getpid())) {
        environment.watchdog = Nanoseconds{*microseconds * 1000};
    }
    return environment;
}

ServiceManager::ServiceManager(EventLoop& loop, ServiceEnvironment environment)
    : loop_{loop},
      environment_{std::move(environment)},
      socket_{connected(environment_.socket)},
      catch_up_{loop, [this] { catch_up(); }},
      life_timer_{loop, [this] { life_.schedule(); }},
      life_{loop, [this] { live(); }},
      store_timer_{loop, [this] { carry_out(); }} {
    if (socket_ && environment_.watchdog) {
        live();
    }
}

ServiceManager::~ServiceManager() {
    tell("STOPPING=1");
}

void ServiceManager::ready() {
    if (socket_ && ready_ == Ready::kNotYet) {
        ready_ = Ready::kToTell;
        catch_up();
    }
}

void ServiceManager::status(std::string line) {
    if (!socket_ || line == status_) {
        return;
    }
    status_ = std::move(line);
    if (loop_.clock().now() >= next_at_) {
        catch_up();
    } else {
        catch_up_.arm_at(next_at_);
    }
}

void ServiceManager::catch_up() {
    if (ready_ == Ready::kToTell && tell("READY=1")) {
        ready_ = Ready::kTold;
    }
    if (status_ != told_status_) {
        next_at_ = loop_.clock().now() + kStatusEvery;
        if (tell("STATUS=" + status_)) {
            told_status_ = status_;
        }
    }
    if (ready_ == Ready::kToTell || status_ != told_status_) {
        catch_up_.arm_after(kStatusEvery);
    }
}

void ServiceManager::live() {
    tell("WATCHDOG=1");
    // Three chances, as the manager's time goes on while this process waits for the CPU.
    life_timer_.arm_after(*environment_.watchdog / 3);
}

// --- descriptors ---------------------------------------------------------------------------------

void ServiceManager::store(const std::string& name, int fd) {
    if (++uses_[name] == 1) {
        order(name, UniqueFd{::fcntl(fd, F_DUPFD_CLOEXEC, 0)});
    }
}

void ServiceManager::adopt(const std::string& name) {
    ++uses_[name];
}

void ServiceManager::forget(const std::string& name) {
    const auto it = uses_.find(name);
    if (it != uses_.end() && --it->second == 0) {
        uses_.erase(it);
        order(name, {});
    }
}

void ServiceManager::forget_unused(const std::string& name) {
    if (uses_.find(name) == uses_.end()) {
        order(name, {});
    }
}

/// Whoever stores and forgets again and again leaves one order, or two.
void ServiceManager::order(const std::string& name, UniqueFd fd) {
    const auto waiting = std::find_if(orders_.rbegin(), orders_.rend(), [&](const auto& one) {
        return one.first == name && one.second.valid();
    });
    if (!fd && waiting != orders_.rend()) {
        orders_.erase(std::next(waiting).base());
    } else {
        orders_.emplace_back(name, std::move(fd));
    }
    if (!store_waits_) {
        carry_out();
    }
}

void ServiceManager::carry_out() {
    store_waits_ = false;
    while (!orders_.empty()) {
        const auto& [name, fd] = orders_.front();
        if (!store_budget_.admit(loop_.clock().now()) || !tell_of(name, fd.get())) {
            store_timer_.arm_after(kStoreEvery);
            store_waits_ = true;
            return;
        }
        orders_.pop_front();
    }
}

/// False where it has to be told again.
bool ServiceManager::tell_of(const std::string& name, int fd) {
    const std::string message =
        fmt::format("{}\nFDNAME={}", fd >= 0 ? "FDSTORE=1" : "FDSTOREREMOVE=1", name);
    const auto sent = send_with_fd(socket_.get(), message, fd);
    return !sent || *sent > 0;
}

bool ServiceManager::tell(std::string_view message) {
    return socket_ && ::send(socket_.get(), message.data(), message.size(), MSG_NOSIGNAL) >= 0;
}

}  // namespace oriel::app
