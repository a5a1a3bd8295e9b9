// SPDX-License-Identifier: MIT
#include "kiosk/vm_supervision.h"

#include <doctest/doctest.h>

#include <chrono>
#include <string>
#include <vector>

#include "core/clock.h"
#include "core/event_loop.h"

namespace oriel::app {
namespace {

using namespace std::chrono_literals;
using State = VmState;
using Log = std::vector<std::string>;

/// Processes that do nothing but what a test says.
struct Bench final : VmProcesses {
    ManualClock clock;
    EventLoop loop{clock};
    VmPlan plan;
    Log log;
    bool display_fails = false;
    bool command_fails = false;
    std::optional<VmSupervision> vm;

    explicit Bench(RestartPolicy policy = {}, VmPlan::AtEnd at_end = VmPlan::AtEnd::kKeep,
                   bool command = true) {
        plan.name = "vm";
        plan.restart = policy;
        plan.at_end = at_end;
        if (command) {
            plan.command = {"vmm"};
        }
        vm.emplace(loop, plan, *this);
    }
    Result<void> start_display() override {
        log.emplace_back("display");
        return display_fails ? Result<void>{host_error("no display")} : Result<void>{};
    }
    Result<void> start_command() override {
        log.emplace_back("command");
        return command_fails ? Result<void>{host_error("no such program")} : Result<void>{};
    }
    void end_display() override { log.emplace_back("end display"); }
    void end_command() override { log.emplace_back("end command"); }
    void state_changed() override {}

