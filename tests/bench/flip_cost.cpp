// SPDX-License-Identifier: MIT
//
// What a page flip costs Oriel, by size and path: a guest with two blobs flips between them, each
// time all of the picture, and waits for the answer. The whole card and the presenter run on a
// thread of their own, whose CPU time is counted; the guest (a VMM's end of vfio-user with a
// virtio-gpu driver) and the compositor run on others.
//
// Nothing here has /dev/udmabuf: a memfd takes the dma-buf's place, and the compositor, which looks
// at no pixel, takes it. What the kernel needs for a real one is in tests/vm's figures.
//
// Back to back, flips cost what Oriel does; with a pause between them, as a guest has that draws,
// also what it costs to wake a process whose CPU was idle.
//
// One line of JSON on stdout for each size.
//
// usage: flip-cost direct|shm|gles FLIPS PAUSE_MS
#define DOCTEST_CONFIG_IMPLEMENT
#include <doctest/doctest.h>
#include <pthread.h>
#include <sys/eventfd.h>
#include <unistd.h>

#include <array>
#include <chrono>
#include <cstdio>
#include <cstdlib>
#include <cstring>
#include <functional>
#include <memory>
#include <stdexcept>
#include <string>
#include <thread>

#include "card/card.h"
#include "core/clock.h"
#include "core/event_loop.h"
#include "core/log.h"
#include "gpu/gpu_device.h"
#include "guest/guest_memory.h"
#include "pci/display_function.h"
#include "scanout/null_display.h"
#include "support/blob_screen.h"
#include "support/compositor.h"
#include "support/fake_vga.h"
#include "support/gpu_driver.h"
#include "support/memfd_exporter.h"
#include "support/temp_dir.h"
#include "support/virtio_gpu_link.h"
#include "vfio_user/server.h"
#include "wayland/presenter.h"

using namespace oriel;
using namespace std::chrono_literals;

namespace {

constexpr std::array<Size, 4> kSizes{{{1280, 720}, {1920, 1080}, {3840, 2160}, {7680, 4320}}};

wayland::PresenterOptions presenter_options(wayland::PathChoice path, UniqueFd connection) {
    wayland::PresenterOptions options;
    options.path = path;
    options.connected_fd = std::move(connection);
    return options;
}

/// Everything that `oriel show` runs, without its command line.
class Host final : public DisplayEvents {
public:
    Host(const std::string& socket, wayland::PathChoice path, UniqueFd connection)
        : presenter_{wayland::make_presenter(loop_, card_,
                                             presenter_options(path, std::move(connection)))},
          server_{{loop_, function_, memory_}, socket} {
        while (!ready_) {
            loop_.dispatch(Nanoseconds::max());
        }
    }
    ~Host() override { card_.retarget(nothing_); }

    void display_ready() override {
        card_.retarget(*presenter_);
        ready_ = true;
    }

    void close_requested(ScanoutId) override {}
    void display_lost(const std::string& reason) override {
        std::fprintf(stderr, "flip-cost: %s\n", reason.c_str());
        std::exit(1);
    }

    [[nodiscard]] EventLoop& loop() { return loop_; }
    [[nodiscard]] const ScanoutStats& stats() const { return presenter_->stats(0); }

private:
    SystemClock clock_;
    EventLoop loop_{clock_};
    guest::GuestMemory memory_;
    test::MemfdExporter exporter_;
    NullDisplay nothing_{{ScreenInfo{}}};
    card::Card card_{nothing_, this};
    gpu::GpuDevice gpu_{loop_, card_.add_source("virtio", 1), memory_, {.exporter = &exporter_}};
    test::FakeVga vga_;
    pci::DisplayFunction function_{{loop_, memory_, gpu_, vga_, gpu_}};
    bool ready_ = false;
    std::unique_ptr<Display> presenter_;
    vfio_user::Server server_;
};

/// A card on a thread.
class CardThread {
public:
    CardThread(const std::string& socket, wayland::PathChoice path, UniqueFd connection)
        : request_{::eventfd(0, EFD_CLOEXEC)}, answer_{::eventfd(0, EFD_CLOEXEC)} {
        thread_ = std::thread{[this, socket, path, connection = std::move(connection)]() mutable {
            run(socket, path, std::move(connection));
        }};
        wait();
    }
    CardThread(const CardThread&) = delete;
    CardThread& operator=(const CardThread&) = delete;
    ~CardThread() {
        call([](Host& card) { card.loop().quit(); });
        thread_.join();
    }

