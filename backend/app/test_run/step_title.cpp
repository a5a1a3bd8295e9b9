// SPDX-License-Identifier: MIT
#include <fmt/format.h>
#include <fmt/ranges.h>

#include "core/overloaded.h"
#include "core/text.h"
#include "test_run/step_runner.h"

namespace oriel::app {
namespace {

constexpr size_t kLongestTitle = 120;

std::string made_title(const Step& step) {
    return std::visit(
        Overloaded{
            [](const WaitStep& wait) { return "wait for " + condition_name(wait.condition); },
            [](const AssertStep& one) {
                return fmt::format("assert {}{}", one.absent ? "the absence of " : "",
                                   condition_name(one.condition));
            },
            [](const InputStep& input) { return fmt::format("{}", fmt::join(input.words, " ")); },
            [](const ClickStep& click) {
                return click.target ? "click " + condition_name(*click.target)
                                    : fmt::format("click {},{}", click.at.x, click.at.y);
            },
            [](const DragStep& drag) {
                return fmt::format("drag {},{} to {},{}", drag.from.x, drag.from.y, drag.to.x,
                                   drag.to.y);
            },
            [](const ScreenshotStep& shot) { return "screenshot " + shot.name; },
            [](const ScreenStep& screen) {
                return fmt::format("screen {}", fmt::join(screen.words, " "));
            },
            [](const ResetStep&) { return std::string{"reset"}; },
            [](const PowerOffStep&) { return std::string{"power off"}; },
            [](const KillVmmStep&) { return std::string{"kill the VMM"}; },
            [](const QmpStep& qmp) { return "qmp " + qmp.command; },
            [](const CommandStep& run) {
                return fmt::format("run {}", fmt::join(run.command, " "));
            },
            [](const GroupStep& group) {
                return group.attempts > 1 ? fmt::format("up to {} times", group.attempts)
                                          : std::string{"group"};
            },
        },
        step.action);
}

}  // namespace

std::string step_title(const Step& step) {
    // "type root\n" in one line.
    std::string title = step.title.empty() ? made_title(step) : step.title;
    for (size_t at = title.find('\n'); at != std::string::npos; at = title.find('\n', at)) {
        title.replace(at, 1, "\\n");
    }
    if (title.size() > kLongestTitle) {
        title.resize(kLongestTitle);
        title += "...";
    }
    return printable(title);
}

}  // namespace oriel::app
