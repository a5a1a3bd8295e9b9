// SPDX-License-Identifier: MIT
#include "test_run/qmp_words.h"

#include <algorithm>
#include <cctype>
#include <nlohmann/json.hpp>

namespace oriel::app {

Result<std::string> qmp_command_line(const std::string& text) {
    const bool name = !text.empty() && std::all_of(text.begin(), text.end(), [](unsigned char c) {
        return std::isalnum(c) != 0 || c == '-' || c == '_';
    });
    if (name) {
        return nlohmann::json{{"execute", text}}.dump();
    }
    const auto command = nlohmann::json::parse(text, nullptr, false);
    if (!command.is_object() || !command.contains("execute")) {
        return host_error(
            "qmp: expected a command's name, or a JSON object like "
            "{{\"execute\": \"query-status\"}}");
    }
    return command.dump(-1, ' ', true, nlohmann::json::error_handler_t::replace);
}

}  // namespace oriel::app
