// SPDX-License-Identifier: MIT
#pragma once

#include <cstdint>
#include <optional>
#include <span>

#include "core/geometry.h"
#include "core/ledger.h"
#include "gpu/protocol.h"
#include "guest/guest_memory.h"
#include "resources/backing.h"

namespace oriel::gpu {

class BlobResource;
class Resource2d;

/// What a guest has made and names by an id: a 2D resource, whose pixels are ours, or a blob, whose
/// pixels are the guest's.
class Resource : public LedgerItem {
public:
    explicit Resource(uint32_t id);
    Resource(const Resource&) = delete;
    Resource& operator=(const Resource&) = delete;
    ~Resource() override = default;

    /// What is known of it. Its pages' addresses and its pixels are items themselves.
    [[nodiscard]] Held held() const override = 0;

    [[nodiscard]] uint32_t id() const { return id_; }
    /// Unique in this process, unlike the id, which guests use again.
    [[nodiscard]] uint64_t serial() const { return serial_; }

    /// This, if it is of that kind, else null.
    [[nodiscard]] virtual Resource2d* as_2d() { return nullptr; }
    [[nodiscard]] virtual BlobResource* as_blob() { return nullptr; }

    /// What it holds of Limits::host_bytes.
    [[nodiscard]] virtual uint64_t host_bytes() const = 0;

    /// The guest pages behind it, or null.
    [[nodiscard]] virtual const Backing* backing() const = 0;
    /// Only while there is no backing; `backing` is accessible. Returns the answer, which is an
    /// error where it isn't fit for this kind.
    [[nodiscard]] virtual wire::Type attach(Backing backing) = 0;
    virtual void detach() = 0;

    /// TRANSFER_TO_HOST_2D, or a piece of one that asked for `whole`. Returns the answer.
    [[nodiscard]] virtual wire::Type transfer(const guest::GuestMemory& memory, const Rect& rect,
                                              uint64_t offset, const Rect& whole) = 0;
    /// Whether a flush may name this rectangle.
    [[nodiscard]] virtual bool can_flush(const Rect& rect) const = 0;
    /// What has changed since the last call in `part`, which counts as flushed now.
    [[nodiscard]] virtual Region take_dirty(const Region& part) = 0;

    // As a cursor:

    /// Nothing where it can't be one.
    [[nodiscard]] virtual std::optional<Size> cursor_size() const = 0;
    /// Changes when the picture does. Nothing where only looking at the picture tells.
    [[nodiscard]] virtual std::optional<uint64_t> version() const = 0;
    /// The picture of cursor_size(), rows without padding, memory order B, G, R, A. False where it
    /// can't be read now.
    [[nodiscard]] virtual bool read_cursor(std::span<uint32_t> pixels) = 0;

private:
    uint32_t id_;
    uint64_t serial_;
};

/// What one picture of ours takes of Limits::host_bytes.
[[nodiscard]] uint64_t host_bytes_of(Size size);

/// Says, not too often, that the host has no memory for a picture of this size.
void report_no_memory(Size size, const HostError& error);

}  // namespace oriel::gpu
