// SPDX-License-Identifier: MIT
#include "qmp_handover.h"

#include <fmt/format.h>
#include <sys/socket.h>

#include <array>
#include <cerrno>
#include <nlohmann/json.hpp>
#include <span>
#include <utility>

#include "core/descriptor_pair.h"
#include "core/text.h"
#include "net/local_socket.h"

namespace oriel::qemu_dbus {
namespace {

using nlohmann::json;

/// Whether one of the devices in qom-list's answer is a touch screen.
bool has_touch_screen(const json& devices) {
    for (const json& device : devices) {
        const auto type = device.is_object() ? device.find("type") : device.end();
        if (device.is_object() && type != device.end() && type->is_string() &&
            type->get_ref<const std::string&>().find("multitouch") != std::string::npos) {
            return true;
        }
    }
    return false;
}

/// What QEMU says of an error, for people.
std::string description(const json& error) {
    const auto text = error.is_object() ? error.find("desc") : error.end();
    return error.is_object() && text != error.end() && text->is_string() ? text->get<std::string>()
                                                                         : "refused";
}

}  // namespace

QmpHandover::QmpHandover(EventLoop& loop, std::string path, HandoverListener& listener)
    : loop_{loop},
      path_{std::move(path)},
      listener_{listener},
      answers_{loop, [this] {
                   silent_ = true;
                   fail(fmt::format("{}: it does not answer", path_));
               }} {}

void QmpHandover::start(pid_t other_than) {
    other_than_ = other_than;
    attempt_.start(path_);
}

void QmpHandover::connect_ended(Result<UniqueFd> socket) {
    if (!socket) {
        fail(socket.error().message());
        return;
    }
    process_ = peer_process(socket->get());
    if (other_than_ != 0 && process_ == other_than_) {
        fail("another viewer has QEMU's display now: waiting for the next QEMU");
        return;
    }
    auto watch = loop_.watch(socket->get(), FdEvents::kRead, [this](FdEvents) { readable(); });
    if (!watch) {
        fail(watch.error().message());
        return;
    }
    monitor_ = std::move(*socket);
    watch_ = std::move(*watch);
}

void QmpHandover::fail(const std::string& why) {
    watch_.reset();
    answers_.disarm();
    listener_.not_handed_over(why);
}

void QmpHandover::readable() {
    std::array<char, 16384> buffer;
    const auto received = receive_with_fd(monitor_.get(), buffer);
    if (!received && (received.error().code == EAGAIN || received.error().code == EINTR)) {
        return;
    }
    if (!received || received->bytes == 0) {
        fail(fmt::format("{}: closed by QEMU", path_));
        return;
    }
    input_.append(buffer.data(), received->bytes);
    size_t begin = 0;
    for (size_t end = 0; (end = input_.find('\n', begin)) != std::string::npos; begin = end + 1) {
        // After a false this object may have ended.
        if (!handle(std::string_view{input_}.substr(begin, end - begin))) {
            return;
        }
    }
    input_.erase(0, begin);
    if (input_.size() > kMaxLine) {
        fail(fmt::format("{}: this is no QEMU monitor", path_));
    }
}

bool QmpHandover::handle(std::string_view line) {
    const json message = json::parse(line, nullptr, false);
    if (!message.is_object()) {
        fail(fmt::format("{}: this is no QEMU monitor", path_));
        return false;
    }
    if (message.contains("event")) {
        return true;
    }
    const bool list = step_ == Step::kNamed || step_ == Step::kUnnamed;
    if (message.contains("error") && !list) {
        const std::string what = description(message["error"]);
        fail(step_ == Step::kAddClient
                 ? fmt::format("QEMU has no D-Bus display (-display dbus,p2p=yes): {}", what)
                 : fmt::format("{}: {}", path_, what));
        return false;
    }
    if (list && message.contains("return")) {
        touch_ = touch_ || has_touch_screen(message["return"]);
    }
    if (step_ == Step::kAddClient) {
        watch_.reset();
        answers_.disarm();
        listener_.handed_over(std::move(ours_), touch_);
        return false;
    }
    next();
    return true;
}

void QmpHandover::next() {
    step_ = static_cast<Step>(static_cast<int>(step_) + 1);
    switch (step_) {
        case Step::kGreeting:
            break;
        case Step::kCapabilities:
            answers_.arm_after(kAnswers);
            send(R"({"execute":"qmp_capabilities"})");
            break;
        case Step::kNamed:
            send(R"({"execute":"qom-list","arguments":{"path":"/machine/peripheral"}})");
            break;
        case Step::kUnnamed:
            send(R"({"execute":"qom-list","arguments":{"path":"/machine/peripheral-anon"}})");
            break;
        case Step::kGetFd: {
            auto sockets = make_socket_pair("socketpair", SOCK_STREAM | SOCK_NONBLOCK);
            if (!sockets) {
                break;
            }
            ours_ = std::move(sockets->ours);
            send(R"({"execute":"getfd","arguments":{"fdname":"oriel-display"}})",
                 sockets->theirs.get());
            break;
        }
        case Step::kAddClient:
            send(R"({"execute":"add_client","arguments":)"
                 R"({"protocol":"@dbus-display","fdname":"oriel-display"}})");
            break;
    }
}

/// A line of some hundred bytes at most, in a socket from which the one before was read.
void QmpHandover::send(std::string_view command, int fd) {
    const std::string line = std::string{command} + "\n";
    // Where it doesn't go, QEMU's end of the socket tells.
    static_cast<void>(send_with_fd(monitor_.get(), std::span<const char>{line}, fd));
}

}  // namespace oriel::qemu_dbus
