// SPDX-License-Identifier: MIT
#pragma once

#include <cerrno>
#include <cstdint>
#include <vector>

namespace oriel::sandbox {

/// A condition on one argument of a system call.
struct Condition {
    enum class Kind : uint8_t { kEqual, kOther, kMasked };
    unsigned argument = 0;
    Kind kind = Kind::kEqual;
    uint64_t value = 0;
    uint64_t mask = 0;  ///< kMasked: which bits are compared
};

/// What a call gets: it is carried out, it fails with an errno, or it is the process' last one.
enum class Answer : uint8_t { kAllow, kRefuse, kDeny };

/// One row. Of a call with several rows one is enough; all conditions of a row have to hold.
struct CallRule {
    const char* call;
    std::vector<Condition> conditions{};
    Answer answer = Answer::kAllow;
    int error = 0;  ///< kRefuse
};

/// What calls get that have no row.
enum class Otherwise : uint8_t {
    kDeny,
    kRefuse,  ///< they fail with kOtherwiseError
    kAllow,
};

/// No row refuses a call with this one: by it a call is known that has no row (Mode::kLog).
inline constexpr int kOtherwiseError = EPERM;

struct FilterList {
    Otherwise otherwise = Otherwise::kDeny;
    std::vector<CallRule> rules;
};

/// In place of this process' number, which is not known while Oriel is built: Filter::load() puts
/// that there. No process has this one.
inline constexpr uint32_t kOwnProcess = 0x7a11'0e1f;

/// `oriel headless`, and any VM that is a QEMU's own display without windows. All of the program
/// is known, so a call that has no row is an attack or a fault of ours, and the process' last one.
[[nodiscard]] FilterList headless_list();
/// With windows, thus with libraries that draw their frames, of whatever version: they try more
/// than they need. Only what none of them does ends the process.
[[nodiscard]] FilterList window_list();
/// With windows and a GL driver in the process. Nobody can say what a driver needs, so this names
/// what is denied, or refused.
[[nodiscard]] FilterList driver_list();

}  // namespace oriel::sandbox
