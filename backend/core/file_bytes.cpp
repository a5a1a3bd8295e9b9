// SPDX-License-Identifier: MIT
#include "core/file_bytes.h"

#include <fcntl.h>
#include <sys/stat.h>

#include "core/read_up_to.h"
#include "core/unique_fd.h"

namespace oriel {

Result<std::vector<char>> file_bytes(const std::string& path, size_t most) {
    const UniqueFd fd{::open(path.c_str(), O_RDONLY | O_CLOEXEC | O_NONBLOCK)};
    struct stat status = {};
    if (!fd || ::fstat(fd.get(), &status) != 0) {
        return system_error("read {}", path);
    }
    if (!S_ISREG(status.st_mode)) {
        return host_error("read {}: it is not a plain file", path);
    }
    if (static_cast<uint64_t>(status.st_size) > most) {
        return host_error("read {}: {} bytes are more than {}", path, status.st_size, most);
    }
    std::vector<char> bytes(static_cast<size_t>(status.st_size));
    const ssize_t length = read_up_to(fd.get(), bytes.data(), bytes.size());
    if (length < 0) {
        return system_error("read {}", path);
    }
    bytes.resize(static_cast<size_t>(length));
    return bytes;
}

}  // namespace oriel
