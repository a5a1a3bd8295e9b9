// SPDX-License-Identifier: MIT
#pragma once

#include <cstddef>
#include <cstdint>
#include <cstdlib>

#include "fuzz_input.h"

namespace oriel::test {

/// The target: one input, from beginning to end. Whatever it makes is gone when it returns.
void play(const uint8_t* data, size_t size);

/// Bytes that may be left when an input has ended, for all inputs together. A target whose
/// libraries keep more defines it anew.
size_t most_left();

/// What holds for every input; where it does not the program ends as a failed assertion ends it.
inline void require(bool condition) {
    if (!condition) {
        std::abort();
    }
}

/// Two verdicts over each input, besides those of assertions and sanitizers: how long a turn of the
/// loop takes, and what is held (descriptors, memory, lines of the log). What is over a bound is
/// said, and aborts as a failed assertion does.
///
/// A target puts a Turn around what one turn of the loop is; without one all of play() counts.
class Turn {
public:
    /// `times`: the target does the product's work that often, to compare: once counts.
    explicit Turn(int times = 1);
    Turn(const Turn&) = delete;
    Turn& operator=(const Turn&) = delete;
    ~Turn();

private:
    int times_;
    int64_t began_;
};

}  // namespace oriel::test
