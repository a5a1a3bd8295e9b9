// SPDX-License-Identifier: MIT
#include "screen_wait/serial_file.h"

#include <fcntl.h>
#include <unistd.h>

#include <algorithm>
#include <array>
#include <iterator>

#include "core/read_up_to.h"
#include "core/unique_fd.h"

namespace oriel::app {

void SerialFile::read_more() {
    const UniqueFd fd{::open(path_.c_str(), O_RDONLY | O_CLOEXEC | O_NONBLOCK)};
    if (!fd || ::lseek(fd.get(), static_cast<off_t>(bytes_), SEEK_SET) < 0) {
        return;
    }
    std::array<char, 65536> piece;
    while (bytes_ <= kMaxSerial) {
        const ssize_t got = read_up_to(fd.get(), piece.data(), piece.size());
        if (got <= 0) {
            return;
        }
        bytes_ += static_cast<size_t>(got);
        // Lines end as everywhere else.
        std::copy_if(piece.begin(), piece.begin() + got, std::back_inserter(text_),
                     [](char c) { return c != '\r' && c != '\0'; });
    }
}

Result<std::string_view> SerialFile::text() {
    read_more();
    if (bytes_ > kMaxSerial) {
        return host_error("the guest has said more than {} MiB on its serial port",
                          kMaxSerial >> 20);
    }
    return std::string_view{text_};
}

}  // namespace oriel::app
