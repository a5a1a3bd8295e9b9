// SPDX-License-Identifier: MIT
#pragma once

#include <string>
#include <vector>

#include "screen_wait/wait.h"
#include "screen_wait/watched_vm.h"
#include "test_run/result_pictures.h"
#include "test_run/script.h"
#include "test_run/test_result.h"

namespace oriel::app {

/// What steps do to a VM, besides looking at it. Errors are lines for the user.
class StepTarget : public WatchedVm {
public:
    /// A request to the process that serves the VM.
    [[nodiscard]] virtual Result<void> ask(const nlohmann::json& request) = 0;
    [[nodiscard]] virtual Result<std::string> qmp(const std::string& command) = 0;
    [[nodiscard]] virtual Result<void> kill_vmm() = 0;
    [[nodiscard]] virtual Result<void> run(const std::vector<std::string>& command,
                                           Nanoseconds patience) = 0;

protected:
    ~StepTarget() = default;
};

class StepListener {
public:
    virtual void step_begins(const std::string& title) = 0;

protected:
    ~StepListener() = default;
};

/// Does the steps of one test.
class StepRunner {
public:
    /// All are lent and must outlive this. `update`: references that differ are written.
    StepRunner(const Script& script, StepTarget& vm, ResultPictures& pictures, bool update,
               StepListener& listener, TestResult& result);

    /// Does them one after the other, until one fails; false then. What happens goes into the
    /// result.
    bool run(const std::vector<Step>& steps, uint32_t depth = 0);

private:
    /// How a step ended.
    struct Outcome {
        bool ok = false;
        std::string message;
        std::string picture{};
        std::string expected{};
        std::string difference{};
    };
    [[nodiscard]] Outcome carry_out(const Step& step, uint32_t depth);
    [[nodiscard]] Outcome look(const Step& step, const Condition& condition, bool absent,
                               bool waits);
    [[nodiscard]] Outcome input(const Step& step, const std::vector<std::string>& words,
                                InputCommand::State state);
    [[nodiscard]] Outcome click(const Step& step, const ClickStep& click);
    [[nodiscard]] Outcome drag(const Step& step, const DragStep& drag);
    [[nodiscard]] Outcome screenshot(const Step& step, const ScreenshotStep& screenshot);
    [[nodiscard]] Outcome group(const GroupStep& group, uint32_t depth);
    [[nodiscard]] Outcome of(const Result<void>& result) const;
    /// How long the step may take from now on.
    [[nodiscard]] Nanoseconds patience(const Step& step) const;
    void add_pictures(Outcome& outcome, const WaitOutcome& seen, const PictureCheck* check);
    [[nodiscard]] Outcome update_reference(const Step& step, const ImageCondition& image,
                                           const std::string& why);
    /// A picture for the report; a failure is one of the machinery.
    [[nodiscard]] std::string save(const std::string& kind, const match::PictureView& picture);
    [[nodiscard]] double seconds() const;

    const Script& script_;
    StepTarget& vm_;
    ResultPictures& pictures_;
    bool update_;
    StepListener& listener_;
    TestResult& result_;
    ScreenFonts fonts_;
    const TimePoint start_;
    size_t number_ = 0;
};

/// For people: "wait for the text 'login:'".
[[nodiscard]] std::string step_title(const Step& step);

}  // namespace oriel::app
