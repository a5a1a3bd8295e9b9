// SPDX-License-Identifier: MIT
#pragma once

#include <cstdint>

#include "edid/edid.h"

namespace oriel::edid {

/// Whoever knows the EDIDs of a card's screens.
class EdidSource {
public:
    /// As it is now; valid until the next call.
    [[nodiscard]] virtual const Blob& edid(uint32_t screen) const = 0;

protected:
    ~EdidSource() = default;
};

}  // namespace oriel::edid
