// SPDX-License-Identifier: MIT
// For files that read TOML only.
#pragma once

#include <string>
#include <vector>

#include "test_run/script_reader.h"
#include "toml_file/toml_values.h"

namespace oriel::app {

/// Reads the steps of one file, and of those that it includes.
class StepReader {
public:
    /// `surroundings` is lent and must outlive this.
    StepReader(const ScriptSurroundings& surroundings, std::vector<ScriptMistake>& mistakes)
        : surroundings_{surroundings}, all_mistakes_{mistakes} {}

    /// The steps that `node` (an array of tables, or null) of the file has, added to `steps`.
    void read(const toml::node* node, const std::string& file, std::vector<Step>& steps,
              MistakeList& mistakes, uint32_t depth = 0);

private:
    class OneStep;
    void include(const TomlTable& table, const std::string& file, std::vector<Step>& steps,
                 MistakeList& mistakes, uint32_t depth);

    const ScriptSurroundings& surroundings_;
    std::vector<ScriptMistake>& all_mistakes_;
    size_t count_ = 0;
};

/// "folder" of "folder/file.toml"; "." of "file.toml".
[[nodiscard]] std::string folder_of(const std::string& file);

/// ${NAME} in a text is that variable's value. The error is a line for the user.
[[nodiscard]] Result<std::string> with_variables(std::string_view text,
                                                 const ScriptSurroundings& surroundings);

}  // namespace oriel::app
