// SPDX-License-Identifier: MIT
// How this process and a helper program of ours (own_program.h) hear each other: packets over a
// pair of sockets.
#pragma once

#include <memory>
#include <string>
#include <vector>

#include "core/descriptor_pair.h"
#include "core/event_loop.h"
#include "core/result.h"
#include "core/unique_fd.h"
#include "net/child_process.h"

namespace oriel {

/// Ours doesn't block; the helper, which may wait, has one that does.
[[nodiscard]] Result<SocketPair> make_helper_sockets();

/// Starts the helper with the number of its socket (lent), and `arguments` behind that. Its end is
/// seen by the socket's, and it ends with the returned object.
[[nodiscard]] Result<std::unique_ptr<ChildProcess>> start_helper(
    EventLoop& loop, const std::string& program, const UniqueFd& theirs,
    const std::vector<std::string>& arguments = {});

}  // namespace oriel
