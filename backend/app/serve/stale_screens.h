// SPDX-License-Identifier: MIT
#pragma once

#include <ctime>
#include <optional>
#include <string>

#include "card/card.h"
#include "control/stale_report.h"
#include "core/result.h"
#include "serve/overlay_target.h"

namespace oriel::app {

/// With --keep: from when a VM goes until the first frame of the next one, the screens show what
/// they have shown last, dimmed, and say so.
class StaleScreens final : private card::LastPictureListener {
public:
    /// All is lent. `card` must outlive this, and nobody may flush when this has ended. `windows`:
    /// null without windows; must outlive this.
    StaleScreens(card::Card& card, OverlayTarget* windows) : card_{card}, windows_{windows} {}

    /// The VM is about to go: its pictures can be read for the last time. An error is one line that
    /// says what can't be kept.
    [[nodiscard]] Result<void> vm_leaves(const std::string& reason, std::time_t now);
    /// The next VM is there.
    void vm_comes() { card_.await_first_frame(); }
    /// Nothing while the screens are live.
    [[nodiscard]] const std::optional<StaleReport>& report() const { return report_; }

private:
    void last_pictures_gone() override;

    card::Card& card_;
    OverlayTarget* windows_;
    std::optional<StaleReport> report_;
};

}  // namespace oriel::app
