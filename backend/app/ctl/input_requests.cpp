// SPDX-License-Identifier: MIT
#include "ctl/input_requests.h"

#include <nlohmann/json.hpp>
#include <utility>

namespace oriel::app {

std::vector<nlohmann::json> input_requests(const std::vector<std::string>& words,
                                           InputCommand::State state, ScanoutId scanout) {
    std::vector<nlohmann::json> requests;
    const auto add = [&](std::vector<std::string> part) {
        requests.push_back({{"command", "input"},
                            {"words", std::move(part)},
                            {"state", static_cast<int>(state)},
                            {"scanout", scanout}});
    };
    const std::string& name = words.front();
    if (name == "type") {
        requests.reserve(words[1].size());
        for (const char character : words[1]) {
            add({name, std::string{character}});
        }
    } else if (name == "key") {
        requests.reserve(words.size());
        for (size_t i = 1; i < words.size(); ++i) {
            add({name, words[i]});
        }
    } else {
        add(words);
    }
    return requests;
}

}  // namespace oriel::app
