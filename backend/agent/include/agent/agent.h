// SPDX-License-Identifier: MIT
#pragma once

#include <cstdint>
#include <memory>
#include <string>
#include <vector>

#include "core/event_loop.h"
#include "scanout/clipboard.h"

namespace oriel::agent {

/// Counted since the start.
struct AgentStats {
    bool connected = false;  ///< to the VMM's socket
    bool ready = false;      ///< the guest's agent has said what it can
    /// What it can, as far as it matters here: "by demand", "selections", "CR LF", "maximum".
    std::vector<const char*> capabilities;
    uint64_t connects = 0;
    uint64_t offers_to_guest = 0;
    uint64_t offers_to_host = 0;
    uint64_t texts_to_guest = 0;
    uint64_t texts_to_host = 0;
    uint64_t garbage = 0;     ///< connections that ended because of what came
    uint64_t refused = 0;     ///< the guest's texts: too large, or no UTF-8
    uint64_t unanswered = 0;  ///< requests that the guest let go by
    uint64_t dropped = 0;     ///< messages to the guest: it doesn't read
};

/// A guest's clipboard: the client's end of the SPICE agent protocol over a virtio-serial port,
/// whose socket the VMM serves. The guest's end is the stock spice-vdagent (Linux, Windows).
///
/// Connects by itself, again and again, and never waits. A guest that says what is no message of
/// the protocol costs the connection and one line in the log, one that doesn't read or answer the
/// text that was asked for: what is kept for it is bounded by a text (kMaxClipboardText) each way.
class Agent final : public GuestClipboard {
public:
    /// `loop` is lent and must outlive this. Nothing need be at `path` yet.
    Agent(EventLoop& loop, std::string path);
    ~Agent() override;

    void join(ClipboardSide* host) override;
    void offered() override;
    void withdrawn() override;
    void fetch(ClipboardDone done) override;

    [[nodiscard]] AgentStats stats() const;

private:
    class Impl;
    std::unique_ptr<Impl> impl_;
};

}  // namespace oriel::agent
