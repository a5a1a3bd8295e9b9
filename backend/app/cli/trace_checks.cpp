// SPDX-License-Identifier: MIT
#include "cli/checks.h"

namespace oriel::app {

TraceOptions check_trace(const GivenOptions& given) {
    if (given.words.size() != 3 || given.words.front() != "diff") {
        refuse(
            "trace: expected diff and two files, for example oriel trace diff before.jsonl "
            "after.jsonl");
    }
    return {
        .first = given.words[1], .second = given.words[2], .times = given.has(OptionId::kTimes)};
}

}  // namespace oriel::app
