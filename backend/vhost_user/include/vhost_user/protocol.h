// SPDX-License-Identifier: MIT
#pragma once

#include <cstddef>
#include <cstdint>

/// The vhost-user protocol, as it is on the wire (QEMU's docs/interop/vhost-user.rst). Host byte
/// order, naturally aligned.
namespace oriel::vhost_user {

/// What the front end, which is the VMM, asks for. What is missing here is for other devices, or
/// belongs to a protocol feature that is not offered.
enum class Command : uint32_t {
    kGetFeatures = 1,
    kSetFeatures = 2,
    kSetOwner = 3,
    kResetOwner = 4,
    kSetMemTable = 5,
    kSetLogBase = 6,
    kSetLogFd = 7,
    kSetVringNum = 8,
    kSetVringAddr = 9,
    kSetVringBase = 10,
    kGetVringBase = 11,
    kSetVringKick = 12,
    kSetVringCall = 13,
    kSetVringErr = 14,
    kGetProtocolFeatures = 15,
    kSetProtocolFeatures = 16,
    kGetQueueNum = 17,
    kSetVringEnable = 18,
    kSetBackendReqFd = 21,
    kGetConfig = 24,
    kSetConfig = 25,
    kGetInflightFd = 31,
    kSetInflightFd = 32,
    kGpuSetSocket = 33,
    kResetDevice = 34,
    kGetMaxMemSlots = 36,
    kAddMemReg = 37,
    kRemMemReg = 38,
    kSetStatus = 39,
    kGetStatus = 40,
};

/// What the back end asks for, on the channel of SET_BACKEND_REQ_FD.
constexpr uint32_t kBackendConfigChange = 2;

struct Header {
    uint32_t request = 0;
    uint32_t flags = 0;
    uint32_t size = 0;  ///< of what follows
};
static_assert(sizeof(Header) == 12);

constexpr uint32_t kVersionMask = 0x3;
constexpr uint32_t kVersion = 0x1;
constexpr uint32_t kFlagReply = 0x4;
constexpr uint32_t kFlagNeedReply = 0x8;

/// A bit of the virtio features: SET_VRING_ENABLE says when a ring is served, and there are
/// protocol features.
constexpr uint64_t kFeatureProtocolFeatures = uint64_t{1} << 30;
/// Another one: what is written to the guest's memory is noted in the log of SET_LOG_BASE.
constexpr uint64_t kFeatureLogAll = uint64_t{1} << 26;
constexpr uint64_t kFeatureRingPacked = uint64_t{1} << 34;

/// Protocol features that are offered.
constexpr uint64_t kProtocolMq = uint64_t{1} << 0;
constexpr uint64_t kProtocolLogShmfd = uint64_t{1} << 1;
constexpr uint64_t kProtocolReplyAck = uint64_t{1} << 3;
constexpr uint64_t kProtocolBackendReq = uint64_t{1} << 5;
constexpr uint64_t kProtocolConfig = uint64_t{1} << 9;
constexpr uint64_t kProtocolInflightShmfd = uint64_t{1} << 12;
constexpr uint64_t kProtocolResetDevice = uint64_t{1} << 13;
constexpr uint64_t kProtocolConfigureMemSlots = uint64_t{1} << 15;
constexpr uint64_t kProtocolStatus = uint64_t{1} << 16;

struct MemoryRegion {
    uint64_t guest = 0;  ///< guest-physical
    uint64_t size = 0;
    uint64_t user = 0;    ///< where the front end has it: rings are named by such addresses
    uint64_t offset = 0;  ///< in the file that comes with the message
    friend bool operator==(const MemoryRegion&, const MemoryRegion&) = default;
};
static_assert(sizeof(MemoryRegion) == 32);

/// Followed by the regions.
struct MemoryTableHead {
    uint32_t count = 0;
    uint32_t padding = 0;
};
static_assert(sizeof(MemoryTableHead) == 8);

/// ADD_MEM_REG and REM_MEM_REG.
struct SingleRegion {
    uint64_t padding = 0;
    MemoryRegion region;
};
static_assert(sizeof(SingleRegion) == 40);

/// SET_LOG_BASE: a piece of the file that comes with it.
struct LogArea {
    uint64_t size = 0;
    uint64_t offset = 0;
};
static_assert(sizeof(LogArea) == 16);

/// GET_INFLIGHT_FD and SET_INFLIGHT_FD.
struct InFlightArea {
    uint64_t size = 0;
    uint64_t offset = 0;
    uint16_t queues = 0;
    uint16_t queue_size = 0;
    uint32_t padding = 0;
};
static_assert(sizeof(InFlightArea) == 24);

/// SET_STATUS and GET_STATUS: the status of a virtio device, in a u64.
constexpr uint64_t kStatusMask = 0xff;
constexpr uint8_t kStatusFeaturesOk = 8;
constexpr uint8_t kStatusNeedsReset = 0x40;

struct VringState {
    uint32_t index = 0;
    uint32_t number = 0;
};
static_assert(sizeof(VringState) == 8);

struct VringAddresses {
    uint32_t index = 0;
    uint32_t flags = 0;
    uint64_t descriptors = 0;
    uint64_t used = 0;
    uint64_t available = 0;
    uint64_t log = 0;
};
static_assert(sizeof(VringAddresses) == 40);

/// SET_VRING_KICK, CALL and ERR carry a u64.
constexpr uint64_t kVringIndexMask = 0xff;
constexpr uint64_t kVringNoFd = 0x100;

/// Followed by `size` bytes, in a request of GET_CONFIG too.
struct ConfigHead {
    uint32_t offset = 0;
    uint32_t size = 0;
    uint32_t flags = 0;
};
static_assert(sizeof(ConfigHead) == 12);

/// Bytes of the configuration space that a front end may ask for.
constexpr uint32_t kMaxConfig = 256;
/// Regions of one SET_MEM_TABLE, and file descriptors of one message.
constexpr size_t kMaxTableRegions = 8;
/// A driver can choose no larger rings.
constexpr uint32_t kMaxRingSize = 1024;
/// As many as a device here has.
constexpr uint16_t kMaxInFlightQueues = 2;
/// No message that means anything is longer.
constexpr uint32_t kMaxPayload = 4096;

}  // namespace oriel::vhost_user
