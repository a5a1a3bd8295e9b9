// SPDX-License-Identifier: MIT
#pragma once

#include <sys/socket.h>

#include <vector>

#include "core/unique_fd.h"

namespace oriel {

/// SCM_MAX_FD of the kernel: no message brings more.
constexpr size_t kMaxReceivedFds = 253;

/// Appends the file descriptors that came with a message (recvmsg, SCM_RIGHTS), which are owned
/// from then on: nobody else may take them out of `message`.
void take_received_fds(msghdr& message, std::vector<UniqueFd>& fds);

}  // namespace oriel
