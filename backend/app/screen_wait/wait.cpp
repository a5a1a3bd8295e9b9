// SPDX-License-Identifier: MIT
#include "screen_wait/wait.h"

#include <algorithm>
#include <utility>

#include "core/text.h"

namespace oriel::app {
namespace {

bool same_pixels(const match::PictureView& a, const match::PictureView& b) {
    return match::compare(a, b).equal;
}

WaitOutcome not_yet(std::string message) {
    return {.message = std::move(message)};
}

WaitOutcome outcome_of(StateVerdict verdict) {
    return {.ok = verdict.ok, .message = std::move(verdict.message)};
}

std::string seconds_text(Nanoseconds time) {
    return fmt::format("{:.3g} s", std::chrono::duration<double>(time).count());
}

}  // namespace

Result<Waiter> Waiter::make(WatchedVm& vm, ScanoutId scanout, Condition condition,
                            ScreenFonts& fonts) {
    auto check = make_picture_check(condition, fonts);
    if (!check) {
        return tl::unexpected(check.error());
    }
    return Waiter{vm, scanout, std::move(condition), std::move(*check)};
}

Waiter::Waiter(WatchedVm& vm, ScanoutId scanout, Condition condition,
               std::unique_ptr<PictureCheck> check)
    : vm_{vm}, scanout_{scanout}, condition_{std::move(condition)}, check_{std::move(check)} {}

WaitOutcome Waiter::look_at_picture() {
    const auto state = vm_.screen(scanout_);
    if (!state) {
        return not_yet(state.error().message());
    }
    // A cursor moves without a frame.
    const auto* image = std::get_if<ImageCondition>(&condition_);
    const WithCursor cursor =
        image != nullptr && image->cursor ? WithCursor::kYes : WithCursor::kNo;
    const bool looked = looked_at_ == state->frames && cursor == WithCursor::kNo;
    // A dark screen stays dark until its next frame.
    if (looked && (last_.seen || state->size.empty())) {
        return last_;
    }
    looked_at_ = state->frames;
    auto picture = vm_.picture(scanout_, cursor);
    if (!picture) {
        last_ = not_yet(picture.error().message());
        return last_;
    }
    last_.verdict = check_->check(*picture);
    last_.ok = last_.verdict->ok;
    last_.message = last_.verdict->message;
    last_.seen = std::move(*picture);
    return last_;
}

WaitOutcome Waiter::look_at_change(const StableCondition& stable) {
    auto picture = vm_.picture(scanout_);
    if (!picture) {
        last_.seen.reset();
        return not_yet(picture.error().message());
    }
    const TimePoint now = vm_.now();
    if (!last_.seen || !same_pixels(last_.seen->view, picture->view)) {
        unchanged_since_ = now;
        last_.seen = std::move(*picture);
    }
    last_.ok = now - unchanged_since_ >= stable.time;
    last_.message = last_.ok ? "nothing has changed"
                             : fmt::format("the screen has changed {} ago",
                                           seconds_text(now - unchanged_since_));
    return last_;
}

WaitOutcome Waiter::look_at_screen() {
    const auto state = vm_.screen(scanout_);
    if (!state) {
        return not_yet(state.error().message());
    }
    if (const auto* mode = std::get_if<ModeCondition>(&condition_)) {
        return outcome_of(check_mode(*mode, *state));
    }
    if (const auto* refresh = std::get_if<RefreshCondition>(&condition_)) {
        return outcome_of(refresh_.look(*refresh, state->frames, vm_.now()));
    }
    if (const auto* cursor = std::get_if<CursorCondition>(&condition_)) {
        return outcome_of(check_cursor(*cursor, *state));
    }
    return outcome_of(check_frames(std::get<FramesCondition>(condition_), *state));
}

WaitOutcome Waiter::look_at_monitor(const EdidCondition& edid) {
    const auto monitor = vm_.monitor(scanout_);
    return monitor ? outcome_of(check_edid(edid, *monitor)) : not_yet(monitor.error().message());
}

WaitOutcome Waiter::look_at_serial(const Pattern& pattern) {
    const auto serial = vm_.serial();
    if (!serial) {
        return not_yet(serial.error().message());
    }
    const auto place = pattern.find(*serial, std::min(vm_.serial_read(), serial->size()));
    if (!place) {
        const std::string_view line = last_line(*serial);
        return not_yet(line.empty()
                           ? "the serial port has said nothing"
                           : fmt::format("no such line on the serial port; the last one is '{}'",
                                         printable(line)));
    }
    vm_.read_serial_to(place->end);
    const auto found = serial->substr(place->begin, place->end - place->begin);
    return {.ok = true, .message = fmt::format("'{}'", printable(found))};
}

WaitOutcome Waiter::look() {
    return explained(look_once());
}

WaitOutcome Waiter::explained(WaitOutcome outcome) const {
    if (check_ && !outcome.ok && outcome.verdict && outcome.seen) {
        check_->explain(*outcome.seen, *outcome.verdict);
        outcome.message = outcome.verdict->message;
    }
    return outcome;
}

WaitOutcome Waiter::look_once() {
    if (check_) {
        return look_at_picture();
    }
    if (const auto* stable = std::get_if<StableCondition>(&condition_)) {
        return look_at_change(*stable);
    }
    if (const auto* serial = std::get_if<SerialCondition>(&condition_)) {
        return look_at_serial(serial->pattern);
    }
    if (const auto* edid = std::get_if<EdidCondition>(&condition_)) {
        return look_at_monitor(*edid);
    }
    if (std::holds_alternative<EndCondition>(condition_)) {
        return {.ok = vm_.ended(), .message = vm_.ended() ? "the VM has ended" : "the VM runs"};
    }
    return look_at_screen();
}

WaitOutcome Waiter::wait(Nanoseconds patience) {
    const TimePoint deadline = vm_.now() + patience;
    for (;;) {
        // First: what a VM has said before its end counts.
        const bool ended = vm_.ended();
        WaitOutcome outcome = look_once();
        if (outcome.ok) {
            return outcome;
        }
        const bool over = ended || vm_.now() >= deadline;
        if (over) {
            outcome = explained(std::move(outcome));
        }
        if (ended) {
            outcome.message = fmt::format("the VM has ended; before that: {}", outcome.message);
            return outcome;
        }
        if (over) {
            outcome.message =
                fmt::format("not within {}: {}", seconds_text(patience), outcome.message);
            return outcome;
        }
        vm_.pass(std::min(kInterval, deadline - vm_.now()));
    }
}

WaitOutcome Waiter::measure() {
    const auto* refresh = std::get_if<RefreshCondition>(&condition_);
    WaitOutcome outcome = look();
    if (refresh == nullptr) {
        return outcome;
    }
    const TimePoint end = vm_.now() + refresh->time;
    while (vm_.now() < end && !vm_.ended()) {
        vm_.pass(std::min(kInterval, end - vm_.now()));
        outcome = look();
    }
    return outcome;
}

WaitOutcome Waiter::expect_unchanged(Nanoseconds time) {
    const TimePoint start = vm_.now();
    auto first = vm_.picture(scanout_);
    if (!first) {
        return not_yet(first.error().message());
    }
    WaitOutcome outcome{.ok = true, .message = "nothing has changed", .seen = std::move(*first)};
    while (vm_.now() - start < time) {
        vm_.pass(std::min(kInterval, time - (vm_.now() - start)));
        auto picture = vm_.picture(scanout_);
        if (!picture) {
            return not_yet(picture.error().message());
        }
        if (!same_pixels(outcome.seen->view, picture->view)) {
            return {.message = fmt::format("the screen has changed after {}",
                                           seconds_text(vm_.now() - start)),
                    .seen = std::move(*picture)};
        }
    }
    return outcome;
}

}  // namespace oriel::app
