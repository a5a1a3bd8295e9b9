// SPDX-License-Identifier: MIT
#include "state_keeper.h"

#include <cstring>
#include <span>
#include <variant>
#include <vector>

#include "core/byte_reader.h"
#include "gpu/protocol.h"

namespace oriel::gpu {
namespace {

wire::Header kept_header(wire::Type type) {
    wire::Header header{};
    header.type = static_cast<uint32_t>(type);
    return header;
}

wire::Rect wire_rect(const Rect& rect) {
    return {rect.x, rect.y, rect.width, rect.height};
}

/// A command that ends with the entries.
template <class Wire>
std::vector<std::byte> with_entries(const Wire& body,
                                    std::span<const command::BackingEntry> entries) {
    std::vector<std::byte> bytes(sizeof body + entries.size() * sizeof(wire::MemEntry));
    ByteWriter writer{bytes};
    writer.write(body);
    for (const command::BackingEntry& entry : entries) {
        writer.write(wire::MemEntry{entry.address, entry.length, 0});
    }
    return bytes;
}

std::span<const command::BackingEntry> entries_of(ResourceTable& resources, uint32_t id) {
    const Resource* resource = resources.find(id);
    const Backing* backing = resource != nullptr ? resource->backing() : nullptr;
    return backing != nullptr ? backing->entries() : std::span<const command::BackingEntry>{};
}

}  // namespace

void StateKeeper::carried_out(const Command& command, ResourceTable& resources) {
    // Also while nothing is kept yet: what an earlier process has left is carried out then.
    if (const auto* set = std::get_if<command::SetScanout>(&command)) {
        shown_[set->scanout] = set->resource;
    } else if (const auto* blob = std::get_if<command::SetScanoutBlob>(&command)) {
        shown_[blob->scanout] = blob->resource;
    }
    if (record_ != nullptr) {
        std::visit([&](const auto& body) { note(body, resources); }, command);
    }
}

void StateKeeper::reset() {
    shown_.fill(0);
    if (record_ != nullptr) {
        for (const uint32_t kind : {kResource, kBacking, kScanout, kCursor}) {
            record_->erase_kind(kind);
        }
    }
}

void StateKeeper::note(const command::ResourceCreate2d& create, ResourceTable&) {
    const wire::ResourceCreate2d body{kept_header(wire::Type::kResourceCreate2d), create.resource,
                                      static_cast<uint32_t>(create.format), create.size.width,
                                      create.size.height};
    record_->put({kResource, create.resource}, bytes_of(body));
}

void StateKeeper::note(const command::ResourceCreateBlob& create, ResourceTable& resources) {
    const auto entries = entries_of(resources, create.resource);
    const wire::ResourceCreateBlob body{kept_header(wire::Type::kResourceCreateBlob),
                                        create.resource,
                                        wire::kBlobMemGuest,
                                        0,
                                        static_cast<uint32_t>(entries.size()),
                                        0,
                                        create.size};
    record_->put({kResource, create.resource}, with_entries(body, entries));
}

void StateKeeper::note(const command::ResourceUnref& unref, ResourceTable&) {
    for (ScanoutId scanout = 0; scanout < kMaxScanouts; ++scanout) {
        if (shown_[scanout] == unref.resource) {
            shown_[scanout] = 0;
            record_->erase({kScanout, scanout});
        }
    }
    record_->erase({kBacking, unref.resource});
    record_->erase({kResource, unref.resource});
}

void StateKeeper::note(const command::AttachBacking& attach, ResourceTable& resources) {
    const auto entries = entries_of(resources, attach.resource);
    const wire::ResourceAttachBacking body{kept_header(wire::Type::kResourceAttachBacking),
                                           attach.resource, static_cast<uint32_t>(entries.size())};
    record_->put({kBacking, attach.resource}, with_entries(body, entries));
}

void StateKeeper::note(const command::DetachBacking& detach, ResourceTable& resources) {
    record_->erase({kBacking, detach.resource});
    if (Resource* resource = resources.find(detach.resource);
        resource != nullptr && resource->as_blob() != nullptr) {
        // There is no command for a blob without pages.
        record_->erase({kResource, detach.resource});
    }
}

void StateKeeper::note(const command::SetScanout& set, ResourceTable&) {
    if (set.resource == 0) {
        record_->erase({kScanout, set.scanout});
        return;
    }
    const wire::SetScanout body{kept_header(wire::Type::kSetScanout), wire_rect(set.source),
                                set.scanout, set.resource};
    record_->put({kScanout, set.scanout}, bytes_of(body));
}

void StateKeeper::note(const command::SetScanoutBlob& set, ResourceTable&) {
    if (set.resource == 0) {
        record_->erase({kScanout, set.scanout});
        return;
    }
    wire::SetScanoutBlob body{};
    body.header = kept_header(wire::Type::kSetScanoutBlob);
    body.r = wire_rect(set.source);
    body.scanout_id = set.scanout;
    body.resource_id = set.resource;
    body.width = set.size.width;
    body.height = set.size.height;
    body.format = static_cast<uint32_t>(set.format);
    body.strides[0] = set.stride;
    body.offsets[0] = set.offset;
    record_->put({kScanout, set.scanout}, bytes_of(body));
}

void StateKeeper::note(const command::UpdateCursor& update, ResourceTable&) {
    wire::UpdateCursor body{};
    body.header = kept_header(wire::Type::kUpdateCursor);
    body.pos = {update.scanout, static_cast<uint32_t>(update.position.x),
                static_cast<uint32_t>(update.position.y), 0};
    body.resource_id = update.resource;
    body.hot_x = static_cast<uint32_t>(update.hotspot.x);
    body.hot_y = static_cast<uint32_t>(update.hotspot.y);
    record_->put({kCursor, update.scanout}, bytes_of(body));
}

}  // namespace oriel::gpu
