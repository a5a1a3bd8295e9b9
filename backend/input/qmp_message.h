// SPDX-License-Identifier: MIT
#pragma once

#include <cstdint>
#include <optional>
#include <span>
#include <string>
#include <string_view>

#include "input/event_target.h"

/// QEMU's machine protocol, as far as input needs it: a JSON object a line, both ways (QEMU,
/// docs/interop/qmp-spec.rst; commands and types in qapi/ui.json).
namespace oriel::input::qmp {

/// What QEMU says.
struct Message {
    enum class Kind : uint8_t {
        kGarbage,   ///< no JSON object, or none of these
        kGreeting,  ///< the first line
        kEvent,
        kReturn,
        kError,
    };
    Kind kind = Kind::kGarbage;
    uint64_t id = 0;   ///< of kReturn and kError: which command's; 0: nobody's
    std::string text;  ///< kError: QEMU's description; kEvent: which one
    /// kReturn of query-mice: of the devices that the guest uses.
    struct Mice {
        bool absolute = false;
        bool relative = false;
    };
    std::optional<Mice> mice;
    std::string status;  ///< kReturn of query-status: "running", "suspended", ...
};
[[nodiscard]] Message parse(std::string_view line);

/// Whether QEMU has a name for a key, a button, an axis.
[[nodiscard]] bool translates(const Event& event);

// Commands, each a line.
[[nodiscard]] std::string capabilities(uint64_t id);
[[nodiscard]] std::string query_mice(uint64_t id);
[[nodiscard]] std::string query_status(uint64_t id);
/// Wakes a guest from S3; an error for one that doesn't sleep.
[[nodiscard]] std::string system_wakeup(uint64_t id);
/// A frame; empty if QEMU has no name for any of it.
[[nodiscard]] std::string send_events(uint64_t id, std::span<const Event> events);

}  // namespace oriel::input::qmp
