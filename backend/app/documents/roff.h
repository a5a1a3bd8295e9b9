// SPDX-License-Identifier: MIT
// Pieces of a manual in roff's man macros. Texts have the marks of cli/inline_text.h.
#pragma once

#include <span>
#include <string>
#include <string_view>

#include "cli/command_table.h"
#include "cli/option_table.h"
#include "documents/manual_prose.h"

namespace oriel::app {

/// `literal`: as it is typed, with straight apostrophes.
[[nodiscard]] std::string roff_escape(std::string_view text, bool literal);
[[nodiscard]] std::string roff_with_fonts(std::string_view text);
/// In lines of some 78 characters.
[[nodiscard]] std::string roff_filled(std::string_view text);
/// A name, and what it means.
[[nodiscard]] std::string roff_term(std::string_view name, std::string_view text);
[[nodiscard]] std::string roff_section(const ManualSection& from);
/// An option, with each of its words.
[[nodiscard]] std::string roff_option(const OptionRow& row);
/// Options, under the titles of their groups.
[[nodiscard]] std::string roff_options(std::span<const OptionRow* const> rows);
/// How a command is called, in one line.
[[nodiscard]] std::string roff_usage(const CommandRow& row);
/// The same for each command of `oriel ctl`.
[[nodiscard]] std::string roff_ctl_usages();
/// Each command of `oriel ctl`, and what it does.
[[nodiscard]] std::string roff_ctl_commands();
/// The first lines of the page `name` of section 1; `summary` stands behind the name, in the
/// page and in whatis(1).
[[nodiscard]] std::string roff_head(std::string_view name, std::string_view summary);

}  // namespace oriel::app
