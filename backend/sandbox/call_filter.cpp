// SPDX-License-Identifier: MIT
#include "call_filter.h"

#include <linux/filter.h>
#include <linux/seccomp.h>
#include <sys/syscall.h>
#include <unistd.h>

#include <cstddef>
#include <cstdint>
#include <span>
#include <vector>

#include "call_lists.h"
#include "denied_call.h"
#include "filters.h"  // made by filter_writer.cpp

namespace oriel::sandbox {
namespace {

std::span<const sock_filter> code_of(CallList list) {
    switch (list) {
        case CallList::kWindows:
            return kWindowFilter;
        case CallList::kDriver:
            return kDriverFilter;
        case CallList::kHeadless:
            break;
    }
    return kHeadlessFilter;
}

constexpr sock_filter load(size_t offset) {
    return BPF_STMT(BPF_LD | BPF_W | BPF_ABS, static_cast<uint32_t>(offset));
}

constexpr sock_filter skip_unless(uint32_t value, uint8_t instructions) {
    return BPF_JUMP(BPF_JMP | BPF_JEQ | BPF_K, value, 0, instructions);
}

/// What the handler of denied calls does itself, so that it can carry them out.
void allow_calls_from(uintptr_t address, std::vector<sock_filter>& code) {
    constexpr size_t kLow = offsetof(seccomp_data, instruction_pointer) +
                            (__BYTE_ORDER__ == __ORDER_LITTLE_ENDIAN__ ? 0 : 4);
    constexpr size_t kHigh = offsetof(seccomp_data, instruction_pointer) +
                             (__BYTE_ORDER__ == __ORDER_LITTLE_ENDIAN__ ? 4 : 0);
    code.insert(code.end(),
                {load(kLow), skip_unless(static_cast<uint32_t>(address), 3), load(kHigh),
                 skip_unless(static_cast<uint32_t>(uint64_t{address} >> 32), 1),
                 BPF_STMT(BPF_RET | BPF_K, SECCOMP_RET_ALLOW)});
}

}  // namespace

Result<void> filter_calls(CallList list, Mode mode) {
    std::vector<sock_filter> code;
    if (mode == Mode::kLog) {
        allow_calls_from(carried_out_at(), code);
    }
    for (sock_filter one : code_of(list)) {
        if (one.code == (BPF_JMP | BPF_JEQ | BPF_K) && one.k == kOwnProcess) {
            one.k = static_cast<uint32_t>(::getpid());
        }
        if (mode == Mode::kLog && one.code == (BPF_RET | BPF_K) &&
            one.k == (SECCOMP_RET_ERRNO | uint32_t{kOtherwiseError})) {
            one.k = SECCOMP_RET_TRAP;
        }
        code.push_back(one);
    }
    if (!handle_denied_calls(mode)) {
        return system_error("sandbox: a handler of SIGSYS");
    }
    const sock_fprog program{static_cast<unsigned short>(code.size()), code.data()};
    const long failed =
        ::syscall(SYS_seccomp, SECCOMP_SET_MODE_FILTER, SECCOMP_FILTER_FLAG_TSYNC, &program);
    if (failed != 0) {
        return system_error("sandbox: seccomp");
    }
    return {};
}

}  // namespace oriel::sandbox
