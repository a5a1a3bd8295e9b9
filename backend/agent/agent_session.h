// SPDX-License-Identifier: MIT
#pragma once

#include <cstdint>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "agent/agent.h"
#include "core/event_loop.h"
#include "core/log.h"
#include "core/weak.h"
#include "message.h"
#include "message_reader.h"
#include "net/local_client.h"
#include "pulled_text.h"

namespace oriel::agent {

/// The conversation with the guest's agent: who has the clipboard, what was asked and is owed.
class Agent::Impl final : private LocalClient::Listener, private MessageReader::Listener {
public:
    Impl(EventLoop& loop, std::string path);

    void join(ClipboardSide* host);
    void host_offered();
    void host_withdrawn();
    void fetch(ClipboardDone done);
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

    bool handle(Message message);
    void capabilities(const Capabilities& message);
    void grab(const Grab& message);
    void release();
    void request(const Request& message);
    void pull();
    void pulled(uint64_t offer, std::optional<std::string> text);
    void clipboard(Clipboard message);
    void answer_guest(std::optional<std::string> text);

    void announce(bool request);
    void tell_owner();
    void guest_has_none();
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
    Timer patience_{loop_, [this] {
                        ++stats_.unanswered;
                        complain("the guest doesn't answer with its clipboard's text");
                        end_fetches(std::nullopt);
                    }};
    /// Who is asked for a text may have it late, or when another host has joined.
    WeakOwner<Impl> owner_of_answers_{this};
    // Last: it may connect at once.
    LocalClient client_;
};

}  // namespace oriel::agent
