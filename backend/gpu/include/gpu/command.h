// SPDX-License-Identifier: MIT
#pragma once

#include <cstddef>
#include <cstdint>
#include <optional>
#include <span>
#include <tl/expected.hpp>
#include <variant>
#include <vector>

#include "core/geometry.h"
#include "gpu/protocol.h"

namespace oriel::gpu {

/// The commands as the device uses them: of the right length, with a format and flags that exist.
/// What needs the device's state (ids, rectangles, offsets) is checked by the device.
namespace command {

struct GetDisplayInfo {};
struct GetEdid {
    uint32_t scanout = 0;
};
struct ResourceCreate2d {
    uint32_t resource = 0;
    wire::Format format{};
    Size size;  ///< not empty, each side at most kMaxResourceSide
};
struct ResourceUnref {
    uint32_t resource = 0;
};
struct SetScanout {
    uint32_t scanout = 0;
    uint32_t resource = 0;  ///< 0 switches the scanout off
    Rect source;
};
struct ResourceFlush {
    uint32_t resource = 0;
    Rect rect;
};
struct TransferToHost2d {
    uint32_t resource = 0;
    Rect rect;
    uint64_t offset = 0;  ///< of the rectangle's first pixel in the backing
};
struct BackingEntry {
    uint64_t address = 0;  ///< guest-physical
    uint32_t length = 0;
};
struct AttachBacking {
    uint32_t resource = 0;
    std::vector<BackingEntry> entries;  ///< at least one
};
struct DetachBacking {
    uint32_t resource = 0;
};
/// A blob in guest memory: the only kind there is.
struct ResourceCreateBlob {
    uint32_t resource = 0;
    uint64_t size = 0;                  ///< not 0, at most what the entries have together
    std::vector<BackingEntry> entries;  ///< at least one
};
struct SetScanoutBlob {
    uint32_t scanout = 0;
    uint32_t resource = 0;  ///< 0 switches the scanout off, and nothing below is set
    Rect source;            ///< of the framebuffer; not empty, inside it
    // The framebuffer, as it lies in the blob; its bytes may reach out of the blob.
    wire::Format format{};
    Size size;            ///< not empty, each side at most kMaxResourceSide
    uint32_t offset = 0;  ///< of the first pixel; a multiple of a pixel
    uint32_t stride = 0;  ///< at least a row; a multiple of a pixel
};
struct GetCapsetInfo {
    uint32_t index = 0;
};
struct GetCapset {
    uint32_t id = 0;
    uint32_t version = 0;
};
struct UpdateCursor {
    uint32_t scanout = 0;
    uint32_t resource = 0;  ///< 0 hides the cursor
    Point position;         ///< of the image's top left corner
    Point hotspot;          ///< from the image's top left corner
};
struct MoveCursor {
    uint32_t scanout = 0;
    Point position;
};

}  // namespace command

using Command =
    std::variant<command::GetDisplayInfo, command::GetEdid, command::ResourceCreate2d,
                 command::ResourceUnref, command::SetScanout, command::ResourceFlush,
                 command::TransferToHost2d, command::AttachBacking, command::DetachBacking,
                 command::ResourceCreateBlob, command::SetScanoutBlob, command::GetCapsetInfo,
                 command::GetCapset, command::UpdateCursor, command::MoveCursor>;

constexpr uint32_t kMaxResourceSide = 16384;
/// The longest command without entries.
constexpr size_t kMaxFixedBytes = sizeof(wire::SetScanoutBlob);

enum class QueueKind : uint8_t { kControl, kCursor };

struct Request {
    wire::Header header{};
    /// The command, or the error to answer with.
    tl::expected<Command, wire::Type> command;
};

/// Whether decode() may need more than kMaxFixedBytes of a command: its backing entries lie in
/// line. (At most sizeof(wire::ResourceCreateBlob) are before them.)
[[nodiscard]] bool has_entries(const wire::Header& header);

/// Checks one command. `bytes` is a copy that no guest can change; longer than the command is fine,
/// shorter is ERR_INVALID_PARAMETER. An unknown command, or one of the other queue, is ERR_UNSPEC.
/// More than `max_entries` of backing is ERR_OUT_OF_MEMORY. Nothing if not even a header fits.
[[nodiscard]] std::optional<Request> decode(std::span<const std::byte> bytes, QueueKind queue,
                                            size_t max_entries);

}  // namespace oriel::gpu
