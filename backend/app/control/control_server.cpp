// SPDX-License-Identifier: MIT
#include "control/control_server.h"

#include <sys/socket.h>
#include <unistd.h>

#include <algorithm>
#include <array>
#include <nlohmann/json.hpp>
#include <utility>

#include "core/log.h"
#include "net/local_socket.h"

namespace oriel::app {
namespace {

/// Requests of one client in a turn of the loop; some take milliseconds.
constexpr int kMaxAnswers = 4;

UniqueFd listen_or_throw(const std::string& path, const std::string& name) {
    auto socket = listen_local(path);
    if (socket) {
        return std::move(*socket);
    }
    if (socket.error().code == EADDRINUSE) {
        throw StartupError{fmt::format("the name '{}' is in use by a running oriel", name), 2};
    }
    throw StartupError{socket.error()};
}

ControlReply answer(ControlHandler& handler, const std::string& line, UniqueFd file) {
    // Not the throwing parser: what a client sends is no exceptional event.
    const auto request = nlohmann::json::parse(line, nullptr, false);
    if (!request.is_object()) {
        return control_error("not a JSON object");
    }
    const auto command = request.find("command");
    if (command == request.end() || !command->is_string()) {
        return control_error("no \"command\"");
    }
    return handler.handle(command->get<std::string>(), request, file);
}

}  // namespace

std::string control_line(const nlohmann::json& object) {
    return object.dump(-1, ' ', false, nlohmann::json::error_handler_t::replace);
}

ControlReply control_error(const std::string& text) {
    return {control_line({{"ok", false}, {"error", text}}), {}};
}

/// One connection. It has at most one answer under way; while that isn't sent, nothing is read.
class ControlServer::Client {
public:
    Client(ControlServer& server, UniqueFd socket)
        : server_{server}, socket_{std::move(socket)}, next_{server.loop_, [this] {
                                                                 if (!answer_some()) {
                                                                     server_.drop(*this);
                                                                 }
                                                             }} {}

    [[nodiscard]] bool start() {
        auto watch = server_.loop_.watch(socket_.get(), FdEvents::kRead, [this](FdEvents events) {
            if (!serve(events)) {
                server_.drop(*this);
            }
        });
        if (!watch) {
            return false;
        }
        watch_ = std::move(*watch);
        return true;
    }

private:
    /// False when the connection is over.
    bool serve(FdEvents events) {
        if (next_.scheduled()) {
            return true;  // nothing is read while there are requests here
        }
        if (!sending() && !ended_ && !receive()) {
            return false;
        }
        // Who sends and leaves is heard.
        return send() && answer_some() && (!(events & FdEvents::kHangUp) || next_.scheduled());
    }

    /// False when the connection is over.
    bool answer_some() {
        int answers = 0;
        while (!sending() && !input_.empty()) {
            if (answers++ == kMaxAnswers) {
                next_.schedule();
                break;
            }
            const size_t newline = input_.find('\n');
            if (std::min(newline, input_.size()) > kMaxLine) {
                // Whoever sends such a line doesn't speak this protocol: nothing more is read.
                input_.clear();
                ended_ = true;
                static_cast<void>(
                    reply(control_error(fmt::format("a line is longer than {} bytes", kMaxLine))));
                break;
            }
            if (newline == std::string::npos) {
                break;
            }
            const std::string line = input_.substr(0, newline);
            input_.erase(0, newline + 1);
            if (!reply(answer(server_.handler_, line, std::move(input_fd_)))) {
                return false;
            }
        }
        watch_.set_events(sending() ? FdEvents::kWrite : FdEvents::kRead);
        return sending() || next_.scheduled() || !ended_;
    }

    bool receive() {
        std::array<char, kMaxLine> buffer;
        auto received = receive_with_fd(socket_.get(), buffer);
        if (!received) {
            return received.error().code == EAGAIN || received.error().code == EINTR;
        }
        ended_ = received->bytes == 0;
        input_.append(buffer.data(), received->bytes);
        if (received->fd) {
            input_fd_ = std::move(received->fd);
        }
        return true;
    }

    bool reply(ControlReply reply) {
        output_ = std::move(reply.json) + '\n';
        output_fd_ = std::move(reply.fd);
        return send();
    }

    bool send() {
        while (sending()) {
            const auto sent =
                send_with_fd(socket_.get(), std::span{output_}.subspan(sent_), output_fd_.get());
            if (!sent) {
                return false;
            }
            if (*sent == 0) {
                return true;
            }
            output_fd_.reset();
            sent_ += *sent;
            if (sent_ == output_.size()) {
                output_.clear();
                sent_ = 0;
            }
        }
        return true;
    }

    [[nodiscard]] bool sending() const { return !output_.empty(); }

    ControlServer& server_;  // owns this
    UniqueFd socket_;
    FdWatch watch_;
    std::string input_;
    UniqueFd input_fd_;
    std::string output_;
    size_t sent_ = 0;
    UniqueFd output_fd_;
    bool ended_ = false;
    /// For requests that are here already: the socket doesn't tell of them.
    DeferredCall next_;
};

ControlServer::ControlServer(EventLoop& loop, const std::string& path, const std::string& name,
                             ControlHandler& handler)
    : loop_{loop},
      handler_{handler},
      socket_{listen_or_throw(path, name)},
      file_{path},
      acceptor_{loop_, socket_.get(), *this} {}

ControlServer::~ControlServer() = default;

void ControlServer::accepted(UniqueFd socket) {
    if (!peer_is_trusted(socket.get())) {
        if (log_limiter_.admit(loop_.clock().now())) {
            log_warn("control", "refused a client of another user");
        }
        return;
    }
    if (clients_.size() >= kMaxClients) {
        if (log_limiter_.admit(loop_.clock().now())) {
            log_warn("control", "refused a client: {} are connected", clients_.size());
        }
        return;
    }
    clients_.push_back(std::make_unique<Client>(*this, std::move(socket)));
    if (!clients_.back()->start()) {
        clients_.pop_back();
    }
}

void ControlServer::drop(Client& client) {
    std::erase_if(clients_, [&](const auto& other) { return other.get() == &client; });
}

}  // namespace oriel::app
