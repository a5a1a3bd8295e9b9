// SPDX-License-Identifier: MIT
//
// The time from a driver's kick to wl_surface.commit, for 64x64 pixels and an otherwise idle Oriel:
// the guest writes its notify register (its eventfd) at the start, and the stop is when the commit
// request has arrived at a compositor that does nothing else. Both ends are in this process, Oriel
// is another, so two wake-ups and both sockets are in the figure. One line of JSON on stdout.
//
// usage: kick-to-commit ORIEL [vfio-user|vhost-user]
#define DOCTEST_CONFIG_IMPLEMENT
#include <doctest/doctest.h>

#include <chrono>
#include <cstdio>
#include <exception>
#include <string>
#include <thread>
#include <vector>

#include "card_road.h"
#include "support/compositor.h"
#include "support/gpu_driver.h"
#include "two_processes.h"

using namespace oriel;
using namespace oriel::bench;
using namespace std::chrono_literals;

namespace {

// A thousand, for a p99.9 that is a sample and no guess.
constexpr int kSamples = 1000;

std::vector<double> measure(const std::string& program, const std::string& road) {
    test::TestCompositor compositor{{.strict_buffers = false}};
    CommitWatch commits{compositor};
    const Oriel oriel{program, compositor.connect(), false, road};
    const auto card = attach_card(road, oriel.socket());
    test::GpuLink& link = card->link();
    test::GpuDriver gpu{link};
    auto screen = gpu.show(0, kScreen, test::Pages::kContiguous);
    screen.fill(0x102030);
    screen.flush();
    card->kick_on_submit(false);
    card->want_no_interrupts();

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
        const auto first = link.submit(0, bytes_of(transfer), sizeof(wire::Header));
        const auto second = link.submit(0, bytes_of(flush), sizeof(wire::Header));
        commits.arm();
        const int64_t kicked_at = now_ns();
        card->kick();
        microseconds.push_back(static_cast<double>(commits.wait() - kicked_at) / 1e3);
        while (!link.poll(second)) {
            std::this_thread::sleep_for(1ms);
        }
        static_cast<void>(link.poll(first));
    }
    static_cast<void>(compositor.take_violations());
    return microseconds;
}

}  // namespace

int main(int argc, char** argv) {
    // The scripted compositor reports through doctest; a violation ends the bench.
    doctest::Context context;
    context.setAsDefaultForAssertsOutOfTestCases();
    if (argc != 2 && argc != 3) {
        std::fprintf(stderr, "usage: %s ORIEL [ROAD]\n", argv[0]);
        return 2;
    }
    try {
        std::vector<double> echo = measure_echo(kSamples);
        std::vector<double> samples = measure(argv[1], argc == 3 ? argv[2] : "vfio-user");
        std::printf(
            "{\"samples\": %zu, \"p50_us\": %.1f, \"p90_us\": %.1f, \"p99_us\": %.1f, "
            "\"p99_9_us\": %.1f, \"echo_p50_us\": %.1f, \"echo_p99_us\": %.1f, "
            "\"echo_p99_9_us\": %.1f}\n",
            samples.size(), percentile(samples, 0.5), percentile(samples, 0.9),
            percentile(samples, 0.99), percentile(samples, 0.999), percentile(echo, 0.5),
            percentile(echo, 0.99), percentile(echo, 0.999));
    } catch (const std::exception& error) {
        std::fprintf(stderr, "kick-to-commit: %s\n", error.what());
        return 1;
    }
    return 0;
}
