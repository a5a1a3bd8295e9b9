// SPDX-License-Identifier: MIT
#pragma once

#include <cstddef>
#include <span>

namespace oriel {

/// What a guest has in its memory and on its screens isn't in a core dump of this process, which
/// may be sent to somebody. For whole pages, until they are mapped anew.
void keep_out_of_core_dump(std::span<std::byte> memory);

}  // namespace oriel
