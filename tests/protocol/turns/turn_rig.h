// SPDX-License-Identifier: MIT
#pragma once

#include <algorithm>
#include <cstdint>
#include <ctime>
#include <vector>

#include "card/card.h"
#include "core/clock.h"
#include "core/event_loop.h"
#include "core/log.h"
#include "core/page_returner.h"
#include "gpu/gpu_device.h"
#include "headless/presenter.h"
#include "support/direct_gpu_link.h"
#include "support/gpu_driver.h"
#include "support/memfd_exporter.h"
#include "vga/vga_device.h"

namespace oriel::test {

#ifdef ORIEL_OPTIMISED
constexpr bool kOptimised = true;
#else
constexpr bool kOptimised = false;
#endif

/// Time that this thread has worked: what neighbours do on this machine does not count, and work
/// that looks at the clock is cut where it would be on a machine that is its own.
class CpuClock final : public Clock {
public:
    [[nodiscard]] TimePoint now() const override {
        timespec time{};
        ::clock_gettime(CLOCK_THREAD_CPUTIME_ID, &time);
        return TimePoint{std::chrono::seconds{time.tv_sec} + Nanoseconds{time.tv_nsec}};
    }
};

/// A card with two screens, a presenter that shows nothing, and a guest. All in one thread whose
/// work is measured, a turn of the loop at a time. Requests are posted without a kick.
struct TurnRig {
    TurnRig() {
        set_log_level(LogLevel::kError);
        link.start(device);
        link.set_kicking(false);
    }

    /// Does `work`, which is all of one turn.
    template <class Work>
    void turn(Work&& work) {
        const TimePoint begin = clock.now();
        work();
        longest_ = std::max(longest_, clock.now() - begin);
    }
    void kick(uint16_t queue) {
        turn([&] { link.kick(queue); });
    }
    /// What was posted is carried out, until the last answer is there; its type.
    wire::Type carry_out(GpuDriver::Token last) {
        kick(wire::kControlQueue);
        while (!link.answered(last)) {
            turn([&] { loop.dispatch(Nanoseconds{0}); });
        }
        return static_cast<wire::Type>(GpuDriver::header_of(*link.poll(last)).type);
    }

    /// A resource with backing, made before anything is measured.
    GpuDriver::Screen create(Size size, Pages pages,
                             wire::Format format = wire::Format::kB8G8R8X8) {
        link.set_kicking(true);
        GpuDriver::Screen screen = driver.create(size, pages, format);
        screen.fill(0xff336699);
        link.set_kicking(false);
        longest_ = {};
        return screen;
    }
    GpuDriver::Token post_transfer(const GpuDriver::Screen& screen, Size size) {
        wire::TransferToHost2d transfer{};
        transfer.r = {0, 0, size.width, size.height};
        transfer.resource_id = screen.id();
        return driver.post(wire::Type::kTransferToHost2d, transfer);
    }
    wire::Type transfer(const GpuDriver::Screen& screen, Size size) {
        return carry_out(post_transfer(screen, size));
    }
    wire::Type unref(uint32_t id) {
        return carry_out(driver.post(wire::Type::kResourceUnref, wire::ResourceUnref{{}, id, 0}));
    }
    [[nodiscard]] Nanoseconds longest() const { return longest_; }

    /// Turns until it is so, for a second at most.
    template <class Condition>
    void run_until(Condition&& condition) {
        const TimePoint end = clock.now() + std::chrono::seconds{1};
        while (!condition() && clock.now() < end) {
            turn([&] { loop.dispatch(Nanoseconds{0}); });
        }
    }
    /// What was done up to now is no part of what is measured.
    void begin_measuring() { longest_ = {}; }

    CpuClock clock;
    EventLoop loop{clock};
    PageReturner page_returner{loop};
    headless::HeadlessPresenter presenter{loop, std::vector<ScreenInfo>(2)};
    card::Card card{presenter};
    DirectGpuLink link{loop};
    MemfdExporter exporter;
    vga::VgaDevice vga{loop, card.add_source("vga", 0, 1), uint64_t{64} << 20};
    gpu::GpuDevice device{
        loop, card.add_source("virtio", 1), link.memory(), {.exporter = &exporter}};
    GpuDriver driver{link};

private:
    Nanoseconds longest_{0};
};

}  // namespace oriel::test
