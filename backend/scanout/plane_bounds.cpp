// SPDX-License-Identifier: MIT
#include "scanout/plane_bounds.h"

#include <fmt/format.h>
#include <unistd.h>

#include <cctype>

namespace oriel {

Result<void> check_plane(const std::vector<UniqueFd>& files, const PlaneLayout& plane,
                         uint64_t bytes) {
    if (plane.file >= files.size()) {
        return host_error("a plane of a dma-buf has no file");
    }
    // A dma-buf's size is where its end is (Documentation/driver-api/dma-buf.rst).
    const off_t size = ::lseek(files[plane.file].get(), 0, SEEK_END);
    if (size < 0) {
        return system_error("the size of a dma-buf");
    }
    const uint64_t needed = plane.offset + bytes;
    if (static_cast<uint64_t>(size) < needed) {
        return host_error("a dma-buf of {} bytes has no picture of {}", size, needed);
    }
    return {};
}

std::string fourcc_name(uint32_t fourcc) {
    std::string name;
    for (uint32_t shift = 0; shift < 32; shift += 8) {
        const auto letter = static_cast<char>(fourcc >> shift & 0xff);
        if (std::isalnum(static_cast<unsigned char>(letter)) == 0) {
            return fmt::format("{:#010x}", fourcc);
        }
        name += letter;
    }
    return name;
}

}  // namespace oriel
