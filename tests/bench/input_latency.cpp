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
#include <linux/input-event-codes.h>

#include <array>
#include <chrono>
#include <cstdio>
#include <deque>
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
#include "two_processes.h"

using namespace oriel;
using namespace oriel::bench;
using namespace std::chrono_literals;

namespace {

constexpr int kSamples = 300;
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

/// What Oriel itself counts of input, from the call of the presenter to the ring: an object of
/// JSON, or null.
std::string own_latency(const std::string& stats) {
    const size_t begin = stats.find('{', stats.find("\"latency_us\""));
    return begin == std::string::npos ? "null"
                                      : stats.substr(begin, stats.find('}', begin) + 1 - begin);
}

struct Samples {
    std::vector<double> pointer;
    std::vector<double> key;
    std::vector<double> commit;
    std::string own;
};

Samples measure(const std::string& program) {
    test::TestCompositor compositor{{.strict_buffers = false}};
    CommitWatch commits{compositor};
    const Oriel oriel{program, compositor.connect(), true};
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
        commits.arm();
        compositor.with([&](test::Server& server) {
            begin = now_ns();
            server.seat->key(KEY_A, i % 2 == 0);
        });
        samples.key.push_back(static_cast<double>(keyboard.wait() - begin) / 1e3);
        screen.flush(part);
        samples.commit.push_back(static_cast<double>(commits.wait() - begin) / 1e3);
    }
    samples.own = own_latency(oriel.stats());
    static_cast<void>(compositor.take_violations());
    return samples;
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
        std::vector<double> echo = measure_echo(kSamples);
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
