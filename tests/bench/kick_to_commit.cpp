// SPDX-License-Identifier: MIT
//
// The time from a driver's kick to wl_surface.commit, for 64x64 pixels and an otherwise idle Oriel:
// the guest writes its notify register at the start, and the stop is when the commit request has
// arrived at a compositor that does nothing else. Both ends are in this process, Oriel is another,
// so two wake-ups and both sockets are in the figure. One line of JSON on stdout.
//
// usage: kick-to-commit ORIEL
#define DOCTEST_CONFIG_IMPLEMENT
#include <doctest/doctest.h>
#include <fcntl.h>
#include <stdlib.h>
#include <sys/socket.h>
#include <sys/wait.h>
#include <unistd.h>

#include <algorithm>
#include <atomic>
#include <chrono>
#include <cstdio>
#include <cstring>
#include <filesystem>
#include <stdexcept>
#include <string>
#include <thread>
#include <vector>

#include "support/compositor.h"
#include "support/compositor/server.h"
#include "support/gpu_driver.h"
#include "support/virtio_gpu_link.h"

using namespace oriel;
using namespace std::chrono_literals;

namespace {

constexpr int kSamples = 400;
// Small, because the scripted compositor looks at every pixel of every commit; what Oriel does for
// 64x64 of them does not depend on the rest.
constexpr Size kScreen{640, 480};

int64_t now_ns() {
    return SystemClock{}.now().time_since_epoch().count();
}

/// Written by the compositor's thread when a commit request has arrived.
std::atomic<int64_t> g_committed_at{0};

void log_message(void*, wl_protocol_logger_type type, const wl_protocol_logger_message* message) {
    if (type == WL_PROTOCOL_LOGGER_REQUEST && std::strcmp(message->message->name, "commit") == 0) {
        int64_t expected = 0;
        g_committed_at.compare_exchange_strong(expected, now_ns());
    }
}

/// Oriel on a connected Wayland socket; ended with this object.
class Oriel {
public:
    Oriel(const std::string& program, UniqueFd wayland) {
        std::string folder = "/tmp/kick-to-commit-XXXXXX";
        if (::mkdtemp(folder.data()) == nullptr) {
            throw std::runtime_error{"mkdtemp"};
        }
        folder_ = folder;
        pid_ = ::fork();
        if (pid_ == 0) {
            const int fd = ::dup(wayland.get());  // without close-on-exec
            ::setenv("WAYLAND_SOCKET", std::to_string(fd).c_str(), 1);
            ::setenv("XDG_RUNTIME_DIR", folder_.c_str(), 1);
            const std::string path = socket();
            ::execl(program.c_str(), program.c_str(), "show", "--name", "bench", "--vfio-user",
                    path.c_str(), "--path", "shm", "--size", "640x480", "--log-level", "error",
                    nullptr);
            ::_exit(127);
        }
        for (int i = 0; i < 500 && !std::filesystem::exists(socket()); ++i) {
            std::this_thread::sleep_for(10ms);
        }
    }
    Oriel(const Oriel&) = delete;
    Oriel& operator=(const Oriel&) = delete;
    ~Oriel() {
        ::kill(pid_, SIGTERM);
        ::waitpid(pid_, nullptr, 0);
        std::filesystem::remove_all(folder_);
    }
    [[nodiscard]] std::string socket() const { return folder_ + "/vm.sock"; }

private:
    std::string folder_;
    pid_t pid_ = -1;
};

/// The least that a way to an idle process and back costs here.
std::vector<double> measure_echo() {
    int pair[2];
    if (::socketpair(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0, pair) != 0) {
        throw std::runtime_error{"socketpair"};
    }
    const UniqueFd here{pair[0]};
    UniqueFd there{pair[1]};
    char byte = 0;
    const pid_t child = ::fork();
    if (child == 0) {
        ::close(here.get());
        while (::read(there.get(), &byte, 1) == 1 && ::write(there.get(), &byte, 1) == 1) {
        }
        ::_exit(0);
    }
    there.reset();
    std::vector<double> microseconds;
    for (int i = 0; i < kSamples; ++i) {
        std::this_thread::sleep_for(20ms);
        const int64_t begin = now_ns();
        if (::write(here.get(), &byte, 1) != 1 || ::read(here.get(), &byte, 1) != 1) {
            throw std::runtime_error{"echo"};
        }
        microseconds.push_back(static_cast<double>(now_ns() - begin) / 1e3);
    }
    ::kill(child, SIGTERM);
    ::waitpid(child, nullptr, 0);
    return microseconds;
}

std::vector<double> measure(const std::string& program) {
    test::TestCompositor compositor{{.strict_buffers = false}};
    compositor.with([](test::Server& server) {
        wl_display_add_protocol_logger(server.display(), log_message, nullptr);
    });
    Oriel oriel{program, compositor.connect()};
    test::VirtioGpuLink link{oriel.socket()};
    test::GpuDriver gpu{link};
    auto screen = gpu.show(0, kScreen, test::Pages::kContiguous);
    screen.fill(0x102030);
    screen.flush();
    auto& driver = link.driver();
    driver.kick_on_submit(false);
    driver.queue(0).want_interrupts(false);

    namespace wire = gpu::wire;
    const Rect rect{320, 240, 64, 64};
    const wire::Rect r{rect.x, rect.y, rect.width, rect.height};
    std::vector<double> microseconds;
    for (int i = 0; i < kSamples; ++i) {
        std::this_thread::sleep_for(20ms);
        screen.fill(rect, static_cast<uint32_t>(i) * 0x010305);
        wire::TransferToHost2d transfer{};
        transfer.header.type = static_cast<uint32_t>(wire::Type::kTransferToHost2d);
        transfer.r = r;
        transfer.offset = (uint64_t{rect.y} * kScreen.width + rect.x) * 4;
        transfer.resource_id = screen.id();
        wire::ResourceFlush flush{};
        flush.header.type = static_cast<uint32_t>(wire::Type::kResourceFlush);
        flush.r = r;
        flush.resource_id = screen.id();
        const auto first = driver.submit(0, bytes_of(transfer), sizeof(wire::Header));
        const auto second = driver.submit(0, bytes_of(flush), sizeof(wire::Header));
        g_committed_at = 0;
        const int64_t kicked_at = now_ns();
        driver.kick(0);
        static_cast<void>(driver.wait(first));
        static_cast<void>(driver.wait(second));
        for (int wait = 0; g_committed_at == 0 && wait < 1000; ++wait) {
            std::this_thread::sleep_for(1ms);
        }
        if (g_committed_at == 0) {
            throw std::runtime_error{"no commit within a second"};
        }
        microseconds.push_back(static_cast<double>(g_committed_at - kicked_at) / 1e3);
    }
    static_cast<void>(compositor.take_violations());
    return microseconds;
}

double percentile(std::vector<double>& samples, double fraction) {
    std::sort(samples.begin(), samples.end());
    return samples[static_cast<size_t>(static_cast<double>(samples.size()) * fraction)];
}

}  // namespace

int main(int argc, char** argv) {
    // The scripted compositor reports through doctest; a violation ends the bench.
    doctest::Context context;
    context.setAsDefaultForAssertsOutOfTestCases();
    if (argc != 2) {
        std::fprintf(stderr, "usage: %s ORIEL\n", argv[0]);
        return 2;
    }
    try {
        std::vector<double> echo = measure_echo();
        std::vector<double> samples = measure(argv[1]);
        std::printf(
            "{\"samples\": %zu, \"p50_us\": %.1f, \"p90_us\": %.1f, \"p99_us\": %.1f, "
            "\"echo_p50_us\": %.1f, \"echo_p99_us\": %.1f}\n",
            samples.size(), percentile(samples, 0.5), percentile(samples, 0.9),
            percentile(samples, 0.99), percentile(echo, 0.5), percentile(echo, 0.99));
    } catch (const std::exception& error) {
        std::fprintf(stderr, "kick-to-commit: %s\n", error.what());
        return 1;
    }
    return 0;
}
