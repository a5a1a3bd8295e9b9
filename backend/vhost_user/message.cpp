// SPDX-License-Identifier: MIT
#include "message.h"

#include <cerrno>
#include <optional>

#include "core/byte_reader.h"

namespace oriel::vhost_user {
namespace {

using Parsed = tl::expected<Request, int>;

Parsed malformed() {
    return tl::unexpected(EINVAL);
}

std::optional<size_t> payload_bytes(std::span<const std::byte> bytes) {
    const Header header = header_of(bytes);
    const bool plausible = (header.flags & kVersionMask) == kVersion && header.size <= kMaxPayload;
    return plausible ? std::optional<size_t>{header.size} : std::nullopt;
}

/// A request that is a structure and no more.
template <class Wire, class Checked>
Parsed parse_plain(ByteReader reader) {
    const auto wire = reader.read<Wire>();
    if (!wire || reader.remaining() > 0) {
        return malformed();
    }
    return Checked{*wire};
}

Parsed parse_number(Command which, ByteReader reader) {
    return reader.remaining() > 0 ? malformed() : Parsed{NumberRequest{which}};
}

template <class Checked>
Parsed parse_empty(ByteReader reader) {
    return reader.remaining() > 0 ? malformed() : Parsed{Checked{}};
}

Parsed parse_memory_table(ByteReader reader, size_t fds) {
    const auto head = reader.read<MemoryTableHead>();
    if (!head || head->count > kMaxTableRegions || fds != head->count) {
        return malformed();
    }
    MemoryTableRequest request{.count = head->count};
    for (size_t i = 0; i < request.count; ++i) {
        const auto region = reader.read<MemoryRegion>();
        if (!region) {
            return malformed();
        }
        request.regions[i] = *region;
    }
    // crosvm sends what there are regions of, QEMU too; no one sends more.
    return reader.remaining() > 0 ? malformed() : Parsed{request};
}

Parsed parse_vring_fd(Command which, ByteReader reader, size_t fds) {
    const auto value = reader.read<uint64_t>();
    if (!value || reader.remaining() > 0 || (*value & ~(kVringIndexMask | kVringNoFd)) != 0 ||
        fds != ((*value & kVringNoFd) != 0 ? 0U : 1U)) {
        return malformed();
    }
    return VringFdRequest{which, static_cast<uint32_t>(*value & kVringIndexMask)};
}

std::optional<ConfigHead> parse_config(ByteReader& reader) {
    const auto head = reader.read<ConfigHead>();
    if (!head || head->offset > kMaxConfig || head->size > kMaxConfig - head->offset) {
        return std::nullopt;
    }
    return head;
}

Parsed parse_read_config(ByteReader reader) {
    const auto head = parse_config(reader);
    return head ? Parsed{ReadConfigRequest{*head}} : malformed();
}

Parsed parse_write_config(ByteReader reader) {
    const auto head = parse_config(reader);
    if (!head || head->size != reader.remaining()) {
        return malformed();
    }
    return WriteConfigRequest{*head, reader.rest()};
}

}  // namespace

const MessageFraming kFraming{sizeof(Header), kMaxTableRegions, payload_bytes};

Header header_of(std::span<const std::byte> bytes) {
    return ByteReader{bytes}.read<Header>().value_or(Header{});
}

Parsed parse(uint32_t request, std::span<const std::byte> payload, size_t fds) {
    const ByteReader reader{payload};
    const auto command = static_cast<Command>(request);
    switch (command) {
        case Command::kGetFeatures:
        case Command::kGetProtocolFeatures:
        case Command::kGetQueueNum:
        case Command::kGetMaxMemSlots:
        case Command::kGetStatus:
            return parse_number(command, reader);
        case Command::kSetFeatures:
            return parse_plain<uint64_t, FeaturesRequest>(reader);
        case Command::kSetProtocolFeatures:
            return parse_plain<uint64_t, ProtocolFeaturesRequest>(reader);
        case Command::kSetOwner:
            return parse_empty<OwnerRequest>(reader);
        case Command::kResetOwner:
            return parse_empty<ResetOwnerRequest>(reader);
        case Command::kResetDevice:
            return parse_empty<ResetDeviceRequest>(reader);
        case Command::kSetMemTable:
            return parse_memory_table(reader, fds);
        case Command::kAddMemReg: {
            const auto single = ByteReader{payload}.read<SingleRegion>();
            return single && payload.size() == sizeof(SingleRegion) && fds == 1
                       ? Parsed{AddRegionRequest{single->region}}
                       : malformed();
        }
        case Command::kRemMemReg: {
            // Some front ends send the file along: nobody needs it.
            const auto single = ByteReader{payload}.read<SingleRegion>();
            return single && payload.size() == sizeof(SingleRegion)
                       ? Parsed{RemoveRegionRequest{single->region}}
                       : malformed();
        }
        case Command::kSetVringNum:
            return parse_plain<VringState, VringSizeRequest>(reader);
        case Command::kSetVringBase:
            return parse_plain<VringState, VringBaseRequest>(reader);
        case Command::kGetVringBase:
            return parse_plain<VringState, VringStopRequest>(reader);
        case Command::kSetVringEnable:
            return parse_plain<VringState, VringEnableRequest>(reader);
        case Command::kSetVringAddr:
            return parse_plain<VringAddresses, VringAddresses>(reader);
        case Command::kSetVringKick:
        case Command::kSetVringCall:
        case Command::kSetVringErr:
            return parse_vring_fd(command, reader, fds);
        case Command::kGetConfig:
            return parse_read_config(reader);
        case Command::kSetConfig:
            return parse_write_config(reader);
        case Command::kSetBackendReqFd:
            return fds == 1 ? parse_empty<BackendChannelRequest>(reader) : malformed();
        case Command::kGpuSetSocket:
            return fds == 1 ? parse_empty<GpuSocketRequest>(reader) : malformed();
        case Command::kSetLogBase:
            return fds == 1 ? parse_plain<LogArea, LogAreaRequest>(reader) : malformed();
        case Command::kSetLogFd:
            return fds == 1 ? parse_empty<LogEventRequest>(reader) : malformed();
        case Command::kGetInflightFd:
            return parse_plain<InFlightArea, MakeInFlightRequest>(reader);
        case Command::kSetInflightFd:
            return fds == 1 ? parse_plain<InFlightArea, TakeInFlightRequest>(reader) : malformed();
        case Command::kSetStatus:
            return parse_plain<uint64_t, StatusRequest>(reader);
    }
    return tl::unexpected(ENOTSUP);
}

bool waits_for_answer(uint32_t request) {
    switch (static_cast<Command>(request)) {
        case Command::kGetFeatures:
        case Command::kGetProtocolFeatures:
        case Command::kGetQueueNum:
        case Command::kGetMaxMemSlots:
        case Command::kGetVringBase:
        case Command::kGetConfig:
        case Command::kSetLogBase:
        case Command::kGetInflightFd:
        case Command::kGetStatus:
            return true;
        default:
            return false;
    }
}

bool before_owner(uint32_t request) {
    switch (static_cast<Command>(request)) {
        case Command::kGetFeatures:
        case Command::kGetProtocolFeatures:
        case Command::kSetProtocolFeatures:
        case Command::kGetQueueNum:
        case Command::kGetMaxMemSlots:
        case Command::kSetBackendReqFd:
        case Command::kSetOwner:
            return true;
        default:
            return false;
    }
}

bool only_asks(uint32_t request) {
    switch (static_cast<Command>(request)) {
        case Command::kGetConfig:
        case Command::kGetStatus:
        case Command::kGetInflightFd:
            return true;
        default:
            return before_owner(request);
    }
}

}  // namespace oriel::vhost_user
