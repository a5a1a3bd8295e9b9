// SPDX-License-Identifier: MIT
#pragma once

#include <cstdint>
#include <memory>
#include <tl/expected.hpp>
#include <unordered_map>
#include <utility>
#include <vector>

#include "core/ledger.h"
#include "gpu/command.h"
#include "gpu/limits.h"
#include "guest/dmabuf_exporter.h"
#include "guest/guest_memory.h"
#include "resources/blob_resource.h"
#include "resources/host_bytes.h"
#include "resources/resource.h"
#include "resources/resource_2d.h"

namespace oriel::gpu {

/// All resources of the device, and what they add up to.
class ResourceTable final : public LedgerItem {
public:
    /// `memory` and `exporter` are lent and must outlive the table.
    ResourceTable(const guest::GuestMemory& memory, guest::DmabufExporter& exporter,
                  const Limits& limits)
        : LedgerItem{HeldFor::kResources}, memory_{memory}, exporter_{exporter}, limits_{limits} {}

    /// Null for an unknown id. Valid until the resource is destroyed.
    [[nodiscard]] Resource* find(uint32_t id);

    // The commands; they return the answer.
    [[nodiscard]] wire::Type create(const command::ResourceCreate2d& create);
    /// `backing` may have been prepared, see Backing::prepare_some().
    [[nodiscard]] wire::Type create_blob(uint32_t id, uint64_t size, Backing backing);
    [[nodiscard]] wire::Type attach(uint32_t id, Backing backing);
    [[nodiscard]] Backing make_backing(std::vector<command::BackingEntry> entries) const {
        return {std::move(entries), limits_.backing_splits};
    }
    [[nodiscard]] wire::Type detach(uint32_t id);
    void destroy(uint32_t id);
    void clear();

    /// The picture of a blob for a scanout, the same one each time if it can be; or the error.
    [[nodiscard]] tl::expected<BlobPicture, wire::Type> picture(BlobResource& blob,
                                                                const BlobLayout& layout);

    [[nodiscard]] size_t count() const { return resources_.size(); }
    [[nodiscard]] uint64_t blob_count() const { return blob_count_; }
    [[nodiscard]] uint64_t blob_bytes() const { return blob_bytes_; }
    /// What the resources take.
    [[nodiscard]] uint64_t host_bytes() const { return host_bytes_; }
    /// What pictures take that the guest has given up, and presenters still have. They count, too.
    [[nodiscard]] uint64_t kept_bytes() const { return shares_.used() - host_bytes_; }
    [[nodiscard]] uint64_t backing_entries() const { return backing_entries_; }
    /// How many more entries the limit allows.
    [[nodiscard]] uint64_t free_entries() const {
        return limits_.backing_entries - backing_entries_;
    }
    /// The table alone: what is in it are items themselves.
    [[nodiscard]] Held held() const override;

private:
    /// Whether there is room for so many bytes more, if need be by forgetting blobs' pictures that
    /// nobody shows.
    [[nodiscard]] bool make_room(uint64_t bytes);
    [[nodiscard]] wire::Type attach(Resource& resource, Backing backing);
    void drop_backing(Resource& resource);
    /// Does something to a resource that may change what it holds.
    template <class Change>
    void recount(Resource& resource, Change&& change);

    const guest::GuestMemory& memory_;
    guest::DmabufExporter& exporter_;
    Limits limits_;
    std::unordered_map<uint32_t, std::unique_ptr<Resource>> resources_;
    uint64_t blob_count_ = 0;
    uint64_t blob_bytes_ = 0;
    uint64_t host_bytes_ = 0;
    HostBytes shares_;
    uint64_t backing_entries_ = 0;
};

}  // namespace oriel::gpu
