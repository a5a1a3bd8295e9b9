// SPDX-License-Identifier: MIT
#pragma once

#include <sys/types.h>

#include <optional>
#include <string>

#include "core/result.h"
#include "core/unique_fd.h"
#include "net/outside.h"

namespace oriel {

/// Who waits for a ConnectAttempt.
class ConnectListener {
public:
    ConnectListener() = default;
    ConnectListener(const ConnectListener&) = delete;
    ConnectListener& operator=(const ConnectListener&) = delete;

    /// As connect_local() has it. Once a start, and last: it may destroy the attempt.
    virtual void connect_ended(Result<UniqueFd> socket) = 0;

protected:
    ~ConnectListener() = default;
};

/// connect_local() for a process that may be in a sandbox: there the process outside connects, and
/// the answer comes on the loop. Elsewhere it is told before start() returns.
class ConnectAttempt final : private OutsideListener {
public:
    /// `listener` is lent and must outlive this.
    explicit ConnectAttempt(ConnectListener& listener) : listener_{listener} {}

    /// One that is under way is forgotten.
    void start(const std::string& path, std::optional<uid_t> also = std::nullopt);
    void cancel() { errand_.cancel(); }

private:
    void outside_answered(Result<std::string> text, UniqueFd socket) override;

    ConnectListener& listener_;
    OutsideErrand errand_{static_cast<OutsideListener&>(*this)};
};

}  // namespace oriel
