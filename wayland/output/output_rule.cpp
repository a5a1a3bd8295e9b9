// SPDX-License-Identifier: MIT
#include "output/output_rule.h"

#include <utility>

namespace oriel::wayland {

OutputRule::OutputRule(const Outputs& outputs, std::string name, size_t index)
    : outputs_{&outputs}, name_{std::move(name)}, index_{index} {}

const Output* OutputRule::expected() const {
    if (const Output* named = outputs_->named(name_)) {
        return named;
    }
    const Output* numbered = outputs_->at(index_);
    return numbered != nullptr ? numbered : outputs_->at(0);
}

wl_output* OutputRule::fullscreen() const {
    if (const Output* named = outputs_->named(name_)) {
        return named->proxy();
    }
    const Output* numbered = name_.empty() && outputs_->count() > 1 ? expected() : nullptr;
    return numbered != nullptr ? numbered->proxy() : nullptr;
}

bool OutputRule::there() const {
    return name_.empty() || outputs_->named(name_) != nullptr ||
           (outputs_->count() > 0 && !outputs_->any_name());
}

bool OutputRule::came() {
    const Output* named = outputs_->named(name_);
    const uint32_t now = named != nullptr ? named->global() : 0;
    return std::exchange(known_, now) != now && now != 0;
}

}  // namespace oriel::wayland
