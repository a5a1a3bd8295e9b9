// SPDX-License-Identifier: MIT
// The agent's client against a guest that behaves, and against others.
#include "agent/agent.h"

#include <doctest/doctest.h>
#include <sys/socket.h>

#include <array>
#include <optional>
#include <string>
#include <vector>

#include "agent/message_reader.h"
#include "message.h"
#include "net/local_socket.h"
#include "support/clipboard_double.h"
#include "support/log_lines.h"
#include "support/temp_dir.h"

namespace oriel::agent {
namespace {

using namespace std::chrono_literals;

constexpr uint32_t bit(wire::Capability capability) {
    return 1U << capability;
}
constexpr uint32_t kLinux = bit(wire::kCapByDemand) | bit(wire::kCapSelection);
constexpr uint32_t kWindows = kLinux | bit(wire::kCapGuestLineEndCrlf);

/// The VMM's socket with a guest's agent behind it.
struct Rig final : MessageReader::Listener {
    test::LogLines log;
    test::TempDir dir;
    std::string path = dir.file("agent");
    UniqueFd listener;
    UniqueFd guest;
    test::ClipboardDouble host;
    ManualClock clock;
    EventLoop loop{clock};
    bool selection = true;
    std::vector<Message> heard;
    /// VDAgentMaxClipboard isn't one that we read.
    size_t others = 0;
    MessageReader reader{kMaxClipboardText, *this};
    std::optional<Agent> agent;

    bool message(uint32_t type, std::span<const std::byte> body) override {
        Message message = parse(type, body, selection);
        if (std::holds_alternative<Other>(message)) {
            ++others;
        } else {
            heard.push_back(std::move(message));
        }
        return true;
    }
    bool too_large(uint32_t) override { return true; }

