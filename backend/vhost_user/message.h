// SPDX-License-Identifier: MIT
#pragma once

#include <array>
#include <cstddef>
#include <cstdint>
#include <span>
#include <tl/expected.hpp>
#include <variant>

#include "net/message_channel.h"
#include "vhost_user/protocol.h"

namespace oriel::vhost_user {

/// GET_FEATURES, GET_PROTOCOL_FEATURES, GET_QUEUE_NUM, GET_MAX_MEM_SLOTS or GET_STATUS: answered by
/// a number.
struct NumberRequest {
    Command which = Command::kGetFeatures;
};
struct FeaturesRequest {
    uint64_t bits = 0;
};
struct ProtocolFeaturesRequest {
    uint64_t bits = 0;
};
struct OwnerRequest {};
/// RESET_OWNER, which the specification has given up.
struct ResetOwnerRequest {};
struct ResetDeviceRequest {};
struct MemoryTableRequest {
    std::array<MemoryRegion, kMaxTableRegions> regions{};
    size_t count = 0;
};
struct AddRegionRequest {
    MemoryRegion region;
};
struct RemoveRegionRequest {
    MemoryRegion region;
};
struct VringSizeRequest {
    VringState state;
};
struct VringBaseRequest {
    VringState state;
};
struct VringStopRequest {
    VringState state;
};
struct VringEnableRequest {
    VringState state;
};
/// SET_VRING_KICK, CALL or ERR.
struct VringFdRequest {
    Command which = Command::kSetVringKick;
    uint32_t index = 0;
};
struct ReadConfigRequest {
    ConfigHead head;
};
struct WriteConfigRequest {
    ConfigHead head;
    std::span<const std::byte> data;  ///< head.size bytes
};
struct BackendChannelRequest {};
struct GpuSocketRequest {};
struct LogAreaRequest {
    LogArea area;
};
struct LogEventRequest {};
/// GET_INFLIGHT_FD
struct MakeInFlightRequest {
    InFlightArea area;
};
/// SET_INFLIGHT_FD
struct TakeInFlightRequest {
    InFlightArea area;
};
struct StatusRequest {
    uint64_t status = 0;
};

/// What a front end asked for, with everything checked that can be checked without knowing the
/// device. A request that needs a file descriptor has it.
using Request =
    std::variant<NumberRequest, FeaturesRequest, ProtocolFeaturesRequest, OwnerRequest,
                 ResetOwnerRequest, ResetDeviceRequest, MemoryTableRequest, AddRegionRequest,
                 RemoveRegionRequest, VringSizeRequest, VringBaseRequest, VringStopRequest,
                 VringEnableRequest, VringAddresses, VringFdRequest, ReadConfigRequest,
                 WriteConfigRequest, BackendChannelRequest, GpuSocketRequest, LogAreaRequest,
                 LogEventRequest, MakeInFlightRequest, TakeInFlightRequest, StatusRequest>;

/// Turns a message's payload into a Request, or says with which errno it is to be refused: EINVAL
/// for a malformed one, ENOTSUP for one that this back end doesn't have. The result refers to
/// `payload`. `fds` is how many file descriptors came with it.
[[nodiscard]] tl::expected<Request, int> parse(uint32_t request, std::span<const std::byte> payload,
                                               size_t fds);

/// Whether the front end waits for an answer, whatever its flags say.
[[nodiscard]] bool waits_for_answer(uint32_t request);
/// Whether a message comes before SET_OWNER.
[[nodiscard]] bool before_owner(uint32_t request);
/// Whether a message changes nothing of the device: whoever sends no others need be no VMM.
[[nodiscard]] bool only_asks(uint32_t request);

/// The header at the start of `bytes`, which has one.
[[nodiscard]] Header header_of(std::span<const std::byte> bytes);

extern const MessageFraming kFraming;

}  // namespace oriel::vhost_user
