// SPDX-License-Identifier: MIT
// What a process in a sandbox can't do any more. Each case is a child that goes into one and tries;
// without a sandbox the same attempt succeeds.
#include "sandbox/sandbox.h"

#include <doctest/doctest.h>
#include <fcntl.h>
#include <sys/mman.h>
#include <sys/prctl.h>
#include <sys/ptrace.h>
#include <sys/resource.h>
#include <sys/socket.h>
#include <sys/syscall.h>
#include <sys/un.h>
#include <sys/wait.h>
#include <unistd.h>

#include <array>
#include <cerrno>
#include <csignal>
#include <cstdlib>
#include <cstring>
#include <string>

#include "core/unique_fd.h"
#include "support/sanitized.h"
#include "support/temp_dir.h"

namespace oriel::sandbox {
namespace {

constexpr int kDone = 0;
constexpr int kFailed = 251;  // without an errno

struct Outcome {
    int status = -1;     ///< of a process that ended by itself
    int signal = 0;      ///< that ended it
    std::string said{};  ///< on standard error
};

/// Runs `attempt` in a child, which ends with its errno, or kDone.
template <class Attempt>
Outcome try_in_child(const Rules* rules, Attempt attempt) {
    std::array<int, 2> ends{};
    REQUIRE(::pipe2(ends.data(), O_CLOEXEC) == 0);
    const UniqueFd reader{ends[0]};
    UniqueFd writer{ends[1]};
    const pid_t child = ::fork();
    if (child == 0) {
        ::dup2(writer.get(), STDERR_FILENO);
        static_cast<void>(std::signal(SIGABRT, SIG_DFL));  // doctest's
        if (rules != nullptr && !enter(*rules)) {
            ::_exit(250);
        }
        errno = 0;
        const bool done = attempt();
        ::_exit(done ? kDone : errno != 0 ? errno : kFailed);
    }
    writer.reset();
    Outcome outcome;
    std::array<char, 512> buffer{};
    ssize_t got = 0;
    while ((got = ::read(reader.get(), buffer.data(), buffer.size())) > 0) {
        outcome.said.append(buffer.data(), static_cast<size_t>(got));
    }
    int status = 0;
    ::waitpid(child, &status, 0);
    outcome.status = WIFEXITED(status) ? WEXITSTATUS(status) : -1;
    outcome.signal = WIFSIGNALED(status) ? WTERMSIG(status) : 0;
    return outcome;
}

constexpr std::array kLists{CallList::kHeadless, CallList::kWindows, CallList::kDriver};

/// That `attempt` succeeds in a process without a sandbox, and ends one with `list` with a line
/// that names `call`.
template <class Attempt>
void check_denied(CallList list, const char* call, Attempt attempt) {
    CAPTURE(call);
    CHECK(try_in_child(nullptr, attempt).status == kDone);
    const Rules rules{.calls = list};
    const Outcome outcome = try_in_child(&rules, attempt);
    CHECK(outcome.status == kDeniedExitCode);
    CHECK(outcome.said.find(std::string{"sandbox: "} + call + " is denied") != std::string::npos);
}

/// Says so where that can't be tested.
bool calls_are_filtered() {
    if (!has_call_filter()) {
        MESSAGE("skipped: built without libseccomp");
    } else if (test::kSanitized) {
        MESSAGE("skipped: a sanitizer's own calls are on no list");
    }
    return has_call_filter() && !test::kSanitized;
}

/// A process beside the one that is tried.
struct Neighbour {
    pid_t pid = ::fork();

