// SPDX-License-Identifier: MIT
#include "ctl/control_client.h"

#include <fmt/format.h>

#include <cerrno>
#include <chrono>
#include <nlohmann/json.hpp>
#include <thread>

#include "control/control_server.h"
#include "control/runtime_folder.h"
#include "net/local_socket.h"
#include "net/timed_lines.h"

namespace oriel::app {
namespace {

using std::chrono::milliseconds;

std::string silent(const std::string& name) {
    return fmt::format("the oriel that serves '{}' does not answer", name);
}

/// Others may have filled the queue of its socket for a moment: a live one takes them up soon.
Result<UniqueFd> connect_with_patience(const std::string& path,
                                       std::chrono::steady_clock::time_point deadline) {
    constexpr milliseconds kAgain{10};
    for (;;) {
        auto socket = connect_local(path);
        if (socket || socket.error().code != EAGAIN ||
            std::chrono::steady_clock::now() + kAgain > deadline) {
            return socket;
        }
        std::this_thread::sleep_for(kAgain);
    }
}

}  // namespace

ControlAnswer::ControlAnswer(nlohmann::json json, UniqueFd fd)
    : json_{std::make_unique<nlohmann::json>(std::move(json))}, fd_{std::move(fd)} {}
ControlAnswer::ControlAnswer(ControlAnswer&&) noexcept = default;
ControlAnswer& ControlAnswer::operator=(ControlAnswer&&) noexcept = default;
ControlAnswer::~ControlAnswer() = default;

Result<ControlAnswer> ControlConnection::request(const nlohmann::json& request,
                                                 milliseconds patience, int file) {
    const auto deadline = std::chrono::steady_clock::now() + patience;
    if (!socket_) {
        auto socket = connect_with_patience(socket_path_, deadline);
        if (!socket) {
            const int code = socket.error().code;
            if (code == ENOENT || code == ECONNREFUSED) {
                return host_error(
                    "no oriel serves a VM called '{}' (oriel ctl list prints those that run)",
                    name_);
            }
            return code == EAGAIN ? host_error("{}", silent(name_))
                                  : tl::unexpected(socket.error());
        }
        socket_ = std::move(*socket);
    }
    auto answer = ask(request, deadline, file);
    if (!answer) {
        // An answer that came too late would be taken for that of the next request.
        socket_.reset();
        return answer;
    }
    if (answer->field("ok", false)) {
        return answer;
    }
    return host_error("{}", answer->field("error", std::string{"it failed and gave no reason"}));
}

Result<ControlAnswer> ControlConnection::ask(const nlohmann::json& request,
                                             std::chrono::steady_clock::time_point deadline,
                                             int file) {
    TimedLines lines{
        socket_,
        {.deadline = deadline,
         .longest = kMaxAnswer,
         .silent = silent(name_),
         .closed = fmt::format("the oriel that serves '{}' closed the connection", name_)}};
    if (const auto sent = lines.send(control_line(request) + '\n', file); !sent) {
        return tl::unexpected(sent.error());
    }
    auto line = lines.receive();
    if (!line) {
        return tl::unexpected(line.error());
    }
    ControlAnswer answer{nlohmann::json::parse(line->text, nullptr, false), std::move(line->fd)};
    if (!answer.json().is_object()) {
        return host_error("the oriel that serves '{}' gave an answer that is no JSON object",
                          name_);
    }
    return answer;
}

Result<ControlAnswer> control_request(const std::string& socket_path, const std::string& name,
                                      const nlohmann::json& request, milliseconds patience,
                                      int file) {
    return ControlConnection{socket_path, name}.request(request, patience, file);
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
