// SPDX-License-Identifier: MIT
#pragma once

#include <cstdint>
#include <random>

namespace oriel::test {

/// The same "random" numbers in every run: a failure repeats.
class Random {
public:
    explicit Random(uint32_t seed) : engine_{seed} {}

    uint32_t operator()() { return static_cast<uint32_t>(engine_()); }
    /// 0 to limit - 1.
    uint32_t below(uint32_t limit) { return (*this)() % limit; }
    [[nodiscard]] bool one_in(uint32_t n) { return below(n) == 0; }

private:
    std::mt19937 engine_;
};

}  // namespace oriel::test
