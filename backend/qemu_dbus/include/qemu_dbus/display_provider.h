// SPDX-License-Identifier: MIT
#pragma once

#include <string>

#include "core/unique_fd.h"

namespace oriel::qemu_dbus {

class HandoverListener {
public:
    HandoverListener() = default;
    HandoverListener(const HandoverListener&) = delete;
    HandoverListener& operator=(const HandoverListener&) = delete;

    /// `socket` leads to QEMU's D-Bus display. `touch`: the VM has a touch screen. May destroy who
    /// tells.
    virtual void handed_over(UniqueFd socket, bool touch) = 0;
    /// `socket` leads to a message bus, and QEMU is on that. The same.
    virtual void bus_handed_over(UniqueFd socket) = 0;
    /// `why` is one line for people. The same.
    virtual void not_handed_over(const std::string& why) = 0;

protected:
    ~HandoverListener() = default;
};

/// Somebody who knows the way to a QEMU's display, such as libvirt's side. Never waits.
class DisplayProvider {
public:
    DisplayProvider() = default;
    DisplayProvider(const DisplayProvider&) = delete;
    DisplayProvider& operator=(const DisplayProvider&) = delete;
    virtual ~DisplayProvider() = default;

    /// Is answered once, whenever that is, but not before this returns. `listener` is lent until
    /// then, or until forget().
    virtual void ask(HandoverListener& listener) = 0;
    /// No answer is wanted any more.
    virtual void forget() = 0;
    /// What was handed over last is a display, and shows. It is wanted no second time: if the
    /// connection is lost, the VM ends, or another viewer has taken it.
    virtual void shown() = 0;
};

}  // namespace oriel::qemu_dbus
