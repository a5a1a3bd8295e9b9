// SPDX-License-Identifier: MIT
#pragma once

#include <cstddef>
#include <string>
#include <string_view>

#include "core/result.h"

namespace oriel::app {

/// The file that a VM's serial port is written to, read as it grows.
class SerialFile {
public:
    /// A guest may say more; then it can't be read any more.
    static constexpr size_t kMaxSerial = size_t{64} << 20;

    explicit SerialFile(std::string path) : path_{std::move(path)} {}

    /// All of it so far, without carriage returns; valid until the next call. What is not there yet
    /// has said nothing.
    [[nodiscard]] Result<std::string_view> text();

private:
    void read_more();

    std::string path_;
    std::string text_;
    size_t bytes_ = 0;  ///< of the file, so far
};

}  // namespace oriel::app
