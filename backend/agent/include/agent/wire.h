// SPDX-License-Identifier: MIT
#pragma once

#include <cstddef>
#include <cstdint>

/// The SPICE agent protocol as it is on a virtio-serial port (spice-protocol, vd_agent.h): chunks
/// of a message, for one of two ports. All little-endian, all packed.
namespace oriel::agent::wire {

/// VDIChunkHeader, before each piece of a message.
struct Chunk {
    uint32_t port;
    uint32_t size;  ///< bytes that follow
};
static_assert(sizeof(Chunk) == 8);

/// VDP_CLIENT_PORT: whoever shows the VM. The other one is SPICE's server, which there isn't here.
constexpr uint32_t kClientPort = 1;
constexpr uint32_t kServerPort = 2;
/// VD_AGENT_MAX_DATA_SIZE: agents refuse larger chunks, but send a whole message in one.
constexpr size_t kMaxChunk = 2048;

/// VDAgentMessage without its data. Packed: 20 bytes, so not as a struct with the 64-bit `opaque`.
struct Header {
    uint32_t protocol;
    uint32_t type;
    uint32_t opaque[2];  ///< nobody's here
    uint32_t size;       ///< bytes that follow, in this chunk and the next ones
};
static_assert(sizeof(Header) == 20);
constexpr uint32_t kProtocol = 1;

enum Type : uint32_t {
    kClipboard = 4,
    kAnnounceCapabilities = 6,
    kClipboardGrab = 7,
    kClipboardRequest = 8,
    kClipboardRelease = 9,
    kMaxClipboard = 14,
};

/// Bits of VDAgentAnnounceCapabilities.caps[0].
enum Capability : uint32_t {
    // 3, VD_AGENT_CAP_CLIPBOARD, is the old way: texts that nobody has asked for. No agent has it.
    kCapByDemand = 5,
    kCapSelection = 6,
    kCapGuestLineEndCrlf = 9,
    kCapMaxClipboard = 10,
};
[[nodiscard]] constexpr bool has(uint32_t capabilities, Capability bit) {
    return (capabilities >> bit & 1U) != 0;
}

/// What a clipboard's content is.
constexpr uint32_t kNoContent = 0;
constexpr uint32_t kUtf8Text = 1;

/// The desktop's clipboard; 1 and 2 are X11's primary and secondary selections.
constexpr uint8_t kSelectionClipboard = 0;
/// With kCapSelection: the selection and three bytes of nothing.
constexpr size_t kSelectionBytes = 4;

}  // namespace oriel::agent::wire
