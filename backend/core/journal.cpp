// SPDX-License-Identifier: MIT
#include "core/journal.h"

#include <fmt/format.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/un.h>
#include <unistd.h>

#include <cerrno>
#include <cstdlib>
#include <cstring>

#include "core/text.h"
#include "core/unique_fd.h"
#include "core/whole_number.h"

namespace oriel {
namespace {

UniqueFd g_journal_socket;
sockaddr_un g_journal_address{};

/// As syslog(3) has them.
int journal_priority(LogLevel level) {
    switch (level) {
        case LogLevel::kError:
            return 3;
        case LogLevel::kWarn:
            return 4;
        case LogLevel::kInfo:
            return 6;
        case LogLevel::kDebug:
            break;
    }
    return 7;
}

}  // namespace

bool stderr_is_journal() {
    const char* const named = std::getenv("JOURNAL_STREAM");
    const std::string_view text = named != nullptr ? named : "";
    const size_t colon = text.find(':');
    struct stat status = {};
    if (colon == std::string_view::npos || ::fstat(STDERR_FILENO, &status) != 0) {
        return false;
    }
    return whole_number<dev_t>(text.substr(0, colon)) == status.st_dev &&
           whole_number<ino_t>(text.substr(colon + 1)) == status.st_ino;
}

void log_to_journal(const std::string& socket) {
    g_journal_socket.reset();
    if (socket.empty() || socket.size() >= sizeof g_journal_address.sun_path) {
        return;
    }
    g_journal_address = {};
    g_journal_address.sun_family = AF_UNIX;
    std::memcpy(g_journal_address.sun_path, socket.c_str(), socket.size() + 1);
    g_journal_socket = UniqueFd{::socket(AF_UNIX, SOCK_DGRAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0)};
}

JournalSend send_to_journal(LogLevel level, std::string_view message, const LogFields& fields) {
    if (!g_journal_socket) {
        return JournalSend::kNone;
    }
    std::string entry = fmt::format("MESSAGE={}\nPRIORITY={}\nSYSLOG_IDENTIFIER=oriel\n", message,
                                    journal_priority(level));
    if (!fields.vm.empty()) {
        entry += fmt::format("VM={}\n", printable(fields.vm));
    }
    if (fields.screen) {
        entry += fmt::format("SCREEN={}\n", *fields.screen);
    }
    if (fields.event != LogEvent::kNone) {
        entry += fmt::format("MESSAGE_ID={}\n", message_id(fields.event));
    }
    // Not connected: a journal that was started anew is another socket at the same path.
    if (::sendto(g_journal_socket.get(), entry.data(), entry.size(), MSG_NOSIGNAL,
                 reinterpret_cast<const sockaddr*>(&g_journal_address),
                 sizeof g_journal_address) >= 0) {
        return JournalSend::kSent;
    }
    return errno == EAGAIN || errno == EWOULDBLOCK ? JournalSend::kLater : JournalSend::kNone;
}

}  // namespace oriel
