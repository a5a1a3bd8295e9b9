// SPDX-License-Identifier: MIT
#pragma once

// <sys/pidfd.h>. That of glibc 2.36 (Debian 12) forgets that C++ includes it.
extern "C" {
#include <sys/pidfd.h>
}
