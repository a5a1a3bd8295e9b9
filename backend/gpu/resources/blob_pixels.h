// SPDX-License-Identifier: MIT
#pragma once

#include <cstdint>
#include <memory>
#include <optional>
#include <vector>

#include "core/geometry.h"
#include "core/result.h"
#include "core/unique_fd.h"
#include "gpu/protocol.h"
#include "guest/dmabuf_exporter.h"
#include "guest/guest_memory.h"
#include "resources/backing.h"
#include "resources/host_bytes.h"
#include "scanout/dmabuf_pixels.h"

namespace oriel::gpu {

class BlobPixels;

/// The guest pages of a blob, shared by the resource and by every picture in them. A presenter may
/// keep a picture longer than the guest keeps the blob: after detach() nobody looks at the guest's
/// memory any more.
class BlobMemory {
public:
    /// `memory` and `exporter` are lent until detach().
    BlobMemory(const guest::GuestMemory& memory, guest::DmabufExporter& exporter, Backing backing,
               uint64_t size);

    [[nodiscard]] uint64_t size() const { return size_; }
    /// Null after detach().
    [[nodiscard]] const Backing* backing() const { return backing_ ? &*backing_ : nullptr; }
    void detach() { backing_.reset(); }

    /// The backing, with all of [offset, offset + length) accessible now, or null.
    [[nodiscard]] Backing* readable(uint64_t offset, uint64_t length);
    /// Backing::stitch_some(), where there is a backing.
    [[nodiscard]] bool stitch_some() { return !backing_ || backing_->stitch_some(memory_); }

    /// All of it as one buffer; the first byte is at origin(). Pictures of the same pages share it:
    /// what the kernel keeps for a buffer is kept once a blob.
    [[nodiscard]] Result<UniqueFd> export_dmabuf() const;
    /// Each picture of the blob says that it is there, and that it ends.
    void add(const BlobPixels& picture) { pictures_.push_back(&picture); }
    void remove(const BlobPixels& picture) { std::erase(pictures_, &picture); }
    [[nodiscard]] uint64_t origin() const;
    /// The guest's memory map's: what was made of the pages at another epoch may be other pages.
    [[nodiscard]] uint64_t epoch() const { return memory_.epoch(); }

private:
    const guest::GuestMemory& memory_;
    guest::DmabufExporter& exporter_;
    std::optional<Backing> backing_;
    uint64_t size_;
    std::vector<const BlobPixels*> pictures_;
};

/// How SET_SCANOUT_BLOB says that a picture lies in a blob.
struct BlobLayout {
    wire::Format format{};
    Size size;
    uint32_t offset = 0;
    uint32_t stride = 0;
    friend bool operator==(const BlobLayout&, const BlobLayout&) = default;

    /// From `offset` to the end of the last row, which need not be a whole stride.
    [[nodiscard]] uint64_t byte_size() const;
};

/// A picture in a blob.
class BlobPixels final : public DmabufPixels {
public:
    /// `layout` lies inside the memory.
    BlobPixels(std::shared_ptr<BlobMemory> memory, const BlobLayout& layout,
               HostBytes::Share share);
    ~BlobPixels() override { memory_->remove(*this); }

    [[nodiscard]] const BlobLayout& blob_layout() const { return blob_layout_; }
    /// The guest has flushed `damage` (inside the picture).
    void flushed(const Region& damage) { changed(damage); }
    /// What it was exported to, if that is open and the pages of the memory map at `epoch`; else
    /// -1.
    [[nodiscard]] int exported(uint64_t epoch) const;

private:
    [[nodiscard]] Result<std::vector<UniqueFd>> export_files() const override;
    [[nodiscard]] bool prepare_rows() override { return memory_->stitch_some(); }
    [[nodiscard]] RowSource* rows() override;

    std::shared_ptr<BlobMemory> memory_;
    BlobLayout blob_layout_;
    HostBytes::Share share_;
    std::optional<TransferSource> source_;
    mutable uint64_t exported_at_ = 0;  // the memory map's epoch
};

}  // namespace oriel::gpu
