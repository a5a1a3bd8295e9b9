// SPDX-License-Identifier: MIT
//
// From what a user does to the guest: the time from a pointer's or a keyboard's event in the
// compositor to the event in the guest driver's ring, and from a key to wl_surface.commit of what
// the guest draws for it (64x64 pixels). Compositor and guest are in this process, Oriel is another
// one and otherwise idle, so a wake-up and the sockets are in the figures: "echo" is the least that
// a way there and back costs here. One line of JSON on stdout.
//
// usage: input-latency ORIEL
#define DOCTEST_CONFIG_IMPLEMENT
#include <doctest/doctest.h>
#include <fcntl.h>
#include <linux/input-event-codes.h>
#include <stdlib.h>
#include <sys/socket.h>
#include <sys/wait.h>
#include <unistd.h>

#include <algorithm>
#include <array>
#include <atomic>
#include <chrono>
#include <cstdio>
#include <cstring>
#include <deque>
#include <filesystem>
#include <memory>
#include <stdexcept>
#include <string>
#include <thread>
#include <vector>

#include "input/protocol.h"
#include "support/compositor.h"
#include "support/compositor/seat.h"
#include "support/compositor/server.h"
#include "support/gpu_driver.h"
#include "support/virtio_gpu_link.h"

using namespace oriel;
using namespace std::chrono_literals;

namespace {

constexpr int kSamples = 300;
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
        std::string folder = "/tmp/input-latency-XXXXXX";
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
                    "--input-socket", inputs().c_str(), nullptr);
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
    /// What Oriel itself counts of input, from the call of the presenter to the ring: an object of
    /// JSON, or null.
    [[nodiscard]] std::string own_latency(const std::string& program) const {
        const std::string command =
            "XDG_RUNTIME_DIR=" + folder_ + " " + program + " ctl bench stats --json";
        const std::unique_ptr<FILE, int (*)(FILE*)> pipe{::popen(command.c_str(), "r"), ::pclose};
        std::string text;
        std::array<char, 4096> part{};
        while (pipe && std::fgets(part.data(), part.size(), pipe.get()) != nullptr) {
            text += part.data();
        }
        const size_t begin = text.find('{', text.find("\"latency_us\""));
        return begin == std::string::npos ? "null"
                                          : text.substr(begin, text.find('}', begin) + 1 - begin);
    }
    [[nodiscard]] std::string inputs() const { return folder_ + "/in"; }

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

/// The guest's driver of one input device.
class InputDriver {
public:
    explicit InputDriver(const std::string& path) : vmm_{path} {
        vmm_.negotiate();
        vmm_.dma_map(0, ram_.size(), ram_.fd());
        driver_ = std::make_unique<test::VirtioDriver>(vmm_, ram_);
        driver_->start();
        driver_->kick_on_submit(false);
        driver_->queue(0).want_interrupts(false);
        for (int i = 0; i < kRoom; ++i) {
            offer();
        }
        driver_->kick(0);
    }
    /// Spins until a whole frame of events is in the ring, and says when.
    int64_t wait() {
        const int64_t deadline = now_ns() + 1'000'000'000;
        while (now_ns() < deadline) {
            const auto bytes = driver_->poll(tickets_.front());
            if (!bytes) {
                continue;
            }
            const int64_t at = now_ns();
            const auto event = ByteReader{*bytes}.read<input::wire::Event>();
            tickets_.pop_front();
            offer();
            if (event && event->type == EV_SYN) {
                return at;
            }
        }
        throw std::runtime_error{"no event within a second"};
    }
    /// What is left in the ring.
    void drain() {
        while (driver_->poll(tickets_.front())) {
            tickets_.pop_front();
            offer();
        }
    }

private:
    static constexpr int kRoom = 64;
    void offer() { tickets_.push_back(driver_->submit(0, {}, sizeof(input::wire::Event))); }

    test::VfioUserClient vmm_;
    test::GuestRam ram_{size_t{16} << 20};
    std::unique_ptr<test::VirtioDriver> driver_;
    std::deque<test::VirtioDriver::Ticket> tickets_;
};

struct Samples {
    std::vector<double> pointer;
    std::vector<double> key;
    std::vector<double> commit;
    std::string own;
};

Samples measure(const std::string& program) {
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
    InputDriver keyboard{oriel.inputs() + ".kbd"};
    InputDriver pointer{oriel.inputs() + ".ptr"};
    std::this_thread::sleep_for(200ms);
    compositor.with([](test::Server& server) {
        server.seat->keyboard_enter(server.input_surface(0));
        server.seat->enter(server.input_surface(0), 10, 10);
    });
    std::this_thread::sleep_for(200ms);
    keyboard.drain();
    pointer.drain();

    Samples samples;
    const Rect part{320, 240, 64, 64};
    for (int i = 0; i < kSamples; ++i) {
        std::this_thread::sleep_for(20ms);
        int64_t begin = 0;
        compositor.with([&](test::Server& server) {
            begin = now_ns();
            server.seat->motion(20 + i % 500, 30);
        });
        samples.pointer.push_back(static_cast<double>(pointer.wait() - begin) / 1e3);

        std::this_thread::sleep_for(20ms);
        screen.fill(part, static_cast<uint32_t>(i) * 0x010305);
        g_committed_at = 0;
        compositor.with([&](test::Server& server) {
            begin = now_ns();
            server.seat->key(KEY_A, i % 2 == 0);
        });
        samples.key.push_back(static_cast<double>(keyboard.wait() - begin) / 1e3);
        screen.flush(part);
        for (int wait = 0; g_committed_at == 0 && wait < 1000; ++wait) {
            std::this_thread::sleep_for(1ms);
        }
        if (g_committed_at == 0) {
            throw std::runtime_error{"no commit within a second"};
        }
        samples.commit.push_back(static_cast<double>(g_committed_at - begin) / 1e3);
    }
    samples.own = oriel.own_latency(program);
    static_cast<void>(compositor.take_violations());
    return samples;
}

double percentile(std::vector<double>& samples, double fraction) {
    std::sort(samples.begin(), samples.end());
    return samples[static_cast<size_t>(static_cast<double>(samples.size()) * fraction)];
}

std::string line(const char* name, std::vector<double>& samples) {
    std::array<char, 128> text{};
    std::snprintf(text.data(), text.size(), "\"%s_p50_us\": %.1f, \"%s_p99_us\": %.1f", name,
                  percentile(samples, 0.5), name, percentile(samples, 0.99));
    return text.data();
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
        Samples samples = measure(argv[1]);
        std::printf("{\"samples\": %d, %s, %s, %s, %s, \"inside_oriel_us\": %s}\n", kSamples,
                    line("pointer_to_ring", samples.pointer).c_str(),
                    line("key_to_ring", samples.key).c_str(),
                    line("key_to_commit", samples.commit).c_str(), line("echo", echo).c_str(),
                    samples.own.c_str());
    } catch (const std::exception& error) {
        std::fprintf(stderr, "input-latency: %s\n", error.what());
        return 1;
    }
    return 0;
}
