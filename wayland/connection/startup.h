// SPDX-License-Identifier: MIT
#pragma once

#include <cstdint>

#include "connection/connection.h"
#include "core/event_loop.h"
#include "core/result.h"
#include "protocol/core.h"

namespace oriel::wayland {

/// What is done at each step of Startup. An error is one line for the user, and ends the
/// connection.
class StartupSteps {
public:
    StartupSteps() = default;
    StartupSteps(const StartupSteps&) = delete;
    StartupSteps& operator=(const StartupSteps&) = delete;

    /// The registry is complete, and what is used of it is bound.
    [[nodiscard]] virtual Result<void> globals_known() = 0;
    /// What was bound has described itself. Returns how many more answers must come before ready().
    [[nodiscard]] virtual Result<uint32_t> outputs_described() = 0;
    /// The last step. It may destroy the Startup.
    virtual void ready() = 0;

protected:
    ~StartupSteps() = default;
};

/// The way from an open socket to windows, without waiting: each step follows an answer to a
/// wl_display.sync, and runs on the loop, outside of libwayland's events.
///
///     kConnecting
///         | answer: the registry is complete             -> globals_known()
///     kGlobalsKnown
///         | answer: what was bound has described itself  -> outputs_described()
///     kOutputsDescribed
///         | as many answers as that step asks for        -> ready()
///     kReady
///
/// From each state but kReady: no answer in time (PresenterOptions::patience), or a step with an
/// error, gives the connection up (ConnectionListener hears the reason). stop() leads to kStopped
/// from everywhere.
class Startup {
public:
    /// All is lent and must outlive this. The registry has been asked for already.
    Startup(Connection& connection, StartupSteps& steps, Nanoseconds patience);
    Startup(const Startup&) = delete;
    Startup& operator=(const Startup&) = delete;

    /// No step comes any more: the connection is lost.
    void stop();

private:
    enum class State : uint8_t { kConnecting, kGlobalsKnown, kOutputsDescribed, kReady, kStopped };
    static const wl_callback_listener kListener;

    void ask();
    void answered();
    void next_step();
    void know_globals();
    void describe_outputs();
    void finish();

    Connection& connection_;
    StartupSteps& steps_;
    const Nanoseconds patience_time_;
    State state_ = State::kConnecting;
    /// In kOutputsDescribed: answers that are still to come.
    uint32_t answers_left_ = 0;
    Timer patience_;
    DeferredCall next_step_;
    Proxy<wl_callback> answer_;
};

}  // namespace oriel::wayland
