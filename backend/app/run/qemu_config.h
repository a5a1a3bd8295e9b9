// SPDX-License-Identifier: MIT
#pragma once

#include <string>
#include <string_view>
#include <vector>

#include "core/result.h"
#include "run/qemu_syntax.h"

namespace oriel::app {

/// A section of a file for QEMU's -readconfig: [group "id"], and lines key = "value".
struct QemuSection {
    std::string group;
    QemuProperties properties;  ///< with "id", if it has one
};

/// What isn't a section or a line of one is left out: QEMU refuses the file, and says so.
[[nodiscard]] std::vector<QemuSection> parse_qemu_config(std::string_view text);

/// The whole file. Only a plain one: reading another one takes away what is QEMU's.
[[nodiscard]] Result<std::string> read_qemu_config(const std::string& path);

}  // namespace oriel::app
