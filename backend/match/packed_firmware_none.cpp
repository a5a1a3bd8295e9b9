// SPDX-License-Identifier: MIT
#include "packed_firmware.h"

namespace oriel::match {

Result<std::vector<std::vector<std::byte>>> unpacked_volumes(std::span<const std::byte>) {
    return host_error("this build has no liblzma, which unpacks firmware");
}

Result<std::vector<std::byte>> unpacked_kernel(std::span<const std::byte>) {
    return host_error("this build has no liblzma, which unpacks kernels");
}

}  // namespace oriel::match