    Log take() { return std::exchange(log, {}); }
    [[nodiscard]] State state() const { return vm->state(); }
    void pass(Nanoseconds time) {
        clock.advance(time);
        while (loop.dispatch(0ns)) {
        }
    }
    /// From the start to a VM that runs.
    void run() {
        vm->start();
        vm->display_ready();
        vm->vm_attached();
        REQUIRE(state() == State::kRunning);
        log.clear();
    }
    void fail() { vm->command_ended(false, "with status 1"); }
};

TEST_SUITE("vm supervision") {
    TEST_CASE("the command starts when its display can be attached to") {
        Bench bench;
        bench.vm->start();
        CHECK(bench.take() == Log{"display"});
        CHECK(bench.state() == State::kStarting);
        bench.vm->display_ready();
        CHECK(bench.take() == Log{"command"});
        CHECK(bench.state() == State::kStarting);
        bench.vm->vm_attached();
        CHECK(bench.state() == State::kRunning);
        bench.pass(24h);
        CHECK(bench.take().empty());
    }

    TEST_CASE("a VM without a command runs when there is a display") {
        Bench bench{{}, VmPlan::AtEnd::kKeep, false};
        bench.vm->start();
        bench.vm->display_ready();
        CHECK(bench.state() == State::kRunning);
        CHECK(bench.take() == Log{"display"});
    }

    TEST_CASE("a command that fails starts again after delays that grow, and the window stays") {
        Bench bench{{.delay = 1s, .longest = 8s}};
        bench.run();
        for (const auto delay : {1s, 2s, 4s, 8s, 8s}) {
            bench.fail();
            CHECK(bench.state() == State::kBackingOff);
            CHECK(bench.vm->left() == delay);
            bench.pass(delay - 1ms);
            CHECK(bench.take().empty());
            bench.pass(1ms);
            CHECK(bench.take() == Log{"command"});
        }
        CHECK(bench.vm->restarts() == 5);
        // One that runs for the longest delay is well again.
        bench.vm->vm_attached();
        bench.pass(8s);
        bench.fail();
        CHECK(bench.vm->left() == 1s);
        CHECK(bench.vm->reason() == "the command ended with status 1");
    }

    TEST_CASE("after the limit it is given up, and the window is kept or closed") {
        for (const auto at_end : {VmPlan::AtEnd::kKeep, VmPlan::AtEnd::kClose}) {
            Bench bench{{.delay = 1s, .longest = 1s, .limit = 2}, at_end};
            bench.run();
            for (int i = 0; i < 2; ++i) {
                bench.fail();
                bench.pass(1s);
            }
            bench.log.clear();
            bench.fail();
            if (at_end == VmPlan::AtEnd::kKeep) {
                CHECK(bench.take().empty());
            } else {
                CHECK(bench.take() == Log{"end display"});
                bench.vm->display_ended(true, "with status 0");
            }
            CHECK(bench.state() == State::kGivenUp);
            bench.pass(24h);
            CHECK(bench.take().empty());
            // Somebody may know better.
            bench.vm->start();
            CHECK(bench.state() == State::kStarting);
            CHECK(bench.take().size() == 1);
        }
    }

    TEST_CASE("the policy says which ends are followed by a start") {
        using When = RestartPolicy::When;
        struct Case {
            When when;
            bool well;
            State expected;
        };
        for (const Case& one : {Case{When::kAlways, true, State::kBackingOff},
                                Case{When::kAlways, false, State::kBackingOff},
                                Case{When::kOnFailure, true, State::kEnded},
                                Case{When::kOnFailure, false, State::kBackingOff},
                                Case{When::kNever, false, State::kEnded}}) {
            Bench bench{{.when = one.when}};
            bench.run();
            bench.vm->command_ended(one.well, "");
            CHECK(bench.state() == one.expected);
        }
    }

    TEST_CASE("a display that ends takes its VM along, and both start again") {
        Bench bench;
        bench.run();
        bench.vm->display_ended(false, "by signal 11");
        CHECK(bench.take() == Log{"end command"});
        CHECK(bench.state() == State::kEnding);
        bench.vm->command_ended(false, "by signal 15");
        CHECK(bench.state() == State::kBackingOff);
        CHECK(bench.vm->reason() == "the display ended by signal 11");
        bench.pass(1s);
        CHECK(bench.take() == Log{"display"});
        bench.vm->display_ready();
        CHECK(bench.take() == Log{"command"});
    }

    TEST_CASE("where what a display had of the VM is kept, the next display goes on with it") {
        Bench bench;
        bench.run();
        REQUIRE(bench.vm->another_display_helps());
        bench.vm->display_ended(false, "by signal 11", true);
        CHECK(bench.take() == Log{"display"});
        CHECK(bench.state() == State::kStarting);
        CHECK_FALSE(bench.vm->another_display_helps());  // until it has served
        bench.vm->display_ready();
        CHECK(bench.take().empty());
        bench.vm->vm_attached();
        CHECK(bench.state() == State::kRunning);
        CHECK(bench.vm->display_restarts() == 1);
        CHECK(bench.vm->restarts() == 0);
        CHECK(bench.vm->reason() == "the display ended by signal 11; the VM went on");

        // The VM does not come to the next one: it is ended as any other.
        bench.vm->display_ended(false, "by signal 11", true);
        bench.vm->display_ready();
        bench.take();
        bench.pass(bench.plan.attach_timeout);
        CHECK(bench.take() == Log{"end command"});
        CHECK(bench.state() == State::kEnding);
        CHECK_FALSE(bench.vm->another_display_helps());
    }

    TEST_CASE("a display that was gone when a supervisor came is replaced where the VM is kept") {
        Bench bench;
        bench.vm->adopt(false, true, true, true);
        CHECK(bench.take() == Log{"display"});
        bench.vm->display_ready();
        bench.vm->vm_attached();
        CHECK(bench.state() == State::kRunning);
        CHECK(bench.take().empty());
    }

    TEST_CASE("a VM that never takes the display is ended, and counts as failed") {
        Bench bench;
        bench.vm->start();
        bench.vm->display_ready();
        bench.log.clear();
        bench.pass(bench.plan.attach_timeout - 1ms);
        CHECK(bench.take().empty());
        bench.pass(1ms);
        CHECK(bench.take() == Log{"end command"});
        bench.vm->command_ended(true, "with status 0");
        CHECK(bench.state() == State::kBackingOff);
        CHECK(bench.vm->reason() == "no VM came to the display in time");
    }

    TEST_CASE("without a time-out a VM is awaited for ever") {
        Bench bench;
        bench.plan.attach_timeout = 0s;
        bench.vm->start();
        bench.vm->display_ready();
        bench.pass(24h);
        CHECK(bench.state() == State::kStarting);
    }

    TEST_CASE("what can't be started is tried again") {
        Bench bench;
        bench.display_fails = true;
        bench.vm->start();
        CHECK(bench.state() == State::kBackingOff);
        CHECK(bench.vm->reason() == "no display");
        bench.display_fails = false;
        bench.command_fails = true;
        bench.pass(1s);
        bench.vm->display_ready();
        CHECK(bench.state() == State::kBackingOff);
        CHECK(bench.vm->reason() == "no such program");
        CHECK(bench.vm->left() == 2s);
        bench.command_fails = false;
        bench.log.clear();
        bench.pass(2s);
        CHECK(bench.take() == Log{"command"});
    }

    TEST_CASE("a stop ends the command first, then the display, and stays") {
        Bench bench;
        bench.run();
        bench.vm->stop();
        CHECK(bench.take() == Log{"end command"});
        CHECK(bench.vm->stopping());
        bench.vm->stop();
        bench.vm->command_ended(false, "by signal 9");
        CHECK(bench.take() == Log{"end display"});
        CHECK(bench.state() == State::kEnding);
        bench.vm->display_ended(true, "with status 0");
        CHECK(bench.state() == State::kStopped);
        CHECK(bench.vm->gone());
        bench.pass(24h);
        CHECK(bench.take().empty());
        bench.vm->start();
        CHECK(bench.take() == Log{"display"});
    }

    TEST_CASE("a stop while a VM backs off, starts, or ends is a stop") {
        Bench backing_off;
        backing_off.run();
        backing_off.fail();
        backing_off.vm->stop();
        CHECK(backing_off.take() == Log{"end display"});
        backing_off.pass(24h);
        CHECK(backing_off.take().empty());

        Bench ending;
        ending.run();
        ending.vm->display_ended(false, "");
        ending.vm->stop();
        ending.vm->command_ended(true, "");
        CHECK(ending.state() == State::kStopped);
    }

    TEST_CASE("a VM that backs off can wait for its turn instead, once") {
        Bench bench{{.delay = 1h}};
        bench.vm->start();
        bench.vm->display_ready();
        bench.vm->vm_attached();
        bench.vm->skip_delay();
        CHECK(bench.state() == State::kRunning);
        bench.fail();
        REQUIRE(bench.state() == State::kBackingOff);
        // Its window is there: the compositor that has come is not what it lacks.
        bench.vm->skip_delay();
        CHECK(bench.state() == State::kBackingOff);
        bench.vm->display_ended(false, "with status 1");
        bench.take();
        bench.vm->skip_delay();
        CHECK(bench.state() == State::kWaiting);
        CHECK(bench.vm->left() == 0ns);
        bench.pass(2h);
        CHECK(bench.take().empty());
        bench.vm->start();
        CHECK(bench.state() == State::kStarting);
        CHECK(bench.take() == Log{"display"});
    }

    TEST_CASE("another policy counts from the next end on, and restarts so far count, too") {
        Bench bench{{.delay = 1s, .longest = 60s}};
        bench.run();
        bench.fail();
        CHECK(bench.vm->left() == 1s);
        bench.plan.restart = {.delay = 10s, .longest = 60s, .limit = 2};
        bench.vm->policy_changed();
        CHECK(bench.vm->left() == 1s);
        bench.pass(1s);
        bench.fail();
        CHECK(bench.vm->left() == 20s);
        bench.pass(20s);
        bench.fail();
        CHECK(bench.state() == State::kGivenUp);
    }

    TEST_CASE("a restart waits for the end, and not for the delay") {
        Bench bench;
        bench.run();
        bench.vm->restart();
        bench.vm->command_ended(true, "");
        bench.vm->display_ended(true, "");
        CHECK(bench.take() == Log{"end command", "end display", "display"});
        CHECK(bench.state() == State::kStarting);
    }

    TEST_CASE("a start while it ends is carried out after that") {
        Bench bench;
        bench.run();
        bench.vm->stop();
        bench.vm->start();
        bench.vm->command_ended(true, "");
        bench.vm->display_ended(true, "");
        CHECK(bench.state() == State::kStarting);
    }

    TEST_CASE("what runs already is left alone, and what is missing starts") {
        Bench all;
        all.vm->adopt(true, true, true);
        CHECK(all.state() == State::kRunning);
        CHECK(all.take().empty());

        Bench no_command;
        no_command.vm->adopt(true, false, true);
        CHECK(no_command.take().empty());
        no_command.vm->display_ready();
        CHECK(no_command.take() == Log{"command"});

        Bench not_attached;
        not_attached.vm->adopt(true, true, false);
        not_attached.vm->display_ready();
        CHECK(not_attached.take().empty());
        not_attached.vm->vm_attached();
        CHECK(not_attached.state() == State::kRunning);

        Bench no_display;
        no_display.vm->adopt(false, true, true);
        CHECK(no_display.take() == Log{"end command"});
        no_display.vm->command_ended(true, "");
        CHECK(no_display.take() == Log{"display"});

        Bench stopped;
        stopped.vm->adopt_stopped(false, false);
        CHECK(stopped.state() == State::kStopped);
        CHECK(stopped.take().empty());
    }
}

}  // namespace
}  // namespace oriel::app
