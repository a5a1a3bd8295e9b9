// SPDX-License-Identifier: MIT
#include "overlay/overlay_text.h"

#include <algorithm>
#include <utility>

namespace oriel::wayland {
namespace {

// Logical px.
constexpr uint32_t kCaptionLetters = 18;
constexpr uint32_t kFiguresLetters = 13;
constexpr uint32_t kTextMargin = 12;
// A window that is dragged must not ask for another image with each px.
constexpr uint32_t kWidthStep = 64;

bool same_request(const std::optional<TextRequest>& one, const TextRequest& other) {
    return one && one->text == other.text && one->height == other.height &&
           one->max_width == other.max_width && one->step == other.step;
}

/// What a text is painted for: without viewports it is a whole scale.
Scale text_scale(const Globals& globals, Scale scale) {
    return globals.get<wp_viewporter>() != nullptr ? scale : Scale{120 * whole_scale(scale)};
}

}  // namespace

bool OverlayText::update(const std::string& text, Size window, Scale scale) {
    if (text.empty() || painter_ == nullptr) {
        asked_.reset();
        const bool changed = hide();
        texts_.clear();
        return changed;
    }
    ask(wanted(text, window, scale));
    if (texts_.newest() == nullptr) {
        return hide();
    }
    const Size size = to_logical(texts_.size(), text_scale(globals_, scale));
    if (size.width > window.width || size.height + kTextMargin > window.height) {
        return hide();  // until one that fits is painted
    }
    const uint32_t left = window.width - size.width;
    const bool figures = kind_ == Kind::kFigures;
    const uint32_t x = figures ? std::min(left, kTextMargin) : left / 2;
    const uint32_t y = figures ? kTextMargin : window.height - size.height - kTextMargin;
    if (!layer_) {
        layer_ = std::make_unique<OverlayLayer>(
            globals_, window_surface_,
            figures ? OverlayLayer::Timing::kAtOnce : OverlayLayer::Timing::kWithWindow);
    }
    if (layer_->buffer() != texts_.newest()) {
        texts_.attached();
    }
    const bool viewports = globals_.get<wp_viewporter>() != nullptr;
    return layer_->show(texts_.newest(),
                        {whole_px(x, scale), whole_px(y, scale), size.width, size.height},
                        viewports ? 1 : whole_scale(scale));
}

TextRequest OverlayText::wanted(const std::string& text, Size window, Scale scale) const {
    const Scale painted = text_scale(globals_, scale);
    const uint32_t letters = kind_ == Kind::kFigures ? kFiguresLetters : kCaptionLetters;
    const uint32_t room = window.width - std::min(window.width, 2 * kTextMargin);
    const Size px = to_buffer({std::max(room, 1U), letters}, painted);
    return {.text = text,
            .height = px.height,
            .max_width = std::max(px.width - px.width % kWidthStep, kWidthStep),
            // A compositor that takes rows for as long as the buffer is wide gets such rows.
            .step = globals_.ignores_strides() ? kWidthStep : whole_step(painted)};
}

void OverlayText::ask(TextRequest request) {
    if (painting_ || same_request(asked_, request)) {
        return;
    }
    asked_ = request;
    painting_ = true;
    painter_->paint(std::move(request), self_.get());
}

void OverlayText::text_painted(Result<TextImage> image) {
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
    listener_.overlay_text_changed();
}

void OverlayText::text_buffer_free() {
    if (std::exchange(missed_, false) && !lost_) {
        asked_.reset();
        listener_.overlay_text_changed();
    }
}

}  // namespace oriel::wayland
