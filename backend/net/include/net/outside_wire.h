// SPDX-License-Identifier: MIT
#pragma once

#include <array>
#include <cstddef>
#include <cstdint>

namespace oriel {

// What a process in a sandbox and the one outside of it send each other: one of these a message, on
// a socket that keeps messages apart (SOCK_SEQPACKET).

enum class OutsideWork : uint32_t {
    /// A process that this one has started has the number `place` and the pidfd that comes along,
    /// and gets the signal `argument` when this one ends. Without a pidfd that was all; no other
    /// request comes before that, and no such request after it. No answer.
    kBegin,
    kConnect,  ///< to the local socket `place`; the answer brings it
    kStart,    ///< starts the HelperKind `place`, with the socket that comes along; no answer
    kEnd,      ///< ends the helper that was started by the request of number `place`; no answer
    kProbe,    ///< tries EGL; the answer's text is GL_RENDERER, or why there is none
    kRemove,   ///< takes the file of the socket `place` away
    /// Who has the number `place` and is at the other end of the VMM's socket that comes along, or
    /// of one that was connected here: the answer brings its pidfd.
    kFindVmm,
    kSignal,  ///< `argument` (SIGTERM, SIGKILL) to one of kBegin, or whom kFindVmm has found:
              ///< `place`
};

/// Programs of ours that a process which serves a VM starts.
enum class HelperKind : uint32_t {
    kPainter,   ///< of texts
    kRecorder,  ///< of a screen's frames
    kLibvirt,   ///< asks for a domain's display
};
inline constexpr size_t kHelperKinds = 3;

struct OutsideRequest {
    uint32_t number = 0;  ///< the answer has the same
    OutsideWork work = OutsideWork::kConnect;
    uint32_t place = 0;  ///< in the list that both had before, or as `work` has it
    /// kConnect: whose socket it may be besides this user's and root's.
    uint32_t argument = static_cast<uint32_t>(-1);
};

struct OutsideReply {
    uint32_t number = 0;
    int32_t failed = 0;            ///< not 0: `text` says why
    int32_t code = 0;              ///< the errno of that, if there is one
    std::array<char, 244> text{};  ///< ends with a zero
};

}  // namespace oriel
