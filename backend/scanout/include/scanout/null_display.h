// SPDX-License-Identifier: MIT
#pragma once

#include <vector>

#include "scanout/display.h"

namespace oriel {

/// A presenter that shows nothing and answers every flush at once.
class NullDisplay : public Display {
public:
    explicit NullDisplay(std::vector<ScreenInfo> screens);

    void attach(ScanoutId scanout, FramebufferRef framebuffer, const Rect& source) override;
    void flush(ScanoutId scanout, const Region& damage, FlushDone done) override;
    void detach(ScanoutId scanout) override;
    void set_cursor(ScanoutId scanout, std::shared_ptr<const CursorImage> image) override;
    void move_cursor(ScanoutId scanout, Point position) override;
    [[nodiscard]] bool visible(ScanoutId scanout) const override;
    [[nodiscard]] uint32_t scanout_count() const override;
    [[nodiscard]] ScreenInfo screen(ScanoutId scanout) const override;
    [[nodiscard]] const ScanoutStats& stats(ScanoutId scanout) const override;

protected:
    std::vector<ScreenInfo> screens_;
    std::vector<ScanoutStats> stats_;
};

}  // namespace oriel
