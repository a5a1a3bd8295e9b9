// SPDX-License-Identifier: MIT
#pragma once

#include <cstdint>

#include "edid/edid.h"

namespace oriel::edid {

/// Whoever knows the EDIDs of a card's screens.
class EdidSource {
public:
    /// As it is now; empty for a screen that isn't there.
    [[nodiscard]] virtual Blob edid(uint32_t screen) const = 0;

protected:
    ~EdidSource() = default;
};

}  // namespace oriel::edid
