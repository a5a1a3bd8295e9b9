// SPDX-License-Identifier: MIT
#pragma once

#include <array>
#include <memory>
#include <optional>
#include <string>

#include "card/card.h"
#include "core/event_loop.h"
#include "input/input_device.h"
#include "input/qmp_target.h"
#include "input/router.h"

namespace oriel::app {

/// The VM's input devices and what leads to them: the InputSink that presenters and `oriel ctl`
/// call. Where the guest has a driver for a virtio device that one gets the events, elsewhere what
/// QEMU emulates. It takes no part of a transport, so it may outlive all of those.
class VmInput {
public:
    /// `loop` is lent and must outlive this.
    /// `qmp` is QEMU's monitor socket; empty: none.
    VmInput(EventLoop& loop, input::Screens screens, const std::string& qmp = {});

    [[nodiscard]] input::InputRouter& router() { return router_; }
    [[nodiscard]] const input::InputRouter& router() const { return router_; }
    [[nodiscard]] input::InputDevice& device(input::Kind kind) {
        return devices_[static_cast<size_t>(kind)];
    }
    [[nodiscard]] const input::InputDevice& device(input::Kind kind) const {
        return devices_[static_cast<size_t>(kind)];
    }
    /// Null without a monitor socket.
    [[nodiscard]] const input::QmpTarget* qmp() const { return qmp_.get(); }

private:
    [[nodiscard]] input::Targets targets();

    std::array<input::InputDevice, input::kKinds> devices_;
    std::unique_ptr<input::QmpTarget> qmp_;  // null: none
    input::InputRouter router_;
};

/// Where a pointer over a screen points to: where the guest shows a picture. While it shows none
/// anywhere (it sleeps) a screen is as large as its mode, so that a pointer can wake it.
[[nodiscard]] std::optional<input::ScreenArea> input_area(const card::Card& card,
                                                          ScanoutId scanout);

}  // namespace oriel::app
