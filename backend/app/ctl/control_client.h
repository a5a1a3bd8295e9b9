// SPDX-License-Identifier: MIT
#pragma once

#include <chrono>
#include <cstddef>
#include <memory>
#include <nlohmann/json_fwd.hpp>
#include <string>
#include <utility>

#include "control/json_fields.h"
#include "core/result.h"
#include "core/unique_fd.h"

namespace oriel::app {

/// What a process answers is not read beyond that.
inline constexpr size_t kMaxAnswer = size_t{1} << 20;

/// What a control server answered with "ok": true.
class ControlAnswer {
public:
    ControlAnswer(nlohmann::json json, UniqueFd fd);
    ControlAnswer(ControlAnswer&&) noexcept;
    ControlAnswer& operator=(ControlAnswer&&) noexcept;
    ~ControlAnswer();

    [[nodiscard]] const nlohmann::json& json() const { return *json_; }
    /// The file that came with it, or none.
    [[nodiscard]] UniqueFd take_fd() { return std::move(fd_); }

    template <class T>
    [[nodiscard]] T field(const char* name, T otherwise) const {
        return field_of(*json_, name, std::move(otherwise));
    }

private:
    std::unique_ptr<nlohmann::json> json_;  // never null but after a move
    UniqueFd fd_;
};

/// A connection to the process that serves the VM `name`, made with the first request and kept for
/// the next ones.
class ControlConnection {
public:
    ControlConnection(std::string socket_path, std::string name)
        : socket_path_{std::move(socket_path)}, name_{std::move(name)} {}

    /// Asks and waits for the answer at most `patience`. `file` (lent; -1: none) goes with it. The
    /// error is a line for the user; a server's own error is one too. After another one the next
    /// request connects anew.
    [[nodiscard]] Result<ControlAnswer> request(const nlohmann::json& request,
                                                std::chrono::milliseconds patience, int file = -1);

private:
    [[nodiscard]] Result<ControlAnswer> ask(const nlohmann::json& request,
                                            std::chrono::steady_clock::time_point deadline,
                                            int file);

    std::string socket_path_;
    std::string name_;
    UniqueFd socket_;
};

/// One request to the process that serves the VM `name`: connects, asks, waits for the answer at
/// most `patience`. `file` (lent; -1: none) goes with it. The error is a line for the user; a
/// server's own error is one too.
[[nodiscard]] Result<ControlAnswer> control_request(const std::string& socket_path,
                                                    const std::string& name,
                                                    const nlohmann::json& request,
                                                    std::chrono::milliseconds patience,
                                                    int file = -1);

/// The same of the process whose control socket has that name in the runtime folder, which has ten
/// seconds. Throws StartupError with the line for the user.
[[nodiscard]] ControlAnswer ask_process(const std::string& name, const nlohmann::json& request);

/// Whether a process listens on that socket.
[[nodiscard]] bool is_alive(const std::string& socket_path);

}  // namespace oriel::app
