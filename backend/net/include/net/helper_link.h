// SPDX-License-Identifier: MIT
// How this process and a helper program of ours (own_program.h) hear each other: packets over a
// pair of sockets.
#pragma once

#include <cstdint>
#include <memory>
#include <string>
#include <utility>
#include <vector>

#include "core/descriptor_pair.h"
#include "core/event_loop.h"
#include "core/result.h"
#include "core/unique_fd.h"
#include "net/child_process.h"
#include "net/outside_wire.h"

namespace oriel {

/// Ours doesn't block; the helper, which may wait, has one that does.
[[nodiscard]] Result<SocketPair> make_helper_sockets();

/// Starts the helper with the number of its socket (lent), and `arguments` behind that, as a child
/// of this process. Its end is seen by the socket's, and it ends with the returned object.
[[nodiscard]] Result<std::unique_ptr<ChildProcess>> start_helper(
    EventLoop& loop, const std::string& program, const UniqueFd& theirs,
    const std::vector<std::string>& arguments = {});

/// A helper that runs: a child of this process, or, in a sandbox, of the one outside. Its end is
/// seen by the socket's, and it ends with this object.
class HelperProcess {
public:
    /// As start_helper(). In a sandbox program and arguments are those that were known before, and
    /// one that can't be started is only the socket's end.
    [[nodiscard]] static Result<std::unique_ptr<HelperProcess>> start(
        EventLoop& loop, HelperKind kind, const std::string& program, const UniqueFd& theirs,
        const std::vector<std::string>& arguments = {});
    HelperProcess(const HelperProcess&) = delete;
    HelperProcess& operator=(const HelperProcess&) = delete;
    ~HelperProcess();

private:
    HelperProcess(std::unique_ptr<ChildProcess> child, uint32_t outside)
        : child_{std::move(child)}, outside_{outside} {}

    std::unique_ptr<ChildProcess> child_;
    /// Its number there; 0: it is a child of this process.
    const uint32_t outside_;
};

}  // namespace oriel
