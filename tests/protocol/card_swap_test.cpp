// SPDX-License-Identifier: MIT
// A running guest while the presenter under it is swapped: window, headless, window, and so on.
#include <doctest/doctest.h>

#include <chrono>
#include <memory>
#include <string>
#include <utility>
#include <vector>

#include "card/card.h"
#include "card/paced_null_display.h"
#include "core/log.h"
#include "gpu/gpu_device.h"
#include "headless/presenter.h"
#include "running_guest.h"
#include "support/compositor.h"
#include "support/direct_gpu_link.h"
#include "support/gpu_driver.h"
#include "support/memfd_exporter.h"
#include "support/random.h"
#include "wayland/presenter_desk.h"

namespace oriel::test {
namespace {

using namespace std::chrono_literals;

constexpr Size kSize = kGuestSize;
constexpr int kSwaps = 60;

CompositorOptions compositor_options() {
    CompositorOptions options;
    options.linux_dmabuf = 3;
    options.frames = Frames::kManual;
    options.tearing_guest = true;  // it draws to the picture on the screen, too
    return options;
}

/// Which presenter the card's target is.
enum class Kind : uint8_t { kNone, kWindow, kHeadless };

/// The host: a card, its GPU, and presenters that come and go.
class Host {
public:
    explicit Host(wayland::PathChoice path) : path_{path} {
        set_log_level(LogLevel::kError);
        clock.advance(1s);
        link.start(gpu);
    }
    ~Host() { become(Kind::kNone); }

    /// The old presenter goes when the new one has taken over.
    void become(Kind kind) {
        std::unique_ptr<Display> next;
        if (kind == Kind::kWindow) {
            wayland::PresenterOptions options = presenter_options(kSize, path_);
            options.connected_fd = compositor_.connect();
            events.ready = 0;
            next = wayland::make_presenter(loop, card, std::move(options));
            wait_until_ready(loop, events);
            compositor_.settle(loop);
            window = compositor_.state().windows.size() - 1;
        } else if (kind == Kind::kHeadless) {
            next = std::make_unique<headless::HeadlessPresenter>(
                loop, std::vector<ScreenInfo>{ScreenInfo{.preferred = kSize}}, &card);
        }
        if (next) {
            card.retarget(*next);
        } else {
            card.retarget(nothing);
        }
        presenter_ = std::move(next);
        kind_ = kind;
        compositor_.settle(loop);
    }
    [[nodiscard]] bool in_window() const { return kind_ == Kind::kWindow; }
    [[nodiscard]] TestCompositor& compositor() { return compositor_; }

    /// A refresh of the screen goes by.
    void frame() {
        compositor_.fire_frame_callbacks();
        clock.advance(17ms);
        compositor_.settle(loop);
    }

    ManualClock clock;
    EventLoop loop{clock};
    TestCompositor compositor_{compositor_options()};
    DirectGpuLink link{loop};
    MemfdExporter exporter;
    card::PacedNullDisplay nothing{loop, {ScreenInfo{.preferred = kSize}}};
    RecordedEvents events;
    card::Card card{nothing, &events};
    gpu::GpuDevice gpu{loop, card.add_source("virtio", 1), link.memory(), {.exporter = &exporter}};
    GpuDriver driver{link};
    size_t window = 0;

private:
    wayland::PathChoice path_;
    std::unique_ptr<Display> presenter_;
    Kind kind_ = Kind::kNone;
};

template <class Screen>
void swap_presenters(Host& host, Random& random, std::vector<Screen> screens) {
    RunningGuest<Host, Screen> guest{host, random, std::move(screens)};
    size_t swapped_while_waiting = 0;
    for (int swap = 0; swap < kSwaps; ++swap) {
        for (uint32_t steps = random.below(12); steps > 0; --steps) {
            guest.step();
        }
        swapped_while_waiting += guest.waiting() != 0 ? 1 : 0;
        host.become(swap % 2 == 0 ? Kind::kWindow : Kind::kHeadless);
        if (random.one_in(2)) {
            guest.step();
        }
        guest.check("after swap " + std::to_string(swap));
    }
    // The test is about these.
    CHECK(swapped_while_waiting > kSwaps / 4);
    MESSAGE(guest.requests(), " requests, ", swapped_while_waiting, " swaps while some waited");
}

}  // namespace

TEST_CASE("a guest sees nothing of presenters that are swapped under it, and no pixel is lost") {
    const uint32_t seeded = test_seed();
    MESSAGE("ORIEL_TEST_SEED=", seeded);
    CAPTURE(seeded);
    Random random{seeded};
    SUBCASE("2D resources, copied") {
        Host host{wayland::PathChoice::kShm};
        swap_presenters(host, random,
                        std::vector{host.driver.create(kSize), host.driver.create(kSize)});
    }
    SUBCASE("blobs, without a copy") {
        Host host{wayland::PathChoice::kDirect};
        const BlobScreen::Options options{.pages = Pages::kContiguous};
        swap_presenters(host, random,
                        std::vector{BlobScreen{host.driver, kSize, options},
                                    BlobScreen{host.driver, kSize, options}});
    }
}

TEST_CASE("a guest that draws before there is a presenter shows in the one that comes") {
    Host host{wayland::PathChoice::kShm};
    auto screen = host.driver.show(0, kSize);
    screen.fill(0x336699);
    static_cast<void>(host.driver.answered(screen.post_flush(screen.all())));
    const auto flush = screen.post_flush(screen.all());
    const auto second = screen.post_flush({0, 0, 1, 1});
    CHECK_FALSE(host.driver.answered(second));
    host.become(Kind::kWindow);
    host.frame();
    host.frame();
    CHECK(host.driver.answered(flush));
    CHECK(host.driver.answered(second));
    const auto shown = host.compositor().state().picture(host.window);
    REQUIRE(shown);
    CHECK(shown->at(10, 10) == (0x336699 | kGuestOpaque));
}

}  // namespace oriel::test
