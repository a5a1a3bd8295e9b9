// SPDX-License-Identifier: MIT
#include "core/sigbus_guard.h"

#include <signal.h>
#include <sys/mman.h>

#include <array>
#include <atomic>
#include <utility>

namespace oriel {
namespace {

struct Slot {
    std::atomic<uintptr_t> begin{0};  // 0: free
    std::atomic<uintptr_t> end{0};
    std::atomic<bool> damaged{false};
};

static_assert(std::atomic<uintptr_t>::is_always_lock_free, "used in a signal handler");

std::array<Slot, SigbusGuard::kMaxGuards> g_slots;
/// What handled the signal before: in another program's process (liboriel-vdpy) it may be that
/// program's. Written once, before our handler is there.
struct sigaction g_before = {};

void handle_sigbus(int signal, siginfo_t* info, void* context) {
    const auto address = reinterpret_cast<uintptr_t>(info->si_addr);
    for (Slot& slot : g_slots) {
        const uintptr_t begin = slot.begin.load();
        const uintptr_t end = slot.end.load();
        if (begin == 0 || address < begin || address >= end) {
            continue;
        }
        slot.damaged.store(true);
        // mmap is a plain system call on Linux and safe here. Addresses are kept as numbers, which
        // are surely lock-free. NOLINTNEXTLINE(performance-no-int-to-ptr)
        void* replaced = ::mmap(reinterpret_cast<void*>(begin), end - begin, PROT_READ | PROT_WRITE,
                                MAP_PRIVATE | MAP_ANONYMOUS | MAP_FIXED | MAP_NORESERVE, -1, 0);
        if (replaced != MAP_FAILED) {
            return;
        }
        break;
    }
    // Not ours.
    if ((g_before.sa_flags & SA_SIGINFO) != 0) {
        g_before.sa_sigaction(signal, info, context);
    } else if (g_before.sa_handler != SIG_DFL && g_before.sa_handler != SIG_IGN) {
        g_before.sa_handler(signal);
    } else {
        // The default action, when the faulting instruction runs again.
        ::signal(signal, SIG_DFL);
    }
}

void install_handler_once() {
    static const bool installed = [] {
        struct sigaction action = {};
        action.sa_sigaction = handle_sigbus;
        action.sa_flags = SA_SIGINFO;
        ::sigemptyset(&action.sa_mask);
        return ::sigaction(SIGBUS, nullptr, &g_before) == 0 &&
               ::sigaction(SIGBUS, &action, nullptr) == 0;
    }();
    static_cast<void>(installed);
}

}  // namespace

SigbusGuard::SigbusGuard(std::span<std::byte> range) {
    install_handler_once();
    for (size_t i = 0; i < g_slots.size(); ++i) {
        Slot& slot = g_slots[i];
        if (slot.begin.load() == 0) {
            slot.damaged.store(false);
            slot.end.store(reinterpret_cast<uintptr_t>(range.data()) + range.size());
            slot.begin.store(reinterpret_cast<uintptr_t>(range.data()));
            slot_ = static_cast<int>(i);
            return;
        }
    }
}

SigbusGuard::SigbusGuard(SigbusGuard&& other) noexcept : slot_{std::exchange(other.slot_, -1)} {}

SigbusGuard& SigbusGuard::operator=(SigbusGuard&& other) noexcept {
    std::swap(slot_, other.slot_);
    return *this;
}

SigbusGuard::~SigbusGuard() {
    if (slot_ >= 0) {
        g_slots[static_cast<size_t>(slot_)].begin.store(0);
    }
}

bool SigbusGuard::damaged() const {
    return slot_ >= 0 && g_slots[static_cast<size_t>(slot_)].damaged.load();
}

}  // namespace oriel
