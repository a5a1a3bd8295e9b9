// SPDX-License-Identifier: MIT
#include "kiosk/output_moves.h"

#include <algorithm>
#include <nlohmann/json.hpp>
#include <utility>

namespace oriel::app {

OutputMoves::OutputMoves(EventLoop& loop, std::string vm, std::string path)
    : loop_{loop}, vm_{std::move(vm)}, query_{loop, std::move(path), *this}, retry_{loop, [this] {
                                                                                        try_again();
                                                                                    }} {}

void OutputMoves::move(size_t screen, const std::string& output) {
    wanted_[screen] = output;
    refused_.erase(screen);
    delay_ = kShortest;
    if (!query_.asking()) {
        next();
    }
}

void OutputMoves::forget() {
    wanted_.clear();
    refused_.clear();
    query_.cancel();
    retry_.disarm();
    delay_ = kShortest;
}

void OutputMoves::next() {
    if (wanted_.empty()) {
        if (!refused_.empty() && !retry_.deadline()) {
            retry_.arm_after(delay_);
            delay_ = std::min(2 * delay_, kLongest);
        }
        return;
    }
    const auto first = wanted_.begin();
    asked_ = *first;
    wanted_.erase(first);
    query_.ask({{"command", "screen"},
                {"words", {std::to_string(asked_.first), "output", asked_.second}}});
}

void OutputMoves::try_again() {
    wanted_.merge(refused_);
    refused_.clear();
    if (!query_.asking()) {
        next();
    }
}

void OutputMoves::answered(const Result<nlohmann::json>& answer) {
    if (!answer && !wanted_.contains(asked_.first)) {
        refused_.insert(asked_);
        // Once for each place that is asked for.
        if (delay_ == kShortest && limiter_.admit(loop_.clock().now())) {
            log_warn("kiosk", "'{}' is not on output {} yet: {}", vm_, asked_.second,
                     answer.error().message());
        }
    }
    next();
}

}  // namespace oriel::app
