// SPDX-License-Identifier: MIT
#pragma once

#include <cstddef>
#include <cstdint>

/// The vfio-user protocol, version 0.0, as it is on the wire (vfio-user specification; structures
/// named as in linux/vfio.h). Host byte order, naturally aligned.
namespace oriel::vfio_user {

enum class Command : uint16_t {
    kVersion = 1,
    kDmaMap = 2,
    kDmaUnmap = 3,
    kDeviceGetInfo = 4,
    kDeviceGetRegionInfo = 5,
    kDeviceGetRegionIoFds = 6,
    kDeviceGetIrqInfo = 7,
    kDeviceSetIrqs = 8,
    kRegionRead = 9,
    kRegionWrite = 10,
    kDmaRead = 11,
    kDmaWrite = 12,
    kDeviceReset = 13,
    kRegionWriteMulti = 15,
    kDeviceFeature = 16,
    kMigDataRead = 17,
    kMigDataWrite = 18,
};

struct Header {
    uint16_t id = 0;
    uint16_t command = 0;
    uint32_t size = 0;  ///< of the whole message, this header included
    uint32_t flags = 0;
    uint32_t error = 0;  ///< errno, in a reply with kFlagError
};
static_assert(sizeof(Header) == 16);

constexpr uint32_t kTypeMask = 0xf;
constexpr uint32_t kTypeCommand = 0;
constexpr uint32_t kTypeReply = 1;
constexpr uint32_t kFlagNoReply = 0x10;
constexpr uint32_t kFlagError = 0x20;

/// Followed by a NUL-terminated JSON object.
struct Version {
    uint16_t major = 0;
    uint16_t minor = 0;
};
static_assert(sizeof(Version) == 4);

struct DmaMap {
    uint32_t argsz = 0;
    uint32_t flags = 0;
    uint64_t offset = 0;   ///< in the file that comes with the message
    uint64_t address = 0;  ///< guest-physical
    uint64_t size = 0;
};
static_assert(sizeof(DmaMap) == 32);
constexpr uint32_t kDmaRead = 1;
constexpr uint32_t kDmaWrite = 2;

struct DmaUnmap {
    uint32_t argsz = 0;
    uint32_t flags = 0;
    uint64_t address = 0;
    uint64_t size = 0;
};
static_assert(sizeof(DmaUnmap) == 24);
constexpr uint32_t kDmaUnmapAll = 2;

struct DeviceInfo {
    uint32_t argsz = 0;
    uint32_t flags = 0;
    uint32_t regions = 0;
    uint32_t irqs = 0;
};
static_assert(sizeof(DeviceInfo) == 16);
constexpr uint32_t kDeviceReset = 1;
constexpr uint32_t kDevicePci = 2;

struct RegionInfo {
    uint32_t argsz = 0;
    uint32_t flags = 0;
    uint32_t index = 0;
    uint32_t capability_offset = 0;
    uint64_t size = 0;
    uint64_t offset = 0;  ///< in the file that comes with the reply
};
static_assert(sizeof(RegionInfo) == 32);
constexpr uint32_t kRegionReadable = 1;
constexpr uint32_t kRegionWritable = 2;
constexpr uint32_t kRegionMappable = 4;

struct IrqInfo {
    uint32_t argsz = 0;
    uint32_t flags = 0;
    uint32_t index = 0;
    uint32_t count = 0;
};
static_assert(sizeof(IrqInfo) == 16);
constexpr uint32_t kIrqEventfd = 1;
constexpr uint32_t kIrqMaskable = 2;
constexpr uint32_t kIrqAutomasked = 4;

constexpr uint32_t kIrqIntx = 0;
constexpr uint32_t kIrqMsi = 1;
constexpr uint32_t kIrqMsix = 2;
constexpr uint32_t kIrqError = 3;
constexpr uint32_t kIrqRequest = 4;
constexpr uint32_t kIrqCount = 5;

/// Followed by `count` bytes with kIrqSetDataBool; eventfds travel beside the message.
struct IrqSet {
    uint32_t argsz = 0;
    uint32_t flags = 0;
    uint32_t index = 0;
    uint32_t start = 0;
    uint32_t count = 0;
};
static_assert(sizeof(IrqSet) == 20);
constexpr uint32_t kIrqSetDataNone = 0x01;
constexpr uint32_t kIrqSetDataBool = 0x02;
constexpr uint32_t kIrqSetDataEventfd = 0x04;
constexpr uint32_t kIrqSetDataMask = 0x07;
constexpr uint32_t kIrqSetActionMask = 0x08;
constexpr uint32_t kIrqSetActionUnmask = 0x10;
constexpr uint32_t kIrqSetActionTrigger = 0x20;
constexpr uint32_t kIrqSetActions = 0x38;

/// In a read's reply and a write's request followed by `count` bytes.
struct RegionAccess {
    uint64_t offset = 0;
    uint32_t region = 0;
    uint32_t count = 0;
};
static_assert(sizeof(RegionAccess) == 16);

/// The most bytes that a region access may carry; announced as max_data_xfer_size.
constexpr uint32_t kMaxTransfer = 1 << 20;
/// No message that means anything is longer.
constexpr uint32_t kMaxMessage = sizeof(Header) + sizeof(RegionAccess) + kMaxTransfer;
/// Announced as max_msg_fds; QEMU accepts no more.
constexpr size_t kMaxMessageFds = 16;

}  // namespace oriel::vfio_user
