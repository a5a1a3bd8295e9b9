// SPDX-License-Identifier: MIT
#include <array>
#include <utility>

#include "test_run/condition_table.h"
#include "test_run/step_table.h"

namespace oriel::app {

void StepReader::include(const TomlTable& table, const std::string& file, std::vector<Step>& steps,
                         MistakeList& mistakes, uint32_t depth) {
    const auto name = table.text("include");
    if (!name) {
        return;
    }
    const std::string path = path_in(folder_of(file), *name);
    if (depth >= kMaxStepDepth) {
        mistakes.add(table.where("include"),
                     fmt::format("files include each other {} deep at most", kMaxStepDepth));
        return;
    }
    const auto text = surroundings_.included(path);
    if (!text) {
        mistakes.add(table.where("include"), text.error().message());
        return;
    }
    std::vector<Mistake> inner;
    MistakeList inner_mistakes{inner};
    try {
        const toml::table root = toml::parse(*text);
        constexpr auto kKeys = std::to_array<std::string_view>({"step"});
        TomlTable{root, inner_mistakes}.check_keys(kKeys);
        read(root.get("step"), path, steps, inner_mistakes, depth + 1);
    } catch (const toml::parse_error& error) {
        inner_mistakes.add(error.source(), std::string{error.description()});
    }
    sort_mistakes(inner);
    for (Mistake& mistake : inner) {
        if (all_mistakes_.size() < kMaxMistakes) {
            all_mistakes_.push_back({path, std::move(mistake)});
        }
    }
}

std::string folder_of(const std::string& file) {
    const size_t slash = file.rfind('/');
    return slash == std::string::npos ? "." : slash == 0 ? "/" : file.substr(0, slash);
}

Result<std::string> with_variables(std::string_view text, const ScriptSurroundings& surroundings) {
    std::string whole;
    for (;;) {
        const size_t begin = text.find("${");
        const size_t end = text.find('}', begin);
        if (begin == std::string_view::npos || end == std::string_view::npos) {
            return whole.append(text);
        }
        const std::string name{text.substr(begin + 2, end - begin - 2)};
        const auto value = surroundings.variable(name);
        if (!value) {
            return host_error("${{{}}}: there is no such variable in the environment", name);
        }
        whole.append(text.substr(0, begin)).append(*value);
        text.remove_prefix(end + 1);
    }
}

}  // namespace oriel::app
