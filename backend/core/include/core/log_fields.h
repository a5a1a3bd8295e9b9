// SPDX-License-Identifier: MIT
#pragma once

#include <cstdint>
#include <optional>
#include <string_view>

namespace oriel {

/// What happened to a VM, for programs that read the journal: each has an id of its own, which
/// stays the same for ever (data/doc/journal.md).
enum class LogEvent : uint8_t {
    kNone,
    kVmAttached,
    kVmGone,
    kCompositorLost,
    kCompositorBack,
    kDeviceFault,
};
/// The field MESSAGE_ID: 32 hexadecimal digits; empty for kNone.
[[nodiscard]] std::string_view message_id(LogEvent event);

/// What the journal knows of a line beside its text.
struct LogFields {
    LogEvent event = LogEvent::kNone;
    std::optional<uint32_t> screen{};
    /// The VM that the line is about; empty: the process' own.
    std::string_view vm{};
};

/// The VM that this process serves: of all lines from now on.
void set_log_vm(std::string_view name);

/// Gives lines their fields: those that are logged while it lives. One inside another adds to it.
class LogScope {
public:
    /// What `fields.vm` views must outlive this.
    explicit LogScope(const LogFields& fields);
    LogScope(const LogScope&) = delete;
    LogScope& operator=(const LogScope&) = delete;
    ~LogScope();

private:
    LogFields before_;
};

/// What a line that is logged now gets.
[[nodiscard]] LogFields log_fields();

}  // namespace oriel
