// SPDX-License-Identifier: MIT
#include "ctl/control_client.h"

#include <poll.h>

#include <array>
#include <nlohmann/json.hpp>

#include "control/runtime_folder.h"
#include "net/local_socket.h"

namespace oriel::app {
namespace {

using std::chrono::milliseconds;
using std::chrono::steady_clock;

bool wait_for(int socket, short events, steady_clock::time_point deadline) {
    for (;;) {
        const auto left = std::chrono::ceil<milliseconds>(deadline - steady_clock::now()).count();
        pollfd watched{socket, events, 0};
        const int count = ::poll(&watched, 1, static_cast<int>(left > 0 ? left : 0));
        if (count > 0) {
            return true;
        }
        if (count == 0 || errno != EINTR) {
            return false;
        }
    }
}

tl::unexpected<HostError> silent(const std::string& name) {
    return host_error("the oriel that serves '{}' does not answer", name);
}

Result<void> send_line(int socket, const std::string& name, const std::string& line,
                       steady_clock::time_point deadline) {
    std::span<const char> rest{line};
    while (!rest.empty()) {
        const auto sent = send_with_fd(socket, rest, -1);
        if (!sent) {
            return tl::unexpected(sent.error());
        }
        rest = rest.subspan(*sent);
        if (!rest.empty() && !wait_for(socket, POLLOUT, deadline)) {
            return silent(name);
        }
    }
    return {};
}

struct RawAnswer {
    std::string line;
    UniqueFd fd;
};

Result<RawAnswer> receive_line(int socket, const std::string& name,
                               steady_clock::time_point deadline) {
    RawAnswer answer;
    std::array<char, 16384> buffer;
    while (answer.line.find('\n') == std::string::npos) {
        if (answer.line.size() > kMaxAnswer || !wait_for(socket, POLLIN, deadline)) {
            return silent(name);
        }
        auto received = receive_with_fd(socket, buffer);
        if (!received) {
            if (received.error().code == EAGAIN || received.error().code == EINTR) {
                continue;
            }
            return tl::unexpected(received.error());
        }
        if (received->bytes == 0) {
            return host_error("the oriel that serves '{}' closed the connection", name);
        }
        answer.line.append(buffer.data(), received->bytes);
        if (received->fd) {
            answer.fd = std::move(received->fd);
        }
    }
    return answer;
}

}  // namespace

ControlAnswer::ControlAnswer(nlohmann::json json, UniqueFd fd)
    : json_{std::make_unique<nlohmann::json>(std::move(json))}, fd_{std::move(fd)} {}
ControlAnswer::ControlAnswer(ControlAnswer&&) noexcept = default;
ControlAnswer& ControlAnswer::operator=(ControlAnswer&&) noexcept = default;
ControlAnswer::~ControlAnswer() = default;

Result<ControlAnswer> control_request(const std::string& socket_path, const std::string& name,
                                      const nlohmann::json& request, milliseconds patience) {
    const auto socket = connect_local(socket_path);
    if (!socket) {
        const int code = socket.error().code;
        if (code == ENOENT || code == ECONNREFUSED) {
            return host_error(
                "no oriel serves a VM called '{}' (oriel ctl list prints those that run)", name);
        }
        return code == EAGAIN ? silent(name) : tl::unexpected(socket.error());
    }
    const auto deadline = steady_clock::now() + patience;
    if (const auto sent = send_line(socket->get(), name, request.dump() + '\n', deadline); !sent) {
        return tl::unexpected(sent.error());
    }
    auto raw = receive_line(socket->get(), name, deadline);
    if (!raw) {
        return tl::unexpected(raw.error());
    }
    ControlAnswer answer{nlohmann::json::parse(raw->line, nullptr, false), std::move(raw->fd)};
    if (!answer.json().is_object()) {
        return host_error("the oriel that serves '{}' gave an answer that is no JSON object", name);
    }
    if (answer.field("ok", false)) {
        return answer;
    }
    return host_error("{}", answer.field("error", std::string{"it failed and gave no reason"}));
}

ControlAnswer ask_process(const std::string& name, const nlohmann::json& request) {
    constexpr milliseconds kPatience{10'000};
    const auto folder = runtime_folder(Create::kYes);
    if (!folder) {
        throw StartupError{folder.error()};
    }
    auto answer = control_request(control_socket_path(*folder, name), name, request, kPatience);
    if (!answer) {
        throw StartupError{answer.error()};
    }
    return std::move(*answer);
}

bool is_alive(const std::string& socket_path) {
    const auto socket = connect_local(socket_path);
    return socket || socket.error().code == EAGAIN;
}

}  // namespace oriel::app
