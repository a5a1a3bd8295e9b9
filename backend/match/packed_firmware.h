// SPDX-License-Identifier: MIT
#pragma once

#include <cstddef>
#include <span>
#include <vector>

#include "core/result.h"

namespace oriel::match {

/// The LZMA sections of a firmware image, unpacked: at most kMaxVolumes of kMaxVolumeBytes in all;
/// damaged ones are left out. An error where there is no liblzma.
[[nodiscard]] Result<std::vector<std::vector<std::byte>>> unpacked_volumes(
    std::span<const std::byte> firmware);

/// The kernel in a bzImage (Linux/x86 boot protocol 2.08), of at most kMaxKernelBytes. An error
/// where it is packed otherwise than by xz, or there is no liblzma.
[[nodiscard]] Result<std::vector<std::byte>> unpacked_kernel(std::span<const std::byte> image);

constexpr size_t kMaxKernelBytes = size_t{128} << 20;
constexpr size_t kMaxVolumes = 4;
constexpr size_t kMaxVolumeBytes = size_t{64} << 20;

}  // namespace oriel::match
