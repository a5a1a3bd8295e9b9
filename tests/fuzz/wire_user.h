// SPDX-License-Identifier: MIT
#pragma once

#include "fuzz_input.h"
#include "wire_compositor.h"

namespace oriel::test {

/// What a compositor says that is well made: somebody types, points, touches and copies, windows
/// are moved, outputs come and change. Arguments that fit each other rarely come by chance.
class WireUser {
public:
    /// `compositor`: lent, outlives this.
    explicit WireUser(WireCompositor& compositor) : compositor_{compositor} {}

    /// Something of the input's choice.
    void act(FuzzInput& input);

private:
    void focus(FuzzInput& input);
    void type(FuzzInput& input);
    void point(FuzzInput& input);
    void scroll(FuzzInput& input);
    void touch(FuzzInput& input);
    void copy(FuzzInput& input);
    void describe_output(FuzzInput& input);
    void describe_formats(FuzzInput& input);
    void present(FuzzInput& input);
    void configure(FuzzInput& input);
    void change_globals(FuzzInput& input);

    WireCompositor& compositor_;
};

}  // namespace oriel::test
