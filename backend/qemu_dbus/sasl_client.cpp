// SPDX-License-Identifier: MIT
#include "sasl_client.h"

#include <fmt/format.h>

#include <utility>

namespace oriel::qemu_dbus {

SaslClient::SaslClient(uid_t uid) {
    // The protocol begins with a byte that means nothing; the id is its decimal digits' codes.
    output_ = std::string(1, '\0') + "AUTH EXTERNAL ";
    for (const char digit : std::to_string(uid)) {
        output_ += fmt::format("{:02x}", static_cast<unsigned>(digit));
    }
    output_ += "\r\n";
}

std::string SaslClient::take_output() {
    return std::exchange(output_, {});
}

void SaslClient::received(std::string_view bytes) {
    for (size_t i = 0; i < bytes.size() && state_ != State::kRefused; ++i) {
        if (state_ == State::kDone) {
            // A server says nothing before it has read BEGIN.
            refuse("it speaks before it is asked");
            return;
        }
        line_ += bytes[i];
        if (line_.ends_with("\r\n")) {
            line_.resize(line_.size() - 2);
            answer(std::exchange(line_, {}));
        } else if (line_.size() > kMaxLine) {
            refuse("it speaks no D-Bus");
        }
    }
}

void SaslClient::answer(std::string_view line) {
    if (!accepted_ && line.starts_with("OK")) {
        accepted_ = true;
        output_ += "NEGOTIATE_UNIX_FD\r\n";
    } else if (accepted_ && line.starts_with("AGREE_UNIX_FD")) {
        output_ += "BEGIN\r\n";
        state_ = State::kDone;
    } else if (line.starts_with("REJECTED")) {
        refuse("it does not accept this user");
    } else if (line.starts_with("ERROR")) {
        refuse("it can't pass file descriptors");
    } else {
        refuse("it speaks no D-Bus");
    }
}

void SaslClient::refuse(std::string why) {
    state_ = State::kRefused;
    why_ = std::move(why);
}

}  // namespace oriel::qemu_dbus
