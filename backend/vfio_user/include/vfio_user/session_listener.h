// SPDX-License-Identifier: MIT
#pragma once

#include <string>

namespace oriel::vfio_user {

/// Whose client a session serves.
class SessionListener {
public:
    SessionListener() = default;
    SessionListener(const SessionListener&) = delete;
    SessionListener& operator=(const SessionListener&) = delete;

    virtual void session_attached() = 0;
    /// The client has taken memory away; files may be unused now.
    virtual void session_unmapped() = 0;
    /// The session is over; `reason` completes "the VMM …". Must not destroy the session.
    virtual void session_closed(const std::string& reason) = 0;

protected:
    ~SessionListener() = default;
};

}  // namespace oriel::vfio_user
