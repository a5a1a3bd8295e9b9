// SPDX-License-Identifier: MIT
#include "test_run/step_table.h"

#include <algorithm>
#include <array>
#include <utility>

#include "cli/command_table.h"
#include "cli/option_table.h"
#include "cli/screen_command.h"
#include "core/text.h"
#include "test_run/condition_table.h"
#include "test_run/qmp_words.h"

namespace oriel::app {
namespace {

constexpr auto kActions = std::to_array<std::string_view>(
    {"wait",  "assert", "key",   "type", "pointer",    "move",   "button",
     "wheel", "touch",  "click", "drag", "screenshot", "screen", "reset",
     "power", "kill",   "qmp",   "run",  "group",      "retry",  "include"});
/// Keys that any step may have, or those that are named beside them.
constexpr auto kStepDetails =
    std::to_array<std::string_view>({"title", "timeout", "scanout", "hold", "step", "cursor"});
constexpr auto kHolds = std::to_array<std::string_view>({"down", "up"});
constexpr auto kHeldActions = std::to_array<std::string_view>({"key", "button", "touch"});
constexpr double kFarthest = 100'000;
constexpr size_t kMostKeys = 64;
constexpr size_t kMostArguments = 1024;
constexpr size_t kMaxPictureName = 64;

}  // namespace

/// One table of the list.
class StepReader::OneStep {
public:
    OneStep(StepReader& reader, const toml::table& node, const TomlTable& table,
            const std::string& file, MistakeList& mistakes, uint32_t depth)
        : reader_{reader},
          node_{node},
          table_{table},
          file_{file},
          folder_{folder_of(file)},
          mistakes_{mistakes},
          depth_{depth} {}

    /// Nothing after a mistake.
    [[nodiscard]] std::optional<Step> read(std::string_view action) {
        Step step{.title = table_.text("title").value_or(""),
                  .file = file_,
                  .line = node_.source().begin.line};
        step.timeout = table_.seconds("timeout", kShortestTime, kLongestTime);
        step.scanout =
            static_cast<ScanoutId>(table_.number("scanout", 0, kMaxScanouts - 1).value_or(0));
        check_details(action);
        if (!read_action(action, step)) {
            return std::nullopt;
        }
        return step;
    }

private:
    void check_details(std::string_view action) {
        if (table_.has("hold") && !is_one_of(action, kHeldActions)) {
            mistakes_.add(table_.where("hold"), "hold goes with key, button and touch");
        }
        if (table_.has("cursor") && action != "screenshot") {
            mistakes_.add(table_.where("cursor"),
                          "cursor goes with screenshot, and with image in wait and assert");
        }
        const bool has_steps = action == "group" || action == "retry";
        if (table_.has("step") && !has_steps) {
            mistakes_.add(table_.where("step"), "step goes with group and retry");
        }
    }

    [[nodiscard]] bool read_action(std::string_view action, Step& step) {
        if (action == "wait" || action == "assert") {
            return read_look(action, step);
        }
        if (action == "click") {
            return read_click(step);
        }
        if (action == "drag") {
            return read_drag(step);
        }
        if (action == "screenshot") {
            return read_screenshot(step);
        }
        if (action == "screen") {
            return read_screen(step);
        }
        if (action == "reset" || action == "power" || action == "kill") {
            return read_end(action, step);
        }
        if (action == "qmp") {
            return read_qmp(step);
        }
        if (action == "run") {
            return read_run(step);
        }
        if (action == "group" || action == "retry") {
            return read_group(action, step);
        }
        return read_input(action, step);
    }

    /// The table behind a key, as `read` sees it. False after a mistake.
    template <class Read>
    [[nodiscard]] bool with_table(std::string_view key, Read&& read) {
        const toml::table* inner = node_.get_as<toml::table>(key);
        if (inner == nullptr) {
            mistakes_.add(table_.where(key), fmt::format("{0}: expected a table, for example "
                                                         "{0} = {{ text = \"login:\" }}",
                                                         key));
            return false;
        }
        return read(TomlTable{*inner, mistakes_});
    }

    [[nodiscard]] bool read_look(std::string_view action, Step& step) {
        return with_table(action, [&](const TomlTable& inner) {
            constexpr auto kAbsent = std::to_array<std::string_view>({"absent"});
            const bool asserts = action == "assert";
            auto condition = read_condition(inner, folder_,
                                            asserts ? std::span<const std::string_view>{kAbsent}
                                                    : std::span<const std::string_view>{},
                                            mistakes_);
            if (!condition) {
                return false;
            }
            if (asserts) {
                const bool absent = inner.yes_or_no("absent").value_or(false);
                step.action = AssertStep{std::move(*condition), absent};
            } else {
                step.action = WaitStep{std::move(*condition)};
            }
            return true;
        });
    }

