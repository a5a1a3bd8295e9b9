// SPDX-License-Identifier: MIT
#pragma once

#include <cstddef>
#include <map>
#include <string>

#include "core/log.h"
#include "kiosk/control_query.h"

namespace oriel::app {

/// Asks the process with a VM's windows to bring them to outputs, one after the other.
class OutputMoves final : private ControlQueryListener {
public:
    /// `loop` is lent and must outlive this; `path`: its control socket.
    OutputMoves(EventLoop& loop, std::string vm, std::string path);

    void move(size_t screen, const std::string& output);

private:
    void answered(const Result<nlohmann::json>& answer) override;
    void next();

    EventLoop& loop_;
    const std::string vm_;
    /// By screen: the newest place.
    std::map<size_t, std::string> wanted_;
    LogLimiter limiter_;
    ControlQuery query_;
};

}  // namespace oriel::app
