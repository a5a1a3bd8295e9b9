// SPDX-License-Identifier: MIT
#pragma once

#include <array>
#include <cstddef>
#include <cstdint>

/// What virtio-gpu says on its two queues (virtio 1.2, 5.7): little-endian structures without
/// implicit padding, named as in the specification.
namespace oriel::gpu::wire {

constexpr uint16_t kDeviceId = 16;
constexpr uint16_t kControlQueue = 0;
constexpr uint16_t kCursorQueue = 1;
constexpr uint16_t kQueueCount = 2;

/// Feature bits (5.7.3).
constexpr uint64_t kFeatureVirgl = uint64_t{1} << 0;
constexpr uint64_t kFeatureEdid = uint64_t{1} << 1;
constexpr uint64_t kFeatureResourceUuid = uint64_t{1} << 2;
constexpr uint64_t kFeatureResourceBlob = uint64_t{1} << 3;
constexpr uint64_t kFeatureContextInit = uint64_t{1} << 4;
/// virtio 1.4
constexpr uint64_t kFeatureBlobAlignment = uint64_t{1} << 5;

/// 5.7.4
struct Config {
    uint32_t events_read;
    uint32_t events_clear;
    uint32_t num_scanouts;
    uint32_t num_capsets;
    /// With kFeatureBlobAlignment: what the sizes of blobs are multiples of, bytes.
    uint32_t blob_alignment;
};
static_assert(sizeof(Config) == 20);

/// In Config::events_read: the display configuration has changed.
constexpr uint32_t kEventDisplay = 1;

constexpr uint32_t kMaxScanouts = 16;

/// Commands and responses (5.7.6.7).
enum class Type : uint32_t {
    kGetDisplayInfo = 0x0100,
    kResourceCreate2d,
    kResourceUnref,
    kSetScanout,
    kResourceFlush,
    kTransferToHost2d,
    kResourceAttachBacking,
    kResourceDetachBacking,
    kGetCapsetInfo,
    kGetCapset,
    kGetEdid,

    kResourceCreateBlob = 0x010c,
    kSetScanoutBlob,

    kUpdateCursor = 0x0300,
    kMoveCursor,

    kOkNodata = 0x1100,
    kOkDisplayInfo,
    kOkCapsetInfo,
    kOkCapset,
    kOkEdid,

