// SPDX-License-Identifier: MIT
#include "agent/agent.h"

#include <utility>
#include <variant>

#include "core/text.h"
#include "line_ends.h"
#include "message.h"

namespace oriel::agent {
namespace {

constexpr const char* kArea = "agent";

/// After somebody who doesn't speak the protocol.
constexpr Nanoseconds kRetryGarbage{10'000'000'000};
/// A guest that hasn't answered a request for so long doesn't.
constexpr Nanoseconds kPatience{20'000'000'000};
/// With more than that on its way nothing else is begun, so at most one text waits on top of it.
constexpr size_t kMaxUnsent = size_t{64} << 10;
/// Pastes that wait for one answer of the guest's.
constexpr size_t kMaxFetches = 4;

constexpr uint32_t bit(wire::Capability capability) {
    return 1U << capability;
}
constexpr uint32_t kOurs = bit(wire::kCapByDemand) | bit(wire::kCapSelection);

std::span<const std::byte> as_bytes(std::string_view text) {
    return std::as_bytes(std::span{text.data(), text.size()});
}

}  // namespace

Agent::Agent(EventLoop& loop, std::string path)
    : loop_{loop},
      reader_{kMaxClipboardText, *this},
      client_{loop, std::move(path), {.area = kArea, .server = "the VMM"}, *this} {}

// --- the connection ------------------------------------------------------------------------------

void Agent::connected() {
    ++stats_.connects;
    ++session_;
    reader_.reset();
    // Whoever is there already answers; whoever comes later announces itself.
    announce(true);
}

void Agent::lost() {
    ready_ = false;
    capabilities_ = 0;
    owner_due_ = false;
    guest_has_none();
    owner_ = Owner::kNobody;
}

void Agent::received(std::string_view bytes) {
    const uint64_t session = session_;
    if (!reader_.feed(as_bytes(bytes)) && client_.connected() && session == session_) {
        ++stats_.garbage;
        client_.drop(
            fmt::format("{}: whoever is there speaks no SPICE agent protocol", client_.path()),
            kRetryGarbage);
        return;
    }
    client_.flush();
}

void Agent::drained() {
    if (std::exchange(owner_due_, false)) {
        tell_owner();
    }
}

void Agent::send(const std::string& message) {
    client_.queue(message);
    client_.flush();
}

bool Agent::has_room() {
    if (client_.unsent() <= kMaxUnsent) {
        return true;
    }
    ++stats_.dropped;
    complain("the guest doesn't read what it is told");
    return false;
}

void Agent::complain(std::string_view about) {
    if (complaints_.admit(loop_.clock().now())) {
        log_warn(kArea, "{}: {}", client_.path(), about);
    }
}

// --- what the guest says -------------------------------------------------------------------------

bool Agent::message(uint32_t type, std::span<const std::byte> body) {
    const uint64_t session = session_;
    Message message = parse(type, body, selection());
    if (std::holds_alternative<Malformed>(message)) {
        return false;
    }
    if (const auto* said = std::get_if<Capabilities>(&message)) {
        capabilities(*said);
    } else if (!usable()) {
        // Nothing about a clipboard before both know how.
    } else if (const auto* grabbed = std::get_if<Grab>(&message)) {
        grab(*grabbed);
    } else if (std::holds_alternative<Release>(message)) {
        guest_has_none();
    } else if (const auto* asked = std::get_if<Request>(&message)) {
        request(*asked);
    } else if (auto* content = std::get_if<Clipboard>(&message)) {
        clipboard(std::move(*content));
    }
    // Sending may have found the connection closed.
    return client_.connected() && session == session_;
}

bool Agent::usable() const {
    return ready_ && wire::has(capabilities_, wire::kCapByDemand);
}

void Agent::capabilities(const Capabilities& message) {
    const bool first = !ready_;
    ready_ = true;
    capabilities_ = message.bits;
    if (message.request) {
        announce(false);
    }
    if (!first && !message.request) {
        return;
    }
    // An agent that asks has just started: it knows nothing of what the last one was told.
    guest_has_none();
    // A guest may change its mind as often as it likes.
    if (told_usable_ != usable() && changes_.admit(loop_.clock().now())) {
        told_usable_ = usable();
        log_info(kArea, "{}: {}", client_.path(),
                 usable() ? "host and guest share their clipboards' texts"
                          : "the guest's agent shares no clipboard");
    }
    if (!usable()) {
        return;
    }
    if (wire::has(capabilities_, wire::kCapMaxClipboard) && has_room()) {
        send(encode_max_clipboard(kMaxClipboardText));
    }
    owner_ = host_has_text_ ? Owner::kHost : Owner::kNobody;
    if (owner_ == Owner::kHost) {
        tell_owner();
    }
}

void Agent::grab(const Grab& message) {
    owner_due_ = false;
    // The host says so when it has one again.
    host_has_text_ = false;
    host_text_.forget();
    if (!message.text) {
        // A picture, perhaps: what either side had is gone all the same.
        guest_has_none();
        owner_ = Owner::kNobody;
        return;
    }
    owner_ = Owner::kGuest;
    ++stats_.offers_to_host;
    if (host_ != nullptr) {
        host_->offered();
    }
}

/// If the guest had one.
void Agent::guest_has_none() {
    end_fetches(std::nullopt);
    if (owner_ != Owner::kGuest) {
        return;
    }
    owner_ = Owner::kNobody;
    if (host_ != nullptr) {
        host_->withdrawn();
    }
}

void Agent::request(const Request& message) {
    if (asked_in_ == session_) {
        return;  // one answer is under way
    }
    if (!message.text || owner_ != Owner::kHost || host_ == nullptr) {
        answer_guest(std::nullopt);
        return;
    }
    if (host_text_.text()) {
        answer_guest(host_text_.text());
        return;
    }
    if (asked_in_) {
        asked_in_ = session_;  // the guest that asked has gone: what comes is for this one
        return;
    }
    pull();
}

void Agent::pull() {
    asked_in_ = session_;
    host_->fetch([agent = owner_of_answers_.get(),
                  offer = host_text_.offer()](std::optional<std::string> text) {
        if (Agent* const self = agent.get()) {
            self->pulled(offer, std::move(text));
        }
    });
}

void Agent::pulled(uint64_t offer, std::optional<std::string> text) {
    const bool awaited = std::exchange(asked_in_, std::nullopt) == session_;
    host_text_.pulled(offer, text);
    if (!awaited || !usable()) {
        return;
    }
    if (offer != host_text_.offer() && owner_ == Owner::kHost) {
        // Another text is there meanwhile: that is what the guest pastes.
        pull();
        return;
    }
    answer_guest(std::move(text));
}

void Agent::answer_guest(std::optional<std::string> text) {
    if (!has_room()) {
        return;
    }
    if (text && wire::has(capabilities_, wire::kCapGuestLineEndCrlf)) {
        text = to_crlf(*text);
    }
    stats_.texts_to_guest += text ? 1 : 0;
    send(encode(Clipboard{std::move(text)}, selection()));
}

void Agent::clipboard(Clipboard message) {
    if (fetches_.empty()) {
        return;  // too late, or never asked for
    }
    std::optional<std::string> text = std::move(message.text);
    // Some agents count the end of a C string.
    if (text && text->ends_with('\0')) {
        text->pop_back();
    }
    if (text && (!valid_utf8(*text) || text->find('\0') != std::string::npos)) {
        ++stats_.refused;
        complain("the guest's clipboard has a text that is no UTF-8");
        text.reset();
    }
    if (text && wire::has(capabilities_, wire::kCapGuestLineEndCrlf)) {
        text = to_lf(*text);
    }
    stats_.texts_to_host += text ? 1 : 0;
    end_fetches(text);
}

bool Agent::too_large(uint32_t type) {
    if (type == wire::kClipboard) {
        ++stats_.refused;
        complain(fmt::format("the guest's clipboard has a text of more than {} MiB",
                             kMaxClipboardText >> 20));
        end_fetches(std::nullopt);
    }
    return client_.connected();
}

// --- what the host says --------------------------------------------------------------------------

void Agent::announce(bool request) {
    if (has_room()) {
        send(encode(Capabilities{.request = request, .bits = kOurs}));
    }
}

void Agent::join(ClipboardSide* host) {
    owner_of_answers_.revoke();
    host_ = host;
    asked_in_.reset();
    fetches_.clear();
    patience_.disarm();
    withdrawn();
    if (host_ != nullptr && owner_ == Owner::kGuest) {
        host_->offered();
    }
}

void Agent::offered() {
    host_has_text_ = true;
    host_text_.forget();
    end_fetches(std::nullopt);
    owner_ = Owner::kHost;
    tell_owner();
}

void Agent::withdrawn() {
    host_text_.forget();
    if (std::exchange(host_has_text_, false) && owner_ == Owner::kHost) {
        owner_ = Owner::kNobody;
        tell_owner();
    }
}

/// The guest, where the text is the host's or has been.
void Agent::tell_owner() {
    if (!usable() || owner_ == Owner::kGuest) {
        return;
    }
    if (client_.unsent() > kMaxUnsent) {
        owner_due_ = true;
        return;
    }
    if (owner_ == Owner::kHost) {
        ++stats_.offers_to_guest;
        send(encode(Grab{.text = true}, selection()));
    } else {
        send(encode(Release{}, selection()));
    }
}

void Agent::fetch(ClipboardDone done) {
    if (!usable() || owner_ != Owner::kGuest || fetches_.size() >= kMaxFetches) {
        done(std::nullopt);
        return;
    }
    fetches_.push_back(std::move(done));
    if (fetches_.size() > 1) {
        return;  // the same answer
    }
    if (!has_room()) {
        end_fetches(std::nullopt);
        return;
    }
    patience_.arm_after(kPatience);
    send(encode(Request{.text = true}, selection()));
}

void Agent::patience_over() {
    ++stats_.unanswered;
    complain("the guest doesn't answer with its clipboard's text");
    end_fetches(std::nullopt);
}

void Agent::end_fetches(const std::optional<std::string>& text) {
    patience_.disarm();
    for (const ClipboardDone& done : std::exchange(fetches_, {})) {
        done(text);
    }
}

AgentStats Agent::stats() const {
    AgentStats stats = stats_;
    stats.connected = client_.connected();
    stats.ready = ready_;
    constexpr std::pair<wire::Capability, const char*> kNames[]{
        {wire::kCapByDemand, "by demand"},
        {wire::kCapSelection, "selections"},
        {wire::kCapGuestLineEndCrlf, "CR LF"},
        {wire::kCapMaxClipboard, "maximum"}};
    for (const auto& [capability, name] : kNames) {
        if (wire::has(capabilities_, capability)) {
            stats.capabilities.push_back(name);
        }
    }
    return stats;
}

}  // namespace oriel::agent
