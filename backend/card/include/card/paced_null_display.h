// SPDX-License-Identifier: MIT
#pragma once

#include <memory>
#include <vector>

#include "core/event_loop.h"
#include "scanout/null_display.h"

namespace oriel::card {

/// The target while no presenter is ready: shows nothing, and answers flushes once a refresh period
/// of their screen, so that a guest draws no faster than on a monitor. At the start all of its
/// screens count as seen: what they will show is drawn already.
class PacedNullDisplay final : public NullDisplay {
public:
    /// `loop` is lent and must outlive this.
    PacedNullDisplay(EventLoop& loop, std::vector<ScreenInfo> screens);
    ~PacedNullDisplay() override;

    /// From now on the screens are as `other` has them: a guest sees no change when this takes its
    /// place.
    void look_like(const Display& other);
    /// Whether anybody is to see what is drawn now.
    void set_seen(bool seen) { seen_ = seen; }

    void flush(ScanoutId scanout, const Region& damage, FlushDone done) override;
    void detach(ScanoutId scanout) override;
    [[nodiscard]] Result<void> set_screen(ScanoutId scanout, const ScreenChange& change) override;
    [[nodiscard]] bool visible(ScanoutId) const override { return seen_; }

private:
    struct Beam;
    bool seen_ = true;
    std::vector<std::unique_ptr<Beam>> beams_;
};

}  // namespace oriel::card
