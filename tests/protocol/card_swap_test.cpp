// SPDX-License-Identifier: MIT
// A running guest while the presenter under it is swapped: window, headless, window, and so on.
#include <doctest/doctest.h>

#include <chrono>
#include <cstdlib>
#include <memory>
#include <optional>
#include <string>
#include <type_traits>
#include <utility>
#include <vector>

#include "card/card.h"
#include "card/paced_null_display.h"
#include "core/log.h"
#include "gpu/gpu_device.h"
#include "headless/presenter.h"
#include "support/blob_screen.h"
#include "support/compositor.h"
#include "support/direct_gpu_link.h"
#include "support/gpu_driver.h"
#include "support/memfd_exporter.h"
#include "support/random.h"
#include "wayland/presenter_desk.h"

namespace oriel::test {
namespace {

using namespace std::chrono_literals;
using wire::Type;

constexpr Size kSize{160, 100};
constexpr Size kCursorSide{64, 64};
constexpr uint32_t kOpaque = 0xff00'0000;
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
            options.connected_fd = compositor.connect();
            events.ready = 0;
            next = wayland::make_presenter(loop, card, std::move(options));
            wait_until_ready(loop, events);
            compositor.settle(loop);
            window = compositor.state().windows.size() - 1;
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
        compositor.settle(loop);
    }
    [[nodiscard]] Kind kind() const { return kind_; }
    [[nodiscard]] const ScanoutStats& stats() const { return card.target().stats(0); }

    /// A refresh of the screen goes by.
    void frame() {
        compositor.fire_frame_callbacks();
        clock.advance(17ms);
        compositor.settle(loop);
    }

    ManualClock clock;
    EventLoop loop{clock};
    TestCompositor compositor{compositor_options()};
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

/// A guest that draws here and there, flushes without waiting, flips between two pictures and
/// moves its cursor. `Screen` is a 2D resource's or a blob's.
template <class Screen>
class Guest {
public:
    Guest(Host& host, Random& random, std::vector<Screen> screens)
        : host_{host}, random_{random}, screens_{std::move(screens)} {
        flip();
        point({5, 6});
    }

    void step() {
        switch (random_.below(8)) {
            case 0:
                flip();
                break;
            case 1:
                point({static_cast<int32_t>(random_.below(kSize.width)),
                       static_cast<int32_t>(random_.below(kSize.height))});
                break;
            case 2:
                host_.frame();
                break;
            default:
                draw();
                break;
        }
    }

    /// Lets frames go by until every flush is answered. Each is asked of once only: an answer that
    /// came twice would be of a slot that the driver has taken back (DirectGpuLink checks that).
    void wait_for_answers() {
        for (int frames = 0; frames < 50 && !waiting_.empty(); ++frames) {
            host_.frame();
            std::erase_if(waiting_, [&](GpuDriver::Token token) {
                if (!host_.driver.answered(token)) {
                    return false;
                }
                CHECK(GpuDriver::header_of(host_.driver.wait(token)).type ==
                      static_cast<uint32_t>(Type::kOkNodata));
                ++answers_;
                return true;
            });
        }
    }

    void check(const std::string& when) {
        CAPTURE(when);
        wait_for_answers();
        CHECK(waiting_.empty());
        CHECK(answers_ == requests_);
        CHECK(host_.gpu.stats().flushes_waiting == 0);
        host_.frame();
        const Picture expected = picture();
        if (host_.kind() == Kind::kWindow) {
            CHECK_SAME_PICTURE(host_.compositor.state().picture(host_.window), expected);
            host_.compositor.pointer_enter(10, 10, host_.window);
            host_.compositor.settle(host_.loop);
            const auto cursor = host_.compositor.state().cursor_picture();
            REQUIRE(cursor);
            CHECK(cursor->size == kCursorSide);
            CHECK(cursor->at(0, 0) == (cursor_colour_ | kOpaque));
            CHECK(host_.compositor.state().cursor.hotspot == Point{3, 4});
            host_.compositor.pointer_leave();
        }
        const auto& memory = host_.card.attached(0)->framebuffer->memory();
        REQUIRE(memory);
        const MemoryBuffer& shown = memory->latest();
        size_t wrong = 0;
        for (uint32_t y = 0; y < kSize.height; ++y) {
            for (uint32_t x = 0; x < kSize.width; ++x) {
                const auto* row = reinterpret_cast<const uint32_t*>(shown.row(y));
                wrong += (row[x] | kOpaque) != expected.at(x, y) ? 1 : 0;
            }
        }
        CHECK(wrong == 0);
        CHECK(host_.stats().committed > 0);
    }