    /// Runs `what` on the card's thread.
    void call(std::function<void(Host&)> what) {
        what_ = std::move(what);
        const uint64_t one = 1;
        static_cast<void>(!::write(request_.get(), &one, sizeof one));
        wait();
    }
    [[nodiscard]] ScanoutStats stats() {
        ScanoutStats stats;
        call([&stats](Host& card) { stats = card.stats(); });
        return stats;
    }
    [[nodiscard]] double cpu_seconds() {
        clockid_t clock{};
        timespec now{};
        if (::pthread_getcpuclockid(thread_.native_handle(), &clock) != 0 ||
            ::clock_gettime(clock, &now) != 0) {
            throw std::runtime_error{"no CPU clock of a thread"};
        }
        return static_cast<double>(now.tv_sec) + static_cast<double>(now.tv_nsec) * 1e-9;
    }

private:
    void run(const std::string& socket, wayland::PathChoice path, UniqueFd connection) {
        try {
            Host host{socket, path, std::move(connection)};
            const auto watch = host.loop().watch(request_.get(), FdEvents::kRead, [&](auto) {
                uint64_t count = 0;
                static_cast<void>(!::read(request_.get(), &count, sizeof count));
                what_(host);
                done();
            });
            done();
            host.loop().run();
        } catch (const std::exception& error) {
            std::fprintf(stderr, "flip-cost: %s\n", error.what());
            std::exit(1);
        }
    }
    void done() {
        const uint64_t one = 1;
        static_cast<void>(!::write(answer_.get(), &one, sizeof one));
    }
    void wait() {
        uint64_t count = 0;
        static_cast<void>(!::read(answer_.get(), &count, sizeof count));
    }

    UniqueFd request_;
    UniqueFd answer_;
    std::function<void(Host&)> what_;
    std::thread thread_;
};

/// SET_SCANOUT_BLOB and FLUSH with one kick, as Linux does it; until the flush is answered.
class Flips {
public:
    Flips(test::VirtioGpuLink& link, test::GpuDriver& gpu, Size size, bool draws)
        : link_{link},
          draws_{draws},
          first_{gpu, size, {.pages = test::Pages::kContiguous}},
          second_{gpu, size, {.pages = test::Pages::kContiguous}} {
        link_.driver().kick_on_submit(false);
    }

