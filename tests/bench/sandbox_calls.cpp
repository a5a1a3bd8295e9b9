// SPDX-License-Identifier: MIT
// What a system call costs without and with the sandbox, in nanoseconds: the least of many batches,
// so that a busy machine does not count. Prints JSON, for sandbox_cost.py.
#include <fmt/format.h>
#include <poll.h>
#include <sys/epoll.h>
#include <sys/eventfd.h>
#include <sys/socket.h>
#include <unistd.h>

#include <algorithm>
#include <array>
#include <chrono>
#include <cstdint>
#include <cstdio>
#include <vector>

#include "sandbox/sandbox.h"

namespace {

using namespace oriel;

constexpr int kCalls = 200;
constexpr int kBatches = 20000;

/// The calls that a display makes for each frame.
struct Calls {
    int poller = ::epoll_create1(EPOLL_CLOEXEC);
    int event = ::eventfd(1, EFD_CLOEXEC | EFD_NONBLOCK);
    std::array<int, 2> ends{};

    Calls() {
        if (::socketpair(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0, ends.data()) !=
            0) {
            std::perror("socketpair");
        }
    }

    void wait() const {
        epoll_event happened{};
        static_cast<void>(::epoll_wait(poller, &happened, 1, 0));
    }
    void read() const {
        uint64_t count = 0;
        static_cast<void>(!::read(event, &count, sizeof count));
    }
    void receive() const {
        std::array<char, 64> bytes{};
        static_cast<void>(::recv(ends[0], bytes.data(), bytes.size(), 0));
    }
};

template <class Call>
double least_ns(Call call) {
    double least = 1e9;
    for (int batch = 0; batch < kBatches; ++batch) {
        const auto begin = std::chrono::steady_clock::now();
        for (int i = 0; i < kCalls; ++i) {
            call();
        }
        const std::chrono::duration<double, std::nano> taken =
            std::chrono::steady_clock::now() - begin;
        least = std::min(least, taken.count() / kCalls);
    }
    return least;
}

std::vector<double> measure(const Calls& calls) {
    return {least_ns([&] { calls.wait(); }), least_ns([&] { calls.read(); }),
            least_ns([&] { calls.receive(); })};
}

}  // namespace

int main() {
    const Calls calls;
    const std::vector<double> without = measure(calls);
    const auto entered = sandbox::enter({.calls = sandbox::CallList::kWindows});
    if (!entered) {
        fmt::print(stderr, "{}\n", entered.error().message());
        return 1;
    }
    const std::vector<double> with = measure(calls);
    const std::array<const char*, 3> names{"epoll_wait", "read", "recv"};
    fmt::print("{{");
    for (size_t i = 0; i < names.size(); ++i) {
        fmt::print("{}\"{}\": [{:.0f}, {:.0f}]", i == 0 ? "" : ", ", names.at(i), without.at(i),
                   with.at(i));
    }
    fmt::print("}}\n");
    return 0;
}
