// SPDX-License-Identifier: MIT
#pragma once

#include <array>
#include <cstddef>
#include <cstdint>
#include <span>
#include <vector>

#include "agent/wire.h"

namespace oriel::agent {

/// Puts an agent's messages together from the bytes of its port, however those are cut.
///
/// The guest may say anything: a message is kept up to the size that a text may have (and little
/// for all that is no text), a longer one is read past. What is no message at all ends the reading:
/// nobody can know where the next one begins.
class MessageReader {
public:
    /// Who gets the messages. Each call answers whether to go on.
    class Listener {
    public:
        Listener() = default;
        Listener(const Listener&) = delete;
        Listener& operator=(const Listener&) = delete;

        /// A whole one; `body` is lent for the call.
        virtual bool message(uint32_t type, std::span<const std::byte> body) = 0;
        /// One that is too long has been read past.
        virtual bool too_large(uint32_t type) = 0;

    protected:
        ~Listener() = default;
    };
    /// Room for a text's type and selection as well. `listener` is lent and must outlive this.
    MessageReader(size_t max_text, Listener& listener);

    /// False: the bytes are no agent's, or the listener said stop. Then reset() before the next
    /// ones.
    [[nodiscard]] bool feed(std::span<const std::byte> bytes);
    /// A new connection.
    void reset();

    /// What is kept of a message at most, but for texts: capabilities and lists of forms.
    static constexpr size_t kMaxOther = 4096;

private:
    [[nodiscard]] bool chunk_begins();
    [[nodiscard]] bool payload(std::span<const std::byte> bytes);
    [[nodiscard]] bool message_ends();

    const size_t max_text_;
    Listener& listener_;
    /// The chunk's header, as far as it has come.
    std::array<std::byte, sizeof(wire::Chunk)> chunk_{};
    size_t chunk_have_ = 0;
    uint32_t chunk_left_ = 0;
    uint32_t port_ = 0;
    /// The message's header, the same.
    std::array<std::byte, sizeof(wire::Header)> header_{};
    size_t header_have_ = 0;
    uint32_t type_ = 0;
    uint32_t left_ = 0;  ///< of the message's body
    bool skipping_ = false;
    std::vector<std::byte> body_;
};

}  // namespace oriel::agent
