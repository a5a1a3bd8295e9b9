// SPDX-License-Identifier: MIT
#pragma once

#include <cstddef>
#include <cstdint>
#include <span>
#include <string_view>
#include <tl/expected.hpp>
#include <variant>

#include "net/message_channel.h"
#include "vfio_user/protocol.h"

namespace oriel::vfio_user {

struct VersionRequest {
    Version version;
    std::string_view capabilities;  ///< without its NUL; empty if none came
};
struct DeviceInfoRequest {};
struct ResetRequest {};
struct SetIrqsRequest {
    IrqSet set;
    std::span<const std::byte> flags;  ///< kIrqSetDataBool: one byte an interrupt
};
struct RegionReadRequest {
    RegionAccess access;
};
struct RegionWriteRequest {
    RegionAccess access;
    std::span<const std::byte> data;  ///< access.count bytes
};

/// What a client asked for, with everything checked that can be checked without knowing the device.
using Request =
    std::variant<VersionRequest, DmaMap, DmaUnmap, DeviceInfoRequest, RegionInfo, IrqInfo,
                 SetIrqsRequest, RegionReadRequest, RegionWriteRequest, ResetRequest>;

/// Turns a command's payload into a Request, or says with which errno it is to be refused: EINVAL
/// for a malformed one, ENOTSUP for a command that this server doesn't have. The result refers to
/// `payload`. `fds` is how many file descriptors came with it.
[[nodiscard]] tl::expected<Request, int> parse(uint16_t command, std::span<const std::byte> payload,
                                               size_t fds);

/// Whether a command is answered without any change to the device.
[[nodiscard]] bool only_asks(uint16_t command);

/// Whether a header can start a message at all. If not, nothing behind it on the stream can be
/// trusted.
[[nodiscard]] bool plausible(const Header& header);

/// The header at the start of `bytes`, which has one.
[[nodiscard]] Header header_of(std::span<const std::byte> bytes);

extern const MessageFraming kFraming;

}  // namespace oriel::vfio_user
