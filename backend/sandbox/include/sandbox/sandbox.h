// SPDX-License-Identifier: MIT
#pragma once

#include <cstdint>
#include <string>
#include <vector>

#include "core/result.h"

namespace oriel::sandbox {

/// Which list of system calls holds.
enum class CallList : uint8_t {
    kHeadless,  ///< nothing that a window needs
    kWindows,   ///< also threads and libraries of the system
    kDriver,    ///< a GL driver is in the process: only what is dangerous is denied
};

enum class Mode : uint8_t {
    kEnforce,
    /// A call that would be denied is one line in the log, once for each kind, and carried out.
    /// Files are not restricted.
    kLog,
};

/// What the process may still do.
struct Rules {
    Mode mode = Mode::kEnforce;
    CallList calls = CallList::kHeadless;
    /// Files, and folders with all that is in them. What isn't there counts for nothing.
    std::vector<std::string> readable;
    /// As readable, and their libraries may be run.
    std::vector<std::string> runnable;
    /// Devices that may be opened for reading and writing.
    std::vector<std::string> devices;
};

/// What a denied call ends the process with, after a line on standard error that names the call.
inline constexpr int kDeniedExitCode = 159;  // as a shell says it of SIGSYS: 128 + 31

/// Whether system calls can be filtered: Oriel was built with libseccomp.
[[nodiscard]] bool has_call_filter();

/// Puts this process into its sandbox, for good: it gains no privileges and has no capabilities
/// from now on, opens only files of `rules`, makes only calls of its list. All of its threads are
/// meant. What this kernel or this build lacks is left out: the text, for one line of the log, says
/// that, and what holds all the same; it is empty where all is there. An error is what should have
/// worked and did not, the process is then partly in its sandbox.
[[nodiscard]] Result<std::string> enter(const Rules& rules);

}  // namespace oriel::sandbox
