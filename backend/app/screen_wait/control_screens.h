// SPDX-License-Identifier: MIT
#pragma once

#include <nlohmann/json_fwd.hpp>
#include <string>

#include "ctl/control_client.h"
#include "screen_wait/watched_vm.h"

namespace oriel::app {

/// The screens of a VM that a running oriel serves, by its control socket. Each call asks and waits
/// for the answer, a few seconds at most.
class ControlScreens {
public:
    ControlScreens(std::string socket_path, std::string name)
        : connection_{std::move(socket_path), name}, name_{std::move(name)} {}

    [[nodiscard]] Result<ScreenState> screen(ScanoutId scanout);
    [[nodiscard]] Result<SeenPicture> picture(ScanoutId scanout, WithCursor cursor);
    [[nodiscard]] Result<ToldMonitor> monitor(ScanoutId scanout);
    /// Any request; what it answers is not looked at.
    [[nodiscard]] Result<void> ask(const nlohmann::json& request);

private:
    ControlConnection connection_;
    std::string name_;
};

}  // namespace oriel::app
