// SPDX-License-Identifier: MIT
#pragma once

#include <cstdint>
#include <string>
#include <string_view>

#include "core/log.h"
#include "core/log_fields.h"

namespace oriel {

constexpr const char* kJournalSocket = "/run/systemd/journal/socket";

/// Whether stderr is the stream that $JOURNAL_STREAM names ("DEVICE:INODE"): a service manager has
/// joined it with its journal, and nobody has redirected it since.
[[nodiscard]] bool stderr_is_journal();

/// From now on lines go to the journal as entries with fields (systemd's native protocol, without
/// libsystemd, whose call blocks while the journal does not read). `socket` is the journal's;
/// empty: no longer.
void log_to_journal(const std::string& socket = kJournalSocket);

enum class JournalSend : uint8_t {
    kSent,
    kLater,  ///< it does not read: the line is lost
    kNone,   ///< there is no journal, or it does not take this
};
/// One entry; `message` has no line breaks. Never blocks.
[[nodiscard]] JournalSend send_to_journal(LogLevel level, std::string_view message,
                                          const LogFields& fields);

}  // namespace oriel
