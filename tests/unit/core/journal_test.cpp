// SPDX-License-Identifier: MIT
#include "core/journal.h"

#include <doctest/doctest.h>
#include <fcntl.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/un.h>
#include <unistd.h>

#include <array>
#include <cstdlib>
#include <set>
#include <string>
#include <vector>

#include "core/log.h"
#include "core/log_fields.h"
#include "core/unique_fd.h"
#include "support/temp_dir.h"

using namespace oriel;

namespace {

/// Where a journal listens. As long as it lives lines go there, and the process' name of a VM is
/// the test's.
class Journal {
public:
    Journal() {
        sockaddr_un address{};
        address.sun_family = AF_UNIX;
        path_.copy(address.sun_path, sizeof address.sun_path - 1);
        REQUIRE(::bind(socket_.get(), reinterpret_cast<const sockaddr*>(&address),
                       sizeof address) == 0);
        log_to_journal(path_);
    }
    ~Journal() {
        log_to_journal("");
        set_log_vm("");
    }

    /// All entries since the last call.
    std::vector<std::string> entries() {
        std::vector<std::string> all;
        std::array<char, 8192> text{};
        ssize_t size = 0;
        while ((size = ::recv(socket_.get(), text.data(), text.size(), MSG_DONTWAIT)) >= 0) {
            all.emplace_back(text.data(), static_cast<size_t>(size));
        }
        return all;
    }

private:
    test::TempDir folder_;
    std::string path_ = folder_.file("journal");
    UniqueFd socket_{::socket(AF_UNIX, SOCK_DGRAM | SOCK_CLOEXEC, 0)};
};

using Entries = std::vector<std::string>;

/// stderr is a pipe as long as it lives.
class PipedStderr {
public:
    PipedStderr() {
        std::array<int, 2> ends{};
        REQUIRE(::pipe2(ends.data(), O_CLOEXEC | O_NONBLOCK) == 0);
        read_ = UniqueFd{ends[0]};
        ::dup2(ends[1], STDERR_FILENO);
        ::close(ends[1]);
    }
    ~PipedStderr() { ::dup2(before_.get(), STDERR_FILENO); }

    std::string written() {
        std::array<char, 8192> text{};
        const ssize_t size = ::read(read_.get(), text.data(), text.size());
        return {text.data(), size > 0 ? static_cast<size_t>(size) : 0};
    }

private:
    UniqueFd before_{::fcntl(STDERR_FILENO, F_DUPFD_CLOEXEC, 3)};
    UniqueFd read_;
};

}  // namespace

TEST_CASE("the journal's entries have the VM, the screen, and what happened, as fields") {
    Journal journal;
    log_warn("gpu", "bad {}", "command");
    CHECK(journal.entries() ==
          Entries{"MESSAGE=gpu: bad command\nPRIORITY=4\nSYSLOG_IDENTIFIER=oriel\n"});
    set_log_vm("panel");
    {
        const LogScope screen{{.screen = 1}};
        log_info("wayland", "pictures go by direct");
        const LogScope gone{{.event = LogEvent::kVmGone, .vm = "map"}};
        log_error("app", "gone");
    }
    log_info("app", "again");
    CHECK(journal.entries() ==
          Entries{"MESSAGE=wayland: pictures go by direct\nPRIORITY=6\nSYSLOG_IDENTIFIER=oriel\n"
                  "VM=panel\nSCREEN=1\n",
                  "MESSAGE=app: gone\nPRIORITY=3\nSYSLOG_IDENTIFIER=oriel\nVM=map\nSCREEN=1\n"
                  "MESSAGE_ID=2b9e6d71f0c84a3c8e15d4a7930fb6c2\n",
                  "MESSAGE=app: again\nPRIORITY=6\nSYSLOG_IDENTIFIER=oriel\nVM=panel\n"});
}

TEST_CASE("what is quoted in the journal can't become a field") {
    Journal journal;
    const LogScope scope{{.vm = "a\nPRIORITY=0"}};
    log_info("app", "{}", "x\nMESSAGE_ID=1\n");
    CHECK(journal.entries() == Entries{"MESSAGE=app: x?MESSAGE_ID=1?\nPRIORITY=6\n"
                                       "SYSLOG_IDENTIFIER=oriel\nVM=a?PRIORITY=0\n"});
}

TEST_CASE("a journal that does not read costs lines and never blocks, and is told how many") {
    Journal journal;
    constexpr size_t kLines = 2000;
    for (size_t i = 0; i < kLines; ++i) {
        log_info("app", "line {}", i);
    }
    const size_t first = journal.entries().size();
    CHECK(first > 0);
    CHECK(first < kLines);
    log_info("app", "another");
    CHECK(journal.entries() ==
          Entries{"MESSAGE=log: " + std::to_string(kLines - first) +
                      " lines were lost, nobody read them\nPRIORITY=4\nSYSLOG_IDENTIFIER=oriel\n",
                  "MESSAGE=app: another\nPRIORITY=6\nSYSLOG_IDENTIFIER=oriel\n"});
}

TEST_CASE("without a journal at its place lines are plain text on stderr") {
    PipedStderr stderr_pipe;
    log_to_journal("/nonexistent/journal");
    log_warn("gpu", "bad command");
    log_to_journal("");
    CHECK(stderr_pipe.written() == "oriel: warning: gpu: bad command\n");
}

TEST_CASE("stderr is the journal only where it is the file that the service manager names") {
    PipedStderr stderr_pipe;
    struct stat status = {};
    REQUIRE(::fstat(STDERR_FILENO, &status) == 0);
    const auto named = [](const std::string& text) {
        ::setenv("JOURNAL_STREAM", text.c_str(), 1);
        const bool is = stderr_is_journal();
        ::unsetenv("JOURNAL_STREAM");
        return is;
    };
    const std::string device = std::to_string(status.st_dev);
    const std::string inode = std::to_string(status.st_ino);
    CHECK(named(device + ":" + inode));
    CHECK_FALSE(named(device + ":" + std::to_string(status.st_ino + 1)));
    CHECK_FALSE(named(std::to_string(status.st_dev + 1) + ":" + inode));
    CHECK_FALSE(named(device + ":"));
    CHECK_FALSE(named(device));
    CHECK_FALSE(named(""));
    CHECK_FALSE(stderr_is_journal());
}

TEST_CASE("each event has an id of its own, 32 hexadecimal digits") {
    std::set<std::string_view> ids;
    for (const LogEvent event :
         {LogEvent::kVmAttached, LogEvent::kVmGone, LogEvent::kCompositorLost,
          LogEvent::kCompositorBack, LogEvent::kDeviceFault}) {
        const std::string_view id = message_id(event);
        CHECK(id.size() == 32);
        CHECK(id.find_first_not_of("0123456789abcdef") == std::string_view::npos);
        CHECK(ids.insert(id).second);
    }
    CHECK(message_id(LogEvent::kNone).empty());
}
