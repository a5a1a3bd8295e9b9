// SPDX-License-Identifier: MIT
// What a guest may say on the agent's port: raw, and as the payload of chunks that are in order.
// What this end says in return is read by the same reader.
#include <algorithm>
#include <cstdlib>
#include <string>

#include "agent/message_reader.h"
#include "harness.h"
#include "line_ends.h"
#include "message.h"

using namespace oriel;

namespace {

constexpr size_t kMaxText = 512;

struct Listener final : agent::MessageReader::Listener {
    explicit Listener(bool with_selection) : selection{with_selection} {}
    bool message(uint32_t type, std::span<const std::byte> body) override {
        const agent::Message message = agent::parse(type, body, selection);
        if (const auto* clipboard = std::get_if<agent::Clipboard>(&message)) {
            const std::string text = clipboard->text.value_or("");
            static_cast<void>(agent::to_lf(agent::to_crlf(text)));
        }
        return !std::holds_alternative<agent::Malformed>(message);
    }
    bool too_large(uint32_t) override { return true; }
    bool selection;
};

/// Each message that this end makes is one that the other end takes.
void check_own(test::FuzzInput& input) {
    const bool selection = input.take<uint8_t>() % 2 == 0;
    const bool text = input.take<uint8_t>() % 2 == 0;
    const auto bytes = input.take_bytes(input.take<uint8_t>());
    agent::Clipboard clipboard;
    if (text) {
        clipboard.text.emplace(reinterpret_cast<const char*>(bytes.data()), bytes.size());
    }
    Listener listener{selection};
    for (const std::string& own :
         {agent::encode(agent::Capabilities{text, input.take<uint32_t>()}),
          agent::encode(agent::Grab{text}, selection), agent::encode(agent::Release{}, selection),
          agent::encode(agent::Request{text}, selection), agent::encode(clipboard, selection),
          agent::encode_max_clipboard(input.take<uint32_t>())}) {
        agent::MessageReader reader{kMaxText, listener};
        if (!reader.feed(std::as_bytes(std::span{own}))) {
            std::abort();
        }
    }
}

}  // namespace

void oriel::test::play(const uint8_t* data, size_t size) {
    Listener listener{size % 2 == 0};
    agent::MessageReader raw{kMaxText, listener};
    static_cast<void>(raw.feed(std::as_bytes(std::span{data, size})));

    test::FuzzInput input{data, size};
    agent::MessageReader reader{kMaxText, listener};
    while (!input.empty()) {
        // Types and sizes that are likely to get far.
        const auto choice = input.take<uint16_t>();
        const auto body = input.take_bytes(choice % 700);
        const agent::wire::Header header{
            .protocol = agent::wire::kProtocol,
            .type = choice % 16U,
            .opaque = {},
            .size = static_cast<uint32_t>(body.size()) + choice / 65000U};
        std::string message{reinterpret_cast<const char*>(&header), sizeof header};
        message.append(reinterpret_cast<const char*>(body.data()), body.size());
        const size_t piece = 1 + choice / 8 % 97;
        for (size_t at = 0; at < message.size(); at += piece) {
            const std::string part = message.substr(at, piece);
            const agent::wire::Chunk chunk{.port = agent::wire::kClientPort,
                                           .size = static_cast<uint32_t>(part.size())};
            if (!reader.feed(std::as_bytes(std::span{&chunk, 1})) ||
                !reader.feed(std::as_bytes(std::span{part.data(), part.size()}))) {
                reader.reset();
                break;
            }
        }
        listener.selection = !listener.selection;
    }
    test::FuzzInput again{data, size};
    check_own(again);
}
