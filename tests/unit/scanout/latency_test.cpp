// SPDX-License-Identifier: MIT
#include "scanout/latency.h"

#include <doctest/doctest.h>

using namespace oriel;
using namespace std::chrono_literals;

TEST_CASE("percentiles are right within 7 percent from nanoseconds to minutes") {
    for (const Nanoseconds value : {1ns, 17ns, 999ns, Nanoseconds{50us}, Nanoseconds{16'666'667ns},
                                    Nanoseconds{3s}, Nanoseconds{600s}}) {
        LatencyHistogram histogram;
        histogram.add(value);
        const double measured = static_cast<double>(histogram.percentile(0.5).count());
        CAPTURE(value.count());
        CHECK(measured >= 0.93 * static_cast<double>(value.count()));
        CHECK(measured <= 1.07 * static_cast<double>(value.count()));
    }
}

TEST_CASE("the median and the 99th percentile of a skewed distribution differ") {
    LatencyHistogram histogram;
    for (int i = 0; i < 98; ++i) {
        histogram.add(10us);
    }
    histogram.add(5ms);
    histogram.add(5ms);
    CHECK(histogram.percentile(0.5) < 11us);
    CHECK(histogram.percentile(0.98) < 11us);
    CHECK(histogram.percentile(0.99) > 4ms);
    CHECK(histogram.count() == 100);
}

TEST_CASE("no samples, negative and absurdly long durations are harmless") {
    LatencyHistogram histogram;
    CHECK(histogram.percentile(0.5) == 0ns);
    histogram.add(-5s);
    histogram.add(Nanoseconds::max());
    CHECK(histogram.percentile(0.0) == 0ns);
    CHECK(histogram.percentile(1.0) > 600s);
}
