// SPDX-License-Identifier: MIT
#pragma once

#include <array>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <utility>

#include "card/card.h"

namespace oriel::card {

/// The Display that one source sees: passes on to the card what concerns a screen that the source
/// has, and answers from the card's target.
class Card::Source final : public Display {
public:
    struct OnScreen {
        std::optional<Attached> picture;
        bool claimed = false;
    };

    /// `card` owns this.
    Source(Card& card, std::string name, int priority, uint32_t screens)
        : card_{card}, name_{std::move(name)}, priority_{priority}, screens_{screens} {}

    [[nodiscard]] std::string_view name() const { return name_; }
    [[nodiscard]] int priority() const { return priority_; }
    /// `screen` below kMaxScanouts.
    [[nodiscard]] OnScreen& on(ScanoutId screen) { return on_[screen]; }
    [[nodiscard]] SourceListener* listener() const { return listener_; }
    void screen_given(ScanoutId screen, bool given) {
        if (listener_ != nullptr) {
            listener_->screen_given(screen, given);
        }
    }

    // Display
    void attach(ScanoutId screen, FramebufferRef framebuffer, const Rect& source) override {
        if (screen < screens_) {
            card_.attach(*this, screen, {std::move(framebuffer), source});
        }
    }
    void flush(ScanoutId screen, const Region& damage, FlushDone done) override {
        if (screen < screens_) {
            card_.flush(*this, screen, damage, std::move(done));
        }
    }
    [[nodiscard]] bool frame_pending(ScanoutId screen) const override {
        return owns(screen) && card_.target().frame_pending(screen);
    }
    void detach(ScanoutId screen) override {
        if (screen < screens_) {
            card_.detach(*this, screen);
        }
    }
    void set_cursor(ScanoutId screen, std::shared_ptr<const CursorImage> image) override {
        if (screen < screens_) {
            card_.set_cursor(screen, std::move(image));
        }
    }
    void move_cursor(ScanoutId screen, Point position) override {
        if (screen < screens_) {
            card_.move_cursor(screen, position);
        }
    }
    [[nodiscard]] bool visible(ScanoutId screen) const override {
        return owns(screen) &&
               (card_.target().visible(screen) || card_.screens_[screen].watcher != nullptr);
    }
    [[nodiscard]] uint32_t scanout_count() const override { return screens_; }
    [[nodiscard]] ScreenInfo screen(ScanoutId screen) const override {
        return card_.target().screen(screen);
    }
    [[nodiscard]] const ScanoutStats& stats(ScanoutId screen) const override {
        return card_.target().stats(screen);
    }
    void listen(SourceListener* listener) override { listener_ = listener; }
    void release() override { card_.release(*this); }

private:
    [[nodiscard]] bool owns(ScanoutId screen) const {
        return screen < screens_ && card_.screens_[screen].owner == this;
    }

    Card& card_;
    std::string name_;
    int priority_;
    uint32_t screens_;
    SourceListener* listener_ = nullptr;  // takes itself back before it goes
    std::array<OnScreen, kMaxScanouts> on_;
};

}  // namespace oriel::card
