// SPDX-License-Identifier: MIT
// What a process in a sandbox can't do any more. Each case is a child that goes into one and tries;
// without a sandbox the same attempt succeeds.
#include "sandbox/sandbox.h"

#include <doctest/doctest.h>
#include <fcntl.h>
#include <linux/filter.h>
#include <linux/seccomp.h>
#include <sys/ioctl.h>
#include <sys/mman.h>
#include <sys/prctl.h>
#include <sys/ptrace.h>
#include <sys/resource.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <sys/un.h>
#include <sys/wait.h>
#include <unistd.h>

#include <array>
#include <cerrno>
#include <csignal>
#include <cstddef>
#include <cstdint>
#include <cstdio>
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

/// As check_denied(), of what can't succeed here without a sandbox either.
template <class Attempt>
void check_denied_only(CallList list, const char* call, Attempt attempt) {
    CAPTURE(call);
    CHECK(try_in_child(nullptr, attempt).status != kDeniedExitCode);
    const Rules rules{.calls = list};
    const Outcome outcome = try_in_child(&rules, attempt);
    CHECK(outcome.status == kDeniedExitCode);
    CHECK(outcome.said.find(std::string{"sandbox: "} + call + " is denied") != std::string::npos);
}

/// That `attempt`, which libraries make that draw window frames, fails with `error` where there are
/// windows, and that the process goes on.
template <class Attempt>
void check_refused(int error, Attempt attempt) {
    CHECK(try_in_child(nullptr, attempt).status != error);
    for (const CallList list : {CallList::kWindows, CallList::kDriver}) {
        const Rules rules{.calls = list};
        CHECK(try_in_child(&rules, attempt).status == error);
    }
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
    const auto attempt = [] {
        const pid_t child = static_cast<pid_t>(::syscall(SYS_clone, SIGCHLD, 0, 0, 0, 0));
        if (child == 0) {
            ::_exit(0);
        }
        return child > 0;
    };
    check_denied(CallList::kHeadless, "clone", attempt);
    check_refused(EACCES, attempt);
}

TEST_CASE("no other process is signalled") {
    if (!calls_are_filtered()) {
        return;
    }
    const Neighbour neighbour;
    const pid_t other = neighbour.pid;
    for (const CallList list : kLists) {
        check_denied(list, "kill", [other] { return ::kill(other, 0) == 0; });
        check_denied(list, "tgkill",
                     [other] { return ::syscall(SYS_tgkill, other, other, 0) == 0; });
        // The kernel sends that one, and looks at 32 bits of the command.
        for (const unsigned long command : {0UL, 1UL << 32}) {
            check_denied(list, "fcntl", [=] {
                return ::syscall(SYS_fcntl, STDERR_FILENO, command | F_SETOWN, other) == 0;
            });
        }
    }
    for (const CallList list : {CallList::kWindows, CallList::kDriver}) {
        check_denied_only(list, "ioctl", [] { return ::ioctl(-1, TIOCSTI, "x") == 0; });
    }
}

TEST_CASE("no other process is asked about or limited where a GL driver is") {
    if (!calls_are_filtered()) {
        return;
    }
    const Neighbour neighbour;
    const pid_t other = neighbour.pid;
    const Rules driver{.calls = CallList::kDriver};
    const auto compare = [](pid_t with) {
        return [with] {
            constexpr int kFile = 0;  // KCMP_FILE
            return ::syscall(SYS_kcmp, ::getpid(), with == 0 ? ::getpid() : with, kFile,
                             STDERR_FILENO, STDERR_FILENO) >= 0;
        };
    };
    CHECK(try_in_child(nullptr, compare(other)).status == kDone);
    CHECK(try_in_child(&driver, compare(other)).status == EACCES);
    CHECK(try_in_child(&driver, compare(0)).status == kDone);  // Mesa does
    const auto limit = [other] {
        const rlimit none{};
        return ::prlimit(other, RLIMIT_CORE, &none, nullptr) == 0;
    };
    CHECK(try_in_child(nullptr, limit).status == kDone);
    CHECK(try_in_child(&driver, limit).status == EACCES);
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
        check_refused(EACCES, attempt);
    }
}

