// SPDX-License-Identifier: MIT
#include "vga/scanner.h"

#include <drm_fourcc.h>

#include <algorithm>
#include <utility>

#include "core/log.h"
#include "scanout/pieces.h"

namespace oriel::vga {
namespace {

Size size_of(const Screen& screen) {
    if (const auto* layout = std::get_if<Layout>(&screen)) {
        return layout->size;
    }
    return std::get<PixelMode>(screen).mode.size;
}

}  // namespace

Scanner::Scanner(EventLoop& loop, Display& display, std::span<const std::byte> memory)
    : loop_{loop},
      display_{display},
      memory_{memory},
      scan_on_{loop, [this] { scan_on(); }},
      timer_{loop, [this] { due(); }} {}

void Scanner::show(Screen screen) {
    auto* layout = std::get_if<Layout>(&screen);
    const bool same =
        screen_ && screen_->index() == screen.index() &&
        (layout != nullptr ? picture_->fits(*layout) : size_of(*screen_) == size_of(screen));
    if (!same && !create_picture(screen)) {
        hide();
        return;
    }
    if (same && layout != nullptr) {
        picture_->set_layout(*layout);
    }
    screen_ = std::move(screen);
    paused_ = false;
    if (needs_attach_ && !active_) {
        // Nobody sees it, but it is there when the screen comes back.
        attach();
    }
    wake();
    if (wants_scan() && timer_.deadline() <= loop_.clock().now()) {
        // Not by the timer: a guest that never leaves its registers alone would pause it again.
        scan();
    }
}

bool Scanner::create_picture(const Screen& screen) {
    if (const auto* layout = std::get_if<Layout>(&screen)) {
        picture_ = std::make_shared<Picture>(*layout);
        framebuffer_ = std::make_shared<Framebuffer>(picture_);
    } else {
        auto pixels = MemoryPixels::create(size_of(screen));
        if (!pixels) {
            if (log_limiter_.admit(loop_.clock().now())) {
                log_error("vga", "no picture: {}", pixels.error().message());
            }
            return false;
        }
        picture_.reset();
        framebuffer_ = std::make_shared<Framebuffer>(std::move(*pixels), DRM_FORMAT_XRGB8888);
    }
    needs_attach_ = true;
    scan_on_.cancel();
    return true;
}

void Scanner::attach() {
    needs_attach_ = false;
    ++attachment_;
    awaiting_answer_ = false;
    const Rect all = Rect::of(framebuffer_->size());
    unflushed_ = Region{all};
    display_.attach(kScanout, framebuffer_, all);
}

void Scanner::hide() {
    if (!screen_) {
        return;
    }
    scan_on_.cancel();
    screen_.reset();
    framebuffer_.reset();
    picture_.reset();
    needs_attach_ = false;
    paused_ = false;
    unflushed_.clear();
    ++attachment_;
    awaiting_answer_ = false;
    timer_.disarm();
    display_.detach(kScanout);
}

void Scanner::pause() {
    paused_ = true;
    schedule();
}

void Scanner::set_active(bool active) {
    active_ = active;
    if (active && screen_) {
        // Whatever was on the screen meanwhile, nothing of this picture is any more. At once: the
        // display must not be dark in between.
        attach();
        scan();
    }
    wake();
}

void Scanner::visibility_changed() {
    wake();
}

void Scanner::wake() {
    last_change_ = loop_.clock().now();
    interval_ = refresh_period();
    schedule();
}

void Scanner::look_now() {
    if (screen_ && active_ && !paused_ && display_.visible(kScanout)) {
        // All of it: there is no later.
        begin_scan();
        look_at_all();
        end_scan();
    }
}

bool Scanner::wants_scan() const {
    // The display can't say that it is visible before it has something to show.
    return screen_ && active_ && !paused_ && !scan_on_.scheduled() &&
           (needs_attach_ || (!awaiting_answer_ && display_.visible(kScanout)));
}

Nanoseconds Scanner::refresh_period() const {
    const uint32_t refresh_mhz = display_.screen(kScanout).refresh_mhz;
    return Nanoseconds{1'000'000'000'000 / std::clamp<uint32_t>(refresh_mhz, 1'000, 1'000'000)};
}

BlinkPhase Scanner::phase() const {
    if (freeze_blink_) {
        return {};
    }
    const auto count = loop_.clock().now().time_since_epoch() / kBlinkPhase;
    return {.cursor_shown = count % 2 == 0, .text_shown = count / 2 % 2 == 0};
}

TimePoint Scanner::next_phase() const {
    const auto count = loop_.clock().now().time_since_epoch() / kBlinkPhase;
    return TimePoint{(count + 1) * kBlinkPhase};
}

void Scanner::schedule() {
    if (!wants_scan()) {
        timer_.disarm();
        return;
    }
    // Never above the refresh rate, however fast a guest writes registers.
    TimePoint next = last_scan_ + interval_;
    if (picture_ && !freeze_blink_ && picture_->blinks()) {
        const TimePoint blink = std::max(next_phase(), last_scan_ + refresh_period());
        // Phases are hardly longer than the slowest pace: one wake-up does for both then.
        next = interval_ == kSlowest ? blink : std::min(next, blink);
    }
    timer_.arm_at(std::max(loop_.clock().now(), next));
}

void Scanner::due() {
    if (wants_scan()) {
        scan();
    }
}

void Scanner::begin_scan() {
    last_scan_ = loop_.clock().now();
    next_row_ = 0;
    has_changed_ = false;
    scan_on_.cancel();
}

void Scanner::scan() {
    begin_scan();
    scan_on();
}

void Scanner::scan_on() {
    if (!paused_ && !look_on()) {
        scan_on_.schedule();
        return;
    }
    end_scan();
}

void Scanner::end_scan() {
    if (has_changed_) {
        last_change_ = last_scan_;
        interval_ = refresh_period();
    } else if (last_scan_ - last_change_ >= kFullRateFor) {
        interval_ = std::min(interval_ * 2, kSlowest);
    }
    if (needs_attach_) {
        attach();
    }
    if (unflushed_.empty() || !active_) {
        schedule();
        return;
    }
    awaiting_answer_ = true;
    const Region damage = std::exchange(unflushed_, {});
    // The mode may have changed before the answer comes.
    display_.flush(kScanout, damage, {answers_.get(), attachment_});
}

bool Scanner::look_on() {
    const Size size = framebuffer_->size();
    const uint64_t piece =
        picture_ ? size.height : std::max<uint64_t>(kPiecePixels / size.width, 1);
    while (next_row_ < size.height) {
        if (size.area() > kPiecePixels && !loop_.take_piece()) {
            return false;
        }
        look_at(static_cast<uint32_t>(std::min<uint64_t>(piece, size.height - next_row_)));
    }
    return true;
}

/// Notes whether the guest has changed anything; blinking is no change.
void Scanner::look_at(uint32_t rows) {
    Region found;
    if (picture_) {
        found = picture_->update(memory_);
        unflushed_.add(picture_->set_phase(phase()));
    } else {
        PixelRows source{memory_, std::get<PixelMode>(*screen_)};
        const Rect part{0, next_row_, framebuffer_->size().width, rows};
        found = framebuffer_->memory()->update(part, source, Damage::kFind);
    }
    unflushed_.add(found);
    has_changed_ |= !found.empty();
    next_row_ += rows;
}

void Scanner::look_at_all() {
    next_row_ = 0;
    has_changed_ = false;
    look_at(framebuffer_->size().height);
}

void Scanner::update_picture() {
    if (!screen_ || paused_) {
        return;
    }
    look_at_all();
    if (has_changed_) {
        wake();
    }
    if (needs_attach_) {
        attach();
    }
}

void Scanner::flush_done(uint64_t attachment) {
    if (attachment != attachment_) {
        return;
    }
    awaiting_answer_ = false;
    schedule();
}

}  // namespace oriel::vga
