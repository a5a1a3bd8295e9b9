// SPDX-License-Identifier: MIT
#pragma once

#include <sys/types.h>

#include <array>
#include <cstdint>

namespace oriel {

// What a process in a sandbox and the one outside of it send each other: one of these a message, on
// a socket that keeps messages apart (SOCK_SEQPACKET).

enum class OutsideWork : uint32_t {
    kConnect,  ///< to the local socket `place`; the answer brings it
    kPaint,   ///< starts the program that paints texts, with the socket that comes along; no answer
    kProbe,   ///< tries EGL; the answer's text is GL_RENDERER, or why there is none
    kRemove,  ///< takes the file of the socket `place` away
};

struct OutsideRequest {
    uint32_t number = 0;  ///< the answer has the same
    OutsideWork work = OutsideWork::kConnect;
    uint32_t place = 0;  ///< in the list that both had before
    /// kConnect: whose socket it may be besides this user's and root's.
    uid_t also = static_cast<uid_t>(-1);
};

struct OutsideReply {
    uint32_t number = 0;
    int32_t failed = 0;            ///< not 0: `text` says why
    int32_t code = 0;              ///< the errno of that, if there is one
    std::array<char, 244> text{};  ///< ends with a zero
};

}  // namespace oriel
