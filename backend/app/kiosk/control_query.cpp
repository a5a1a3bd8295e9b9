// SPDX-License-Identifier: MIT
#include "kiosk/control_query.h"

#include <array>
#include <nlohmann/json.hpp>
#include <utility>

#include "control/control_server.h"
#include "control/json_fields.h"
#include "net/local_socket.h"

namespace oriel::app {

ControlQuery::ControlQuery(EventLoop& loop, std::string path, ControlQueryListener& listener)
    : loop_{loop},
      path_{std::move(path)},
      listener_{listener},
      timeout_{loop, [this] {
                   finish(host_error("{}", failed_.empty() ? "no answer in time" : failed_));
               }} {}

void ControlQuery::cancel() {
    watch_.reset();
    socket_.reset();
    input_.clear();
    failed_.clear();
    timeout_.disarm();
}

void ControlQuery::ask(const nlohmann::json& request) {
    cancel();
    const auto fail = [this](const HostError& error) {
        failed_ = error.message();
        timeout_.arm_after(Nanoseconds{0});
    };
    auto socket = connect_local(path_);
    if (!socket) {
        fail(socket.error());
        return;
    }
    // A request is far smaller than the buffer of a new socket.
    const std::string line = control_line(request) + '\n';
    const auto sent = send_with_fd(socket->get(), line, -1);
    if (!sent || *sent != line.size()) {
        fail(sent ? HostError{0, "the socket is full"} : sent.error());
        return;
    }
    socket_ = std::move(*socket);
    auto watch = loop_.watch(socket_.get(), FdEvents::kRead, [this](FdEvents) { readable(); });
    if (!watch) {
        fail(watch.error());
        return;
    }
    watch_ = std::move(*watch);
    timeout_.arm_after(kPatience);
}

void ControlQuery::readable() {
    std::array<char, 4096> buffer{};
    const auto received = receive_with_fd(socket_.get(), buffer);
    if (!received) {
        if (received.error().code != EAGAIN && received.error().code != EINTR) {
            finish(tl::unexpected(received.error()));
        }
        return;
    }
    input_.append(buffer.data(), received->bytes);
    const size_t newline = input_.find('\n');
    if (newline == std::string::npos) {
        if (received->bytes == 0 || input_.size() > kMaxAnswer) {
            finish(host_error("{} gave no answer", path_));
        }
        return;
    }
    auto answer = nlohmann::json::parse(input_.substr(0, newline), nullptr, false);
    if (!answer.is_object()) {
        finish(host_error("{} gave an answer that is no JSON object", path_));
    } else if (!field_of(answer, "ok", false)) {
        finish(host_error("{}", field_of(answer, "error", std::string{"it failed"})));
    } else {
        finish(std::move(answer));
    }
}

void ControlQuery::finish(const Result<nlohmann::json>& answer) {
    cancel();
    listener_.answered(answer);
}

}  // namespace oriel::app
