// SPDX-License-Identifier: MIT
#include "test_run/qmp_client.h"

#include <nlohmann/json.hpp>

#include "control/json_fields.h"
#include "net/local_socket.h"
#include "net/timed_lines.h"

namespace oriel::app {
namespace {

constexpr size_t kMaxQmpLine = size_t{4} << 20;

/// The answer to a command; events are passed over.
Result<std::string> ask(TimedLines& lines, const std::string& command) {
    if (auto sent = lines.send(command + '\n'); !sent) {
        return tl::unexpected(sent.error());
    }
    for (;;) {
        const auto line = lines.receive();
        if (!line) {
            return tl::unexpected(line.error());
        }
        const auto answer = nlohmann::json::parse(line->text, nullptr, false);
        if (answer.is_object() && answer.contains("return")) {
            return answer["return"].dump();
        }
        if (answer.is_object() && answer.contains("error")) {
            return host_error("QEMU says: {}",
                              field_of(field_of(answer, "error", nlohmann::json::object()), "desc",
                                       std::string{"an error without a text"}));
        }
    }
}

}  // namespace

Result<std::string> qmp_request(const std::string& socket_path, const std::string& command,
                                std::chrono::milliseconds patience) {
    const auto socket = connect_local(socket_path);
    if (!socket) {
        return tl::unexpected(socket.error());
    }
    TimedLines lines{*socket,
                     {.deadline = std::chrono::steady_clock::now() + patience,
                      .longest = kMaxQmpLine,
                      .silent = "QEMU's monitor does not answer",
                      .closed = "QEMU closed the connection to its monitor"}};
    if (const auto greeting = lines.receive(); !greeting) {
        return tl::unexpected(greeting.error());
    }
    if (auto ready = ask(lines, R"({"execute":"qmp_capabilities"})"); !ready) {
        return ready;
    }
    return ask(lines, command);
}

}  // namespace oriel::app
