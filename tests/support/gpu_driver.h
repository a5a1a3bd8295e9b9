// SPDX-License-Identifier: MIT
#pragma once

#include <cstddef>
#include <cstdint>
#include <functional>
#include <optional>
#include <span>
#include <stdexcept>
#include <string>
#include <vector>

#include "core/byte_reader.h"
#include "core/geometry.h"
#include "gpu/command.h"
#include "gpu/protocol.h"
#include "support/gpu_link.h"

namespace oriel::test {

namespace wire = gpu::wire;

/// How a resource's backing lies in guest memory.
enum class Pages : uint8_t {
    kContiguous,  ///< one entry
    kScattered,   ///< one entry a page, in an order that is never ascending
    kLargeRuns,   ///< the same with entries of 2 MiB
};

/// A virtio-gpu driver for tests. Everything waits for its answer unless its name says "post";
/// what doesn't come is an exception, which fails the test with its text.
///
///     GpuDriver driver{link};
///     auto screen = driver.show(0, {640, 480});
///     screen.fill(0xff336699);
///     screen.flush();
class GpuDriver {
public:
    using Token = GpuLink::Token;
    class Screen;

    /// `link` is lent and must outlive the driver.
    explicit GpuDriver(GpuLink& link) : link_{link} {}

    // Bytes.

    /// Sends any bytes and returns the whole answer (empty where the device wrote none).
    std::vector<std::byte> raw(std::span<const std::byte> request,
                               uint32_t response_bytes = sizeof(wire::RespEdid),
                               uint16_t queue = wire::kControlQueue);
    [[nodiscard]] Token post_raw(std::span<const std::byte> request,
                                 uint32_t response_bytes = sizeof(wire::Header),
                                 uint16_t queue = wire::kControlQueue);
    /// Whether the answer has come, after letting the device do all it can.
    [[nodiscard]] bool answered(Token token);
    /// Takes the answer.
    std::vector<std::byte> wait(Token token);

    /// Sends a wire structure after setting its header's type; returns the answer's header.
    template <class T>
    wire::Header send(wire::Type type, T command, uint16_t queue = wire::kControlQueue) {
        return header_of(raw(bytes_of(with_header(type, command)), sizeof(wire::Header), queue));
    }
    template <class T>
    [[nodiscard]] Token post(wire::Type type, T command, uint16_t queue = wire::kControlQueue) {
        return post_raw(bytes_of(with_header(type, command)), sizeof(wire::Header), queue);
    }
    /// Of the next command only: FLAG_FENCE with this id.
    GpuDriver& fenced(uint64_t fence_id, uint32_t ctx_id = 0) {
        fence_ = {fence_id, ctx_id};
        return *this;
    }

    // Commands. Each returns the type of the answer.

    wire::Type create_2d(uint32_t id, Size size, wire::Format format = wire::Format::kB8G8R8X8);
    wire::Type unref(uint32_t id);
    wire::Type attach_backing(uint32_t id, const std::vector<gpu::command::BackingEntry>& entries);
    wire::Type detach_backing(uint32_t id);
    /// A blob in guest memory, with the entries in line.
    wire::Type create_blob(uint32_t id, uint64_t size,
                           const std::vector<gpu::command::BackingEntry>& entries,
                           uint32_t memory = wire::kBlobMemGuest,
                           uint32_t flags = wire::kBlobFlagUseShareable);
    /// How a picture lies in a blob.
    struct BlobView {
        Size size;
        uint32_t offset = 0;
        uint32_t stride = 0;
        wire::Format format = wire::Format::kB8G8R8X8;
    };
    wire::Type set_scanout_blob(uint32_t scanout, uint32_t id, const BlobView& view,
                                const Rect& source);
    wire::Type set_scanout(uint32_t scanout, uint32_t id, const Rect& rect);
    wire::Type transfer(uint32_t id, const Rect& rect, uint64_t offset);
    wire::Type flush(uint32_t id, const Rect& rect);
    [[nodiscard]] Token post_flush(uint32_t id, const Rect& rect);
    wire::Type update_cursor(uint32_t scanout, uint32_t id, Point position, Point hotspot = {});
    wire::Type move_cursor(uint32_t scanout, Point position);

    [[nodiscard]] wire::RespDisplayInfo display_info();
    /// The blob, as long as the answer says.
    [[nodiscard]] std::vector<std::byte> edid(uint32_t scanout);
    [[nodiscard]] wire::Config config();
    void clear_events(uint32_t events);

    // Pictures. Blobs are in blob_screen.h.

    /// A resource id that was not used before; they count up from 1.
    [[nodiscard]] uint32_t next_id() { return ++last_id_; }

    /// Guest pages for a picture, as backing entries.
    [[nodiscard]] std::vector<gpu::command::BackingEntry> allocate(uint64_t bytes,
                                                                   Pages pages = Pages::kScattered);
    /// A resource with backing, not shown. Ids count up from 1.
    [[nodiscard]] Screen create(Size size, Pages pages = Pages::kScattered,
                                wire::Format format = wire::Format::kB8G8R8X8);
    /// The same, shown on a scanout from its top left corner.
    [[nodiscard]] Screen show(uint32_t scanout, Size size, Pages pages = Pages::kScattered);

    [[nodiscard]] GpuLink& link() { return link_; }
    [[nodiscard]] static wire::Header header_of(std::span<const std::byte> response);

private:
    struct Fence {
        uint64_t id;
        uint32_t ctx_id;
    };

    template <class T>
    T with_header(wire::Type type, T command) {
        command.header.type = static_cast<uint32_t>(type);
        if (fence_) {
            command.header.flags |= wire::kFlagFence;
            command.header.fence_id = fence_->id;
            command.header.ctx_id = fence_->ctx_id;
            fence_.reset();
        }
        return command;
    }

    GpuLink& link_;
    std::optional<Fence> fence_;
    uint32_t last_id_ = 0;
};

/// A resource and the guest's picture of it. Copies are the same resource.
class GpuDriver::Screen {
public:
    Screen(GpuDriver& driver, uint32_t id, Size size,
           std::vector<gpu::command::BackingEntry> entries);

    [[nodiscard]] uint32_t id() const { return id_; }
    [[nodiscard]] Size size() const { return size_; }
    [[nodiscard]] Rect all() const { return Rect::of(size_); }
    [[nodiscard]] const std::vector<gpu::command::BackingEntry>& entries() const {
        return entries_;
    }

    // Drawing, in guest memory only; a value is the four bytes in little-endian order.
    void set(uint32_t x, uint32_t y, uint32_t value);
    [[nodiscard]] uint32_t get(uint32_t x, uint32_t y) const;
    void fill(uint32_t value) { fill(all(), value); }
    void fill(const Rect& rect, uint32_t value);

    wire::Type transfer() { return transfer(all()); }
    wire::Type transfer(const Rect& rect);
    /// Transfers and flushes, as a driver does.
    wire::Type flush() { return flush(all()); }
    wire::Type flush(const Rect& rect);
    /// The same without waiting for the flush.
    [[nodiscard]] Token post_flush(const Rect& rect);
    /// Shows this resource on a scanout (again): a page flip.
    wire::Type show_on(uint32_t scanout) { return driver_->set_scanout(scanout, id_, all()); }

private:
    [[nodiscard]] std::byte* at(uint32_t x, uint32_t y) const;

    GpuDriver* driver_;
    uint32_t id_;
    Size size_;
    std::vector<gpu::command::BackingEntry> entries_;
};

}  // namespace oriel::test
