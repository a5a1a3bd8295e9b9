// SPDX-License-Identifier: MIT
#include "test_run/qmp_client.h"

#include <poll.h>

#include <array>
#include <nlohmann/json.hpp>

#include "control/json_fields.h"
#include "core/unique_fd.h"
#include "net/local_socket.h"

namespace oriel::app {
namespace {

using std::chrono::steady_clock;

constexpr size_t kMaxQmpLine = size_t{4} << 20;

/// Lines over a socket, until a deadline.
class QmpLines {
public:
    QmpLines(int socket, steady_clock::time_point deadline)
        : socket_{socket}, deadline_{deadline} {}

    [[nodiscard]] Result<void> send(std::string_view line) const {
        while (!line.empty()) {
            const auto sent = send_with_fd(socket_, line, -1);
            if (!sent) {
                return tl::unexpected(sent.error());
            }
            line.remove_prefix(*sent);
            if (!line.empty() && !ready(POLLOUT)) {
                return host_error("QEMU's monitor does not answer");
            }
        }
        return {};
    }

    [[nodiscard]] Result<std::string> receive() {
        std::array<char, 16384> buffer;
        for (;;) {
            if (const size_t end = input_.find('\n'); end != std::string::npos) {
                std::string line = input_.substr(0, end);
                input_.erase(0, end + 1);
                return line;
            }
            if (input_.size() > kMaxQmpLine || !ready(POLLIN)) {
                return host_error("QEMU's monitor does not answer");
            }
            const auto received = receive_with_fd(socket_, buffer);
            if (!received && received.error().code != EAGAIN && received.error().code != EINTR) {
                return tl::unexpected(received.error());
            }
            if (received && received->bytes == 0) {
                return host_error("QEMU closed the connection to its monitor");
            }
            if (received) {
                input_.append(buffer.data(), received->bytes);
            }
        }
    }

    /// The answer to a command; events are passed over.
    [[nodiscard]] Result<std::string> ask(const std::string& command) {
        if (auto sent = send(command + '\n'); !sent) {
            return tl::unexpected(sent.error());
        }
        for (;;) {
            auto line = receive();
            if (!line) {
                return line;
            }
            const auto answer = nlohmann::json::parse(*line, nullptr, false);
            if (answer.is_object() && answer.contains("return")) {
                return answer["return"].dump();
            }
            if (answer.is_object() && answer.contains("error")) {
                return host_error("QEMU says: {}",
                                  field_of(field_of(answer, "error", nlohmann::json::object()),
                                           "desc", std::string{"an error without a text"}));
            }
        }
    }

private:
    [[nodiscard]] bool ready(short events) const {
        const auto left =
            std::chrono::ceil<std::chrono::milliseconds>(deadline_ - steady_clock::now()).count();
        pollfd watched{socket_, events, 0};
        return ::poll(&watched, 1, static_cast<int>(left > 0 ? left : 0)) > 0;
    }

    int socket_;
    steady_clock::time_point deadline_;
    std::string input_;
};

}  // namespace

Result<std::string> qmp_request(const std::string& socket_path, const std::string& command,
                                std::chrono::milliseconds patience) {
    const auto socket = connect_local(socket_path);
    if (!socket) {
        return tl::unexpected(socket.error());
    }
    QmpLines lines{socket->get(), steady_clock::now() + patience};
    if (auto greeting = lines.receive(); !greeting) {
        return greeting;
    }
    if (auto ready = lines.ask(R"({"execute":"qmp_capabilities"})"); !ready) {
        return ready;
    }
    return lines.ask(command);
}

}  // namespace oriel::app
