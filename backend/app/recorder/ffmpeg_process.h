// SPDX-License-Identifier: MIT
#pragma once

#include <sys/types.h>

#include <cstddef>
#include <span>
#include <string>
#include <vector>

#include "core/result.h"
#include "core/unique_fd.h"

namespace oriel::app::recorder {

/// ffmpeg, which reads a stream from us. This process has nothing else to do than to wait for it.
class FfmpegProcess {
public:
    FfmpegProcess() = default;
    FfmpegProcess(const FfmpegProcess&) = delete;
    FfmpegProcess& operator=(const FfmpegProcess&) = delete;
    /// One that still runs is killed.
    ~FfmpegProcess();

    /// `arguments` without the program's name. `inherited` (lent) is open in it.
    [[nodiscard]] Result<void> start(const std::vector<std::string>& arguments, int inherited);
    /// An error is the end, and says why ffmpeg has ended.
    [[nodiscard]] Result<void> write(std::span<const std::byte> bytes);
    /// Nothing more comes: waits until it has ended.
    [[nodiscard]] Result<void> finish();

private:
    /// Reads what it has to say; false when it has said all.
    [[nodiscard]] bool hear();
    [[nodiscard]] Result<void> reap();

    pid_t pid_ = 0;
    UniqueFd input_;
    UniqueFd messages_;
    std::string said_;  ///< the end of it
};

}  // namespace oriel::app::recorder
