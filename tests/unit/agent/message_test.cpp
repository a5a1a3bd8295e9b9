// SPDX-License-Identifier: MIT
// Bytes of a port to messages and back.
#include "message.h"

#include <doctest/doctest.h>

#include <cstring>
#include <string>
#include <vector>

#include "agent/message_reader.h"
#include "line_ends.h"

namespace oriel::agent {
namespace {

using Bytes = std::span<const std::byte>;

Bytes as_bytes(std::string_view text) {
    return std::as_bytes(std::span{text.data(), text.size()});
}

/// Everything that a reader says, as a line each.
struct Recorder final : MessageReader::Listener {
    explicit Recorder(bool with_selection = true, size_t max_text = 100'000)
        : selection{with_selection}, reader{max_text, *this} {}

    bool message(uint32_t type, Bytes body) override {
        messages.push_back(parse(type, body, selection));
        return true;
    }
    bool too_large(uint32_t) override {
        ++large_ones;
        return true;
    }

    bool selection;
    std::vector<Message> messages;
    size_t large_ones = 0;
    MessageReader reader;
};

/// A chunk around any bytes.
std::string chunk(uint32_t port, std::string_view payload) {
    const wire::Chunk header{port, static_cast<uint32_t>(payload.size())};
    return std::string{reinterpret_cast<const char*>(&header), sizeof header} +
           std::string{payload};
}

std::string header(uint32_t protocol, uint32_t type, uint32_t size) {
    const wire::Header fields{protocol, type, {}, size};
    return {reinterpret_cast<const char*>(&fields), sizeof fields};
}

TEST_CASE("a message is the bytes that vd_agent.h says") {
    using namespace std::string_literals;
    CHECK(encode(Request{.text = true}, true) ==
          "\1\0\0\0\x1c\0\0\0"   // chunk: client's port, 28 bytes
          "\1\0\0\0\x08\0\0\0"   // protocol 1, CLIPBOARD_REQUEST
          "\0\0\0\0\0\0\0\0"     // opaque
          "\x08\0\0\0"           // size
          "\0\0\0\0\1\0\0\0"s);  // selection, UTF-8 text
    CHECK(encode(Grab{.text = true}, false).size() == 8 + 20 + 4);
    CHECK(encode(Release{}, false).size() == 8 + 20);
    CHECK(encode(Capabilities{true, 0x68}).substr(28) == "\1\0\0\0\x68\0\0\0"s);
}

TEST_CASE("what is said is heard, in whatever pieces it comes") {
    std::string long_text;
    for (int i = 0; i < 700; ++i) {
        long_text += "grüße " + std::to_string(i) + "\n";
    }
    for (const bool selection : {true, false}) {
        const std::string all =
            encode(Capabilities{true, 0x6f}) + encode(Grab{.text = true}, selection) +
            encode(Request{.text = true}, selection) + encode(Clipboard{long_text}, selection) +
            encode(Clipboard{}, selection) + encode(Release{}, selection);
        REQUIRE(all.size() > 3 * wire::kMaxChunk);
        for (size_t cut = 0; cut < all.size(); ++cut) {
            Recorder said{selection};
            REQUIRE(said.reader.feed(as_bytes(all).first(cut)));
            REQUIRE(said.reader.feed(as_bytes(all).subspan(cut)));
            REQUIRE(said.messages.size() == 6);
            REQUIRE(std::get<Capabilities>(said.messages[0]).request);
            REQUIRE(std::get<Capabilities>(said.messages[0]).bits == 0x6f);
            REQUIRE(std::get<Grab>(said.messages[1]).text);
            REQUIRE(std::get<Request>(said.messages[2]).text);
            REQUIRE(std::get<Clipboard>(said.messages[3]).text == long_text);
            REQUIRE_FALSE(std::get<Clipboard>(said.messages[4]).text.has_value());
            REQUIRE(std::holds_alternative<Release>(said.messages[5]));
        }
        Recorder byte_by_byte{selection};
        for (size_t i = 0; i < all.size(); ++i) {
            REQUIRE(byte_by_byte.reader.feed(as_bytes(all).subspan(i, 1)));
        }
        CHECK(byte_by_byte.messages.size() == 6);
    }
}

TEST_CASE("chunks are no larger than agents take") {
    const std::string all = encode(Clipboard{std::string(5000, 'x')}, true);
    size_t at = 0;
    size_t payload = 0;
    while (at < all.size()) {
        wire::Chunk found{};
        std::memcpy(&found, all.data() + at, sizeof found);
        CHECK(found.port == wire::kClientPort);
        CHECK(found.size <= wire::kMaxChunk);
        payload += found.size;
        at += sizeof found + found.size;
    }
    CHECK(at == all.size());
    CHECK(payload == 20 + 4 + 4 + 5000);
}

TEST_CASE("a whole message in one chunk is heard, as spice-vdagentd sends it") {
    const std::string text(50'000, 'x');
    const std::string payload = header(wire::kProtocol, wire::kClipboard, 4 + 4 + 50'000) +
                                std::string{"\0\0\0\0\1\0\0\0", 8} + text;
    Recorder said;
    CHECK(said.reader.feed(as_bytes(chunk(wire::kClientPort, payload))));
    REQUIRE(said.messages.size() == 1);
    CHECK(std::get<Clipboard>(said.messages[0]).text == text);
}

TEST_CASE("what is for the other port is passed over, also within a message") {
    const std::string message = encode(Grab{.text = true}, true).substr(sizeof(wire::Chunk));
    Recorder said;
    CHECK(said.reader.feed(as_bytes(chunk(wire::kClientPort, message.substr(0, 9)))));
    CHECK(said.reader.feed(as_bytes(chunk(wire::kServerPort, "anything"))));
    CHECK(said.reader.feed(as_bytes(chunk(wire::kClientPort, message.substr(9)))));
    REQUIRE(said.messages.size() == 1);
    CHECK(std::get<Grab>(said.messages[0]).text);
}

TEST_CASE("what is no message ends the reading") {
    Recorder said;
    SUBCASE("a port that there isn't") {
        CHECK_FALSE(said.reader.feed(as_bytes(chunk(3, "x"))));
    }
    SUBCASE("an empty chunk") {
        CHECK_FALSE(said.reader.feed(as_bytes(chunk(wire::kClientPort, ""))));
    }
    SUBCASE("another protocol") {
        CHECK_FALSE(said.reader.feed(as_bytes(chunk(wire::kClientPort, header(2, 6, 4)))));
    }
    SUBCASE("text") {
        CHECK_FALSE(said.reader.feed(as_bytes("GET / HTTP/1.0\r\n\r\n")));
    }
    CHECK(said.messages.empty());
}

TEST_CASE("what is too large is read past, and the next message is heard") {
    Recorder said{true, 3000};
    const std::string large = encode(Clipboard{std::string(3001, 'x')}, true);
    CHECK(said.reader.feed(as_bytes(large)));
    CHECK(said.large_ones == 1);
    CHECK(said.reader.feed(as_bytes(encode(Clipboard{std::string(3000, 'x')}, true))));
    CHECK(said.large_ones == 1);
    REQUIRE(said.messages.size() == 1);
    CHECK(std::get<Clipboard>(said.messages[0]).text->size() == 3000);
    // No text, and larger than such a message ever is.
    CHECK(said.reader.feed(as_bytes(chunk(wire::kClientPort, header(1, 7, 0xffff'ffff)))));
    CHECK(said.reader.feed(as_bytes(chunk(wire::kClientPort, std::string(10'000, 'y')))));
    CHECK(said.messages.size() == 1);
}

TEST_CASE("messages that are shorter than they must be are malformed") {
    const std::string four{"\0\0\0\0", 4};
    CHECK(std::holds_alternative<Malformed>(parse(wire::kAnnounceCapabilities, {}, true)));
    for (const uint32_t type : {wire::kClipboard, wire::kClipboardRequest}) {
        CHECK(std::holds_alternative<Malformed>(parse(type, {}, false)));
        CHECK(std::holds_alternative<Malformed>(parse(type, as_bytes(four), true)));
    }
    for (const uint32_t type : {wire::kClipboardGrab, wire::kClipboardRelease}) {
        CHECK(std::holds_alternative<Malformed>(parse(type, {}, true)));
    }
    // An agent of the first days.
    CHECK(std::get<Capabilities>(parse(wire::kAnnounceCapabilities, as_bytes(four), true)).bits ==
          0);
}

TEST_CASE("other selections and other messages are nobody's") {
    const std::string primary{"\1\0\0\0\1\0\0\0", 8};
    for (const uint32_t type : {wire::kClipboard, wire::kClipboardGrab, wire::kClipboardRequest,
                                wire::kClipboardRelease}) {
        CHECK(std::holds_alternative<Other>(parse(type, as_bytes(primary), true)));
    }
    CHECK(std::holds_alternative<Other>(parse(1, {}, true)));
    CHECK(std::holds_alternative<Other>(parse(0xffff'ffff, {}, true)));
    const std::string picture{"\0\0\0\0\2\0\0\0", 8};
    CHECK_FALSE(std::get<Grab>(parse(wire::kClipboardGrab, as_bytes(picture), true)).text);
    CHECK_FALSE(std::get<Request>(parse(wire::kClipboardRequest, as_bytes(picture), true)).text);
}

TEST_CASE("lines end as the other side's do") {
    CHECK(to_crlf("a\nb\r\nc\rd\n\n") == "a\r\nb\r\nc\rd\r\n\r\n");
    CHECK(to_lf("a\r\nb\nc\rd\r\r\n") == "a\nb\nc\rd\r\n");
    CHECK(to_crlf("").empty());
    CHECK(to_lf("").empty());
}

}  // namespace
}  // namespace oriel::agent
