// SPDX-License-Identifier: MIT
#pragma once

#include <algorithm>
#include <cstdint>
#include <memory>
#include <utility>
#include <vector>

#include "scanout/memory_pixels.h"

namespace oriel {

/// What pictures have copied since they were last looked at. A guest that flips pages copies into
/// pictures that aren't attached yet, so each is remembered by itself, as long as it lives.
class CopyMeter {
public:
    /// `pixels` may be null: nothing has been copied.
    [[nodiscard]] uint64_t take(const std::shared_ptr<MemoryPixels>& pixels) {
        if (!pixels) {
            return 0;
        }
        std::erase_if(seen_, [](const Seen& seen) { return seen.pixels.expired(); });
        auto it = std::find_if(seen_.begin(), seen_.end(), [&](const Seen& seen) {
            return !seen.pixels.owner_before(pixels) && !pixels.owner_before(seen.pixels);
        });
        if (it == seen_.end()) {
            it = seen_.insert(seen_.end(), Seen{pixels, 0});
        }
        const uint64_t total = pixels->bytes_copied();
        return total - std::exchange(it->bytes, total);
    }

    /// Calls `visit(MemoryPixels&)` for each picture that still lives.
    template <class Visit>
    void for_each(Visit&& visit) const {
        for (const Seen& seen : seen_) {
            if (const auto pixels = seen.pixels.lock()) {
                visit(*pixels);
            }
        }
    }

private:
    struct Seen {
        std::weak_ptr<MemoryPixels> pixels;
        uint64_t bytes;
    };
    std::vector<Seen> seen_;
};

}  // namespace oriel