    Neighbour() {
        if (pid == 0) {
            ::pause();
            ::_exit(0);
        }
    }
    Neighbour(const Neighbour&) = delete;
    Neighbour& operator=(const Neighbour&) = delete;
    ~Neighbour() {
        ::kill(pid, SIGKILL);
        ::waitpid(pid, nullptr, 0);
    }
};

TEST_CASE("no program is started") {
    if (!calls_are_filtered()) {
        return;
    }
    for (const CallList list : kLists) {
        check_denied(list, "execve", [] {
            ::execl("/bin/true", "true", nullptr);
            return false;
        });
    }
}

TEST_CASE("no process is started") {
    if (!calls_are_filtered()) {
        return;
    }
    for (const CallList list : kLists) {
        check_denied(list, "clone", [] {
            const pid_t child = static_cast<pid_t>(::syscall(SYS_clone, SIGCHLD, 0, 0, 0, 0));
            if (child == 0) {
                ::_exit(0);
            }
            return child > 0;
        });
    }
}

TEST_CASE("no other process is signalled") {
    if (!calls_are_filtered()) {
        return;
    }
    const Neighbour neighbour;
    const pid_t other = neighbour.pid;
    for (const CallList list : kLists) {
        check_denied(list, "kill", [other] { return ::kill(other, 0) == 0; });
    }
    check_denied(CallList::kHeadless, "tgkill",
                 [other] { return ::syscall(SYS_tgkill, other, other, 0) == 0; });
    // The kernel sends that one.
    check_denied(CallList::kHeadless, "fcntl",
                 [other] { return ::fcntl(STDERR_FILENO, F_SETOWN, other) == 0; });
}

TEST_CASE("no other process is debugged or read") {
    if (!calls_are_filtered()) {
        return;
    }
    for (const CallList list : kLists) {
        check_denied(list, "ptrace",
                     [] { return ::ptrace(PTRACE_TRACEME, 0, nullptr, nullptr) == 0; });
        check_denied(list, "process_vm_readv", [] {
            char from = 'x';
            char to = 0;
            const iovec local{&to, 1};
            const iovec remote{&from, 1};
            return ::syscall(SYS_process_vm_readv, ::getpid(), &local, 1, &remote, 1, 0) == 1;
        });
    }
}

TEST_CASE("there is no new socket") {
    if (!calls_are_filtered()) {
        return;
    }
    for (const int family : {AF_UNIX, AF_INET}) {
        const auto attempt = [family] { return ::socket(family, SOCK_STREAM, 0) >= 0; };
        check_denied(CallList::kHeadless, "socket", attempt);
        // Libraries that draw window frames ask for services, and go on without.
        for (const CallList list : {CallList::kWindows, CallList::kDriver}) {
            const Rules rules{.calls = list};
            CHECK(try_in_child(&rules, attempt).status == EACCES);
        }
    }
}

TEST_CASE("nothing that was written is run") {
    if (!calls_are_filtered()) {
        return;
    }
    for (const CallList list : {CallList::kHeadless, CallList::kWindows}) {
        check_denied(list, "mmap", [] {
            return ::mmap(nullptr, 4096, PROT_READ | PROT_WRITE | PROT_EXEC,
                          MAP_PRIVATE | MAP_ANONYMOUS, -1, 0) != MAP_FAILED;
        });
        check_denied(list, "mprotect", [] {
            void* const page =
                ::mmap(nullptr, 4096, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
            return ::mprotect(page, 4096, PROT_READ | PROT_EXEC) == 0;
        });
    }
}

TEST_CASE("what a display does is on the lists") {
    if (!calls_are_filtered()) {
        return;
    }
    for (const CallList list : kLists) {
        const Rules rules{.calls = list};
        const Outcome outcome = try_in_child(&rules, [] {
            const UniqueFd memory{::memfd_create("picture", MFD_CLOEXEC | MFD_ALLOW_SEALING)};
            // Children that it had before, QEMU for one, are waited for.
            const bool no_child = ::waitpid(-1, nullptr, WNOHANG) < 0 && errno == ECHILD;
            return no_child && ::ftruncate(memory.get(), 4096) == 0 &&
                   ::fcntl(memory.get(), F_ADD_SEALS, F_SEAL_SHRINK) == 0 &&
                   ::mmap(nullptr, 4096, PROT_READ | PROT_WRITE, MAP_SHARED, memory.get(), 0) !=
                       MAP_FAILED;
        });
        CAPTURE(outcome.said);
        CHECK(outcome.status == kDone);
    }
}

TEST_CASE("a bug of ours still ends the process as one") {
    if (!calls_are_filtered()) {
        return;
    }
    const Rules rules{.calls = CallList::kHeadless};
    CHECK(try_in_child(&rules, []() -> bool { std::abort(); }).signal == SIGABRT);
}

TEST_CASE("with --sandbox log a call is told of once, and carried out") {
    if (!calls_are_filtered()) {
        return;
    }
    const Rules rules{.mode = Mode::kLog, .calls = CallList::kHeadless};
    const Outcome outcome = try_in_child(&rules, [] {
        const bool first = ::socket(AF_UNIX, SOCK_STREAM, 0) >= 0;
        // Six arguments, and an errno.
        const bool second = ::socket(AF_UNIX, 12345, 0) < 0 && errno != 0 &&
                            ::mmap(nullptr, 4096, PROT_READ | PROT_EXEC,
                                   MAP_PRIVATE | MAP_ANONYMOUS, -1, 0) != MAP_FAILED;
        return first && second;
    });
    CHECK(outcome.status == kDone);
    CHECK(outcome.said ==
          "oriel: sandbox: socket would be denied (--sandbox log)\n"
          "oriel: sandbox: mmap would be denied (--sandbox log)\n");
}

/// The same.
bool has_landlock() {
    const bool has = ::syscall(SYS_landlock_create_ruleset, nullptr, 0, 1) > 0;
    if (!has) {
        MESSAGE("skipped: this kernel has no Landlock");
    }
    return has;
}

TEST_CASE("only files of the rules are opened") {
    if (!has_landlock()) {
        return;
    }
    const test::TempDir allowed;
    const test::TempDir other;
    for (const test::TempDir* folder : {&allowed, &other}) {
        const UniqueFd file{::open(folder->file("text").c_str(), O_WRONLY | O_CREAT, 0600)};
        REQUIRE(file);
    }
    const auto open = [](const std::string& path, int flags) {
        return [path, flags] { return ::open(path.c_str(), flags | O_CLOEXEC, 0600) >= 0; };
    };
    Rules rules;
    rules.readable = {allowed.file("."), "/no/such/file"};
    CHECK(try_in_child(&rules, open(allowed.file("text"), O_RDONLY)).status == kDone);
    CHECK(try_in_child(&rules, open(allowed.file("text"), O_WRONLY)).status == EACCES);
    CHECK(try_in_child(&rules, open(allowed.file("new"), O_WRONLY | O_CREAT)).status == EACCES);
    CHECK(try_in_child(nullptr, open(other.file("text"), O_RDONLY)).status == kDone);
    CHECK(try_in_child(&rules, open(other.file("text"), O_RDONLY)).status == EACCES);
    CHECK(try_in_child(&rules, open(other.file("."), O_RDONLY | O_DIRECTORY)).status == EACCES);
    rules.devices = {other.file("text")};
    CHECK(try_in_child(&rules, open(other.file("text"), O_RDWR)).status == kDone);
}

TEST_CASE("another process' memory can't be opened, this one's can be read") {
    if (!has_landlock()) {
        return;
    }
    const Rules rules{.readable = {"/proc/self"}};
    const Neighbour neighbour;
    const std::string memory = fmt::format("/proc/{}/mem", neighbour.pid);
    const auto open = [](const std::string& path, int flags) {
        return [path, flags] { return ::open(path.c_str(), flags) >= 0; };
    };
    CHECK(try_in_child(nullptr, open(memory, O_RDWR)).status == kDone);
    CHECK(try_in_child(&rules, open(memory, O_RDONLY)).status == EACCES);
    CHECK(try_in_child(&rules, open("/proc/self/mem", O_RDWR)).status == EACCES);
}

TEST_CASE("there are no more descriptors than before, and without windows no other process") {
    const auto limits = [](rlim_t processes) {
        return [processes] {
            rlimit files{};
            rlimit others{};
            return ::getrlimit(RLIMIT_NOFILE, &files) == 0 &&
                   ::getrlimit(RLIMIT_NPROC, &others) == 0 && files.rlim_max == files.rlim_cur &&
                   others.rlim_max == processes;
        };
    };
    rlimit before{};
    REQUIRE(::getrlimit(RLIMIT_NPROC, &before) == 0);
    const Rules headless;
    CHECK(try_in_child(&headless, limits(0)).status == kDone);
    const Rules windows{.calls = CallList::kWindows};
    CHECK(try_in_child(&windows, limits(before.rlim_max)).status == kDone);
}

TEST_CASE("privileges are gone, and don't come back") {
    const Rules rules{.readable = {"/proc/self"}};
    const Outcome outcome = try_in_child(&rules, [] {
        std::array<char, 4096> text{};
        const UniqueFd status{::open("/proc/self/status", O_RDONLY)};
        return ::read(status.get(), text.data(), text.size() - 1) > 0 &&
               (std::strstr(text.data(), "CapEff:\t0000000000000000") != nullptr &&
                std::strstr(text.data(), "NoNewPrivs:\t1") != nullptr);
    });
    CHECK(outcome.status == kDone);
}

}  // namespace
}  // namespace oriel::sandbox
