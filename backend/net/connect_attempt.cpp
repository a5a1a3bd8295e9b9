// SPDX-License-Identifier: MIT
#include "net/connect_attempt.h"

#include <utility>

#include "net/local_socket.h"

namespace oriel {

void ConnectAttempt::start(const std::string& path, std::optional<uid_t> also) {
    if (Outside::current() != nullptr) {
        errand_.connect(path, also);
    } else {
        listener_.connect_ended(connect_local(path, also));
    }
}

void ConnectAttempt::outside_answered(Result<std::string> text, UniqueFd socket) {
    if (!text) {
        listener_.connect_ended(tl::unexpected(text.error()));
    } else {
        listener_.connect_ended(std::move(socket));
    }
}

}  // namespace oriel
