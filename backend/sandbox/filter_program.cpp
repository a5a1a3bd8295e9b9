// SPDX-License-Identifier: MIT
#include "filter_program.h"

#include <fmt/format.h>
#include <seccomp.h>
#include <sys/mman.h>
#include <unistd.h>

#include <memory>
#include <stdexcept>
#include <string_view>

namespace oriel::sandbox {
namespace {

void require(int result, std::string_view what) {
    if (result != 0) {
        throw std::runtime_error(fmt::format("{}: {}", what, result));
    }
}

struct Release {
    void operator()(void* context) const { ::seccomp_release(context); }
};
using Context = std::unique_ptr<void, Release>;

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

uint32_t action_of(const CallRule& rule) {
    switch (rule.answer) {
        case Answer::kAllow:
            return SCMP_ACT_ALLOW;
        case Answer::kRefuse:
            return SCMP_ACT_ERRNO(static_cast<uint32_t>(rule.error));
        case Answer::kDeny:
            return SCMP_ACT_TRAP;
    }
    return SCMP_ACT_TRAP;
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

void add(const Context& context, uint32_t architecture, const CallRule& rule) {
    if (::seccomp_syscall_resolve_name_arch(architecture, rule.call) < 0) {
        return;
    }
    std::vector<scmp_arg_cmp> arguments;
    for (const Condition& one : rule.conditions) {
        arguments.push_back(condition(one));
    }
    // Rules take this machine's number, or libseccomp's word for a call that it doesn't have.
    require(::seccomp_rule_add_array(context.get(), action_of(rule),
                                     ::seccomp_syscall_resolve_name(rule.call),
                                     static_cast<unsigned>(arguments.size()), arguments.data()),
            rule.call);
}

Context start(const FilterList& list, uint32_t architecture) {
    Context context{::seccomp_init(action_of(list.otherwise))};
    if (!context) {
        throw std::runtime_error("seccomp_init");
    }
    if (architecture != ::seccomp_arch_native()) {
        require(::seccomp_arch_remove(context.get(), SCMP_ARCH_NATIVE), "seccomp_arch_remove");
        require(::seccomp_arch_add(context.get(), architecture), "seccomp_arch_add");
    }
    require(::seccomp_attr_set(context.get(), SCMP_FLTATR_ACT_BADARCH, SCMP_ACT_KILL_PROCESS),
            "SCMP_FLTATR_ACT_BADARCH");
    // A tree of numbers: a call that the kernel has to look at costs some comparisons, not
    // hundreds.
    require(::seccomp_attr_set(context.get(), SCMP_FLTATR_CTL_OPTIMIZE, 2),
            "SCMP_FLTATR_CTL_OPTIMIZE");
    return context;
}

}  // namespace

std::vector<sock_filter> filter_program(const FilterList& list, uint32_t architecture) {
    const Context context = start(list, architecture);
    for (const CallRule& rule : list.rules) {
        add(context, architecture, rule);
    }
    const int file = ::memfd_create("filter", MFD_CLOEXEC);
    const int exported = ::seccomp_export_bpf(context.get(), file);
    const off_t bytes = exported == 0 ? ::lseek(file, 0, SEEK_END) : 0;
    std::vector<sock_filter> code(static_cast<size_t>(bytes) / sizeof(sock_filter));
    const ssize_t got = ::pread(file, code.data(), static_cast<size_t>(bytes), 0);
    ::close(file);
    require(exported, "seccomp_export_bpf");
    require(got == bytes ? 0 : -1, "read the filter");
    return code;
}

}  // namespace oriel::sandbox
