// SPDX-License-Identifier: MIT
#pragma once

#include <cstdint>
#include <optional>
#include <string>

#include "core/result.h"
#include "core/unique_fd.h"
#include "trace/traced_frame.h"

namespace oriel::app {

/// Reads a trace, one frame after the other, in little memory however long it is.
class TraceReader {
public:
    /// A plain file: it is read more than once.
    [[nodiscard]] static Result<TraceReader> open(const std::string& file);

    /// Nothing at the end. An error is a line that names the place and what is wrong there.
    [[nodiscard]] Result<std::optional<TracedFrame>> next();
    [[nodiscard]] Result<void> rewind();
    [[nodiscard]] const std::string& file() const { return file_; }

private:
    TraceReader(std::string file, UniqueFd fd) : file_{std::move(file)}, fd_{std::move(fd)} {}
    /// The next line without its newline.
    [[nodiscard]] Result<std::optional<std::string>> line();

    std::string file_;
    UniqueFd fd_;
    std::string read_;  ///< and not given out, from taken_ on
    size_t taken_ = 0;
    bool end_ = false;
    uint64_t lines_ = 0;
};

}  // namespace oriel::app
