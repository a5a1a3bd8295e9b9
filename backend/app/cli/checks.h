// SPDX-License-Identifier: MIT
#pragma once

#include <string>
#include <string_view>
#include <vector>

#include "cli/given_options.h"
#include "cli/options.h"

namespace oriel::app {

/// What a command line says, checked. All throw StartupError with exit code 2 and one line that
/// says what is wrong.
///
/// `command` is show, headless or run; `vmm` is what stands behind "--".
[[nodiscard]] ServeOptions check_serve(const GivenOptions& given, CommandId command,
                                       std::vector<std::string> vmm);
/// `view`.
[[nodiscard]] ViewOptions check_view(const GivenOptions& given);
[[nodiscard]] CtlOptions check_ctl(const GivenOptions& given);
[[nodiscard]] TopOptions check_top(const GivenOptions& given);
[[nodiscard]] TestOptions check_test(const GivenOptions& given);
[[nodiscard]] TraceOptions check_trace(const GivenOptions& given);
[[nodiscard]] KioskOptions check_kiosk(const GivenOptions& given);

/// Throws StartupError for a wrong use of the command line.
[[noreturn]] void refuse(const std::string& line);
/// The number of an open stream socket, which `option` has named; refuses anything else.
[[nodiscard]] int check_socket_number(std::string_view option, const std::string& text);
/// The value of the word that an option has, given or not; refuses one that is none of its own.
[[nodiscard]] int check_choice(const GivenOptions& given, OptionId id);
/// Refuses a name that valid_name() doesn't accept.
void check_name(const std::string& name);

}  // namespace oriel::app
