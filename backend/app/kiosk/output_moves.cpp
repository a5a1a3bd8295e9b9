// SPDX-License-Identifier: MIT
#include "kiosk/output_moves.h"

#include <nlohmann/json.hpp>
#include <utility>

namespace oriel::app {

OutputMoves::OutputMoves(EventLoop& loop, std::string vm, std::string path)
    : loop_{loop}, vm_{std::move(vm)}, query_{loop, std::move(path), *this} {}

void OutputMoves::move(size_t screen, const std::string& output) {
    wanted_[screen] = output;
    if (!query_.asking()) {
        next();
    }
}

void OutputMoves::next() {
    if (wanted_.empty()) {
        return;
    }
    const auto first = wanted_.begin();
    query_.ask({{"command", "screen"},
                {"words", {std::to_string(first->first), "output", first->second}}});
    wanted_.erase(first);
}

void OutputMoves::answered(const Result<nlohmann::json>& answer) {
    if (!answer && limiter_.admit(loop_.clock().now())) {
        log_warn("kiosk", "'{}' was not sent to another output: {}", vm_, answer.error().message());
    }
    next();
}

}  // namespace oriel::app
