// SPDX-License-Identifier: MIT
#include "test_run/step_runner.h"

#include <fmt/format.h>

#include <algorithm>
#include <nlohmann/json.hpp>
#include <utility>

#include "core/result.h"
#include "ctl/input_requests.h"
#include "match/compare.h"
#include "match/png.h"

namespace oriel::app {
namespace {

// A reference that is new is what is there once nothing changes any more.
constexpr Nanoseconds kNewReferenceStable{500'000'000};
constexpr Nanoseconds kInputRetry{50'000'000};
// Between two places of a drag.
constexpr Nanoseconds kDragPause{20'000'000};

double seconds_of(Nanoseconds time) {
    return std::chrono::duration<double>(time).count();
}

/// The middle of what was found, or where a needle says.
Point place_of(const PictureVerdict& verdict) {
    if (verdict.click) {
        return *verdict.click;
    }
    const Rect where = verdict.where.value_or(Rect{});
    return {static_cast<int32_t>(where.x + where.width / 2),
            static_cast<int32_t>(where.y + where.height / 2)};
}

}  // namespace

StepRunner::StepRunner(const Script& script, StepTarget& vm, ResultPictures& pictures, bool update,
                       StepListener& listener, TestResult& result)
    : script_{script},
      vm_{vm},
      pictures_{pictures},
      update_{update},
      listener_{listener},
      result_{result},
      fonts_{script.fonts},
      start_{vm.now()} {}

double StepRunner::seconds() const {
    return seconds_of(vm_.now() - start_);
}

bool StepRunner::run(const std::vector<Step>& steps, uint32_t depth) {
    for (const Step& step : steps) {
        ++number_;
        const std::string title = step_title(step);
        listener_.step_begins(title);
        const double begin = seconds();
        const size_t index = result_.steps.size();
        const bool recorded = index < kMaxStepResults;
        if (recorded) {
            // Before those that are in it.
            result_.steps.push_back({.title = title,
                                     .place = fmt::format("{}:{}", step.file, step.line),
                                     .depth = depth,
                                     .start = begin});
        }
        Outcome outcome = vm_.now() - start_ >= script_.timeout
                              ? Outcome{.message = "the test's time is over"}
                              : carry_out(step, depth);
        const bool ok = outcome.ok;
        if (!ok && result_.message.empty()) {
            result_.message =
                fmt::format("{}:{}: {}: {}", step.file, step.line, title, outcome.message);
        }
        if (recorded) {
            StepResult& record = result_.steps[index];
            record.seconds = seconds() - begin;
            record.ok = ok;
            record.message = std::move(outcome.message);
            record.picture = std::move(outcome.picture);
            record.expected = std::move(outcome.expected);
            record.difference = std::move(outcome.difference);
        }
        if (!ok) {
            return false;
        }
    }
    return true;
}

Nanoseconds StepRunner::patience(const Step& step) const {
    const Nanoseconds left = script_.timeout - (vm_.now() - start_);
    return std::max(std::min(step.timeout.value_or(script_.step_timeout), left), Nanoseconds{0});
}

StepRunner::Outcome StepRunner::of(const Result<void>& result) const {
    return {.ok = result.has_value(), .message = result ? "done" : result.error().message()};
}

StepRunner::Outcome StepRunner::carry_out(const Step& step, uint32_t depth) {
    const auto& action = step.action;
    if (const auto* wait = std::get_if<WaitStep>(&action)) {
        return look(step, wait->condition, false, true);
    }
    if (const auto* one = std::get_if<AssertStep>(&action)) {
        return look(step, one->condition, one->absent, false);
    }
    if (const auto* typed = std::get_if<InputStep>(&action)) {
        return input(step, typed->words, typed->state);
    }
    if (const auto* clicked = std::get_if<ClickStep>(&action)) {
        return click(step, *clicked);
    }
    if (const auto* dragged = std::get_if<DragStep>(&action)) {
        return drag(step, *dragged);
    }
    if (const auto* shot = std::get_if<ScreenshotStep>(&action)) {
        return screenshot(step, *shot);
    }
    if (const auto* screen = std::get_if<ScreenStep>(&action)) {
        return of(vm_.ask({{"command", "screen"}, {"words", screen->words}}));
    }
    if (const auto* inner = std::get_if<GroupStep>(&action)) {
        return group(*inner, depth);
    }
    if (std::holds_alternative<KillVmmStep>(action)) {
        return of(vm_.kill_vmm());
    }
    if (const auto* command = std::get_if<CommandStep>(&action)) {
        return of(vm_.run(command->command, patience(step)));
    }
    const auto* raw = std::get_if<QmpStep>(&action);
    const std::string line = raw != nullptr ? raw->command
                             : std::holds_alternative<ResetStep>(action)
                                 ? R"({"execute":"system_reset"})"
                                 : R"({"execute":"system_powerdown"})";
    const auto answer = vm_.qmp(line);
    return {.ok = answer.has_value(), .message = answer ? *answer : answer.error().message()};
}

StepRunner::Outcome StepRunner::look(const Step& step, const Condition& condition, bool absent,
                                     bool waits) {
    const auto* image = std::get_if<ImageCondition>(&condition);
    auto waiter = Waiter::make(vm_, step.scanout, condition, fonts_);
    if (!waiter) {
        if (update_ && image != nullptr) {
            return update_reference(step, *image, waiter.error().message());
        }
        return {.message = waiter.error().message()};
    }
    const auto* stable = std::get_if<StableCondition>(&condition);
    const WaitOutcome seen = waits               ? waiter->wait(patience(step))
                             : stable != nullptr ? waiter->expect_unchanged(stable->time)
                                                 : waiter->measure();
    if (!seen.ok && !absent && update_ && image != nullptr && seen.seen) {
        return update_reference(step, *image, seen.message);
    }
    Outcome outcome{.ok = seen.ok != absent, .message = seen.message};
    add_pictures(outcome, seen, absent ? nullptr : waiter->check());
    return outcome;
}

void StepRunner::add_pictures(Outcome& outcome, const WaitOutcome& seen,
                              const PictureCheck* check) {
    match::PictureView view;
    if (seen.seen) {
        view = seen.seen->view;
    } else if (auto now = vm_.picture(0)) {
        outcome.picture = save("seen", now->view);
        return;
    } else {
        return;
    }
    outcome.picture = save("seen", view);
    const match::Picture* expected =
        check != nullptr && !outcome.ok && seen.verdict && seen.verdict->nearest
            ? check->expected(*seen.verdict->nearest)
            : nullptr;
    if (expected == nullptr) {
        return;
    }
    outcome.expected = save("expected", expected->view());
    const Rect area = seen.verdict->compared.value_or(Rect::of(view.size));
    const match::PictureView part = area.inside(view.size) ? view.part(area) : view;
    outcome.difference = save("difference", match::difference(expected->view(), part).view());
}

std::string StepRunner::save(const std::string& kind, const match::PictureView& picture) {
    auto path = pictures_.save(fmt::format("step-{:03}-{}", number_, kind), picture);
    if (!path) {
        // No report can be trusted whose pictures are missing.
        throw StartupError{path.error()};
    }
    return std::move(*path);
}

StepRunner::Outcome StepRunner::update_reference(const Step& step, const ImageCondition& image,
                                                 const std::string& why) {
    if (image.anywhere || !image.mask.empty() || image.files.size() > 1) {
        return {.message = fmt::format("{}; --update writes pictures of one file without a mask "
                                       "only",
                                       why)};
    }
    auto waiter = Waiter::make(vm_, step.scanout, StableCondition{kNewReferenceStable}, fonts_);
    const WaitOutcome seen = waiter->wait(patience(step) + kNewReferenceStable * 2);
    if (!seen.ok || !seen.seen) {
        return {.message = fmt::format("{}; {}", why, seen.message)};
    }
    auto drawn = image.cursor ? vm_.picture(step.scanout, WithCursor::kYes) : *seen.seen;
    if (!drawn) {
        return {.message = fmt::format("{}; {}", why, drawn.error().message())};
    }
    const match::PictureView& view = drawn->view;
    if (!image.area.empty() && !image.area.inside(view.size)) {
        return {.message = "the area is outside of the screen"};
    }
    const auto part = image.area.empty() ? view : view.part(image.area);
    if (auto written = match::write_png(image.files.front(), part); !written) {
        throw StartupError{written.error()};
    }
    Outcome outcome{.ok = true, .message = fmt::format("updated: {}", why)};
    result_.updated.push_back(fmt::format("{}: {}", image.files.front(), why));
    outcome.picture = save("seen", view);
    return outcome;
}

StepRunner::Outcome StepRunner::input(const Step& step, const std::vector<std::string>& words,
                                      InputCommand::State state) {
    const TimePoint deadline = vm_.now() + patience(step);
    for (const nlohmann::json& request : input_requests(words, state, step.scanout)) {
        // A driver that isn't there yet may come.
        auto done = vm_.ask(request);
        while (!done && vm_.now() < deadline && !vm_.ended()) {
            vm_.pass(kInputRetry);
            done = vm_.ask(request);
        }
        if (!done) {
            return of(done);
        }
        vm_.pass(script_.stroke_pause);
    }
    return {.ok = true, .message = "done"};
}

StepRunner::Outcome StepRunner::click(const Step& step, const ClickStep& click) {
    Point at = click.at;
    Outcome outcome;
    if (click.target) {
        auto waiter = Waiter::make(vm_, step.scanout, *click.target, fonts_);
        if (!waiter) {
            return {.message = waiter.error().message()};
        }
        const WaitOutcome seen = waiter->wait(patience(step));
        outcome.message = seen.message;
        add_pictures(outcome, seen, waiter->check());
        if (!seen.ok || !seen.verdict || (!seen.verdict->where && !seen.verdict->click)) {
            return outcome;
        }
        at = place_of(*seen.verdict);
    }
    Outcome moved = input(step, {"pointer", std::to_string(at.x), std::to_string(at.y)},
                          InputCommand::State::kTap);
    if (moved.ok) {
        moved = input(step, {"button", click.button}, InputCommand::State::kTap);
    }
    outcome.ok = moved.ok;
    outcome.message = moved.ok ? fmt::format("at {},{}", at.x, at.y) : moved.message;
    return outcome;
}

StepRunner::Outcome StepRunner::drag(const Step& step, const DragStep& drag) {
    constexpr int32_t kPieces = 8;
    const auto move = [&](Point at) {
        return input(step, {"pointer", std::to_string(at.x), std::to_string(at.y)},
                     InputCommand::State::kTap);
    };
    Outcome outcome = move(drag.from);
    if (!outcome.ok) {
        return outcome;
    }
    outcome = input(step, {"button", drag.button}, InputCommand::State::kDown);
    for (int32_t i = 1; outcome.ok && i <= kPieces; ++i) {
        outcome = move({drag.from.x + (drag.to.x - drag.from.x) * i / kPieces,
                        drag.from.y + (drag.to.y - drag.from.y) * i / kPieces});
        vm_.pass(kDragPause);
    }
    const Outcome released = input(step, {"button", drag.button}, InputCommand::State::kUp);
    return outcome.ok ? released : outcome;
}

StepRunner::Outcome StepRunner::screenshot(const Step& step, const ScreenshotStep& screenshot) {
    const auto picture =
        vm_.picture(step.scanout, screenshot.cursor ? WithCursor::kYes : WithCursor::kNo);
    if (!picture) {
        return {.message = picture.error().message()};
    }
    auto path = pictures_.save(screenshot.name, picture->view);
    if (!path) {
        throw StartupError{path.error()};
    }
    return {.ok = true, .message = "saved", .picture = std::move(*path)};
}

StepRunner::Outcome StepRunner::group(const GroupStep& group, uint32_t depth) {
    // What is in it says why it failed; the step itself puts that into the result.
    const std::string before = result_.message;
    const bool once = group.attempts == 1;
    for (uint32_t attempt = 1;; ++attempt) {
        result_.message.clear();
        const size_t failed = result_.steps.size();
        const bool ok = run(group.steps, depth + 1);
        const std::string why = std::exchange(result_.message, before);
        if (ok) {
            return {.ok = true, .message = once ? "done" : fmt::format("attempt {}", attempt)};
        }
        if (attempt >= group.attempts || vm_.ended() || vm_.now() - start_ >= script_.timeout) {
            return {.message = once ? why : fmt::format("attempt {}: {}", attempt, why)};
        }
        // Those that were in vain fill no report.
        result_.steps.resize(failed);
    }
}

}  // namespace oriel::app
