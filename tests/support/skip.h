// SPDX-License-Identifier: MIT
#pragma once

#include <string>

namespace oriel::test {

/// The test case that calls this couldn't run here. If nothing fails, the program says why and
/// counts as skipped: for programs whose cases all need the same thing. (They link
/// test_skipping_main_dep.)
void skip(const std::string& reason);

}  // namespace oriel::test
