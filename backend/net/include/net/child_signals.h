// SPDX-License-Identifier: MIT
#pragma once

#include <csignal>

namespace oriel {

/// In a child, after fork(): signals end it again as they end any program. The loop takes signals
/// from a descriptor and blocks them, and a mask survives fork() and exec(). Safe where only what
/// is safe in a signal handler may be called.
inline void unblock_signals() {
    sigset_t none;
    sigemptyset(&none);
    static_cast<void>(sigprocmask(SIG_SETMASK, &none, nullptr));
}

}  // namespace oriel
