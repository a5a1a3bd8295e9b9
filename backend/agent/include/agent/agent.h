// SPDX-License-Identifier: MIT
#pragma once

#include <cstddef>
#include <cstdint>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "agent/message_reader.h"
#include "agent/pulled_text.h"
#include "agent/wire.h"
#include "core/event_loop.h"
#include "core/log.h"
#include "core/weak.h"
#include "net/local_client.h"
#include "scanout/clipboard.h"

namespace oriel::agent {

// Messages: message.h.
struct Capabilities;
struct Clipboard;
struct Grab;
struct Request;

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
class Agent final : public GuestClipboard,
                    private LocalClient::Listener,
                    private MessageReader::Listener {
public:
    /// `loop` is lent and must outlive this. Nothing need be at `path` yet.
    Agent(EventLoop& loop, std::string path);

    void join(ClipboardSide* host) override;
    void offered() override;
    void withdrawn() override;
    void fetch(ClipboardDone done) override;

    [[nodiscard]] AgentStats stats() const;

private:
    /// Whose text is the clipboard's.
    enum class Owner : uint8_t { kNobody, kHost, kGuest };

    // LocalClient::Listener
    void connected() override;
    void lost() override;
    void received(std::string_view bytes) override;
    void drained() override;
    // MessageReader::Listener
    bool message(uint32_t type, std::span<const std::byte> body) override;
    bool too_large(uint32_t type) override;

    // What the guest says.
    void capabilities(const Capabilities& message);
    void grab(const Grab& message);
    void request(const Request& message);
    void clipboard(Clipboard message);

    void pull();
    void pulled(uint64_t offer, std::optional<std::string> text);
    void answer_guest(std::optional<std::string> text);

    void announce(bool request);
    void tell_owner();
    void guest_has_none();
    void patience_over();
    void end_fetches(const std::optional<std::string>& text);
    [[nodiscard]] bool usable() const;
    [[nodiscard]] bool selection() const { return wire::has(capabilities_, wire::kCapSelection); }
    [[nodiscard]] bool has_room();
    void send(const std::string& message);
    void complain(std::string_view about);

    EventLoop& loop_;
    ClipboardSide* host_ = nullptr;
    uint64_t session_ = 0;  // counts connections
    bool ready_ = false;
    uint32_t capabilities_ = 0;  // the guest's
    bool host_has_text_ = false;
    Owner owner_ = Owner::kNobody;  // as far as both sides have been told
    bool owner_due_ = false;        // the guest is to be told when there is room
    /// The host is asked for a text, and the guest of this session was the last that wanted it.
    std::optional<uint64_t> asked_in_;
    PulledText host_text_;
    std::vector<ClipboardDone> fetches_;
    AgentStats stats_;
    std::optional<bool> told_usable_;  // the user
    LogLimiter changes_;
    LogLimiter complaints_{3, Nanoseconds{60'000'000'000}};
    MessageReader reader_;
    Timer patience_{loop_, [this] { patience_over(); }};
    /// Who is asked for a text may have it late, or when another host has joined.
    WeakOwner<Agent> owner_of_answers_{this};
    // Last: it may connect at once.
    LocalClient client_;
};

}  // namespace oriel::agent
