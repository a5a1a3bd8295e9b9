// SPDX-License-Identifier: MIT
#pragma once

#include <cstddef>
#include <cstdint>
#include <string>
#include <vector>

#include "core/clock.h"

namespace oriel::app {

/// When a VM that has ended is started again.
struct RestartPolicy {
    enum class When : uint8_t {
        kAlways,
        kOnFailure,  ///< not after status 0
        kNever,
    };
    When when = When::kAlways;
    /// Before the first restart; doubled for each one after that, up to `longest`.
    Nanoseconds delay{1'000'000'000};
    Nanoseconds longest{60'000'000'000};
    /// So many restarts in a row; 0: no limit.
    uint32_t limit = 0;
    friend bool operator==(const RestartPolicy&, const RestartPolicy&) = default;
};

/// What a file says about one VM.
struct VmPlan {
    /// What becomes of the window of a VM that isn't started again.
    enum class AtEnd : uint8_t { kKeep, kClose };

    std::string name;
    /// By screen: where its window belongs; empty: anywhere.
    std::vector<std::string> outputs;
    /// Options of `oriel show`, but for where the outputs are.
    std::vector<std::string> options;
    /// What is started beside the window: a program and its arguments. Empty: somebody else starts
    /// the VMM.
    std::vector<std::string> command;
    RestartPolicy restart;
    AtEnd at_end = AtEnd::kKeep;
    /// How long the command may take until its VM has the display; 0: for ever.
    Nanoseconds attach_timeout{60'000'000'000};
    /// How long what is asked to end may take before it is killed.
    Nanoseconds stop_timeout{10'000'000'000};
    /// These VMs run (or will not) before this one starts.
    std::vector<std::string> after;
    friend bool operator==(const VmPlan&, const VmPlan&) = default;
};

/// What runs by the plan `before` can go on by `after`: they differ only in when the VM starts
/// again, and in which outputs its screens belong to.
[[nodiscard]] bool can_go_on(const VmPlan& before, const VmPlan& after);

/// The arguments of `oriel` that show the VM, with its screens on `outputs` (as VmPlan::outputs).
[[nodiscard]] std::vector<std::string> show_arguments(const VmPlan& plan,
                                                      const std::vector<std::string>& outputs);

}  // namespace oriel::app
