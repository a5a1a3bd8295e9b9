// SPDX-License-Identifier: MIT
// A guest that goes on while what shows it changes under it.
#pragma once

#include <doctest/doctest.h>

#include <cstdint>
#include <cstdlib>
#include <optional>
#include <string>
#include <type_traits>
#include <utility>
#include <vector>

#include "support/blob_screen.h"
#include "support/compositor.h"
#include "support/gpu_driver.h"
#include "support/random.h"
#include "wayland/presenter_desk.h"

namespace oriel::test {

inline constexpr Size kGuestSize{160, 100};
inline constexpr Size kGuestCursor{64, 64};
inline constexpr uint32_t kGuestOpaque = 0xff00'0000;

/// ORIEL_TEST_SEED, or one that is fixed: a failure repeats.
inline uint32_t test_seed() {
    const char* given = std::getenv("ORIEL_TEST_SEED");
    return given != nullptr ? static_cast<uint32_t>(std::strtoul(given, nullptr, 0)) : 20261129U;
}

/// A guest that draws here and there, flushes without waiting, flips between its pictures and moves
/// its cursor. `Screen` is a 2D resource's or a blob's.
///
/// `Host` has a card, its GPU and a driver (`card`, `gpu`, `driver`, `loop`), lets a refresh go by
/// with frame(), and says where its window is: in_window(), compositor(), `window`.
template <class Host, class Screen>
class RunningGuest {
public:
    RunningGuest(Host& host, Random& random, std::vector<Screen> screens)
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
                point({static_cast<int32_t>(random_.below(kGuestSize.width)),
                       static_cast<int32_t>(random_.below(kGuestSize.height))});
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
                      static_cast<uint32_t>(wire::Type::kOkNodata));
                ++answers_;
                return true;
            });
        }
    }

    /// `hotspot`: where the cursor has it, logical px.
    void check(const std::string& when, Point hotspot = {3, 4}) {
        CAPTURE(when);
        wait_for_answers();
        CHECK(waiting_.empty());
        CHECK(answers_ == requests_);
        CHECK(host_.gpu.stats().flushes_waiting == 0);
        host_.frame();
        const Picture expected = picture();
        if (host_.in_window()) {
            CHECK_SAME_PICTURE(host_.compositor().state().picture(host_.window), expected);
            host_.compositor().pointer_enter(10, 10, host_.window);
            host_.compositor().settle(host_.loop);
            const auto cursor = host_.compositor().state().cursor_picture();
            REQUIRE(cursor);
            CHECK(cursor->size == kGuestCursor);
            CHECK(cursor->at(0, 0) == (cursor_colour_ | kGuestOpaque));
            CHECK(host_.compositor().state().cursor.hotspot.x == hotspot.x);
            CHECK(host_.compositor().state().cursor.hotspot.y == hotspot.y);
            host_.compositor().pointer_leave();
        }
        const auto& memory = host_.card.attached(0)->framebuffer->memory();
        REQUIRE(memory);
        const MemoryBuffer& shown = memory->latest();
        size_t wrong = 0;
        for (uint32_t y = 0; y < kGuestSize.height; ++y) {
            for (uint32_t x = 0; x < kGuestSize.width; ++x) {
                const auto* row = reinterpret_cast<const uint32_t*>(shown.row(y));
                wrong += (row[x] | kGuestOpaque) != expected.at(x, y) ? 1 : 0;
            }
        }
        CHECK(wrong == 0);
        CHECK(host_.card.target().stats(0).committed > 0);
    }

    [[nodiscard]] size_t waiting() const { return waiting_.size(); }
    [[nodiscard]] uint64_t requests() const { return requests_; }

private:
    [[nodiscard]] Screen& front() { return screens_[front_]; }

    /// As drivers do: nothing is waited for, not even the transfer, which the device may hold back.
    void flush(const Rect& rect) {
        if constexpr (std::is_same_v<Screen, GpuDriver::Screen>) {
            const uint64_t offset =
                (uint64_t{rect.y} * kGuestSize.width + rect.x) * sizeof(uint32_t);
            waiting_.push_back(host_.driver.post(
                wire::Type::kTransferToHost2d,
                wire::TransferToHost2d{
                    {}, {rect.x, rect.y, rect.width, rect.height}, offset, front().id(), 0}));
            ++requests_;
        }
        waiting_.push_back(host_.driver.post_flush(front().id(), rect));
        ++requests_;
    }
    void draw() {
        const Rect rect{random_.below(kGuestSize.width - 20), random_.below(kGuestSize.height - 20),
                        1 + random_.below(20), 1 + random_.below(20)};
        front().fill(rect, random_() & 0xffffff);
        flush(rect);
    }
    /// The back picture is the guest's once the flips before are answered.
    void flip() {
        wait_for_answers();
        front_ = (front_ + 1) % screens_.size();
        const Rect rect{random_.below(kGuestSize.width - 50), random_.below(kGuestSize.height - 50),
                        50, 50};
        front().fill(rect, random_() & 0xffffff);
        CHECK(front().show_on(0) == wire::Type::kOkNodata);
        flush(front().all());
    }
    void point(Point position) {
        cursor_colour_ = random_() & 0xffffff;
        if (!cursor_screen_) {
            cursor_screen_.emplace(host_.driver.create(kGuestCursor));
        }
        cursor_screen_->fill(cursor_colour_ | kGuestOpaque);
        CHECK(cursor_screen_->transfer() == wire::Type::kOkNodata);
        CHECK(host_.driver.update_cursor(0, cursor_screen_->id(), position, {3, 4}) ==
              wire::Type::kOkNodata);
    }
    [[nodiscard]] Picture picture() {
        Picture picture{kGuestSize, {}};
        for (uint32_t y = 0; y < kGuestSize.height; ++y) {
            for (uint32_t x = 0; x < kGuestSize.width; ++x) {
                picture.pixels.push_back(front().get(x, y) | kGuestOpaque);
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

}  // namespace oriel::test
