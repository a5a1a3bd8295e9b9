// SPDX-License-Identifier: MIT
#pragma once

#include <string>

#include "core/unique_fd.h"

namespace oriel {

/// Held while a socket is put into a folder: two processes that start at once must not both find a
/// dead one and remove each other's. The lock is on the folder itself, so it leaves no file.
///
/// Waits for the other process, a second at most: in a folder like /tmp anybody may hold the lock
/// for ever. After that, or where folders can't be locked, it goes on without.
class FolderLock {
public:
    /// Locks the folder that `path` is in.
    explicit FolderLock(const std::string& path);

private:
    UniqueFd fd_;  // closing it unlocks
};

}  // namespace oriel
