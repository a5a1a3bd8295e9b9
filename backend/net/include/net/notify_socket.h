// SPDX-License-Identifier: MIT
#pragma once

#include <sys/types.h>

#include <optional>
#include <string>

#include "core/result.h"
#include "core/unique_fd.h"

namespace oriel {

/// One datagram of sd_notify(3).
struct NotifyMessage {
    /// Longer ones are cut, as nothing of that length is said.
    static constexpr size_t kMost = 4096;
    std::string text;
    /// The first that came, if any; others are closed.
    UniqueFd fd;
    pid_t sender = 0;  ///< as the kernel knows it
};

/// Where this process hears what others say to their service manager: a datagram socket (mode
/// 0600) at `path`, in place of one that is there. It does not wait.
[[nodiscard]] Result<UniqueFd> listen_for_notifications(const std::string& path);

/// Nothing when nothing more is there.
[[nodiscard]] std::optional<NotifyMessage> next_notification(int socket);

}  // namespace oriel
