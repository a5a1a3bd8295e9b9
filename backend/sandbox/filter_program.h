// SPDX-License-Identifier: MIT
#pragma once

#include <linux/filter.h>

#include <cstdint>
#include <vector>

#include "call_lists.h"

namespace oriel::sandbox {

/// A list as the program that the kernel of `architecture` (libseccomp's SCMP_ARCH_…) runs for each
/// system call. A row whose call that architecture, or this libseccomp, doesn't have is left out.
/// Throws std::runtime_error: this runs while Oriel is built and in tests, never in a process that
/// serves a VM.
[[nodiscard]] std::vector<sock_filter> filter_program(const FilterList& list,
                                                      uint32_t architecture);

}  // namespace oriel::sandbox
