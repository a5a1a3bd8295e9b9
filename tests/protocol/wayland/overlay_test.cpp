// SPDX-License-Identifier: MIT
// What is shown over a picture: half black and a text, on subsurfaces.
#include <doctest/doctest.h>

#include <algorithm>
#include <chrono>
#include <cstring>
#include <deque>
#include <utility>
#include <vector>

#include "../loss_desk.h"
#include "core/mapping.h"
#include "core/memfd.h"
#include "presenter_desk.h"
#include "serve/stale_screens.h"

namespace oriel::test {
namespace {

using namespace std::chrono_literals;
using wayland::Overlay;
using wayland::TextImage;
using wayland::TextReceiver;
using wayland::TextRequest;

constexpr Size kSize{320, 200};
constexpr uint32_t kWhite = 0xffff'ffff;

/// Paints a white block in place of a text, when the test says so.
struct BlockPainter final : wayland::TextPainter {
    void paint(TextRequest request, Weak<TextReceiver> receiver) override {
        requests.push_back(request);
        waiting.emplace_back(std::move(request), std::move(receiver));
    }
    /// As wide as a letter of half its height for each byte.
    void answer(bool works = true) {
        while (!waiting.empty()) {
            auto [request, receiver] = std::move(waiting.front());
            waiting.pop_front();
            if (TextReceiver* const to = receiver.get()) {
                to->text_painted(works ? block(request) : host_error("no font"));
            }
        }
    }
    static Result<TextImage> block(const TextRequest& request) {
        const auto letters = static_cast<uint32_t>(request.text.size());
        const auto up = [&](uint32_t px) {
            return (px + request.step - 1) / request.step * request.step;
        };
        const Size size{up(std::min(letters * request.height / 2, request.max_width)),
                        up(request.height)};
        const uint32_t stride = (size.width * 4 + 255) / 256 * 256;
        const size_t bytes = round_to_pages(size_t{stride} * size.height);
        auto file = create_memfd("text", bytes, MemfdSeals::kFixedSize).value();
        const auto mapping = Mapping::map(file.get(), 0, bytes, MapAccess::kReadWrite).value();
        std::memset(mapping.data(), 0xff, bytes);
        return TextImage{std::move(file), size, stride};
    }

    std::vector<TextRequest> requests;
    std::deque<std::pair<TextRequest, Weak<TextReceiver>>> waiting;
};

wayland::PresenterOptions with(BlockPainter& painter) {
    wayland::PresenterOptions options = presenter_options(kSize);
    options.text_painter = &painter;
    return options;
}

/// It is there before the presenter.
struct WithPainter {
    BlockPainter painter;
};

struct OverlayDesk : WithPainter, PresenterDesk {
    explicit OverlayDesk(CompositorOptions options = {})
        : PresenterDesk{std::move(options), with(painter)} {
        picture.scribble(picture.all());
        show(picture);
    }

    void set(const Overlay& overlay) {
        static_cast<wayland::Presenter&>(*presenter).set_overlay(0, overlay);
    }
    void say(const std::string& text) {
        set({.dimmed = true, .text = text});
        settle();
        painter.answer();
        settle();
    }
    [[nodiscard]] uint64_t window_commits() const {
        const State now = state();
        return now.surface()->commits.size();
    }