    void listen() { listener = listen_local(path).value(); }
    void start() {
        agent.emplace(loop, path);
        agent->join(&host);
    }
    void turn() {
        for (int i = 0; i < 50; ++i) {
            loop.dispatch(Nanoseconds{0});
        }
    }
    void accept() {
        reader.reset();
        guest.reset(::accept4(listener.get(), nullptr, nullptr, SOCK_NONBLOCK | SOCK_CLOEXEC));
        REQUIRE(guest);
    }
    void say(const std::string& bytes) {
        for (size_t at = 0; at < bytes.size();) {
            const ssize_t sent =
                ::send(guest.get(), bytes.data() + at, bytes.size() - at, MSG_NOSIGNAL);
            at += sent > 0 ? static_cast<size_t>(sent) : 0;
            turn();
            if (sent < 0 && errno != EAGAIN) {
                break;
            }
        }
    }
    /// What the guest has been told since the last call.
    std::vector<Message> take() {
        std::vector<char> buffer(size_t{1} << 20);
        for (int idle = 0; idle < 3;) {
            turn();
            const ssize_t count = ::recv(guest.get(), buffer.data(), buffer.size(), 0);
            if (count <= 0) {
                ++idle;
                continue;
            }
            CHECK(reader.feed(std::as_bytes(std::span{buffer}.first(static_cast<size_t>(count)))));
        }
        return std::exchange(heard, {});
    }
    template <class T>
    size_t told() {
        size_t count = 0;
        for (const Message& message : take()) {
            count += std::holds_alternative<T>(message) ? 1 : 0;
        }
        return count;
    }
    /// The VMM's end goes, and a new guest comes, that has just said what it can.
    void reconnect() {
        guest.reset();
        turn();
        clock.advance(1s);
        turn();
        accept();
        say(encode(Capabilities{.request = false, .bits = kLinux}));
        static_cast<void>(take());
    }
    void connect(uint32_t capabilities = kLinux) {
        listen();
        start();
        accept();
        selection = wire::has(capabilities, wire::kCapSelection);
        say(encode(Capabilities{.request = false, .bits = capabilities}));
        static_cast<void>(take());
    }
};

TEST_CASE("both ends say what they can, whoever came first") {
    Rig rig;
    rig.listen();
    rig.start();
    CHECK(rig.agent->stats().connected);
    CHECK_FALSE(rig.agent->stats().ready);
    rig.accept();
    auto told = rig.take();
    REQUIRE(told.size() == 1);
    CHECK(std::get<Capabilities>(told[0]).request);
    CHECK(std::get<Capabilities>(told[0]).bits == kLinux);
    rig.say(encode(Capabilities{.request = true, .bits = kWindows | bit(wire::kCapMaxClipboard)}));
    told = rig.take();
    REQUIRE(told.size() == 1);
    CHECK_FALSE(std::get<Capabilities>(told[0]).request);
    CHECK(rig.others == 1);  // the maximum
    CHECK(rig.agent->stats().ready);
    CHECK(rig.agent->stats().capabilities.size() == 4);
    CHECK(rig.log.count("share their clipboards' texts") == 1);
}

TEST_CASE("the host's text goes when the guest asks, and not before") {
    for (const bool selections : {true, false}) {
        Rig rig;
        rig.host.text = "zwölf\nboxkämpfer";
        rig.connect(selections ? kLinux : kLinux & ~bit(wire::kCapSelection));
        rig.agent->offered();
        auto told = rig.take();
        REQUIRE(told.size() == 1);
        CHECK(std::get<Grab>(told[0]).text);
        CHECK(rig.host.fetches == 0);
        rig.say(encode(Request{.text = true}, rig.selection));
        told = rig.take();
        CHECK(rig.host.fetches == 1);
        REQUIRE(told.size() == 1);
        CHECK(std::get<Clipboard>(told[0]).text == rig.host.text);
        CHECK(rig.agent->stats().texts_to_guest == 1);
        rig.agent->withdrawn();
        CHECK(rig.told<Release>() == 1);
        rig.say(encode(Request{.text = true}, rig.selection));
        told = rig.take();
        REQUIRE(told.size() == 1);
        CHECK_FALSE(std::get<Clipboard>(told[0]).text.has_value());
        CHECK(rig.host.fetches == 1);
    }
}

TEST_CASE("the guest's text comes when the host asks, and not before") {
    Rig rig;
    rig.connect();
    rig.say(encode(Grab{.text = true}, true));
    CHECK(rig.host.offers == 1);
    CHECK(rig.take().empty());
    std::vector<std::optional<std::string>> pasted;
    const auto paste = [&] {
        rig.agent->fetch([&](std::optional<std::string> text) { pasted.push_back(text); });
    };
    paste();
    paste();  // the same answer
    CHECK(rig.told<Request>() == 1);
    CHECK(pasted.empty());
    rig.say(encode(Clipboard{"zwölf"}, true));
    REQUIRE(pasted.size() == 2);
    CHECK(pasted[0] == "zwölf");
    CHECK(pasted[1] == "zwölf");
    CHECK(rig.agent->stats().texts_to_host == 1);
    // Nobody has asked.
    rig.say(encode(Clipboard{"zwölf"}, true));
    CHECK(rig.agent->stats().texts_to_host == 1);
    paste();
    rig.say(encode(Release{}, true));
    CHECK(rig.host.withdrawals == 1);
    REQUIRE(pasted.size() == 3);
    CHECK_FALSE(pasted[2].has_value());
    paste();
    REQUIRE(pasted.size() == 4);
    CHECK_FALSE(pasted[3].has_value());
}

TEST_CASE("a guest whose lines end with CR LF gets and gives them so") {
    Rig rig;
    rig.host.text = "a\nb\n";
    rig.connect(kWindows);
    rig.agent->offered();
    rig.say(encode(Request{.text = true}, true));
    auto told = rig.take();
    REQUIRE(told.size() == 2);
    CHECK(std::get<Clipboard>(told[1]).text == "a\r\nb\r\n");
    rig.say(encode(Grab{.text = true}, true));
    std::optional<std::string> pasted;
    rig.agent->fetch([&](std::optional<std::string> text) { pasted = std::move(text); });
    rig.say(encode(Clipboard{std::string{"c\r\nd\0", 5}}, true));
    CHECK(pasted == "c\nd");
}

TEST_CASE("an agent that starts anew is told what there is, and has nothing itself") {
    Rig rig;
    rig.connect();
    rig.say(encode(Grab{.text = true}, true));
    rig.say(encode(Capabilities{.request = true, .bits = kLinux}));
    CHECK(rig.host.withdrawals == 1);
    CHECK(rig.told<Capabilities>() == 1);
    rig.agent->offered();
    CHECK(rig.told<Grab>() == 1);
    rig.say(encode(Capabilities{.request = true, .bits = kLinux}));
    const auto told = rig.take();
    REQUIRE(told.size() == 2);
    CHECK(std::get<Grab>(told[1]).text);
}

TEST_CASE("a VMM that comes late, goes and comes back is found, and told once about") {
    Rig rig;
    rig.start();
    rig.agent->offered();
    rig.clock.advance(5s);
    rig.turn();
    CHECK(rig.log.count("trying again") == 1);
    rig.listen();
    rig.clock.advance(1s);
    rig.turn();
    rig.accept();
    rig.say(encode(Capabilities{.request = false, .bits = kLinux}));
    CHECK(rig.told<Grab>() == 1);
    rig.say(encode(Grab{.text = true}, true));
    std::optional<std::string> pasted = "unset";
    rig.agent->fetch([&](std::optional<std::string> text) { pasted = std::move(text); });
    rig.guest.reset();
    rig.turn();
    CHECK_FALSE(pasted.has_value());
    CHECK(rig.host.withdrawals == 1);
    CHECK_FALSE(rig.agent->stats().connected);
    rig.clock.advance(1s);
    rig.turn();
    rig.accept();
    rig.say(encode(Capabilities{.request = false, .bits = kLinux}));
    CHECK(rig.agent->stats().connects == 2);
    CHECK(rig.agent->stats().ready);
}

TEST_CASE("garbage costs the connection and one line, as often as it comes") {
    Rig rig;
    rig.connect();
    rig.agent->offered();
    for (int i = 0; i < 5; ++i) {
        rig.say("what is this, no agent says that\n");
        CHECK(rig.agent->stats().garbage == static_cast<uint64_t>(i) + 1);
        CHECK_FALSE(rig.agent->stats().connected);
        rig.clock.advance(1s);
        rig.turn();
        CHECK_FALSE(rig.agent->stats().connected);
        rig.clock.advance(9s);
        rig.turn();
        CHECK(rig.agent->stats().connected);
        rig.accept();
        rig.say(encode(Capabilities{.request = false, .bits = kLinux}));
        CHECK(rig.told<Grab>() == 1);
    }
    CHECK(rig.log.count("speaks no SPICE agent protocol") == 1);
    CHECK(rig.log.count("share their clipboards' texts") == 1);
}

TEST_CASE("texts that are too large, or none, are refused; the agent goes on") {
    Rig rig;
    rig.connect();
    rig.say(encode(Grab{.text = true}, true));
    std::vector<std::optional<std::string>> pasted;
    const auto paste = [&](const std::string& answer) {
        rig.agent->fetch([&](std::optional<std::string> text) { pasted.push_back(text); });
        rig.say(encode(Clipboard{answer}, true));
        REQUIRE_FALSE(pasted.empty());
        return pasted.back();
    };
    CHECK_FALSE(paste(std::string(kMaxClipboardText + 1, 'x')).has_value());
    CHECK_FALSE(paste("\xff\xfe").has_value());
    CHECK_FALSE(paste(std::string{"a\0b", 3}).has_value());
    CHECK(rig.agent->stats().refused == 3);
    CHECK(paste("fine") == "fine");
    CHECK(paste(std::string(kMaxClipboardText, 'x'))->size() == kMaxClipboardText);
    CHECK(pasted.size() == 5);
}

TEST_CASE("a guest that never answers costs one paste its text") {
    Rig rig;
    rig.connect();
    rig.say(encode(Grab{.text = true}, true));
    size_t answers = 0;
    rig.agent->fetch([&](const std::optional<std::string>& text) {
        CHECK_FALSE(text.has_value());
        ++answers;
    });
    rig.clock.advance(19s);
    rig.turn();
    CHECK(answers == 0);
    rig.clock.advance(1s);
    rig.turn();
    CHECK(answers == 1);
    CHECK(rig.agent->stats().unanswered == 1);
}

TEST_CASE("what a guest doesn't read is bounded, and it hears the newest when it reads again") {
    Rig rig;
    rig.host.text = std::string(size_t{4} << 20, 'x');
    rig.connect();
    rig.agent->offered();
    for (int i = 0; i < 20; ++i) {
        rig.say(encode(Request{.text = true}, true));
    }
    CHECK(rig.agent->stats().texts_to_guest == 1);
    CHECK(rig.agent->stats().dropped == 19);
    CHECK(rig.log.count("doesn't read") == 3);
    rig.agent->withdrawn();
    rig.agent->offered();
    rig.agent->withdrawn();
    const auto told = rig.take();
    REQUIRE(told.size() == 3);
    CHECK(std::get<Grab>(told[0]).text);
    CHECK(std::get<Clipboard>(told[1]).text == rig.host.text);
    CHECK(std::holds_alternative<Release>(told[2]));
}

TEST_CASE("a guest that asks again while it waits gets one answer") {
    Rig rig;
    rig.host.slow = true;
    rig.host.text = "slow";
    rig.connect();
    rig.agent->offered();
    for (int i = 0; i < 5; ++i) {
        rig.say(encode(Request{.text = true}, true));
    }
    CHECK(rig.host.fetches == 1);
    rig.host.answer();
    CHECK(rig.told<Clipboard>() == 1);
}

TEST_CASE("a text is pulled once an offer, however often the guest asks for it") {
    Rig rig;
    rig.host.text = "first";
    rig.connect();
    for (size_t offer = 1; offer <= 3; ++offer) {
        rig.agent->offered();
        for (int i = 0; i < 20; ++i) {
            rig.say(encode(Request{.text = true}, true));
        }
        CHECK(rig.host.fetches == offer);
        size_t texts = 0;
        for (const Message& message : rig.take()) {
            const auto* clipboard = std::get_if<Clipboard>(&message);
            texts += clipboard != nullptr && clipboard->text == rig.host.text ? 1 : 0;
        }
        CHECK(texts == 20);
        rig.host.text = "another";
    }
    // An agent that starts anew, and a guest that offers and withdraws, cost nobody anything.
    for (int i = 0; i < 20; ++i) {
        rig.say(encode(Grab{.text = true}, true));
        rig.say(encode(Capabilities{.request = true, .bits = kLinux}));
        rig.say(encode(Request{.text = true}, true));
    }
    CHECK(rig.host.fetches == 3);
    // What has been withdrawn is kept nowhere.
    rig.agent->withdrawn();
    static_cast<void>(rig.take());
    rig.say(encode(Request{.text = true}, true));
    const auto told = rig.take();
    REQUIRE(told.size() == 1);
    CHECK_FALSE(std::get<Clipboard>(told[0]).text.has_value());
}

TEST_CASE("a guest that asked for a text gets the one that has come in its place meanwhile") {
    Rig rig;
    rig.host.slow = true;
    rig.host.text = "old";
    rig.connect();
    rig.agent->offered();
    rig.say(encode(Request{.text = true}, true));
    rig.agent->offered();
    rig.host.answer();
    CHECK(rig.host.fetches == 2);
    rig.host.text = "new";
    rig.host.answer();
    std::vector<std::string> texts;
    for (const Message& message : rig.take()) {
        if (const auto* clipboard = std::get_if<Clipboard>(&message)) {
            texts.push_back(clipboard->text.value_or("none"));
        }
    }
    CHECK(texts == std::vector<std::string>{"new"});
}

TEST_CASE("a request of a new connection is answered by what the one before has asked for") {
    Rig rig;
    rig.host.slow = true;
    rig.host.text = "slow";
    rig.connect();
    rig.agent->offered();
    rig.say(encode(Request{.text = true}, true));
    rig.reconnect();
    // No text was asked for: that needs no waiting.
    rig.say(encode(Request{.text = false}, true));
    CHECK(rig.told<Clipboard>() == 1);
    for (int i = 0; i < 5; ++i) {
        rig.say(encode(Request{.text = true}, true));
    }
    CHECK(rig.host.fetches == 1);
    rig.host.answer();
    const auto told = rig.take();
    REQUIRE(told.size() == 1);
    CHECK(std::get<Clipboard>(told[0]).text == "slow");
}

TEST_CASE("a new connection whose guest asks for nothing gets no answer to the one before") {
    Rig rig;
    rig.host.slow = true;
    rig.host.text = "slow";
    rig.connect();
    rig.agent->offered();
    rig.say(encode(Request{.text = true}, true));
    rig.reconnect();
    rig.host.answer();
    CHECK(rig.take().empty());
    // It is known now.
    rig.say(encode(Request{.text = true}, true));
    CHECK(rig.told<Clipboard>() == 1);
    CHECK(rig.host.fetches == 1);
}

TEST_CASE("a host's answer that comes after the agent has ended is nobody's") {
    Rig rig;
    rig.host.slow = true;
    rig.host.text = "late";
    rig.connect();
    rig.agent->offered();
    rig.say(encode(Request{.text = true}, true));
    REQUIRE(rig.host.fetches == 1);
    rig.agent.reset();
    rig.host.answer();
}

TEST_CASE("whatever an agent says, and however often, few lines of the log come of it") {
    Rig rig;
    rig.host.text = "text";
    rig.connect();
    rig.agent->offered();
    const auto paste = [&] { rig.agent->fetch([](const std::optional<std::string>&) {}); };
    for (int i = 0; i < 300; ++i) {
        rig.say(encode(Grab{.text = true}, true));
        paste();
        rig.say(encode(Clipboard{std::string{"\xff"}}, true));
        paste();
        rig.say(encode(Clipboard{}, true));
        rig.say(encode(Release{}, true));
        rig.say(encode(Request{.text = i % 2 == 0}, true));
        // It shares a clipboard, and no longer does, and does.
        rig.say(encode(Capabilities{.request = true, .bits = i % 2 == 0 ? 0 : kLinux}));
        static_cast<void>(rig.take());
    }
    CHECK(rig.log.lines.size() > 5);
    CHECK(rig.log.lines.size() <= 20);
}

TEST_CASE("an agent that gives no clipboard on demand is left alone") {
    Rig rig;
    rig.connect(bit(wire::kCapSelection));
    CHECK(rig.log.count("shares no clipboard") == 1);
    rig.agent->offered();
    CHECK(rig.take().empty());
    rig.say(encode(Grab{.text = true}, true));
    CHECK(rig.host.offers == 0);
}

TEST_CASE("what a guest says of its clipboard before it says what it can is nobody's") {
    Rig rig;
    rig.host.text = "the host's";
    rig.listen();
    rig.start();
    rig.accept();
    rig.agent->offered();
    static_cast<void>(rig.take());
    rig.say(encode(Grab{.text = true}, true) + encode(Request{.text = true}, true) +
            encode(Clipboard{"unasked"}, true) + encode(Release{}, true));
    CHECK(rig.host.offers == 0);
    CHECK(rig.host.withdrawals == 0);
    CHECK(rig.host.fetches == 0);
    CHECK(rig.take().empty());
    bool pasted = false;
    rig.agent->fetch([&](const std::optional<std::string>& text) {
        CHECK_FALSE(text.has_value());
        pasted = true;
    });
    CHECK(pasted);
    CHECK(rig.agent->stats().connected);
    // And then it works.
    rig.say(encode(Capabilities{.request = false, .bits = kLinux}));
    CHECK(rig.told<Grab>() == 1);
    rig.say(encode(Request{.text = true}, true));
    CHECK(rig.told<Clipboard>() == 1);
}

TEST_CASE("a host that has gone is told nothing, and its answers are nobody's") {
    Rig rig;
    rig.host.slow = true;
    rig.connect();
    rig.agent->offered();
    rig.say(encode(Request{.text = true}, true));
    static_cast<void>(rig.take());
    rig.agent->join(nullptr);
    CHECK(rig.told<Release>() == 1);
    rig.host.answer();
    CHECK(rig.told<Clipboard>() == 0);
    rig.say(encode(Grab{.text = true}, true));
    CHECK(rig.host.offers == 0);
    rig.agent->join(&rig.host);
    CHECK(rig.host.offers == 1);
}

}  // namespace
}  // namespace oriel::agent