TEST_CASE("with windows what libraries try at files fails, and the process goes on") {
    if (!calls_are_filtered()) {
        return;
    }
    // Without a sandbox: ENOENT.
    constexpr const char* kNone = "/no/such/folder/file";
    check_refused(EACCES, [] { return ::mkdir(kNone, 0700) == 0; });
    check_refused(EACCES, [] { return ::unlink(kNone) == 0; });
    check_refused(EACCES, [] { return ::rename(kNone, kNone) == 0; });
    check_refused(EACCES, [] { return ::chmod(kNone, 0700) == 0; });
    check_refused(EACCES, [] { return ::symlink("x", kNone) == 0; });
}

TEST_CASE("a call without a row fails where there are windows, and --sandbox log tells of it") {
    if (!calls_are_filtered()) {
        return;
    }
    const auto attempt = [] { return ::getpgid(0) >= 0; };
    check_denied(CallList::kHeadless, "getpgid", attempt);
    Rules rules{.calls = CallList::kWindows};
    const Outcome refused = try_in_child(&rules, attempt);
    CHECK(refused.status == EPERM);
    CHECK(refused.said.empty());
    rules.mode = Mode::kLog;
    const Outcome told = try_in_child(&rules, attempt);
    CHECK(told.status == kDone);
    CHECK(told.said == "oriel: sandbox: getpgid would be denied (--sandbox log)\n");
}

TEST_CASE("nothing that was written is run") {
    if (!calls_are_filtered()) {
        return;
    }
    const auto writable_code = [] {
        return ::mmap(nullptr, 4096, PROT_READ | PROT_WRITE | PROT_EXEC,
                      MAP_PRIVATE | MAP_ANONYMOUS, -1, 0) != MAP_FAILED;
    };
    const auto written_code = [] {
        void* const page =
            ::mmap(nullptr, 4096, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
        return ::mprotect(page, 4096, PROT_READ | PROT_EXEC) == 0;
    };
    check_denied(CallList::kHeadless, "mmap", writable_code);
    check_denied(CallList::kHeadless, "mprotect", written_code);
    // Libraries have a second way, as some kernels refuse that to all programs.
    const Rules windows{.calls = CallList::kWindows};
    CHECK(try_in_child(&windows, writable_code).status == EPERM);
    CHECK(try_in_child(&windows, written_code).status == EPERM);
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

/// Of a kernel that is older, or a service manager that denies it: `call` fails with `error`.
bool take_away(uint32_t call, uint16_t error) {
    std::array<sock_filter, 4> code{{
        BPF_STMT(BPF_LD | BPF_W | BPF_ABS, offsetof(seccomp_data, nr)),
        BPF_JUMP(BPF_JMP | BPF_JEQ | BPF_K, call, 0, 1),
        BPF_STMT(BPF_RET | BPF_K, SECCOMP_RET_ERRNO | uint32_t{error}),
        BPF_STMT(BPF_RET | BPF_K, SECCOMP_RET_ALLOW),
    }};
    const sock_fprog program{code.size(), code.data()};
    return ::prctl(PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0) == 0 &&
           ::prctl(PR_SET_SECCOMP, SECCOMP_MODE_FILTER, &program) == 0;
}

TEST_CASE("one line says what a kernel lacks, and what holds all the same") {
    if (!calls_are_filtered() || !has_landlock()) {
        return;
    }
    const auto said = [](bool landlock, bool seccomp, bool privileges) {
        const Outcome outcome = try_in_child(nullptr, [=] {
            const bool prepared = (landlock || take_away(SYS_landlock_create_ruleset, ENOSYS)) &&
                                  (privileges || take_away(SYS_capset, EPERM)) &&
                                  (seccomp || take_away(SYS_seccomp, EINVAL));
            const auto entered = enter({});
            const std::string line = entered ? *entered : "failed: " + entered.error().message();
            return prepared && ::write(STDERR_FILENO, line.data(), line.size()) >= 0;
        });
        CHECK(outcome.status == kDone);
        return outcome.said;
    };
    CHECK(said(true, true, true).empty());
    CHECK(said(false, true, true) ==
          "files are not restricted (Landlock: Function not implemented); what holds: no new "
          "privileges, no capabilities, the list of system calls");
    CHECK(said(true, false, true) ==
          "system calls are not filtered (seccomp: Invalid argument); what holds: no new "
          "privileges, no capabilities, the list of files");
    CHECK(said(false, false, true) ==
          "files are not restricted (Landlock: Function not implemented); system calls are not "
          "filtered (seccomp: Invalid argument); what holds: no new privileges, no capabilities");
    if (::geteuid() == 0) {
        CHECK(said(true, true, false) ==
              "capabilities are kept, as capset is denied; what holds: no new privileges, the list "
              "of files, the list of system calls");
    }
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
