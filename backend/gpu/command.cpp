// SPDX-License-Identifier: MIT
#include "gpu/command.h"

#include <numeric>
#include <utility>

#include "core/byte_reader.h"

namespace oriel::gpu {
namespace {

using wire::Type;
using Decoded = tl::expected<Command, Type>;

constexpr auto kTooShort = Type::kErrInvalidParameter;

Rect to_rect(const wire::Rect& r) {
    return {r.x, r.y, r.width, r.height};
}

/// Positions are sent as u32 and mean s32: a cursor may hang over the left and the top edge.
Point to_point(uint32_t x, uint32_t y) {
    return {static_cast<int32_t>(x), static_cast<int32_t>(y)};
}

bool known(wire::Format format) {
    switch (format) {
        case wire::Format::kB8G8R8A8:
        case wire::Format::kB8G8R8X8:
        case wire::Format::kA8R8G8B8:
        case wire::Format::kX8R8G8B8:
        case wire::Format::kR8G8B8A8:
        case wire::Format::kX8B8G8R8:
        case wire::Format::kA8B8G8R8:
        case wire::Format::kR8G8B8X8:
            return true;
    }
    return false;
}

/// Reads the wire structure and gives it to `make`.
template <class Wire, class Make>
Decoded decode_as(ByteReader reader, Make make) {
    const auto body = reader.read<Wire>();
    if (!body) {
        return tl::unexpected(kTooShort);
    }
    return make(*body);
}

Decoded decode_create_2d(ByteReader reader) {
    return decode_as<wire::ResourceCreate2d>(reader, [](const auto& body) -> Decoded {
        const auto format = static_cast<wire::Format>(body.format);
        const Size size{body.width, body.height};
        if (!known(format) || size.empty() || size.width > kMaxResourceSide ||
            size.height > kMaxResourceSide) {
            return tl::unexpected(Type::kErrInvalidParameter);
        }
        return command::ResourceCreate2d{body.resource_id, format, size};
    });
}

/// The `count` entries that follow in `reader`.
tl::expected<std::vector<command::BackingEntry>, Type> decode_entries(ByteReader& reader,
                                                                      uint32_t count,
                                                                      size_t max_entries) {
    if (count == 0) {
        return tl::unexpected(Type::kErrInvalidParameter);
    }
    if (count > max_entries) {
        return tl::unexpected(Type::kErrOutOfMemory);
    }
    if (reader.remaining() / sizeof(wire::MemEntry) < count) {
        return tl::unexpected(kTooShort);
    }
    std::vector<command::BackingEntry> entries;
    entries.reserve(count);
    for (uint32_t i = 0; i < count; ++i) {
        const auto entry = *reader.read<wire::MemEntry>();
        entries.push_back({entry.addr, entry.length});
    }
    return entries;
}

Decoded decode_attach_backing(ByteReader reader, size_t max_entries) {
    const auto body = reader.read<wire::ResourceAttachBacking>();
    if (!body) {
        return tl::unexpected(kTooShort);
    }
    auto entries = decode_entries(reader, body->nr_entries, max_entries);
    if (!entries) {
        return tl::unexpected(entries.error());
    }
    return command::AttachBacking{body->resource_id, std::move(*entries)};
}

Decoded decode_create_blob(ByteReader reader, size_t max_entries) {
    const auto body = reader.read<wire::ResourceCreateBlob>();
    if (!body) {
        return tl::unexpected(kTooShort);
    }
    if (body->blob_mem != wire::kBlobMemGuest || (body->blob_flags & ~wire::kBlobFlags) != 0 ||
        body->size == 0) {
        return tl::unexpected(Type::kErrInvalidParameter);
    }
    auto entries = decode_entries(reader, body->nr_entries, max_entries);
    if (!entries) {
        return tl::unexpected(entries.error());
    }
    const uint64_t bytes = std::accumulate(
        entries->begin(), entries->end(), uint64_t{0},
        [](uint64_t sum, const command::BackingEntry& entry) { return sum + entry.length; });
    if (body->size > bytes) {
        return tl::unexpected(Type::kErrInvalidParameter);
    }
    return command::ResourceCreateBlob{body->resource_id, body->size, std::move(*entries)};
}

Decoded decode_set_scanout_blob(ByteReader reader) {
    return decode_as<wire::SetScanoutBlob>(reader, [](const auto& body) -> Decoded {
        if (body.resource_id == 0) {
            return command::SetScanoutBlob{.scanout = body.scanout_id};
        }
        const command::SetScanoutBlob set{.scanout = body.scanout_id,
                                          .resource = body.resource_id,
                                          .source = to_rect(body.r),
                                          .format = static_cast<wire::Format>(body.format),
                                          .size = {body.width, body.height},
                                          .offset = body.offsets[0],
                                          .stride = body.strides[0]};
        constexpr uint64_t kPixel = 4;  // all formats have one plane, and pixels of this many bytes
        if (!known(set.format) || set.size.empty() || set.size.width > kMaxResourceSide ||
            set.size.height > kMaxResourceSide || set.source.empty() ||
            !set.source.inside(set.size) || set.stride < set.size.width * kPixel ||
            (set.stride | set.offset) % kPixel != 0) {
            return tl::unexpected(Type::kErrInvalidParameter);
        }
        return set;
    });
}

Decoded decode_control(Type type, ByteReader reader, size_t max_entries) {
    switch (type) {
        case Type::kGetDisplayInfo:
            return command::GetDisplayInfo{};
        case Type::kGetEdid:
            return decode_as<wire::GetEdid>(
                reader, [](const auto& body) { return command::GetEdid{body.scanout}; });
        case Type::kResourceCreate2d:
            return decode_create_2d(reader);
        case Type::kResourceUnref:
            return decode_as<wire::ResourceUnref>(
                reader, [](const auto& body) { return command::ResourceUnref{body.resource_id}; });
        case Type::kSetScanout:
            return decode_as<wire::SetScanout>(reader, [](const auto& body) {
                return command::SetScanout{body.scanout_id, body.resource_id, to_rect(body.r)};
            });
        case Type::kResourceFlush:
            return decode_as<wire::ResourceFlush>(reader, [](const auto& body) {
                return command::ResourceFlush{body.resource_id, to_rect(body.r)};
            });
        case Type::kTransferToHost2d:
            return decode_as<wire::TransferToHost2d>(reader, [](const auto& body) {
                return command::TransferToHost2d{body.resource_id, to_rect(body.r), body.offset};
            });
        case Type::kResourceAttachBacking:
            return decode_attach_backing(reader, max_entries);
        case Type::kResourceDetachBacking:
            return decode_as<wire::ResourceUnref>(
                reader, [](const auto& body) { return command::DetachBacking{body.resource_id}; });
        case Type::kResourceCreateBlob:
            return decode_create_blob(reader, max_entries);
        case Type::kSetScanoutBlob:
            return decode_set_scanout_blob(reader);
        case Type::kGetCapsetInfo:
            return decode_as<wire::GetCapsetInfo>(
                reader, [](const auto& body) { return command::GetCapsetInfo{body.capset_index}; });
        case Type::kGetCapset:
            return decode_as<wire::GetCapset>(reader, [](const auto& body) {
                return command::GetCapset{body.capset_id, body.capset_version};
            });
        default:
            return tl::unexpected(Type::kErrUnspec);
    }
}

Decoded decode_cursor(Type type, ByteReader reader) {
    switch (type) {
        case Type::kUpdateCursor:
            return decode_as<wire::UpdateCursor>(reader, [](const auto& body) {
                return command::UpdateCursor{body.pos.scanout_id, body.resource_id,
                                             to_point(body.pos.x, body.pos.y),
                                             to_point(body.hot_x, body.hot_y)};
            });
        case Type::kMoveCursor:
            return decode_as<wire::UpdateCursor>(reader, [](const auto& body) {
                return command::MoveCursor{body.pos.scanout_id, to_point(body.pos.x, body.pos.y)};
            });
        default:
            return tl::unexpected(Type::kErrUnspec);
    }
}

}  // namespace

bool has_entries(const wire::Header& header) {
    return header.type == static_cast<uint32_t>(Type::kResourceAttachBacking) ||
           header.type == static_cast<uint32_t>(Type::kResourceCreateBlob);
}

std::optional<Request> decode(std::span<const std::byte> bytes, QueueKind queue,
                              size_t max_entries) {
    const auto header = ByteReader{bytes}.read<wire::Header>();
    if (!header) {
        return std::nullopt;
    }
    // Every body starts with the header again, as the specification has it.
    const auto type = static_cast<Type>(header->type);
    const ByteReader reader{bytes};
    return Request{*header, queue == QueueKind::kControl ? decode_control(type, reader, max_entries)
                                                         : decode_cursor(type, reader)};
}

}  // namespace oriel::gpu
