// SPDX-License-Identifier: MIT
#pragma once

#include "core/event_loop.h"
#include "core/unique_fd.h"

namespace oriel::app {

class StopListener {
public:
    virtual void stop_requested(int signal) = 0;

protected:
    ~StopListener() = default;
};

/// SIGTERM, SIGINT and SIGHUP as events of the loop, for as long as this lives. Other signals keep
/// what they do.
class StopSignals {
public:
    /// `loop` and `listener` must outlive this. Throws StartupError.
    StopSignals(EventLoop& loop, StopListener& listener);

private:
    UniqueFd fd_;
    FdWatch watch_;
};

/// A peer that has gone is an error of write(), not the end of the process.
void ignore_broken_pipes();

}  // namespace oriel::app
