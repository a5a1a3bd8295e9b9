// SPDX-License-Identifier: MIT
#pragma once

#include <array>
#include <cstdint>
#include <memory>
#include <optional>

#include "core/event_loop.h"
#include "core/geometry.h"
#include "core/ledger.h"
#include "resources/resource.h"
#include "scanout/display.h"

namespace oriel::gpu {

/// The guest's cursors. Guests move them thousands of times a second: the presenter hears at most
/// one image and one position a scanout and loop turn.
///
/// What the specification leaves open, as Linux does it: a position is that of the image's top left
/// corner (the plane's), so the hot spot is at position + hot; the fourth byte is alpha in X
/// formats, too (dumb buffers are always created as B8G8R8X8); colours are premultiplied. A guest
/// that doesn't premultiply (Windows) is recognised: a colour above its alpha can't be
/// premultiplied.
class Cursors final : public LedgerItem {
public:
    /// Both lent; must outlive this.
    Cursors(EventLoop& loop, Display& display);

    /// Shows the resource's picture of now, which has a cursor_size(); null hides the cursor.
    /// False, and nothing changed, where the picture can't be read.
    [[nodiscard]] bool update(ScanoutId scanout, Resource* resource, Point position, Point hotspot);
    void move(ScanoutId scanout, Point position);
    /// Hides all cursors, at once.
    void reset();

    /// Images and positions that the presenter was told.
    [[nodiscard]] uint64_t updates() const { return updates_; }
    [[nodiscard]] Held held() const override;

private:
    struct Cursor {
        std::shared_ptr<const CursorImage> image;
        // What `image` was made of: the same resource shown again needs no new one.
        uint64_t serial = 0;
        std::optional<uint64_t> version;
        Point position;
        bool image_due = false;
        bool position_due = false;
    };

    void tell();

    Display& display_;
    std::array<Cursor, kMaxScanouts> cursors_;
    uint64_t updates_ = 0;
    DeferredCall telling_;
};

/// The picture of a resource as a cursor image, or null where it can't be read.
[[nodiscard]] std::shared_ptr<const CursorImage> make_cursor_image(Resource& resource,
                                                                   Point hotspot);

}  // namespace oriel::gpu
