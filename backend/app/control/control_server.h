// SPDX-License-Identifier: MIT
#pragma once

#include <list>
#include <memory>
#include <nlohmann/json_fwd.hpp>
#include <string>

#include "core/event_loop.h"
#include "core/log.h"
#include "core/unique_fd.h"
#include "net/acceptor.h"
#include "net/socket_file.h"

namespace oriel::app {

/// The answer to a request: a JSON object, and perhaps a file that goes with it.
struct ControlReply {
    std::string json;  ///< without a newline
    UniqueFd fd;
};

/// An object as a line without its newline. What is no UTF-8 (a file's name may be none, nor need
/// a client's words) is replaced.
[[nodiscard]] std::string control_line(const nlohmann::json& object);

/// {"ok":false,"error":TEXT}
[[nodiscard]] ControlReply control_error(const std::string& text);

/// Whoever answers what comes in over the control socket.
class ControlHandler {
public:
    /// `request` is an object whose "command" is the string `command`. `file` came with it, or is
    /// none; it may be taken.
    [[nodiscard]] virtual ControlReply handle(const std::string& command,
                                              const nlohmann::json& request, UniqueFd& file) = 0;

protected:
    ~ControlHandler() = default;
};

/// The private control socket of one VM.
///
/// Protocol: a client sends JSON objects, one a line of at most kMaxLine bytes, each with a string
/// "command"; each is answered in its turn with one line: {"ok":true,…} or {"ok":false,"error":…}.
/// The file that belongs to an answer comes with it (SCM_RIGHTS), as a client's comes with its
/// request; of several the last one counts. Only this user and root are
/// served. While a client doesn't read its answers, nothing is read from it; the others are served.
class ControlServer final : private ConnectionListener {
public:
    static constexpr size_t kMaxLine = 4096;
    static constexpr size_t kMaxClients = 16;

    /// Listens on `path`, mode 0600; a socket that a dead process left is replaced. `loop` and
    /// `handler` must outlive the server. Throws StartupError, with exit code 2 when a live process
    /// serves `name`.
    ControlServer(EventLoop& loop, const std::string& path, const std::string& name,
                  ControlHandler& handler);
    ControlServer(const ControlServer&) = delete;
    ControlServer& operator=(const ControlServer&) = delete;
    /// Removes the socket, if it is still this one that is there.
    ~ControlServer();

    [[nodiscard]] size_t client_count() const { return clients_.size(); }

private:
    class Client;

    // ConnectionListener
    void accepted(UniqueFd socket) override;
    void drop(Client& client);

    EventLoop& loop_;
    ControlHandler& handler_;
    UniqueFd socket_;
    SocketFile file_;
    Acceptor acceptor_;
    std::list<std::unique_ptr<Client>> clients_;
    LogLimiter log_limiter_;
};

}  // namespace oriel::app
