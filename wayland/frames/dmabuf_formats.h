// SPDX-License-Identifier: MIT
#pragma once

#include <cstdint>
#include <optional>
#include <set>
#include <utility>
#include <vector>

namespace oriel::wayland {

/// What a compositor takes as a dma-buf: pairs of fourcc and modifier in tranches, best first.
class DmabufFormats {
public:
    /// DRM_FORMAT_… and DRM_FORMAT_MOD_….
    using Pair = std::pair<uint32_t, uint64_t>;

    struct Tranche {
        /// A plane of the display can show these without being drawn.
        bool scanout = false;
        std::set<Pair> pairs;
        friend bool operator==(const Tranche&, const Tranche&) = default;
    };
    /// How a buffer is to be described to the compositor.
    struct Choice {
        uint64_t modifier = 0;
        bool scanout = false;
    };

    void add(Tranche tranche) { tranches_.push_back(std::move(tranche)); }

    /// For pixels of `fourcc` that lie as `modifier` says, in the best tranche that takes them.
    /// Linear ones also go as DRM_FORMAT_MOD_INVALID, which leaves it to the compositor's driver
    /// to know: for memory that no GPU has made, drivers take it for linear.
    [[nodiscard]] std::optional<Choice> choose(uint32_t fourcc, uint64_t modifier) const;
    friend bool operator==(const DmabufFormats&, const DmabufFormats&) = default;

private:
    std::vector<Tranche> tranches_;
};

/// The format that shows the same pixels without looking at their alpha; others stay as they are.
[[nodiscard]] uint32_t opaque_format(uint32_t fourcc);

}  // namespace oriel::wayland
