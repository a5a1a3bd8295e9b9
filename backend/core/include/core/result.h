// SPDX-License-Identifier: MIT
#pragma once

#include <fmt/format.h>

#include <cerrno>
#include <stdexcept>
#include <string>
#include <tl/expected.hpp>
#include <utility>

#include "core/text.h"

namespace oriel {

/// An error that the host caused: a system call that failed, a resource that is missing. What a
/// guest causes is never a HostError: it is a protocol error of the layer that saw it.
struct HostError {
    int code = 0;         ///< errno, or 0 where there is none
    std::string context;  ///< what was tried, on what: "bind /run/x.sock"

    /// One line for a log or for stderr: "bind /run/x.sock: Address already in use".
    [[nodiscard]] std::string message() const;
};

template <class T>
using Result = tl::expected<T, HostError>;

/// The failure of the system call just made: takes errno, so call it first.
template <class... Args>
[[nodiscard]] tl::unexpected<HostError> system_error(fmt::format_string<Args...> format,
                                                     Args&&... args) {
    const int code = errno;
    return tl::unexpected(HostError{code, fmt::format(format, std::forward<Args>(args)...)});
}

/// A failure that no errno describes.
template <class... Args>
[[nodiscard]] tl::unexpected<HostError> host_error(fmt::format_string<Args...> format,
                                                   Args&&... args) {
    return tl::unexpected(HostError{0, fmt::format(format, std::forward<Args>(args)...)});
}

/// Thrown only while the program starts or reads its configuration; main() prints it as one line,
/// printable() whatever it quotes.
class StartupError : public std::runtime_error {
public:
    explicit StartupError(const std::string& line, int exit_code = 1)
        : std::runtime_error{printable(line)}, exit_code_{exit_code} {}
    explicit StartupError(const HostError& error, int exit_code = 1)
        : StartupError{error.message(), exit_code} {}
    [[nodiscard]] int exit_code() const { return exit_code_; }

private:
    int exit_code_;
};

}  // namespace oriel
