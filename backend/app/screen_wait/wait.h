// SPDX-License-Identifier: MIT
#pragma once

#include <memory>
#include <optional>
#include <string>

#include "screen_wait/condition.h"
#include "screen_wait/picture_check.h"
#include "screen_wait/state_check.h"
#include "screen_wait/watched_vm.h"

namespace oriel::app {

/// How a wait ended.
struct WaitOutcome {
    bool ok = false;
    std::string message;              ///< one line
    std::optional<SeenPicture> seen;  ///< the last picture that was looked at
    std::optional<PictureVerdict> verdict;
};

/// A condition, ready to be looked for.
class Waiter {
public:
    /// How often the VM is asked.
    static constexpr Nanoseconds kInterval{10'000'000};

    /// `vm` is lent and must outlive this; `fonts` are used while this runs. The error is a line
    /// for the user.
    [[nodiscard]] static Result<Waiter> make(WatchedVm& vm, ScanoutId scanout, Condition condition,
                                             ScreenFonts& fonts);

    /// Looks once, and says all that can be said of what is missing.
    [[nodiscard]] WaitOutcome look();
    /// The same, after the time that a refresh rate is counted over.
    [[nodiscard]] WaitOutcome measure();
    /// Looks again and again, until it is so, the VM has ended, or `patience` is over.
    [[nodiscard]] WaitOutcome wait(Nanoseconds patience);
    /// Watches for so long, and fails as soon as a pixel changes.
    [[nodiscard]] WaitOutcome expect_unchanged(Nanoseconds time);

    [[nodiscard]] const PictureCheck* check() const { return check_.get(); }

private:
    Waiter(WatchedVm& vm, ScanoutId scanout, Condition condition,
           std::unique_ptr<PictureCheck> check);

    [[nodiscard]] WaitOutcome look_once();
    [[nodiscard]] WaitOutcome explained(WaitOutcome outcome) const;
    [[nodiscard]] WaitOutcome look_at_picture();
    [[nodiscard]] WaitOutcome look_at_change(const StableCondition& stable);
    [[nodiscard]] WaitOutcome look_at_screen();
    [[nodiscard]] WaitOutcome look_at_monitor(const EdidCondition& edid);
    [[nodiscard]] WaitOutcome look_at_serial(const Pattern& pattern);

    WatchedVm& vm_;
    ScanoutId scanout_;
    Condition condition_;
    std::unique_ptr<PictureCheck> check_;  // null: not about pixels
    /// The frame that was looked at last, and what was found.
    std::optional<uint64_t> looked_at_;
    WaitOutcome last_;
    /// Since when no pixel has changed.
    TimePoint unchanged_since_{};
    RefreshWatch refresh_;
};

}  // namespace oriel::app