    kErrUnspec = 0x1200,
    kErrOutOfMemory,
    kErrInvalidScanoutId,
    kErrInvalidResourceId,
    kErrInvalidContextId,
    kErrInvalidParameter,
};

/// In Header::flags: the response comes when the command is done, and repeats fence_id and ctx_id.
constexpr uint32_t kFlagFence = 1;

struct Header {
    uint32_t type;
    uint32_t flags;
    uint64_t fence_id;
    uint32_t ctx_id;
    uint8_t ring_idx;
    std::array<uint8_t, 3> padding;
};
static_assert(sizeof(Header) == 24);

struct Rect {
    uint32_t x;
    uint32_t y;
    uint32_t width;
    uint32_t height;
};
static_assert(sizeof(Rect) == 16);

struct DisplayOne {
    Rect r;
    uint32_t enabled;
    uint32_t flags;
};

struct RespDisplayInfo {
    Header header;
    std::array<DisplayOne, kMaxScanouts> pmodes;
};
static_assert(sizeof(RespDisplayInfo) == 408);

struct GetEdid {
    Header header;
    uint32_t scanout;
    uint32_t padding;
};
static_assert(sizeof(GetEdid) == 32);

struct RespEdid {
    Header header;
    uint32_t size;
    uint32_t padding;
    std::array<std::byte, 1024> edid;
};
static_assert(sizeof(RespEdid) == 1056);

struct ResourceCreate2d {
    Header header;
    uint32_t resource_id;
    uint32_t format;
    uint32_t width;
    uint32_t height;
};
static_assert(sizeof(ResourceCreate2d) == 40);

/// Also RESOURCE_DETACH_BACKING.
struct ResourceUnref {
    Header header;
    uint32_t resource_id;
    uint32_t padding;
};
static_assert(sizeof(ResourceUnref) == 32);

struct SetScanout {
    Header header;
    Rect r;
    uint32_t scanout_id;
    uint32_t resource_id;
};
static_assert(sizeof(SetScanout) == 48);

struct ResourceFlush {
    Header header;
    Rect r;
    uint32_t resource_id;
    uint32_t padding;
};
static_assert(sizeof(ResourceFlush) == 48);

struct TransferToHost2d {
    Header header;
    Rect r;
    uint64_t offset;
    uint32_t resource_id;
    uint32_t padding;
};
static_assert(sizeof(TransferToHost2d) == 56);

/// nr_entries of MemEntry follow.
struct ResourceAttachBacking {
    Header header;
    uint32_t resource_id;
    uint32_t nr_entries;
};
static_assert(sizeof(ResourceAttachBacking) == 32);

struct MemEntry {
    uint64_t addr;
    uint32_t length;
    uint32_t padding;
};
static_assert(sizeof(MemEntry) == 16);

/// Where a blob's memory is. Of these only kGuest exists without a 3D renderer.
constexpr uint32_t kBlobMemGuest = 1;
constexpr uint32_t kBlobMemHost3d = 2;
constexpr uint32_t kBlobMemHost3dGuest = 3;

constexpr uint32_t kBlobFlagUseMappable = 1;
constexpr uint32_t kBlobFlagUseShareable = 2;
constexpr uint32_t kBlobFlagUseCrossDevice = 4;
constexpr uint32_t kBlobFlags =
    kBlobFlagUseMappable | kBlobFlagUseShareable | kBlobFlagUseCrossDevice;

/// nr_entries of MemEntry follow.
struct ResourceCreateBlob {
    Header header;
    uint32_t resource_id;
    uint32_t blob_mem;
    uint32_t blob_flags;
    uint32_t nr_entries;
    uint64_t blob_id;
    uint64_t size;
};
static_assert(sizeof(ResourceCreateBlob) == 56);

/// `r` is the part of the framebuffer, which is width x height, that the scanout shows.
struct SetScanoutBlob {
    Header header;
    Rect r;
    uint32_t scanout_id;
    uint32_t resource_id;
    uint32_t width;
    uint32_t height;
    uint32_t format;
    uint32_t padding;
    std::array<uint32_t, 4> strides;
    std::array<uint32_t, 4> offsets;
};
static_assert(sizeof(SetScanoutBlob) == 96);

struct GetCapsetInfo {
    Header header;
    uint32_t capset_index;
    uint32_t padding;
};
static_assert(sizeof(GetCapsetInfo) == 32);

struct GetCapset {
    Header header;
    uint32_t capset_id;
    uint32_t capset_version;
};
static_assert(sizeof(GetCapset) == 32);

struct CursorPos {
    uint32_t scanout_id;
    uint32_t x;
    uint32_t y;
    uint32_t padding;
};

/// Both cursor commands (5.7.6.10); MOVE_CURSOR uses hdr and pos only.
struct UpdateCursor {
    Header header;
    CursorPos pos;
    uint32_t resource_id;
    uint32_t hot_x;
    uint32_t hot_y;
    uint32_t padding;
};
static_assert(sizeof(UpdateCursor) == 56);

/// Formats of 2D resources and of what a scanout shows of a blob: the letters are the bytes in
/// memory order.
enum class Format : uint32_t {
    kB8G8R8A8 = 1,
    kB8G8R8X8 = 2,
    kA8R8G8B8 = 3,
    kX8R8G8B8 = 4,
    kR8G8B8A8 = 67,
    kX8B8G8R8 = 68,
    kA8B8G8R8 = 121,
    kR8G8B8X8 = 134,
};

}  // namespace oriel::gpu::wire