    [[nodiscard]] std::string button_of(const TomlTable& inner) const {
        const auto buttons = find_ctl_command("button")->offered_words;
        return std::string{buttons[inner.word("button", buttons).value_or(0)]};
    }

    [[nodiscard]] bool read_click(Step& step) {
        if (const toml::node* click = table_.node("click"); click->is_array()) {
            const auto at = read_point(table_, "click");
            step.action = ClickStep{.target = {}, .at = at.value_or(Point{})};
            return at.has_value();
        }
        return with_table("click", [&](const TomlTable& inner) {
            ClickStep click{.target = {}, .at = {}, .button = button_of(inner)};
            if (inner.has("at")) {
                constexpr auto kKeys = std::to_array<std::string_view>({"at", "button"});
                inner.check_keys(kKeys);
                const auto at = read_point(inner, "at");
                click.at = at.value_or(Point{});
                step.action = std::move(click);
                return at.has_value();
            }
            constexpr auto kButton = std::to_array<std::string_view>({"button"});
            click.target = read_condition(inner, folder_, kButton, mistakes_);
            const bool has_place =
                click.target && (std::holds_alternative<ImageCondition>(*click.target) ||
                                 std::holds_alternative<NeedleCondition>(*click.target) ||
                                 std::holds_alternative<TextCondition>(*click.target));
            if (click.target && !has_place) {
                mistakes_.add(table_.where("click"),
                              "click: expected at, image, needle, text or pattern");
            }
            step.action = std::move(click);
            return has_place;
        });
    }

    [[nodiscard]] bool read_drag(Step& step) {
        return with_table("drag", [&](const TomlTable& inner) {
            constexpr auto kKeys = std::to_array<std::string_view>({"from", "to", "button"});
            inner.check_keys(kKeys);
            const auto from = read_point(inner, "from");
            const auto to = read_point(inner, "to");
            if (!inner.has("from") || !inner.has("to")) {
                mistakes_.add(table_.where("drag"), "drag: expected from = [x, y], to = [x, y]");
            }
            step.action = DragStep{from.value_or(Point{}), to.value_or(Point{}), button_of(inner)};
            return from && to;
        });
    }

    [[nodiscard]] bool read_screenshot(Step& step) {
        const auto name = table_.text("screenshot");
        if (name && (!valid_name(*name) || name->size() > kMaxPictureName)) {
            mistakes_.add(table_.where("screenshot"),
                          fmt::format("screenshot: expected a name of 1 to {} letters, digits, "
                                      "'.', '_' or '-', not starting with '.'",
                                      kMaxPictureName));
            return false;
        }
        step.action = ScreenshotStep{name.value_or(""), table_.yes_or_no("cursor").value_or(false)};
        return name.has_value();
    }

    /// "1 off", "0 800x600".
    [[nodiscard]] bool read_screen(Step& step) {
        const auto text = table_.text("screen");
        if (!text) {
            return false;
        }
        const size_t blank = text->find(' ');
        std::vector<std::string> words{text->substr(0, blank)};
        if (blank != std::string::npos) {
            words.push_back(text->substr(blank + 1));
        }
        if (const auto command = parse_screen_command(words); !command) {
            mistakes_.add(table_.where("screen"), command.error().message());
            return false;
        }
        step.action = ScreenStep{std::move(words)};
        return true;
    }

    [[nodiscard]] bool read_end(std::string_view action, Step& step) {
        if (action == "reset") {
            step.action = ResetStep{};
            if (table_.yes_or_no("reset") == false) {
                mistakes_.add(table_.where("reset"), "reset: expected true");
            }
            return true;
        }
        constexpr auto kOff = std::to_array<std::string_view>({"off"});
        constexpr auto kVmm = std::to_array<std::string_view>({"vmm"});
        if (action == "power") {
            step.action = PowerOffStep{};
            return table_.word("power", kOff).has_value();
        }
        step.action = KillVmmStep{};
        return table_.word("kill", kVmm).has_value();
    }

    [[nodiscard]] bool read_qmp(Step& step) {
        const auto text = table_.text("qmp");
        if (!text) {
            return false;
        }
        auto command = qmp_command_line(*text);
        if (!command) {
            mistakes_.add(table_.where("qmp"), command.error().message());
            return false;
        }
        step.action = QmpStep{std::move(*command)};
        return true;
    }

