// SPDX-License-Identifier: MIT
#pragma once

#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "core/result.h"
#include "test_run/script.h"
#include "toml_file/mistake.h"

namespace oriel::app {

/// What a script may refer to.
class ScriptSurroundings {
public:
    /// The value of ${NAME}; nothing where there is none.
    [[nodiscard]] virtual std::optional<std::string> variable(const std::string& name) const = 0;
    /// The text of a file that is included.
    [[nodiscard]] virtual Result<std::string> included(const std::string& path) const = 0;

protected:
    ~ScriptSurroundings() = default;
};

/// A mistake, and the file that it is in.
struct ScriptMistake {
    std::string file;
    Mistake mistake;
};

struct ReadScript {
    Script script;  ///< not to be used where there are mistakes
    std::vector<ScriptMistake> mistakes;
};

/// `file`: the script's path, for messages and for what is relative to it.
[[nodiscard]] ReadScript read_script(std::string_view text, const std::string& file,
                                     const ScriptSurroundings& surroundings);

}  // namespace oriel::app
