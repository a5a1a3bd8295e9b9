// SPDX-License-Identifier: MIT
#include "message.h"

#include <algorithm>

#include "agent/wire.h"
#include "core/byte_reader.h"

namespace oriel::agent {
namespace {

void put(std::string& to, std::span<const std::byte> bytes) {
    to.append(reinterpret_cast<const char*>(bytes.data()), bytes.size());
}

void put(std::string& to, uint32_t word) {
    put(to, bytes_of(word));
}

std::string in_chunks(uint32_t type, std::string_view body) {
    std::string message;
    put(message, bytes_of(wire::Header{.protocol = wire::kProtocol,
                                       .type = type,
                                       .opaque = {},
                                       .size = static_cast<uint32_t>(body.size())}));
    message += body;
    std::string chunks;
    chunks.reserve(message.size() + (message.size() / wire::kMaxChunk + 1) * sizeof(wire::Chunk));
    for (size_t at = 0; at < message.size(); at += wire::kMaxChunk) {
        const size_t size = std::min(wire::kMaxChunk, message.size() - at);
        put(chunks,
            bytes_of(wire::Chunk{.port = wire::kClientPort, .size = static_cast<uint32_t>(size)}));
        chunks.append(message, at, size);
    }
    return chunks;
}

/// What a message about the clipboard begins with.
std::string begin(bool selection) {
    return selection ? std::string{wire::kSelectionClipboard, 0, 0, 0} : std::string{};
}

/// Any of the forms that a grab lists; the list has no length of its own.
bool lists_text(ByteReader reader) {
    while (const auto form = reader.read<uint32_t>()) {
        if (*form == wire::kUtf8Text) {
            return true;
        }
    }
    return false;
}

Message parse_about_clipboard(uint32_t type, ByteReader reader) {
    if (type == wire::kClipboardRelease) {
        return Release{};
    }
    if (type == wire::kClipboardGrab) {
        return Grab{lists_text(reader)};
    }
    const auto form = reader.read<uint32_t>();
    if (!form) {
        return Malformed{};
    }
    if (type == wire::kClipboardRequest) {
        return Request{*form == wire::kUtf8Text};
    }
    if (*form != wire::kUtf8Text) {
        return Clipboard{};
    }
    const auto text = reader.rest();
    return Clipboard{std::string{reinterpret_cast<const char*>(text.data()), text.size()}};
}

}  // namespace

Message parse(uint32_t type, std::span<const std::byte> body, bool selection) {
    ByteReader reader{body};
    switch (type) {
        case wire::kAnnounceCapabilities: {
            const auto request = reader.read<uint32_t>();
            if (!request) {
                return Malformed{};
            }
            return Capabilities{*request != 0, reader.read<uint32_t>().value_or(0)};
        }
        case wire::kClipboard:
        case wire::kClipboardGrab:
        case wire::kClipboardRequest:
        case wire::kClipboardRelease:
            break;
        default:
            return Other{};
    }
    if (selection) {
        const auto which = reader.take(wire::kSelectionBytes);
        if (!which) {
            return Malformed{};
        }
        if (std::to_integer<uint8_t>(which->front()) != wire::kSelectionClipboard) {
            return Other{};
        }
    }
    return parse_about_clipboard(type, reader);
}

std::string encode(const Capabilities& message) {
    std::string body;
    put(body, message.request ? 1U : 0U);
    put(body, message.bits);
    return in_chunks(wire::kAnnounceCapabilities, body);
}

std::string encode(const Grab& message, bool selection) {
    std::string body = begin(selection);
    if (message.text) {
        put(body, wire::kUtf8Text);
    }
    return in_chunks(wire::kClipboardGrab, body);
}

std::string encode(const Release&, bool selection) {
    return in_chunks(wire::kClipboardRelease, begin(selection));
}

std::string encode(const Request& message, bool selection) {
    std::string body = begin(selection);
    put(body, message.text ? wire::kUtf8Text : wire::kNoContent);
    return in_chunks(wire::kClipboardRequest, body);
}

std::string encode(const Clipboard& message, bool selection) {
    std::string body = begin(selection);
    put(body, message.text ? wire::kUtf8Text : wire::kNoContent);
    body += message.text.value_or("");
    return in_chunks(wire::kClipboard, body);
}

std::string encode_max_clipboard(uint32_t bytes) {
    std::string body;
    put(body, bytes);
    return in_chunks(wire::kMaxClipboard, body);
}

}  // namespace oriel::agent
