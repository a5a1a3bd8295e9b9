// SPDX-License-Identifier: MIT
// The filters of each architecture, also of those that no test machine has: what the kernel would
// run is run here, call by call, and has to answer as the rows say.
#include "call_lists.h"

#include <doctest/doctest.h>
#include <linux/audit.h>
#include <linux/filter.h>
#include <linux/seccomp.h>
#include <seccomp.h>

#include <array>
#include <cstddef>
#include <cstdint>
#include <cstring>
#include <map>
#include <optional>
#include <set>
#include <string>
#include <vector>

#include "filter_program.h"

namespace oriel::sandbox {
namespace {

struct Machine {
    const char* name;
    uint32_t architecture;  ///< libseccomp's
    uint32_t audit;         ///< the kernel's
};
constexpr std::array kMachines{Machine{"x86-64", SCMP_ARCH_X86_64, AUDIT_ARCH_X86_64},
                               Machine{"arm64", SCMP_ARCH_AARCH64, AUDIT_ARCH_AARCH64}};

std::vector<FilterList> all_lists() {
    return {headless_list(), window_list(), driver_list()};
}

/// What the kernel gets of a filter for a call, by the instructions that libseccomp uses.
std::optional<uint32_t> answer_of(const std::vector<sock_filter>& code, const seccomp_data& call) {
    uint32_t accumulator = 0;
    for (size_t at = 0; at < code.size(); ++at) {
        const sock_filter& one = code[at];
        bool holds = false;
        switch (one.code) {
            case BPF_LD | BPF_W | BPF_ABS:
                if (one.k > sizeof(call) - sizeof(accumulator)) {
                    return std::nullopt;
                }
                std::memcpy(&accumulator, reinterpret_cast<const char*>(&call) + one.k,
                            sizeof(accumulator));
                continue;
            case BPF_ALU | BPF_AND | BPF_K:
                accumulator &= one.k;
                continue;
            case BPF_RET | BPF_K:
                return one.k;
            case BPF_JMP | BPF_JA:
                at += one.k;
                continue;
            case BPF_JMP | BPF_JEQ | BPF_K:
                holds = accumulator == one.k;
                break;
            case BPF_JMP | BPF_JGT | BPF_K:
                holds = accumulator > one.k;
                break;
            case BPF_JMP | BPF_JGE | BPF_K:
                holds = accumulator >= one.k;
                break;
            default:
                return std::nullopt;
        }
        at += holds ? one.jt : one.jf;
    }
    return std::nullopt;
}

bool holds(const Condition& condition, const seccomp_data& call) {
    const uint64_t argument = call.args[condition.argument];
    switch (condition.kind) {
        case Condition::Kind::kEqual:
            return argument == condition.value;
        case Condition::Kind::kOther:
            return argument != condition.value;
        case Condition::Kind::kMasked:
            return (argument & condition.mask) == condition.value;
    }
    return false;
}

/// What the rows of one call say.
std::set<uint32_t> answers_of_rows(const FilterList& list, const std::vector<CallRule>& rows,
                                   const seccomp_data& call) {
    std::set<uint32_t> answers;
    for (const CallRule& row : rows) {
        bool all = true;
        for (const Condition& condition : row.conditions) {
            all = all && holds(condition, call);
        }
        if (all) {
            answers.insert(row.answer == Answer::kAllow ? SECCOMP_RET_ALLOW
                           : row.answer == Answer::kRefuse
                               ? SECCOMP_RET_ERRNO | static_cast<uint32_t>(row.error)
                               : SECCOMP_RET_TRAP);
        }
    }
    if (answers.empty()) {
        answers.insert(list.otherwise == Otherwise::kAllow    ? SECCOMP_RET_ALLOW
                       : list.otherwise == Otherwise::kRefuse ? SECCOMP_RET_ERRNO | kOtherwiseError
                                                              : SECCOMP_RET_TRAP);
    }
    return answers;
}

/// Arguments around what the rows ask for: each value, its neighbours, and the same 32 bits with
/// others above.
std::vector<seccomp_data> attempts(const Machine& machine, int number,
                                   const std::vector<CallRule>& rows) {
    seccomp_data plain{};
    plain.nr = number;
    plain.arch = machine.audit;
    std::vector<seccomp_data> calls{plain};
    for (const CallRule& row : rows) {
        seccomp_data met = plain;
        for (const Condition& condition : row.conditions) {
            met.args[condition.argument] =
                condition.value + (condition.kind == Condition::Kind::kOther ? 1 : 0);
        }
        calls.push_back(met);
        for (const Condition& condition : row.conditions) {
            for (const uint64_t bits : {uint64_t{1}, uint64_t{1} << 31, uint64_t{1} << 40,
                                        condition.mask, ~uint64_t{0}}) {
                calls.push_back(met);
                calls.back().args[condition.argument] ^= bits;
            }
        }
    }
    return calls;
}

std::map<std::string, std::vector<CallRule>> by_call(const FilterList& list) {
    std::map<std::string, std::vector<CallRule>> rows;
    for (const CallRule& rule : list.rules) {
        rows[rule.call].push_back(rule);
    }
    return rows;
}

TEST_CASE("each row of the lists names a system call") {
    // Younger than the libseccomp of Debian 12.
    const std::set<std::string> young{"mseal"};
    for (const FilterList& list : all_lists()) {
        for (const CallRule& rule : list.rules) {
            CAPTURE(rule.call);
            const bool known = ::seccomp_syscall_resolve_name(rule.call) != __NR_SCMP_ERROR;
            CHECK((known || young.contains(rule.call)));
        }
    }
}

TEST_CASE("the kernel of each architecture answers as the rows say") {
    for (const Machine& machine : kMachines) {
        CAPTURE(machine.name);
        for (const FilterList& list : all_lists()) {
            const std::vector<sock_filter> code = filter_program(list, machine.architecture);
            int looked_at = 0;
            for (const auto& call_and_rows : by_call(list)) {
                const auto& name = call_and_rows.first;
                const auto& rows = call_and_rows.second;
                CAPTURE(name);
                const int number =
                    ::seccomp_syscall_resolve_name_arch(machine.architecture, name.c_str());
                if (number < 0) {
                    continue;
                }
                for (const seccomp_data& call : attempts(machine, number, rows)) {
                    CAPTURE(call.args[0]);
                    CAPTURE(call.args[1]);
                    CAPTURE(call.args[2]);
                    const std::set<uint32_t> wanted = answers_of_rows(list, rows, call);
                    REQUIRE(wanted.size() == 1);  // rows that disagree would be up to libseccomp
                    CHECK(answer_of(code, call) == *wanted.begin());
                    ++looked_at;
                }
            }
            CHECK(looked_at > 100);
        }
    }
}

TEST_CASE("calls that have no row get what the list says of the others, on each architecture") {
    constexpr int kMostCalls = 600;
    for (const Machine& machine : kMachines) {
        CAPTURE(machine.name);
        for (const FilterList& list : all_lists()) {
            const std::vector<sock_filter> code = filter_program(list, machine.architecture);
            std::set<int> named;
            for (const auto& [name, rows] : by_call(list)) {
                named.insert(
                    ::seccomp_syscall_resolve_name_arch(machine.architecture, name.c_str()));
            }
            for (int number = 0; number < kMostCalls; ++number) {
                if (!named.contains(number)) {
                    CAPTURE(number);
                    const seccomp_data call = attempts(machine, number, {}).front();
                    CHECK(answer_of(code, call) == *answers_of_rows(list, {}, call).begin());
                }
            }
        }
    }
}

TEST_CASE("a call in another architecture's way is the process' last one") {
    constexpr std::array<uint32_t, 4> kOthers{AUDIT_ARCH_I386, AUDIT_ARCH_ARM, AUDIT_ARCH_X86_64,
                                              AUDIT_ARCH_AARCH64};
    for (const FilterList& list : all_lists()) {
        for (const Machine& machine : kMachines) {
            CAPTURE(machine.name);
            const std::vector<sock_filter> code = filter_program(list, machine.architecture);
            for (const uint32_t other : kOthers) {
                seccomp_data call{};
                call.arch = other;
                CHECK((answer_of(code, call) == SECCOMP_RET_KILL_PROCESS) ==
                      (other != machine.audit));
            }
        }
        // x86-64's other numbers, x32.
        seccomp_data call{};
        call.arch = AUDIT_ARCH_X86_64;
        call.nr = 0x4000'0000;
        CHECK(answer_of(filter_program(list, SCMP_ARCH_X86_64), call) == SECCOMP_RET_KILL_PROCESS);
    }
}

/// Old calls, which arm64 has never had, and what its C library makes instead.
const std::map<std::string, std::vector<std::string>> kInstead{
    {"access", {"faccessat"}},
    {"chmod", {"fchmodat"}},
    {"chown", {"fchownat"}},
    {"dup2", {"dup3"}},
    {"epoll_wait", {"epoll_pwait"}},
    {"fork", {"clone"}},
    {"futimesat", {"utimensat"}},
    {"ioperm", {}},  // x86's ports
    {"iopl", {}},
    {"lchown", {"fchownat"}},
    {"link", {"linkat"}},
    {"lstat", {"newfstatat"}},
    {"mkdir", {"mkdirat"}},
    {"mknod", {"mknodat"}},
    {"modify_ldt", {}},  // x86's segments
    {"open", {"openat"}},
    {"poll", {"ppoll"}},
    {"readlink", {"readlinkat"}},
    {"rename", {"renameat", "renameat2"}},
    {"rmdir", {"unlinkat"}},
    {"select", {"pselect6"}},
    {"stat", {"newfstatat"}},
    {"symlink", {"symlinkat"}},
    {"time", {"clock_gettime"}},
    {"unlink", {"unlinkat"}},
    {"utime", {"utimensat"}},
    {"utimes", {"utimensat"}},
    {"vfork", {"clone"}},
};

TEST_CASE("what arm64 has instead of an old call gets the same answer") {
    for (const FilterList& list : all_lists()) {
        const auto rows = by_call(list);
        for (const auto& call_and_rows : rows) {
            const auto& name = call_and_rows.first;
            const auto& ours = call_and_rows.second;
            CAPTURE(name);
            if (name == "mseal" ||
                ::seccomp_syscall_resolve_name_arch(SCMP_ARCH_AARCH64, name.c_str()) >= 0) {
                continue;
            }
            REQUIRE(kInstead.contains(name));
            for (const std::string& other : kInstead.at(name)) {
                CAPTURE(other);
                REQUIRE(rows.contains(other));
                // No argument of theirs is a wish for a thread.
                CHECK(answers_of_rows(list, rows.at(other), {}) == answers_of_rows(list, ours, {}));
                CHECK(::seccomp_syscall_resolve_name_arch(SCMP_ARCH_AARCH64, other.c_str()) >= 0);
            }
        }
    }
}

}  // namespace
}  // namespace oriel::sandbox
