// SPDX-License-Identifier: MIT
#pragma once

#include <cstddef>
#include <cstdint>
#include <string>

#include "output/output.h"

namespace oriel::wayland {

/// The output that a window belongs on: one with a name (`--output-map`), or the one with the
/// window's number. A named output may come later, go, and come back.
class OutputRule {
public:
    /// `outputs` is lent and must outlive this. An empty name: by `index`.
    OutputRule(const Outputs& outputs, std::string name, size_t index);

    /// It names one.
    [[nodiscard]] bool has_name() const { return !name_.empty(); }
    /// Where the window is taken to be until the compositor says; null if there is no output.
    [[nodiscard]] const Output* expected() const;
    /// Where a fullscreen window has to go; null: where the compositor likes.
    [[nodiscard]] wl_output* fullscreen() const;
    /// False while it names an output that isn't there. True where no output has a name: nobody
    /// could ever tell.
    [[nodiscard]] bool there() const;
    /// The named output has come (back) since the last call: a fullscreen window has to go there.
    [[nodiscard]] bool came();

private:
    const Outputs* outputs_;  // never null
    std::string name_;
    size_t index_;
    /// The wl_output global that was there at the last came(); 0: none.
    uint32_t known_ = 0;
};

}  // namespace oriel::wayland
