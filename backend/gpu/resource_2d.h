// SPDX-License-Identifier: MIT
#pragma once

#include <cstdint>
#include <memory>
#include <optional>
#include <tl/expected.hpp>
#include <unordered_map>

#include "backing.h"
#include "core/geometry.h"
#include "gpu/limits.h"
#include "gpu/protocol.h"
#include "guest/guest_memory.h"
#include "scanout/framebuffer.h"
#include "scanout/memory_pixels.h"

namespace oriel::gpu {

/// A 2D resource: pixels of ours, made when first needed, and perhaps guest memory to fill them
/// from.
class Resource {
public:
    Resource(uint32_t id, wire::Format format, Size size);

    [[nodiscard]] uint32_t id() const { return id_; }
    [[nodiscard]] Size size() const { return size_; }
    /// Unique in this process, unlike the id, which guests use again.
    [[nodiscard]] uint64_t serial() const { return serial_; }
    /// Changes with every transfer.
    [[nodiscard]] uint64_t version() const { return version_; }

    /// The same object at every call, so that presenters recognise it. Null when the host has no
    /// memory.
    [[nodiscard]] FramebufferRef framebuffer();

    /// Where the first pixel of `rect` is in backing that is laid out as the picture is; drivers'
    /// transfers say the same.
    [[nodiscard]] uint64_t natural_offset(const Rect& rect) const {
        return (uint64_t{rect.y} * size_.width + rect.x) * MemoryBuffer::kBytesPerPixel;
    }
    /// TRANSFER_TO_HOST_2D. Returns the answer.
    [[nodiscard]] wire::Type transfer(const guest::GuestMemory& memory, const Rect& rect,
                                      uint64_t offset);

    /// The complete picture, for a cursor; null before the first transfer, when all of it is black
    /// and transparent.
    [[nodiscard]] const MemoryBuffer* picture();

    /// What has changed since the last call in `part`, which counts as flushed now.
    [[nodiscard]] Region take_dirty(const Region& part);

    std::optional<Backing> backing;

private:
    [[nodiscard]] bool make_pixels();

    uint32_t id_;
    wire::Format format_;
    Size size_;
    uint64_t serial_;
    uint64_t version_ = 0;
    std::shared_ptr<MemoryPixels> pixels_;
    FramebufferRef framebuffer_;
    /// Transferred and not yet flushed.
    Region dirty_;
};

/// All resources of the device, and what they add up to.
class ResourceTable {
public:
    /// `memory` is lent and must outlive the table.
    ResourceTable(const guest::GuestMemory& memory, const Limits& limits)
        : memory_{memory}, limits_{limits} {}

    /// Null for an unknown id. Valid until the resource is destroyed.
    [[nodiscard]] Resource* find(uint32_t id);

    // The commands; they return the answer.
    [[nodiscard]] wire::Type create(const command::ResourceCreate2d& create);
    [[nodiscard]] wire::Type attach(command::AttachBacking attach);
    [[nodiscard]] wire::Type detach(uint32_t id);
    void destroy(uint32_t id);
    void clear();

    [[nodiscard]] size_t count() const { return resources_.size(); }
    [[nodiscard]] uint64_t host_bytes() const { return host_bytes_; }
    [[nodiscard]] uint64_t backing_entries() const { return backing_entries_; }
    /// How many more entries the limit allows.
    [[nodiscard]] uint64_t free_entries() const {
        return limits_.backing_entries - backing_entries_;
    }

private:
    void drop_backing(Resource& resource);

    const guest::GuestMemory& memory_;
    Limits limits_;
    std::unordered_map<uint32_t, std::unique_ptr<Resource>> resources_;
    uint64_t host_bytes_ = 0;
    uint64_t backing_entries_ = 0;
};

}  // namespace oriel::gpu
