// SPDX-License-Identifier: MIT
#include "scanout/copy_in_turns.h"

#include "scanout/pieces.h"

namespace oriel {

bool CopyInTurns::complete(const Framebuffer& framebuffer) {
    if (framebuffer.uncopied() <= kPiecePixels && !framebuffer.copy_under_way()) {
        // As nearly always.
        static_cast<void>(framebuffer.memory());
        return true;
    }
    do {
        if (!loop_.take_piece()) {
            more_.schedule();
            return false;
        }
    } while (framebuffer.copy_piece());
    return true;
}

}  // namespace oriel
