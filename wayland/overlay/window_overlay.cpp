// SPDX-License-Identifier: MIT
#include "overlay/window_overlay.h"

#include <algorithm>
#include <utility>

namespace oriel::wayland {
namespace {

constexpr uint8_t kHalf = 0x80;
// Logical px.
constexpr uint32_t kLetters = 18;
constexpr uint32_t kMargin = 12;
// A window that is dragged must not ask for another image with each px.
constexpr uint32_t kWidthStep = 64;

bool same_request(const std::optional<TextRequest>& one, const TextRequest& other) {
    return one && one->text == other.text && one->height == other.height &&
           one->max_width == other.max_width && one->step == other.step;
}

}  // namespace

WindowOverlay::WindowOverlay(EventLoop& loop, const Globals& globals, wl_surface* window,
                             TextPainter* painter, WindowOverlayListener& listener)
    : globals_{globals},
      window_surface_{window},
      painter_{painter},
      listener_{listener},
      black_{globals, kHalf},
      texts_{globals, *this},
      commit_{loop, [this] { listener_.overlay_changed(); }} {}

void WindowOverlay::set(const Overlay& content) {
    if (content_ != content) {
        content_ = content;
        change();
    }
}

void WindowOverlay::window_is(Size window, Scale scale) {
    window_ = window;
    scale_ = scale;
    static_cast<void>(update());
    commit_.cancel();
}

void WindowOverlay::connection_lost() {
    lost_ = true;
    commit_.cancel();
}

void WindowOverlay::change() {
    if (update()) {
        commit_.schedule();
    }
}

/// Whether the window has something to commit.
bool WindowOverlay::update() {
    if (lost_ || window_.empty() || globals_.get<wl_subcompositor>() == nullptr) {
        return false;
    }
    bool changed = false;
    if (content_.dimmed) {
        if (!dim_) {
            dim_ = std::make_unique<OverlayLayer>(globals_, window_surface_);
        }
        changed = dim_->show(black_.get(window_), Rect::of(window_), 1);
    } else if (dim_) {
        changed = dim_->hide();
    }
    return update_text() || changed;
}

bool WindowOverlay::update_text() {
    if (content_.text.empty() || painter_ == nullptr) {
        asked_.reset();
        const bool changed = text_ && text_->hide();
        texts_.clear();
        return changed;
    }
    ask();
    if (texts_.newest() == nullptr) {
        return text_ && text_->hide();
    }
    const uint32_t per_px = buffer_scale();
    const Scale scale = globals_.get<wp_viewporter>() != nullptr ? scale_ : Scale{120 * per_px};
    const Size size = to_logical(texts_.size(), scale);
    if (size.width > window_.width || size.height + kMargin > window_.height) {
        return text_ && text_->hide();  // until one that fits is painted
    }
    const bool corner = content_.place == Overlay::Place::kCorner;
    const uint32_t left = window_.width - size.width;
    const uint32_t x = corner ? left - std::min(left, kMargin) : left / 2;
    const uint32_t y = corner ? kMargin : window_.height - size.height - kMargin;
    if (!text_) {
        text_ = std::make_unique<OverlayLayer>(globals_, window_surface_);
    }
    if (text_->buffer() != texts_.newest()) {
        texts_.attached();
    }
    return text_->show(texts_.newest(),
                       {whole_px(x, scale_), whole_px(y, scale_), size.width, size.height}, per_px);
}

uint32_t WindowOverlay::buffer_scale() const {
    return globals_.get<wp_viewporter>() != nullptr ? 1 : whole_scale(scale_);
}

TextRequest WindowOverlay::wanted() const {
    const bool viewports = globals_.get<wp_viewporter>() != nullptr;
    const Scale scale = viewports ? scale_ : Scale{120 * whole_scale(scale_)};
    const uint32_t room = window_.width - std::min(window_.width, 2 * kMargin);
    const Size px = to_buffer({std::max(room, 1U), kLetters}, scale);
    return {.text = content_.text,
            .height = px.height,
            .max_width = std::max(px.width - px.width % kWidthStep, kWidthStep),
            // A compositor that takes rows for as long as the buffer is wide gets such rows.
            .step = globals_.ignores_strides() ? kWidthStep : whole_step(scale)};
}

void WindowOverlay::ask() {
    TextRequest request = wanted();
    if (painting_ || same_request(asked_, request)) {
        return;
    }
    asked_ = request;
    painting_ = true;
    painter_->paint(std::move(request), self_.get());
}

void WindowOverlay::text_painted(Result<TextImage> image) {
    painting_ = false;
    if (lost_ || !asked_) {
        return;
    }
    missed_ = image && texts_.full();
    if (!image) {
        texts_.clear();
    } else if (!missed_) {
        texts_.add(*image);
    }
    change();
}

void WindowOverlay::text_buffer_free() {
    if (std::exchange(missed_, false) && !lost_) {
        asked_.reset();
        change();
    }
}

}  // namespace oriel::wayland
