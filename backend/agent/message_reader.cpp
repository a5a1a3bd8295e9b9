// SPDX-License-Identifier: MIT
#include "agent/message_reader.h"

#include <algorithm>
#include <cstring>
#include <utility>

namespace oriel::agent {
namespace {

/// Moves what is missing of a header from the front of `bytes`. Whether it is complete.
template <size_t kSize>
bool fill(std::array<std::byte, kSize>& header, size_t& have, std::span<const std::byte>& bytes) {
    const size_t count = std::min(kSize - have, bytes.size());
    std::copy_n(bytes.begin(), count, header.begin() + static_cast<std::ptrdiff_t>(have));
    have += count;
    bytes = bytes.subspan(count);
    return have == kSize;
}

template <class T, size_t kSize>
T read(const std::array<std::byte, kSize>& bytes) {
    static_assert(sizeof(T) == kSize);
    T object;
    std::memcpy(&object, bytes.data(), kSize);
    return object;
}

}  // namespace

MessageReader::MessageReader(size_t max_text, Listener& listener)
    : max_text_{max_text + wire::kSelectionBytes + sizeof(uint32_t)}, listener_{listener} {}

void MessageReader::reset() {
    chunk_have_ = 0;
    chunk_left_ = 0;
    header_have_ = 0;
    left_ = 0;
    skipping_ = false;
    body_ = {};
}

bool MessageReader::feed(std::span<const std::byte> bytes) {
    while (!bytes.empty()) {
        if (chunk_left_ == 0) {
            if (fill(chunk_, chunk_have_, bytes) && !chunk_begins()) {
                return false;
            }
            continue;
        }
        const auto part = bytes.first(std::min<size_t>(chunk_left_, bytes.size()));
        bytes = bytes.subspan(part.size());
        chunk_left_ -= static_cast<uint32_t>(part.size());
        if (port_ == wire::kClientPort && !payload(part)) {
            return false;
        }
    }
    return true;
}

bool MessageReader::chunk_begins() {
    const auto chunk = read<wire::Chunk>(chunk_);
    chunk_have_ = 0;
    chunk_left_ = chunk.size;
    port_ = chunk.port;
    return chunk.size > 0 && (chunk.port == wire::kClientPort || chunk.port == wire::kServerPort);
}

bool MessageReader::payload(std::span<const std::byte> bytes) {
    while (!bytes.empty()) {
        if (header_have_ < header_.size()) {
            if (!fill(header_, header_have_, bytes)) {
                return true;
            }
            const auto header = read<wire::Header>(header_);
            if (header.protocol != wire::kProtocol) {
                return false;
            }
            type_ = header.type;
            left_ = header.size;
            skipping_ = left_ > (type_ == wire::kClipboard ? max_text_ : kMaxOther);
        } else {
            const auto part = bytes.first(std::min<size_t>(left_, bytes.size()));
            bytes = bytes.subspan(part.size());
            left_ -= static_cast<uint32_t>(part.size());
            if (!skipping_) {
                body_.insert(body_.end(), part.begin(), part.end());
            }
        }
        if (left_ == 0 && !message_ends()) {
            return false;
        }
    }
    return true;
}

bool MessageReader::message_ends() {
    header_have_ = 0;
    if (std::exchange(skipping_, false)) {
        return listener_.too_large(type_);
    }
    // Taken: a text isn't kept until the next message.
    const std::vector<std::byte> body = std::exchange(body_, {});
    return listener_.message(type_, body);
}

}  // namespace oriel::agent
