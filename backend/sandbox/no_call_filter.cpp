// SPDX-License-Identifier: MIT
// In place of call_filter.cpp and denied_call.cpp where Oriel is built without libseccomp.
#include "call_filter.h"

namespace oriel::sandbox {

bool has_call_filter() {
    return false;
}

Result<void> filter_calls(CallList /*list*/, Mode /*mode*/) {
    return {};
}

}  // namespace oriel::sandbox
