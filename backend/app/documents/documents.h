// SPDX-License-Identifier: MIT
#pragma once

#include <string>
#include <vector>

namespace oriel::app {

/// A file of this repository whose text comes from the tables of cli/ and from manual_prose.h.
struct Document {
    std::string path;  ///< from the root of the sources
    std::string text;
};

/// The manual, one for each command, the options page, and the completions for bash, zsh and fish.
[[nodiscard]] std::vector<Document> all_documents();

/// How each of them says who wrote it.
constexpr const char* kOrigin =
    "Written by `ninja -C build documents` from the tables in backend/app/cli: don't edit.";

[[nodiscard]] std::string man_page();
/// One for each command but `version`: data/man/oriel-show.1 and so on.
[[nodiscard]] std::vector<Document> command_man_pages();
[[nodiscard]] std::string options_page();
[[nodiscard]] std::string bash_completion();
[[nodiscard]] std::string zsh_completion();
[[nodiscard]] std::string fish_completion();

}  // namespace oriel::app
