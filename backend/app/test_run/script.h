// SPDX-License-Identifier: MIT
// What a test script says: data/doc/test.md has all of its words.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <variant>
#include <vector>

#include "cli/input_command.h"
#include "cli/options.h"
#include "cli/record_choice.h"
#include "cli/values.h"
#include "core/clock.h"
#include "scanout/scanout_id.h"
#include "screen_wait/condition.h"

namespace oriel::app {

struct Step;

struct WaitStep {
    Condition condition;
};
struct AssertStep {
    Condition condition;
    bool absent = false;  ///< it must not be so
};
/// What `oriel ctl NAME WORDS...` does.
struct InputStep {
    std::vector<std::string> words;
    InputCommand::State state = InputCommand::State::kTap;
};
/// Where a condition finds something, or at a place.
struct ClickStep {
    std::optional<Condition> target;
    Point at;
    std::string button = "left";
};
struct DragStep {
    Point from;
    Point to;
    std::string button = "left";
};
struct ScreenshotStep {
    std::string name;
    bool cursor = false;  ///< the guest's is in it
};
/// The words of `oriel ctl NAME screen`.
struct ScreenStep {
    std::vector<std::string> words;
};
struct ResetStep {};
/// Asks the guest to turn itself off, as its power button does.
struct PowerOffStep {};
struct KillVmmStep {};
struct QmpStep {
    std::string command;  ///< a JSON object in one line
};
/// A command on the host; its status must be 0.
struct CommandStep {
    std::vector<std::string> command;
};
/// Steps that belong together, tried so often until they succeed.
struct GroupStep {
    std::vector<Step> steps;
    uint32_t attempts = 1;
};

struct Step {
    std::string title;
    std::string file;  ///< where it is written
    uint32_t line = 0;
    std::optional<Nanoseconds> timeout;
    ScanoutId scanout = 0;
    std::variant<WaitStep, AssertStep, InputStep, ClickStep, DragStep, ScreenshotStep, ScreenStep,
                 ResetStep, PowerOffStep, KillVmmStep, QmpStep, CommandStep, GroupStep>
        action;
};

/// A recording of the whole test, in the test's folder of the report.
struct RecordScript {
    std::string file;  ///< its name only
    RecordChoice choice;
    ScanoutId scanout = 0;
};

/// The virtual machine of a test. Nothing that it writes to its disks is kept.
struct VmScript {
    std::vector<std::string> qemu;     ///< a program and its arguments, completed as by `oriel run`
    std::vector<std::string> options;  ///< for `oriel run`
};

struct Script {
    std::string name;
    std::string file;
    std::string folder;  ///< of the file; paths are relative to it
    std::optional<ModeOption> size;
    uint32_t screens = 1;
    PaceOption pace = PaceOption::kRefresh;
    bool trace = false;                            ///< of all frames, in the folder of its pictures
    Nanoseconds timeout{std::chrono::minutes{5}};  ///< of the whole test
    Nanoseconds step_timeout{std::chrono::seconds{30}};
    Nanoseconds stroke_pause{std::chrono::milliseconds{10}};  ///< after each key that is pressed
    std::vector<std::string> fonts;
    std::optional<RecordScript> record;
    VmScript vm;
    std::vector<Step> steps;
};

constexpr size_t kMaxScript = size_t{1} << 20;  ///< bytes
constexpr size_t kMaxSteps = 10'000;            ///< of a script, with those that it includes
constexpr uint32_t kMaxStepDepth = 8;           ///< groups in groups, and files that include files
constexpr uint32_t kMaxAttempts = 1'000;

}  // namespace oriel::app