    [[nodiscard]] size_t waiting() const { return waiting_.size(); }
    [[nodiscard]] uint64_t requests() const { return requests_; }

private:
    [[nodiscard]] Screen& front() { return screens_[front_]; }

    /// As drivers do: nothing is waited for, not even the transfer, which the device may hold back.
    void flush(const Rect& rect) {
        if constexpr (std::is_same_v<Screen, GpuDriver::Screen>) {
            const uint64_t offset = (uint64_t{rect.y} * kSize.width + rect.x) * sizeof(uint32_t);
            waiting_.push_back(host_.driver.post(
                Type::kTransferToHost2d,
                wire::TransferToHost2d{
                    {}, {rect.x, rect.y, rect.width, rect.height}, offset, front().id(), 0}));
            ++requests_;
        }
        waiting_.push_back(host_.driver.post_flush(front().id(), rect));
        ++requests_;
    }
    void draw() {
        const Rect rect{random_.below(kSize.width - 20), random_.below(kSize.height - 20),
                        1 + random_.below(20), 1 + random_.below(20)};
        front().fill(rect, random_() & 0xffffff);
        flush(rect);
    }
    /// The back picture is the guest's once the flips before are answered.
    void flip() {
        wait_for_answers();
        front_ = (front_ + 1) % screens_.size();
        const Rect rect{random_.below(kSize.width - 50), random_.below(kSize.height - 50), 50, 50};
        front().fill(rect, random_() & 0xffffff);
        CHECK(front().show_on(0) == Type::kOkNodata);
        flush(front().all());
    }
    void point(Point position) {
        cursor_colour_ = random_() & 0xffffff;
        if (!cursor_screen_) {
            cursor_screen_.emplace(host_.driver.create(kCursorSide));
        }
        cursor_screen_->fill(cursor_colour_ | kOpaque);
        CHECK(cursor_screen_->transfer() == Type::kOkNodata);
        CHECK(host_.driver.update_cursor(0, cursor_screen_->id(), position, {3, 4}) ==
              Type::kOkNodata);
    }
    [[nodiscard]] Picture picture() {
        Picture picture{kSize, {}};
        for (uint32_t y = 0; y < kSize.height; ++y) {
            for (uint32_t x = 0; x < kSize.width; ++x) {
                picture.pixels.push_back(front().get(x, y) | kOpaque);
            }
        }
        return picture;
    }

    Host& host_;
    Random& random_;
    std::vector<Screen> screens_;
    size_t front_ = 0;
    std::vector<GpuDriver::Token> waiting_;
    uint64_t requests_ = 0;
    uint64_t answers_ = 0;
    std::optional<GpuDriver::Screen> cursor_screen_;
    uint32_t cursor_colour_ = 0;
};

/// ORIEL_TEST_SEED, or one that is fixed: a failure repeats.
uint32_t seed() {
    const char* given = std::getenv("ORIEL_TEST_SEED");
    return given != nullptr ? static_cast<uint32_t>(std::strtoul(given, nullptr, 0)) : 20261129U;
}

template <class Screen>
void swap_presenters(Host& host, Random& random, std::vector<Screen> screens) {
    Guest<Screen> guest{host, random, std::move(screens)};
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
    const uint32_t seeded = seed();
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
    const auto shown = host.compositor.state().picture(host.window);
    REQUIRE(shown);
    CHECK(shown->at(10, 10) == (0x336699 | kOpaque));
}

}  // namespace oriel::test
