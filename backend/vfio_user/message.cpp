// SPDX-License-Identifier: MIT
#include "message.h"

#include <bit>
#include <cerrno>

#include "core/byte_reader.h"

namespace oriel::vfio_user {
namespace {

using Parsed = tl::expected<Request, int>;

Parsed malformed() {
    return tl::unexpected(EINVAL);
}

Parsed parse_version(ByteReader reader) {
    const auto version = reader.read<Version>();
    if (!version) {
        return malformed();
    }
    const std::string_view text{reinterpret_cast<const char*>(reader.rest().data()),
                                reader.remaining()};
    if (text.empty()) {
        return VersionRequest{*version, {}};
    }
    // What the client is capable of doesn't matter to a server that never sends commands. But a
    // text that doesn't end, or goes on behind its end, is no text.
    const size_t end = text.find('\0');
    if (end != text.size() - 1 || text.front() != '{') {
        return malformed();
    }
    return VersionRequest{*version, text.substr(0, end)};
}

Parsed parse_dma_map(ByteReader reader, size_t fds) {
    const auto map = reader.read<DmaMap>();
    constexpr uint32_t known = kDmaRead | kDmaWrite;
    if (!map || fds > 1 || map->size == 0 || (map->flags & ~known) != 0) {
        return malformed();
    }
    return *map;
}

Parsed parse_dma_unmap(ByteReader reader) {
    const auto unmap = reader.read<DmaUnmap>();
    if (!unmap || (unmap->flags & ~kDmaUnmapAll) != 0) {
        return malformed();
    }
    return *unmap;
}

Parsed parse_region_info(ByteReader reader) {
    const auto info = reader.read<RegionInfo>();
    if (!info || info->argsz < sizeof(RegionInfo)) {
        return malformed();
    }
    return *info;
}

Parsed parse_irq_info(ByteReader reader) {
    const auto info = reader.read<IrqInfo>();
    if (!info) {
        return malformed();
    }
    return *info;
}

Parsed parse_set_irqs(ByteReader reader, size_t fds) {
    const auto set = reader.read<IrqSet>();
    if (!set || (set->flags & ~(kIrqSetDataMask | kIrqSetActions)) != 0) {
        return malformed();
    }
    const uint32_t data = set->flags & kIrqSetDataMask;
    if (!std::has_single_bit(data) || !std::has_single_bit(set->flags & kIrqSetActions)) {
        return malformed();
    }
    SetIrqsRequest request{*set, {}};
    if (data == kIrqSetDataBool) {
        const auto flags = reader.take(set->count);
        if (!flags) {
            return malformed();
        }
        request.flags = *flags;
    }
    const bool all_or_none = fds == 0 || fds == set->count;
    if (data == kIrqSetDataEventfd ? !all_or_none : fds != 0) {
        return malformed();
    }
    return request;
}

Parsed parse_region_read(ByteReader reader) {
    const auto access = reader.read<RegionAccess>();
    if (!access || access->count == 0 || access->count > kMaxTransfer) {
        return malformed();
    }
    return RegionReadRequest{*access};
}

Parsed parse_region_write(ByteReader reader) {
    const auto access = reader.read<RegionAccess>();
    if (!access || access->count == 0 || access->count > kMaxTransfer ||
        access->count != reader.remaining()) {
        return malformed();
    }
    return RegionWriteRequest{*access, reader.rest()};
}

std::optional<size_t> payload_bytes(std::span<const std::byte> bytes) {
    const Header header = header_of(bytes);
    return plausible(header) ? std::optional<size_t>{header.size - sizeof(Header)} : std::nullopt;
}

uint32_t message_id(std::span<const std::byte> header) {
    return header_of(header).id;
}

}  // namespace

const MessageFraming kFraming{sizeof(Header), kMaxMessageFds, payload_bytes, message_id};

Header header_of(std::span<const std::byte> bytes) {
    return ByteReader{bytes}.read<Header>().value_or(Header{});
}

Parsed parse(uint16_t command, std::span<const std::byte> payload, size_t fds) {
    const ByteReader reader{payload};
    switch (static_cast<Command>(command)) {
        case Command::kVersion:
            return parse_version(reader);
        case Command::kDmaMap:
            return parse_dma_map(reader, fds);
        case Command::kDmaUnmap:
            return parse_dma_unmap(reader);
        case Command::kDeviceGetInfo:
            return payload.size() < sizeof(DeviceInfo) ? malformed() : DeviceInfoRequest{};
        case Command::kDeviceGetRegionInfo:
            return parse_region_info(reader);
        case Command::kDeviceGetIrqInfo:
            return parse_irq_info(reader);
        case Command::kDeviceSetIrqs:
            return parse_set_irqs(reader, fds);
        case Command::kRegionRead:
            return parse_region_read(reader);
        case Command::kRegionWrite:
            return parse_region_write(reader);
        case Command::kDeviceReset:
            return ResetRequest{};
        case Command::kDeviceGetRegionIoFds:
        case Command::kDmaRead:
        case Command::kDmaWrite:
        case Command::kRegionWriteMulti:
        case Command::kDeviceFeature:
        case Command::kMigDataRead:
        case Command::kMigDataWrite:
            break;
    }
    return tl::unexpected(ENOTSUP);
}

bool only_asks(uint16_t command) {
    switch (static_cast<Command>(command)) {
        case Command::kVersion:
        case Command::kDeviceGetInfo:
        case Command::kDeviceGetRegionInfo:
        case Command::kDeviceGetIrqInfo:
        case Command::kRegionRead:
            return true;
        default:
            return false;
    }
}

bool plausible(const Header& header) {
    return header.size >= sizeof(Header) && header.size <= kMaxMessage &&
           (header.flags & kTypeMask) <= kTypeReply;
}

}  // namespace oriel::vfio_user
