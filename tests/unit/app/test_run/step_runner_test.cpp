// SPDX-License-Identifier: MIT
#include "test_run/step_runner.h"

#include <doctest/doctest.h>

#include <filesystem>
#include <utility>

#include "../screen_wait/watched_vm_double.h"
#include "match/png.h"
#include "support/temp_dir.h"

namespace oriel::app {
namespace {

using namespace std::chrono_literals;
using test::VmDouble;

class StepTitles final : public StepListener {
public:
    std::vector<std::string> titles;

private:
    void step_begins(const std::string& title) override { titles.push_back(title); }
};

/// A run of steps over a VM that is none.
class StepRig {
public:
    StepRig() { std::filesystem::create_directory(folder.file("t")); }

    test::TempDir folder;
    VmDouble vm;
    Script script{.name = "t", .file = "t.toml"};
    StepTitles titles;
    TestResult result;

    bool run(std::vector<Step> steps, bool update = false) {
        result = {};
        ResultPictures pictures{folder.file(""), "t"};
        StepRunner runner{script, vm, pictures, update, titles, result};
        return runner.run(steps);
    }
    bool exists(const std::string& path) const {
        return !path.empty() && std::filesystem::exists(folder.file(path));
    }
};

template <class Action>
Step step_of(Action action) {
    Step step{.file = "t.toml", .line = 7};
    step.action = std::move(action);
    return step;
}

Step colour_step(uint32_t colour) {
    return step_of(WaitStep{ColourCondition{.colour = colour}});
}

TEST_SUITE("steps") {
    TEST_CASE("steps are done in their order until one fails") {
        StepRig rig;
        rig.script.step_timeout = 1s;
        CHECK_FALSE(
            rig.run({step_of(InputStep{{"type", "ab"}}), colour_step(1), step_of(ResetStep{})}));
        CHECK(rig.vm.requests.size() == 2);
        CHECK(rig.vm.qmp_lines.empty());
        REQUIRE(rig.result.steps.size() == 2);
        CHECK(rig.result.steps[0].ok);
        CHECK_FALSE(rig.result.steps[1].ok);
        CHECK(rig.result.message ==
              "t.toml:7: wait for #000001 everywhere: not within 1 s: #000001 was expected, "
              "#000000 is at 0,0");
        CHECK(rig.titles.titles.size() == 2);
        CHECK(rig.exists(rig.result.steps[1].picture));
    }

    TEST_CASE("input waits for a driver that comes late") {
        StepRig rig;
        rig.vm.refused = 3;
        CHECK(rig.run({step_of(InputStep{{"key", "ret"}})}));
        CHECK(rig.vm.requests.size() == 1);
        rig.vm.refused = 1'000'000;
        rig.script.step_timeout = 1s;
        CHECK_FALSE(rig.run({step_of(InputStep{{"key", "ret"}})}));
        CHECK(rig.result.message.ends_with("the VM has no device that hears that"));
    }

    TEST_CASE("an image that differs leaves what was expected, what was seen and the difference") {
        StepRig rig;
        rig.vm.paint(0x808080);
        const std::string file = rig.folder.file("reference.png");
        REQUIRE(match::write_png(file, rig.vm.shown.view()));
        const Step step = step_of(AssertStep{ImageCondition{.files = {file}}});
        CHECK(rig.run({step}));
        CHECK(rig.result.steps[0].expected.empty());
        rig.vm.paint(0x808081);
        CHECK_FALSE(rig.run({step}));
        const StepResult& failed = rig.result.steps[0];
        CHECK(rig.exists(failed.picture));
        CHECK(rig.exists(failed.expected));
        CHECK(rig.exists(failed.difference));
    }

    TEST_CASE("update writes a reference that is missing or differs, and says so") {
        StepRig rig;
        rig.script.step_timeout = 1s;
        rig.vm.paint(0x00ff00);
        const std::string file = rig.folder.file("new.png");
        const Step step = step_of(WaitStep{ImageCondition{.files = {file}, .area = {1, 1, 2, 2}}});
        CHECK_FALSE(rig.run({step}));
        CHECK(rig.run({step}, true));
        REQUIRE(rig.result.updated.size() == 1);
        CHECK(match::read_png(file)->size == Size{2, 2});
        CHECK(rig.run({step}));
        rig.vm.paint(0xff0000);
        CHECK(rig.run({step}, true));
        CHECK(rig.result.updated[0].find("4 of 4 pixels differ") != std::string::npos);
        CHECK(rig.run({step}));
        CHECK(rig.result.updated.empty());
    }

    TEST_CASE("a group is tried again, and only its last attempt is told") {
        StepRig rig;
        rig.script.step_timeout = 100ms;
        int typed = 0;
        rig.vm.meanwhile = [&](TimePoint) {
            if (rig.vm.requests.size() == 3 && typed++ == 0) {
                rig.vm.paint(5);
            }
        };
        GroupStep group{.attempts = 4};
        group.steps = {step_of(InputStep{{"key", "a"}}), colour_step(5)};
        CHECK(rig.run({step_of(group)}));
        CHECK(rig.vm.requests.size() == 3);
        CHECK(rig.result.steps.size() == 3);
        CHECK(rig.result.steps[0].message == "attempt 3");
        CHECK(rig.result.message.empty());
        rig.vm.paint(0);
        CHECK_FALSE(rig.run({step_of(group)}));
        CHECK(rig.result.message.find("attempt 4: ") != std::string::npos);
    }

    TEST_CASE("the whole test's time ends every step") {
        StepRig rig;
        rig.script.timeout = 2s;
        rig.script.step_timeout = 60s;
        CHECK_FALSE(rig.run({colour_step(1)}));
        CHECK(rig.vm.now() <= TimePoint{2s});
    }

    TEST_CASE("a drag is a button that is held along the way") {
        StepRig rig;
        CHECK(rig.run({step_of(DragStep{{0, 0}, {80, 40}})}));
        REQUIRE(rig.vm.requests.size() == 11);
        CHECK(rig.vm.requests[1].find("\"state\":1") != std::string::npos);
        CHECK(rig.vm.requests[9].find("\"80\",\"40\"") != std::string::npos);
        CHECK(rig.vm.requests[10].find("\"state\":2") != std::string::npos);
    }

    TEST_CASE("a click is in the middle of what is found") {
        StepRig rig;
        match::fill(rig.vm.shown, {1, 0, 2, 2}, 9);
        match::Picture needle{Size{2, 2}, std::vector<uint32_t>(4, 9)};
        const std::string file = rig.folder.file("ok.png");
        REQUIRE(match::write_png(file, needle.view()));
        CHECK(rig.run({step_of(ClickStep{ImageCondition{.files = {file}, .anywhere = true}, {}})}));
        REQUIRE(rig.vm.requests.size() == 2);
        CHECK(rig.vm.requests[0].find("\"2\",\"1\"") != std::string::npos);
    }

    TEST_CASE("an end that is waited for, and absence, are no failures") {
        StepRig rig;
        CHECK(rig.run({step_of(AssertStep{ColourCondition{.colour = 7}, true}),
                       step_of(KillVmmStep{}), step_of(WaitStep{EndCondition{}})}));
        CHECK_FALSE(rig.run({step_of(CommandStep{{"false"}})}));
    }

    TEST_CASE("an asserted refresh rate is watched for its time, and no longer") {
        StepRig rig;
        rig.vm.meanwhile = [&rig](TimePoint now) {
            rig.vm.frames = static_cast<uint64_t>(now.time_since_epoch() / 25ms);
        };
        const RefreshCondition right{.rate = 40, .time = 1s};
        CHECK(rig.run({step_of(AssertStep{right})}));
        CHECK(rig.vm.now() == TimePoint{1s});
        CHECK_FALSE(rig.run({step_of(AssertStep{RefreshCondition{.rate = 60, .time = 1s}})}));
        CHECK(rig.vm.now() == TimePoint{2s});
        CHECK(rig.result.message ==
              "t.toml:7: assert 60 frames a second: 40.00 frames a second, over 1 s");
        CHECK(rig.run({step_of(AssertStep{RefreshCondition{.rate = 60, .time = 1s}, true})}));
    }

    TEST_CASE("a folder that can't be written is the machinery's failure") {
        StepRig rig;
        std::filesystem::remove_all(rig.folder.file("t"));
        CHECK_THROWS_AS(rig.run({step_of(ScreenshotStep{"shot"})}), StartupError);
    }
}

}  // namespace
}  // namespace oriel::app
