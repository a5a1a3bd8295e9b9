// SPDX-License-Identifier: MIT
#include "kiosk/vm_plan.h"

#include <doctest/doctest.h>

#include <chrono>

namespace oriel::app {
namespace {

using namespace std::chrono_literals;

VmPlan panel() {
    VmPlan plan;
    plan.name = "panel";
    plan.outputs = {"DP-1", ""};
    plan.options = {"--name=panel", "--outputs=2"};
    plan.command = {"vmm", "panel"};
    return plan;
}

template <class Change>
bool goes_on(Change change) {
    VmPlan after = panel();
    change(after);
    return can_go_on(panel(), after);
}

}  // namespace

TEST_SUITE("vm plan") {
    TEST_CASE("a VM goes on where only its restarts or its outputs are others") {
        CHECK(goes_on([](VmPlan&) {}));
        CHECK(goes_on([](VmPlan& plan) { plan.restart.delay = 7s; }));
        CHECK(goes_on([](VmPlan& plan) { plan.restart.when = RestartPolicy::When::kNever; }));
        CHECK(goes_on([](VmPlan& plan) { plan.at_end = VmPlan::AtEnd::kClose; }));
        CHECK(goes_on([](VmPlan& plan) { plan.attach_timeout = 7s; }));
        CHECK(goes_on([](VmPlan& plan) { plan.stop_timeout = 7s; }));
        CHECK(goes_on([](VmPlan& plan) { plan.after = {"map"}; }));
        CHECK(goes_on([](VmPlan& plan) { plan.outputs[0] = "DP-2"; }));
        CHECK(goes_on([](VmPlan& plan) { plan.outputs[1] = "DP-2"; }));
    }

    TEST_CASE("a VM starts anew where its command, its sockets or its windows are others") {
        CHECK_FALSE(goes_on([](VmPlan& plan) { plan.command[1] = "map"; }));
        CHECK_FALSE(goes_on([](VmPlan& plan) { plan.options[0] = "--vfio-user=other"; }));
        CHECK_FALSE(goes_on([](VmPlan& plan) { plan.name = "map"; }));
        CHECK_FALSE(goes_on([](VmPlan& plan) { plan.outputs.pop_back(); }));
        // No window can be sent to nowhere in particular.
        CHECK_FALSE(goes_on([](VmPlan& plan) { plan.outputs[0].clear(); }));
    }
}

}  // namespace oriel::app
