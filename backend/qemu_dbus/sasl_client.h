// SPDX-License-Identifier: MIT
#pragma once

#include <sys/types.h>

#include <cstdint>
#include <string>
#include <string_view>

namespace oriel::qemu_dbus {

/// The client's half of D-Bus' authentication (D-Bus specification, "Authentication Protocol"), one
/// line at a time. sd-bus would send all of its lines together, and what a GLib before 2.76 has
/// read too early it forgets: both sides then wait for ever, and a QEMU that waits for a listener
/// is a VM that stands still. It is also asked for another user's id where that one has made the
/// pair of sockets (libvirt's system daemon).
class SaslClient {
public:
    enum class State : uint8_t {
        kTalking,
        kDone,     ///< what comes next are messages
        kRefused,  ///< or no D-Bus at all; see why()
    };
    static constexpr size_t kMaxLine = 512;

    /// `uid`: who has made the socket, as the server sees it.
    explicit SaslClient(uid_t uid);

    [[nodiscard]] State state() const { return state_; }
    /// One line for people.
    [[nodiscard]] const std::string& why() const { return why_; }
    /// What is to be sent now; asked for after the start and after each received().
    [[nodiscard]] std::string take_output();
    void received(std::string_view bytes);

private:
    void answer(std::string_view line);
    void refuse(std::string why);

    State state_ = State::kTalking;
    bool accepted_ = false;
    std::string output_;
    std::string line_;
    std::string why_;
};

}  // namespace oriel::qemu_dbus
