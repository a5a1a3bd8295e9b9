// SPDX-License-Identifier: MIT
#pragma once

#include <cstdint>
#include <utility>

#include "core/unique_fd.h"

namespace oriel::vhost_user {

/// The socket on which a back end asks the front end for something (SET_BACKEND_REQ_FD). Nothing is
/// asked that would have to be waited for.
class BackendChannel {
public:
    void open(UniqueFd socket) { socket_ = std::move(socket); }
    void close() { socket_.reset(); }

    /// The configuration has changed. False where there is nobody to tell. A front end that doesn't
    /// read is told no more often: what it has not read says the same.
    bool config_changed();

private:
    UniqueFd socket_;
};

}  // namespace oriel::vhost_user
