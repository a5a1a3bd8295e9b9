// SPDX-License-Identifier: MIT
#pragma once

#include <cstdint>
#include <memory>
#include <string>

#include "core/event_loop.h"
#include "input/event_target.h"

namespace oriel::input {

/// Counted since the start.
struct QmpStats {
    bool connected = false;  ///< QEMU has answered
    bool absolute = false;   ///< the guest uses an absolute pointer of QEMU's
    bool suspended = false;  ///< the machine sleeps (S3)
    uint64_t connects = 0;
    uint64_t commands = 0;
    uint64_t errors = 0;          ///< QEMU refused a command
    uint64_t garbage = 0;         ///< lines that are no QMP
    uint64_t dropped = 0;         ///< events: nobody was there, or QEMU was too slow
    uint64_t untranslatable = 0;  ///< events that QEMU has no name for
};

/// The input devices that QEMU itself emulates (PS/2, usb-tablet, ...), through its monitor socket:
/// `input-send-event` of QMP, a command a frame. Firmware, installers and guests without a virtio
/// driver have no other.
///
/// Connects by itself, again and again, and never waits: a QEMU that doesn't answer, or answers
/// what is no QMP, costs one line in the log and a bounded buffer. What is down when the connection
/// is lost is released on the next one.
///
/// While the machine sleeps its devices come before all others (Hearing::kWakes): what is pressed
/// wakes it, by QEMU's keyboard, or else by QEMU itself.
class QmpTarget {
public:
    /// `loop` is lent and must outlive this. Nothing need be at `path` yet.
    QmpTarget(EventLoop& loop, std::string path);
    ~QmpTarget();
    QmpTarget(const QmpTarget&) = delete;
    QmpTarget& operator=(const QmpTarget&) = delete;

    [[nodiscard]] EventTarget& keyboard();
    /// Ready while the guest uses an absolute one.
    [[nodiscard]] EventTarget& pointer();
    [[nodiscard]] EventTarget& mouse();

    [[nodiscard]] QmpStats stats() const;

private:
    class Impl;
    std::unique_ptr<Impl> impl_;
};

}  // namespace oriel::input
