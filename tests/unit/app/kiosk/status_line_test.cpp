// SPDX-License-Identifier: MIT
#include "kiosk/status_line.h"

#include <doctest/doctest.h>

#include <string>
#include <vector>

namespace oriel::app {

TEST_CASE("a supervisor's status counts the VMs that run, and says what is with the others") {
    const std::vector<VmStanding> vms{
        {.name = "map", .state = VmState::kRunning, .reason = "ended with status 1"},
        {.name = "radio", .state = VmState::kBackingOff, .reason = "ended with status 3"},
        {.name = "panel", .state = VmState::kStarting, .reason = "ended with status 3"}};
    CHECK(status_line(vms, false) ==
          "1 of 3 VMs run; radio: backing-off (ended with status 3); panel: starting");
    CHECK(status_line({}, true) == "0 of 0 VMs run, no compositor has come yet");
}

TEST_CASE("a supervisor's status is one short line, whatever its VMs are and say") {
    const std::string nasty = "bad\nSTATUS=good " + std::string(5000, 'x');
    const std::vector<VmStanding> vms(64,
                                      {.name = "vm", .state = VmState::kGivenUp, .reason = nasty});
    const std::string line = status_line(vms, false);
    CHECK(line.find('\n') == std::string::npos);
    CHECK(line.size() < 64 + kMostNamed * (kMostOfReason + 100));
    CHECK(line.find("; and 60 more") != std::string::npos);
}

}  // namespace oriel::app
