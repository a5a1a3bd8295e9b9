// SPDX-License-Identifier: MIT
// Runs while Oriel is built: makes the lists of call_lists.h into programs for the kernel, and
// prints them as a header. libseccomp takes milliseconds for one, so it is no work for a start.
#include <fmt/format.h>
#include <linux/filter.h>
#include <seccomp.h>

#include <cstdio>
#include <cstdlib>
#include <exception>
#include <memory>
#include <vector>

#include "call_lists.h"
#include "filter_program.h"

namespace {

using namespace oriel::sandbox;

void print(const char* name, const FilterList& list) {
    const std::vector<sock_filter> code = filter_program(list, ::seccomp_arch_native());
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

void print_header() {
    fmt::print(
        "// Made by filter_writer.cpp while Oriel was built.\n"
        "#pragma once\n\n#include <linux/filter.h>\n\n#include <array>\n\n"
        "namespace oriel::sandbox {{\n\n");
    print("kHeadlessFilter", headless_list());
    print("kWindowFilter", window_list());
    print("kDriverFilter", driver_list());
    print_names();
    fmt::print("}}  // namespace oriel::sandbox\n");
}

}  // namespace

int main() {
    try {
        print_header();
    } catch (const std::exception& failure) {
        std::fprintf(stderr, "filter_writer: %s\n", failure.what());
        return 1;
    }
    return 0;
}
