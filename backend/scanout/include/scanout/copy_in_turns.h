// SPDX-License-Identifier: MIT
#pragma once

#include <utility>

#include "core/event_loop.h"
#include "scanout/framebuffer.h"

namespace oriel {

/// Copies the pictures of a screen that are shown as a copy, the large ones in turns of the loop: a
/// whole picture of 3840x2160 takes 3 to 8 ms, and 30 ms where its memory is new.
class CopyInTurns {
public:
    /// `more` is called in a later turn after complete() has returned false. The loop is lent and
    /// must outlive this.
    CopyInTurns(EventLoop& loop, Callback more) : loop_{loop}, more_{loop, std::move(more)} {}

    /// Copies what has changed since the last time, or a part of that. True: the picture's
    /// storage() can be published and read without a long copy, or there is none. What is flushed
    /// while a copy is under way isn't in it (DmabufPixels::flushed_during_copy()).
    [[nodiscard]] bool complete(const Framebuffer& framebuffer);

private:
    EventLoop& loop_;
    DeferredCall more_;
};

}  // namespace oriel
