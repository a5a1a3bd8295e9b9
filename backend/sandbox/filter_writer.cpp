// SPDX-License-Identifier: MIT
// Runs while Oriel is built: makes the lists of call_lists.h into programs for the kernel, and
// prints them as a header. libseccomp takes milliseconds for one, so it is no work for a start.
#include <fmt/format.h>
#include <linux/filter.h>
#include <seccomp.h>
#include <sys/mman.h>
#include <unistd.h>

#include <cstdio>
#include <cstdlib>
#include <map>
#include <memory>
#include <string>
#include <utility>
#include <vector>

#include "call_lists.h"

namespace {

using namespace oriel::sandbox;

[[noreturn]] void fail(const std::string& what, int error) {
    fmt::print(stderr, "filter_writer: {}: {}\n", what, error);
    std::exit(1);
}

struct Release {
    void operator()(void* context) const { ::seccomp_release(context); }
};
using Context = std::unique_ptr<void, Release>;

/// Adds a rule; a call that this architecture, or this libseccomp, doesn't have needs none.
void add(const Context& context, uint32_t action, const char* name,
         const std::vector<scmp_arg_cmp>& arguments) {
    const int call = ::seccomp_syscall_resolve_name(name);
    if (call < 0) {
        return;
    }
    const int error = ::seccomp_rule_add_array(
        context.get(), action, call, static_cast<unsigned>(arguments.size()), arguments.data());
    if (error != 0) {
        fail(name, error);
    }
}

scmp_arg_cmp condition(const Condition& from) {
    const unsigned index = from.argument;
    switch (from.kind) {
        case Condition::Kind::kEqual:
            return {index, SCMP_CMP_EQ, from.value, 0};
        case Condition::Kind::kOther:
            return {index, SCMP_CMP_NE, from.value, 0};
        case Condition::Kind::kMasked:
            return {index, SCMP_CMP_MASKED_EQ, from.mask, from.value};
    }
    return {};
}

uint32_t action_of(Otherwise otherwise) {
    switch (otherwise) {
        case Otherwise::kDeny:
            return SCMP_ACT_TRAP;
        case Otherwise::kRefuse:
            return SCMP_ACT_ERRNO(kOtherwiseError);
        case Otherwise::kAllow:
            return SCMP_ACT_ALLOW;
    }
    return SCMP_ACT_TRAP;
}

Context make(const FilterList& list) {
    Context context{::seccomp_init(action_of(list.otherwise))};
    if (!context) {
        fail("seccomp_init", 0);
    }
    ::seccomp_attr_set(context.get(), SCMP_FLTATR_ACT_BADARCH, SCMP_ACT_KILL_PROCESS);
    // A tree of numbers: a call that the kernel has to look at costs some comparisons, not
    // hundreds.
    ::seccomp_attr_set(context.get(), SCMP_FLTATR_CTL_OPTIMIZE, 2);
    for (const CallRule& rule : list.rules) {
        uint32_t action = SCMP_ACT_ALLOW;
        if (rule.answer == Answer::kRefuse) {
            action = SCMP_ACT_ERRNO(static_cast<uint32_t>(rule.error));
        } else if (rule.answer == Answer::kDeny) {
            action = SCMP_ACT_TRAP;
        }
        std::vector<scmp_arg_cmp> arguments;
        for (const Condition& one : rule.conditions) {
            arguments.push_back(condition(one));
        }
        add(context, action, rule.call, arguments);
    }
    return context;
}

std::vector<sock_filter> program(const Context& context) {
    const int file = ::memfd_create("filter", MFD_CLOEXEC);
    if (const int error = ::seccomp_export_bpf(context.get(), file); error != 0) {
        fail("seccomp_export_bpf", error);
    }
    const auto bytes = static_cast<size_t>(::lseek(file, 0, SEEK_END));
    std::vector<sock_filter> code(bytes / sizeof(sock_filter));
    if (::pread(file, code.data(), bytes, 0) != static_cast<ssize_t>(bytes)) {
        fail("read the filter", 0);
    }
    ::close(file);
    return code;
}

void print(const char* name, const std::vector<sock_filter>& code) {
    fmt::print("inline constexpr std::array<sock_filter, {}> {}{{{{\n", code.size(), name);
    for (const sock_filter& one : code) {
        fmt::print("    {{{:#x}, {}, {}, {:#x}}},\n", one.code, one.jt, one.jf, one.k);
    }
    fmt::print("}}}};\n\n");
}

/// The calls of this architecture, for the line that names one.
void print_names() {
    constexpr int kMostCalls = 600;
    fmt::print("inline constexpr std::array<const char*, {}> kCallNames{{{{\n", kMostCalls);
    for (int call = 0; call < kMostCalls; ++call) {
        const std::unique_ptr<char, decltype(&std::free)> name{
            ::seccomp_syscall_resolve_num_arch(::seccomp_arch_native(), call), std::free};
        fmt::print("    {},\n", name ? fmt::format("\"{}\"", name.get()) : "nullptr");
    }
    fmt::print("}}}};\n\n");
}

}  // namespace

int main() {
    fmt::print(
        "// Made by filter_writer.cpp while Oriel was built.\n"
        "#pragma once\n\n#include <linux/filter.h>\n\n#include <array>\n\n"
        "namespace oriel::sandbox {{\n\n");
    print("kHeadlessFilter", program(make(headless_list())));
    print("kWindowFilter", program(make(window_list())));
    print("kDriverFilter", program(make(driver_list())));
    print_names();
    fmt::print("}}  // namespace oriel::sandbox\n");
    return 0;
}