    GuestPicture picture{kSize};
};

uint32_t dimmed(uint32_t pixel) {
    uint32_t half = 0xff00'0000;
    for (uint32_t shift = 0; shift < 24; shift += 8) {
        half |= (pixel >> shift & 0xff) * (0xff - 0x80) / 0xff << shift;
    }
    return half;
}

/// Where the text is: the white pixels' bounds. All others must be dimmed pixels of `of`.
Rect text_over(const Picture& shown, const Picture& of) {
    REQUIRE(shown.size == of.size);
    uint32_t left = UINT32_MAX, top = UINT32_MAX, right = 0, bottom = 0;
    size_t wrong = 0;
    for (uint32_t y = 0; y < shown.size.height; ++y) {
        for (uint32_t x = 0; x < shown.size.width; ++x) {
            if (shown.at(x, y) == kWhite) {
                left = std::min(left, x);
                top = std::min(top, y);
                right = std::max(right, x + 1);
                bottom = std::max(bottom, y + 1);
            } else {
                wrong += shown.at(x, y) != dimmed(of.at(x, y)) ? 1 : 0;
            }
        }
    }
    CHECK(wrong == 0);
    return right == 0 ? Rect{} : Rect{left, top, right - left, bottom - top};
}

constexpr const char* kText = "gone";

}  // namespace

TEST_CASE("an overlay dims the picture and says its text, and the picture isn't drawn again") {
    OverlayDesk desk;
    const State before = desk.state();
    desk.set({.dimmed = true, .text = kText});
    desk.settle();
    CHECK(text_over(desk.state().shown(), desk.picture.expected()).empty());
    desk.painter.answer();
    desk.settle();
    const State after = desk.state();
    const Rect text = text_over(after.shown(), desk.picture.expected());
    // 18 px high, in the middle of the lower edge.
    CHECK(text == Rect{142, 170, 36, 18});
    CHECK(after.surface()->buffer == before.surface()->buffer);
    CHECK(after.surface()->frames() == before.surface()->frames());
    for (const auto& [number, surface] : after.surfaces) {
        CHECK((surface.role != "wl_subsurface" || !surface.takes_input));
    }
    CHECK(desk.painter.requests.size() == 1);
    CHECK(desk.painter.requests[0].height == 18);
}

TEST_CASE("the overlay goes with the first frame that comes in the same turn") {
    OverlayDesk desk;
    desk.say(kText);
    const uint64_t commits = desk.window_commits();
    GuestPicture next{kSize};
    next.scribble(next.all(), 7);
    desk.set({});
    desk.attach(next);
    desk.flush(next.all());
    desk.settle();
    CHECK(difference(desk.state().shown(), next.expected()).empty());
    CHECK(desk.window_commits() == commits + 1);
}

TEST_CASE("an overlay that ends without a frame gives the picture back as it was") {
    OverlayDesk desk;
    desk.say(kText);
    desk.set({});
    desk.settle();
    CHECK(difference(desk.state().shown(), desk.picture.expected()).empty());
}

TEST_CASE("it follows the window's size, also over a picture that gets black edges") {
    OverlayDesk desk;
    desk.say(kText);
    desk.compositor.configure({.size = {500, 200}});
    desk.settle();
    desk.painter.answer();
    desk.settle();
    const State now = desk.state();
    const Picture shown = now.shown();
    REQUIRE(shown.size == Size{500, 200});
    const Rect picture{90, 0, 320, 200};
    Picture expected{{500, 200}, std::vector<uint32_t>(size_t{500} * 200, 0xff00'0000)};
    for (uint32_t y = 0; y < 200; ++y) {
        for (uint32_t x = 0; x < picture.width; ++x) {
            expected.pixels[size_t{y} * 500 + picture.x + x] = desk.picture.expected().at(x, y);
        }
    }
    CHECK(text_over(shown, expected) == Rect{232, 170, 36, 18});
}

TEST_CASE("the text is sharp at any scale: a px of its image is one of the output") {
    OverlayDesk desk{{.fractional_scale = 1, .scale_n120 = 150}};
    desk.say("nobody");
    const State now = desk.state();
    REQUIRE(desk.painter.requests.back().height == 23);  // 18 x 1.25
    CHECK(desk.painter.requests.back().step == 5);
    const SurfaceState* const text = now.content();
    REQUIRE(text != nullptr);
    CHECK(text->picture->at(0, 0) == kWhite);
    REQUIRE(text->destination);
    CHECK(text->destination->width * 5 == text->picture->size.width * 4);
    CHECK(text->destination->height * 5 == text->picture->size.height * 4);
    CHECK(text->position.x % 4 == 0);
    CHECK(text->position.y % 4 == 0);
}

TEST_CASE("compositors that lack protocols dim the picture nevertheless") {
    SUBCASE("no single pixels") {
        OverlayDesk desk{{.wp_single_pixel_buffer = 0}};
        desk.say(kText);
        CHECK(text_over(desk.state().shown(), desk.picture.expected()) == Rect{142, 170, 36, 18});
    }
    SUBCASE("no viewports") {
        OverlayDesk desk{{.wp_viewporter = 0, .wp_single_pixel_buffer = 0}};
        desk.say(kText);
        CHECK(text_over(desk.state().shown(), desk.picture.expected()) == Rect{142, 170, 36, 18});
    }
    SUBCASE("without subsurfaces there is no overlay") {
        OverlayDesk desk{{.wl_subcompositor = 0}};
        desk.say(kText);
        CHECK(difference(desk.state().shown(), desk.picture.expected()).empty());
    }
}

TEST_CASE("where no text can be painted the picture is dimmed") {
    OverlayDesk desk;
    desk.set({.dimmed = true, .text = kText});
    desk.settle();
    desk.painter.answer(false);
    desk.settle();
    CHECK(text_over(desk.state().shown(), desk.picture.expected()).empty());
    // And it isn't asked for again and again.
    desk.advance(10s);
    CHECK(desk.painter.requests.size() == 1);
}

TEST_CASE("a text that has no room is not shown before one is painted that has") {
    OverlayDesk desk;
    desk.say(std::string(60, 'x'));
    CHECK(text_over(desk.state().shown(), desk.picture.expected()).width <= 320 - 24);
    desk.compositor.configure({.size = {170, 106}});
    desk.settle();
    CHECK(desk.painter.requests.back().max_width == 128);
    const Picture without = desk.state().shown();
    CHECK(std::count(without.pixels.begin(), without.pixels.end(), kWhite) == 0);
    desk.painter.answer();
    desk.settle();
    const Picture shown = desk.state().shown();
    CHECK(std::count(shown.pixels.begin(), shown.pixels.end(), kWhite) == 128 * 18);
}

TEST_CASE("other figures in the corner cost the picture no commit, no damage and no buffer") {
    OverlayDesk desk;
    desk.set({.figures = "shm"});
    desk.settle();
    desk.painter.answer();
    desk.settle();
    const uint64_t commits = desk.window_commits();
    // That there is something is the window's state: one commit, with nothing in it.
    const Commit first = desk.state().surface()->last();
    CHECK_FALSE(first.attached);
    CHECK(first.damage.empty());
    const auto figures = [&] {
        const Picture shown = desk.state().shown();
        Rect bounds{};
        uint32_t right = 0, bottom = 0;
        bounds.x = bounds.y = UINT32_MAX;
        for (uint32_t y = 0; y < shown.size.height; ++y) {
            for (uint32_t x = 0; x < shown.size.width; ++x) {
                if (shown.at(x, y) == kWhite) {
                    bounds.x = std::min(bounds.x, x);
                    bounds.y = std::min(bounds.y, y);
                    right = std::max(right, x + 1);
                    bottom = std::max(bottom, y + 1);
                } else {
                    CHECK(shown.at(x, y) == desk.picture.expected().at(x, y));
                }
            }
        }
        return right == 0 ? Rect{} : Rect{bounds.x, bounds.y, right - bounds.x, bottom - bounds.y};
    };
    CHECK(figures() == Rect{12, 12, 19, 13});
    for (const size_t length : {10U, 20U, 5U}) {
        desk.set({.figures = std::string(length, 'x')});
        desk.settle();
        desk.painter.answer();
        desk.settle();
        CHECK(figures() == Rect{12, 12, static_cast<uint32_t>(length * 13 / 2), 13});
    }
    desk.set({});
    desk.settle();
    CHECK(figures().empty());
    CHECK(desk.window_commits() == commits);
    // They are not asked for again while they stay.
    CHECK(desk.painter.requests.size() == 4);
}

TEST_CASE("a hundred overlays leave no buffers and no surfaces") {
    OverlayDesk desk;
    size_t surfaces = 0;
    for (int i = 0; i < 100; ++i) {
        desk.say("text " + std::to_string(i));
        desk.set({});
        desk.picture.scribble(desk.picture.all(), static_cast<uint32_t>(i));
        desk.flush(desk.picture.all());
        desk.settle();
        if (i == 1) {
            surfaces = desk.compositor.live_objects().size();
        }
    }
    CHECK(desk.compositor.live_objects().size() <= surfaces);
    CHECK(difference(desk.state().shown(), desk.picture.expected()).empty());
}

TEST_CASE("a compositor that gives nothing back gets three texts, and the newest one later") {
    OverlayDesk desk{{.releases = Releases::kManual}};
    for (int i = 0; i < 10; ++i) {
        desk.say(std::string(static_cast<size_t>(i + 1), 'x'));
    }
    const uint64_t alive = desk.state().buffers_alive;
    // Black, the picture, half black, and texts.
    CHECK(alive <= 1 + 1 + 1 + 3);
    desk.compositor.release_all();
    desk.settle();
    desk.painter.answer();
    desk.settle();
    CHECK(text_over(desk.state().shown(), desk.picture.expected()).width == 90);
    desk.compositor.release_all(true);
}

TEST_CASE("the pointer over a picture that is stale is the desktop's arrow") {
    OverlayDesk desk;
    desk.compositor.pointer_enter(5, 5);
    desk.settle();
    CHECK(desk.state().cursor.hidden);
    desk.set({.dimmed = true});
    desk.settle();
    CHECK_FALSE(desk.state().cursor.hidden);
    desk.set({});
    desk.settle();
    CHECK(desk.state().cursor.hidden);
}

TEST_CASE("a screen that is stale is shown so by the next compositor, too") {
    BlockPainter painter;
    LossDesk desk{{.compositor = {}, .presenter = with(painter)}};
    app::StaleScreens stale{desk.card, &desk.keeper()};
    Display& other = desk.card.add_source("other", 2);
    GuestPicture picture{kSize};
    picture.scribble(picture.all());
    const auto show = [&](const GuestPicture& shown) {
        other.attach(0, shown.framebuffer(), shown.all());
        other.flush(0, Region{shown.all()}, {});
        desk.settle();
    };
    show(picture);
    REQUIRE(stale.vm_leaves("closed the connection", 0));
    other.release();
    desk.settle();
    painter.answer();
    desk.settle();
    CHECK_FALSE(text_over(desk.state().shown(), picture.expected()).empty());
    REQUIRE(painter.requests.size() == 1);
    CHECK(painter.requests[0].text.starts_with("The VM closed the connection at 19"));

    desk.lose();
    desk.start({});
    static_cast<void>(desk.until_shown());
    desk.settle();
    painter.answer();
    desk.settle();
    CHECK_FALSE(text_over(desk.state().shown(desk.window), picture.expected()).empty());

    stale.vm_comes();
    GuestPicture next{kSize};
    next.scribble(next.all(), 3);
    show(next);
    CHECK(difference(desk.state().shown(desk.window), next.expected()).empty());
    CHECK_FALSE(stale.report());
}

}  // namespace oriel::test
