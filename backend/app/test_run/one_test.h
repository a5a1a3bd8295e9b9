// SPDX-License-Identifier: MIT
#pragma once

#include <string>

#include "test_run/script.h"
#include "test_run/test_process.h"
#include "test_run/test_vm.h"

namespace oriel::app {

/// In the test's own process: starts its VM, does its steps, and writes lines of JSON to `pipe`:
/// {"step":TITLE} for each, at last {"result":…}. `folder`: the test's temporary one.
void run_one_test(const Script& script, const TestProcess::Options& options,
                  const std::string& folder, int pipe);

}  // namespace oriel::app
