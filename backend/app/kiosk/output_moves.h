// SPDX-License-Identifier: MIT
#pragma once

#include <cstddef>
#include <map>
#include <string>
#include <utility>

#include "core/event_loop.h"
#include "core/log.h"
#include "kiosk/control_query.h"

namespace oriel::app {

/// Asks the process with a VM's windows to bring them to outputs, one after the other. What can't
/// be done now (there is no compositor, or no such output) is asked for again, after delays that
/// grow.
class OutputMoves final : private ControlQueryListener {
public:
    static constexpr Nanoseconds kShortest{1'000'000'000};
    static constexpr Nanoseconds kLongest{60'000'000'000};

    /// `loop` is lent and must outlive this; `path`: its control socket.
    OutputMoves(EventLoop& loop, std::string vm, std::string path);

    void move(size_t screen, const std::string& output);
    /// The process has ended: the next one begins where its windows belong.
    void forget();

private:
    void answered(const Result<nlohmann::json>& answer) override;
    void next();
    void try_again();

    EventLoop& loop_;
    const std::string vm_;
    /// By screen: the newest place.
    std::map<size_t, std::string> wanted_;
    /// Those that were refused, until retry_.
    std::map<size_t, std::string> refused_;
    /// What is asked for now; a newer place for that screen is in wanted_.
    std::pair<size_t, std::string> asked_;
    Nanoseconds delay_ = kShortest;
    LogLimiter limiter_;
    ControlQuery query_;
    Timer retry_;
};

}  // namespace oriel::app