    /// Every pixel of what is flipped to next, where somebody compares or copies them.
    void draw(uint32_t colour) {
        if (draws_) {
            (second_shown_ ? first_ : second_).fill(colour);
        }
    }
    void flip() {
        test::BlobScreen& next = std::exchange(second_shown_, !second_shown_) ? first_ : second_;
        test::wire::SetScanoutBlob set{};
        set.header.type = static_cast<uint32_t>(test::wire::Type::kSetScanoutBlob);
        set.r = {0, 0, next.size().width, next.size().height};
        set.resource_id = next.id();
        set.width = next.size().width;
        set.height = next.size().height;
        set.format = static_cast<uint32_t>(next.view().format);
        set.strides[0] = next.view().stride;
        test::wire::ResourceFlush flush{};
        flush.header.type = static_cast<uint32_t>(test::wire::Type::kResourceFlush);
        flush.r = set.r;
        flush.resource_id = next.id();
        auto& driver = link_.driver();
        const auto first = driver.submit(0, bytes_of(set), sizeof(test::wire::Header));
        const auto second = driver.submit(0, bytes_of(flush), sizeof(test::wire::Header));
        driver.kick(0);
        static_cast<void>(driver.wait(first));
        static_cast<void>(driver.wait(second));
    }

private:
    test::VirtioGpuLink& link_;
    bool draws_;
    test::BlobScreen first_;
    test::BlobScreen second_;
    bool second_shown_ = false;
};

void measure(const std::string& asked, wayland::PathChoice path, Size size, int flips,
             std::chrono::milliseconds pause) {
    const test::TempDir folder;
    const std::string socket = folder.file("vm.sock");
    test::TestCompositor compositor{
        {.linux_dmabuf = 3, .strict_buffers = false, .look_at_pixels = false}};
    CardThread card{socket, path, compositor.connect()};
    test::VirtioGpuLink link{socket, {.ram_bytes = size_t{512} << 20}};
    test::GpuDriver gpu{link};
    Flips guest{link, gpu, size, asked == "shm"};
    for (uint32_t i = 0; i < 10; ++i) {
        guest.draw(i);
        guest.flip();  // buffers are made, patience learned
    }
    const ScanoutStats before = card.stats();
    const double cpu_before = card.cpu_seconds();
    for (int i = 0; i < flips; ++i) {
        guest.draw(static_cast<uint32_t>(i) * 0x010305);
        guest.flip();
        if (pause > 0ms) {
            std::this_thread::sleep_for(pause);
        }
    }
    const double cpu = card.cpu_seconds() - cpu_before;
    const ScanoutStats after = card.stats();
    const uint64_t frames = after.committed - before.committed;
    if (frames == 0) {
        throw std::runtime_error{"nothing was shown"};
    }
    std::printf(
        "{\"asked\": \"%s\", \"width\": %u, \"height\": %u, \"path\": \"%s\", \"reason\": \"%s\", "
        "\"flips\": %d, "
        "\"frames\": %llu, \"cpu_us_per_frame\": %.1f, \"bytes_copied_per_frame\": %.0f, "
        "\"kick_to_commit_p50_us\": %.1f, \"kick_to_commit_p99_us\": %.1f, "
        "\"kick_to_commit_p99_9_us\": %.1f, \"answered_by_timer\": %llu}\n",
        asked.c_str(), size.width, size.height, after.path.c_str(), after.path_reason.c_str(),
        flips, static_cast<unsigned long long>(frames), cpu * 1e6 / static_cast<double>(frames),
        static_cast<double>(after.bytes_copied - before.bytes_copied) / static_cast<double>(frames),
        static_cast<double>(after.kick_to_commit.percentile(0.5).count()) / 1e3,
        static_cast<double>(after.kick_to_commit.percentile(0.99).count()) / 1e3,
        static_cast<double>(after.kick_to_commit.percentile(0.999).count()) / 1e3,
        static_cast<unsigned long long>(after.answered_by_timer - before.answered_by_timer));
    std::fflush(stdout);
    static_cast<void>(compositor.take_violations());
}

}  // namespace

int main(int argc, char** argv) {
    // The scripted compositor reports through doctest; a violation ends the bench.
    doctest::Context context;
    context.setAsDefaultForAssertsOutOfTestCases();
    const std::string path = argc == 4 ? argv[1] : "";
    const int flips = argc == 4 ? std::atoi(argv[2]) : 0;
    const int pause = argc == 4 ? std::atoi(argv[3]) : -1;
    if (flips <= 0 || pause < 0 || (path != "direct" && path != "shm" && path != "gles")) {
        std::fprintf(stderr, "usage: %s direct|shm|gles FLIPS PAUSE_MS\n", argv[0]);
        return 2;
    }
    set_log_level(LogLevel::kError);
    using Choice = wayland::PathChoice;
    const Choice choice = path == "direct" ? Choice::kDirect
                          : path == "gles" ? Choice::kGles
                                           : Choice::kShm;
    try {
        for (const Size size : kSizes) {
            measure(path, choice, size, flips, std::chrono::milliseconds{pause});
        }
    } catch (const std::exception& error) {
        std::fprintf(stderr, "flip-cost: %s\n", error.what());
        return 1;
    }
    return 0;
}
