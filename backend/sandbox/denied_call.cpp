// SPDX-License-Identifier: MIT
#include "denied_call.h"

#include <signal.h>
#include <ucontext.h>
#include <unistd.h>

#include <array>
#include <atomic>
#include <cerrno>
#include <cstddef>
#include <cstring>

#include "filters.h"  // made by filter_writer.cpp

// A system call with what is in the registers, and the place behind it: the kernel's filter knows
// by that who calls.
#if defined(__x86_64__)
asm(R"(
    .text
    .globl oriel_sandbox_call
    .type oriel_sandbox_call, @function
oriel_sandbox_call:
    .cfi_startproc
    mov %rdi, %rax
    mov %rsi, %rdi
    mov %rdx, %rsi
    mov %rcx, %rdx
    mov %r8, %r10
    mov %r9, %r8
    mov 8(%rsp), %r9
    syscall
    .globl oriel_sandbox_called
oriel_sandbox_called:
    ret
    .cfi_endproc
    .size oriel_sandbox_call, . - oriel_sandbox_call
)");
#elif defined(__aarch64__)
asm(R"(
    .text
    .globl oriel_sandbox_call
    .type oriel_sandbox_call, %function
oriel_sandbox_call:
    .cfi_startproc
    mov x8, x0
    mov x0, x1
    mov x1, x2
    mov x2, x3
    mov x3, x4
    mov x4, x5
    mov x5, x6
    svc #0
    .globl oriel_sandbox_called
oriel_sandbox_called:
    ret
    .cfi_endproc
    .size oriel_sandbox_call, . - oriel_sandbox_call
)");
#endif

extern "C" {
long oriel_sandbox_call(long number, long a, long b, long c, long d, long e, long f);
extern const char oriel_sandbox_called;
}

namespace oriel::sandbox {
namespace {

/// Calls that a line was written about, by number.
std::array<std::atomic<bool>, kCallNames.size()> g_told{};

// Only what is safe in a signal handler, and only calls that every list has.

class Line {
public:
    void add(const char* text) {
        for (; *text != '\0' && size_ < text_.size(); ++text) {
            text_.at(size_++) = *text;
        }
    }
    void add(long number) {
        std::array<char, 24> digits{};
        size_t at = digits.size() - 1;
        for (auto left = static_cast<unsigned long>(number); at > 0; left /= 10) {
            digits.at(--at) = static_cast<char>('0' + left % 10);
            if (left < 10) {
                break;
            }
        }
        add(digits.data() + at);
    }
    void write() const {
        const ssize_t written = ::write(STDERR_FILENO, text_.data(), size_);
        static_cast<void>(written);
    }

private:
    std::array<char, 200> text_{};
    size_t size_ = 0;
};

void tell(long call, const char* what) {
    Line line;
    line.add("oriel: sandbox: ");
    const auto index = static_cast<size_t>(call);
    if (index < kCallNames.size() && kCallNames.at(index) != nullptr) {
        line.add(kCallNames.at(index));
    } else {
        line.add("system call ");
        line.add(call);
    }
    line.add(what);
    line.write();
}

void end_process(int /*signal*/, siginfo_t* info, void* /*context*/) {
    tell(info->si_syscall,
         " is denied: the process ends (a fault in Oriel, or an attack; --sandbox)\n");
    ::_exit(kDeniedExitCode);
}

#if defined(__x86_64__)
void carry_out(long call, ucontext_t& context) {
    greg_t* const registers = context.uc_mcontext.gregs;
    registers[REG_RAX] =
        oriel_sandbox_call(call, registers[REG_RDI], registers[REG_RSI], registers[REG_RDX],
                           registers[REG_R10], registers[REG_R8], registers[REG_R9]);
}
#elif defined(__aarch64__)
void carry_out(long call, ucontext_t& context) {
    auto* const registers = context.uc_mcontext.regs;
    const auto argument = [registers](int index) { return static_cast<long>(registers[index]); };
    registers[0] = static_cast<unsigned long>(oriel_sandbox_call(
        call, argument(0), argument(1), argument(2), argument(3), argument(4), argument(5)));
}
#endif

void tell_and_carry_out(int /*signal*/, siginfo_t* info, void* context) {
    const int before = errno;
    const long call = info->si_syscall;
    const auto index = static_cast<size_t>(call);
    if (index >= g_told.size() || !g_told.at(index).exchange(true)) {
        tell(call, " would be denied (--sandbox log)\n");
    }
    carry_out(call, *static_cast<ucontext_t*>(context));
    errno = before;
}

}  // namespace

bool has_call_filter() {
    return true;
}

uintptr_t carried_out_at() {
    return reinterpret_cast<uintptr_t>(&oriel_sandbox_called);
}

bool handle_denied_calls(Mode mode) {
    struct sigaction action = {};
    action.sa_sigaction = mode == Mode::kEnforce ? end_process : tell_and_carry_out;
    // Also inside a handler: a denied call there ends the process with its line, too.
    action.sa_flags = SA_SIGINFO | SA_NODEFER;
    ::sigemptyset(&action.sa_mask);
    sigset_t denied;
    ::sigemptyset(&denied);
    ::sigaddset(&denied, SIGSYS);
    return ::sigaction(SIGSYS, &action, nullptr) == 0 &&
           ::sigprocmask(SIG_UNBLOCK, &denied, nullptr) == 0;
}

}  // namespace oriel::sandbox
