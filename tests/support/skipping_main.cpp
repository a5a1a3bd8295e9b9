// SPDX-License-Identifier: MIT
#define DOCTEST_CONFIG_IMPLEMENT
#include <doctest/doctest.h>

#include <cstdio>

#include "skip.h"

namespace {

// What meson takes for "skipped".
constexpr int kSkipped = 77;

std::string& skipped() {
    static std::string reason;
    return reason;
}

}  // namespace

void oriel::test::skip(const std::string& reason) {
    skipped() = reason;
}

int main(int argc, char** argv) {
    doctest::Context context{argc, argv};
    const int code = context.run();
    if (code != 0 || context.shouldExit() || skipped().empty()) {
        return code;
    }
    std::printf("SKIP %s\n", skipped().c_str());
    return kSkipped;
}