    [[nodiscard]] bool read_run(Step& step) {
        auto command = table_.texts("run", kMostArguments);
        if (!command) {
            return false;
        }
        for (std::string& word : *command) {
            auto whole = with_variables(word, reader_.surroundings_);
            if (!whole) {
                mistakes_.add(table_.where("run"), whole.error().message());
                return false;
            }
            word = std::move(*whole);
        }
        step.action = CommandStep{std::move(*command)};
        return true;
    }

    [[nodiscard]] bool read_group(std::string_view action, Step& step) {
        GroupStep group;
        if (action == "retry") {
            const auto attempts = table_.number("retry", 1, kMaxAttempts);
            group.attempts = static_cast<uint32_t>(attempts.value_or(1));
        } else if (const auto title = table_.text("group")) {
            step.title = *title;
        }
        if (!table_.has("step")) {
            mistakes_.add(table_.where(action),
                          fmt::format("{}: expected steps in it, [[step.step]]", action));
        }
        reader_.read(table_.node("step"), file_, group.steps, mistakes_, depth_ + 1);
        step.action = std::move(group);
        return true;
    }

    [[nodiscard]] std::vector<std::string> input_words(std::string_view action) const {
        std::vector<std::string> words{std::string{action}};
        if (action == "key") {
            for (const std::string& chord :
                 table_.text_or_texts("key", kMostKeys).value_or(std::vector<std::string>{})) {
                words.push_back(chord);
            }
        } else if (action == "type" || action == "button") {
            words.push_back(table_.text(action).value_or(""));
        } else if (action == "wheel" && !table_.node("wheel")->is_array()) {
            const auto notches = table_.fraction("wheel", -kFarthest, kFarthest);
            words.push_back(fmt::format("{}", notches.value_or(0)));
        } else {
            const auto far = static_cast<int64_t>(kFarthest);
            const int64_t least = action == "pointer" || action == "touch" ? 0 : -far;
            for (const int64_t number :
                 table_.numbers(action, 2, least, far).value_or(std::vector<int64_t>{0, 0})) {
                words.push_back(std::to_string(number));
            }
        }
        return words;
    }

    [[nodiscard]] bool read_input(std::string_view action, Step& step) {
        const size_t before = mistakes_.count();
        InputStep input{.words = input_words(action)};
        if (const auto hold = table_.word("hold", kHolds)) {
            input.state = *hold == 0 ? InputCommand::State::kDown : InputCommand::State::kUp;
        }
        if (mistakes_.count() != before) {
            return false;
        }
        if (const auto command = parse_input_command(input.words, input.state, step.scanout);
            !command) {
            mistakes_.add(table_.where(action), command.error().message());
            return false;
        }
        step.action = std::move(input);
        return true;
    }

    StepReader& reader_;
    const toml::table& node_;
    const TomlTable& table_;
    const std::string& file_;
    const std::string folder_;
    MistakeList& mistakes_;
    uint32_t depth_;
};

void StepReader::read(const toml::node* node, const std::string& file, std::vector<Step>& steps,
                      MistakeList& mistakes, uint32_t depth) {
    const toml::array* array = node != nullptr ? node->as_array() : nullptr;
    if (node == nullptr) {
        return;
    }
    if (array == nullptr || depth > kMaxStepDepth) {
        mistakes.add(node->source(), array == nullptr
                                         ? std::string{"step: expected tables, [[step]]"}
                                         : fmt::format("steps are {} deep at most", kMaxStepDepth));
        return;
    }
    std::vector<std::string_view> keys{kActions.begin(), kActions.end()};
    keys.insert(keys.end(), kStepDetails.begin(), kStepDetails.end());
    for (const toml::node& element : *array) {
        const toml::table* one = element.as_table();
        if (one == nullptr || ++count_ > kMaxSteps) {
            mistakes.add(element.source(), one == nullptr
                                               ? std::string{"step: expected a table, [[step]]"}
                                               : fmt::format("more than {} steps", kMaxSteps));
            return;
        }
        const TomlTable table{*one, mistakes};
        table.check_keys(keys);
        std::vector<std::string_view> actions;
        std::copy_if(kActions.begin(), kActions.end(), std::back_inserter(actions),
                     [&table](std::string_view action) { return table.has(action); });
        if (actions.size() != 1) {
            mistakes.add(
                actions.empty() ? one->source() : table.where(actions[1]),
                actions.empty()
                    ? fmt::format("a step that does nothing: expected one of {}",
                                  join_words(kActions))
                    : fmt::format("a step does one thing, not {} and {}", actions[0], actions[1]));
        } else if (actions.front() == "include") {
            include(table, file, steps, mistakes, depth);
        } else if (auto step =
                       OneStep{*this, *one, table, file, mistakes, depth}.read(actions.front())) {
            steps.push_back(std::move(*step));
        }
    }
}

}  // namespace oriel::app
