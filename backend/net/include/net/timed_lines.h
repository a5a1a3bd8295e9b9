// SPDX-License-Identifier: MIT
#pragma once

#include <chrono>
#include <cstddef>
#include <string>
#include <string_view>

#include "core/result.h"
#include "core/unique_fd.h"

namespace oriel {

/// Lines over a local socket, until a deadline: for a program that has nothing else to do
/// meanwhile.
class TimedLines {
public:
    struct Terms {
        std::chrono::steady_clock::time_point deadline;
        size_t longest = 0;  ///< bytes that are read without a line's end, one buffer more at most
        std::string silent;  ///< the error where nothing comes in time, or no end of a line
        std::string closed;  ///< the error where the peer has closed the connection
    };
    /// A line without its end, and the last file that came up to there.
    struct Line {
        std::string text;
        UniqueFd fd;
    };

    /// `socket` is lent, must outlive this and does not block.
    TimedLines(const UniqueFd& socket, Terms terms)
        : socket_{socket.get()}, terms_{std::move(terms)} {}

    /// All of `text`, which has the line's end, and with it the file `fd` (lent; -1: none).
    [[nodiscard]] Result<void> send(std::string_view text, int fd = -1) const;
    [[nodiscard]] Result<Line> receive();

private:
    [[nodiscard]] bool ready(short events) const;

    int socket_;
    Terms terms_;
    std::string input_;
    UniqueFd fd_;
};

}  // namespace oriel
