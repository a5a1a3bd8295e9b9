// SPDX-License-Identifier: MIT
#pragma once

#include <array>
#include <cstdint>
#include <memory>

#include "core/geometry.h"
#include "flush_holder.h"
#include "resources/blob_pixels.h"
#include "resources/resource.h"
#include "scanout/display.h"

namespace oriel::gpu {

/// Which resource each scanout shows.
class Scanouts {
public:
    /// `display` is lent and must outlive this.
    explicit Scanouts(Display& display);

    [[nodiscard]] uint32_t count() const { return count_; }

    /// Shows `source` (inside the framebuffer, not empty) of `framebuffer`, a picture of
    /// `resource`, which is lent until one of the calls below takes it off. `blob` is the
    /// framebuffer's pixels where the resource is a blob, else null.
    void show(ScanoutId scanout, Resource& resource, FramebufferRef framebuffer,
              std::shared_ptr<BlobPixels> blob, const Rect& source);
    void switch_off(ScanoutId scanout);
    /// The resource goes away: whatever shows it goes dark.
    void forget(const Resource& resource);
    void switch_all_off();

    /// Hands what has changed in `part` to the presenter, for every scanout that shows the
    /// resource, with a completion from `holder` for each of them. Returns how many there were.
    size_t flush(Resource& resource, const Region& part, FlushHolder& holder);

    /// How many scanouts show anything.
    [[nodiscard]] size_t shown_count() const;
    [[nodiscard]] bool shows(const Resource& resource) const;
    /// A scanout shows the resource, and each that does has a frame on its way to the screen.
    [[nodiscard]] bool frame_pending(const Resource& resource) const;

private:
    struct Scanout {
        Resource* resource = nullptr;
        std::shared_ptr<BlobPixels> blob;
        Rect source;
        /// Shown, but not flushed since: all of it is due.
        bool fresh = false;
    };

    Display& display_;
    uint32_t count_;
    std::array<Scanout, kMaxScanouts> scanouts_;
};

}  // namespace oriel::gpu
