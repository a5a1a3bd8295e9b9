// SPDX-License-Identifier: MIT
#pragma once

#include <sys/types.h>

#include <cstdint>
#include <memory>
#include <string>
#include <string_view>

#include "core/clock.h"
#include "core/mapping.h"
#include "core/result.h"
#include "core/unique_fd.h"
#include "net/outside.h"

namespace oriel::app {

/// Writes lines to a file without ever waiting for it: a process of its own does that, behind a
/// pipe. Lines for which the pipe has no room (a slow disk, a pipe that nobody reads), and those
/// after a disk was full, are left out, and counted.
class TraceWriter {
public:
    /// Bytes that the pipe takes; less where the user's pipes have taken what the kernel allows.
    static constexpr int kPipeBytes = 1 << 20;
    /// How long the end waits for what is still to be written.
    static constexpr Nanoseconds kPatience{2'000'000'000};

    /// Makes the file, or empties it. Forks: only for a program that has one thread.
    [[nodiscard]] static Result<std::unique_ptr<TraceWriter>> open(
        const std::string& file, Nanoseconds patience = kPatience);
    TraceWriter(const TraceWriter&) = delete;
    TraceWriter& operator=(const TraceWriter&) = delete;
    /// Waits for the process, and says how many lines are not in the file.
    ~TraceWriter();

    /// `line` with its newline, at most kMaxTraceLine bytes.
    void write(std::string_view line);
    /// Lines that are not in the file, or not yet.
    [[nodiscard]] uint64_t missing() const;
    /// The process that writes, for the one outside a sandbox.
    [[nodiscard]] Outside::Child process() const;

private:
    TraceWriter(std::string file, Nanoseconds patience, Mapping shared)
        : file_{std::move(file)}, patience_{patience}, shared_{std::move(shared)} {}
    /// Whether the process has ended; it is waited for so long.
    [[nodiscard]] bool ended(Nanoseconds patience);

    const std::string file_;
    const Nanoseconds patience_;
    /// Where the process counts the lines that it has written.
    Mapping shared_;
    UniqueFd pipe_;
    UniqueFd process_;
    pid_t pid_ = 0;  ///< 0: it has ended
    uint64_t lines_ = 0;
    bool slow_ = false;
};

}  // namespace oriel::app
