// SPDX-License-Identifier: MIT
#include "overlay/window_overlay.h"

namespace oriel::wayland {
namespace {

constexpr uint8_t kHalf = 0x80;

}  // namespace

WindowOverlay::WindowOverlay(EventLoop& loop, const Globals& globals, wl_surface* window,
                             TextPainter* painter, WindowOverlayListener& listener)
    : globals_{globals},
      window_surface_{window},
      listener_{listener},
      black_{globals, kHalf},
      text_{globals, window, painter, OverlayText::Kind::kCaption, *this},
      figures_{globals, window, painter, OverlayText::Kind::kFigures, *this},
      commit_{loop, [this] { listener_.overlay_changed(); }} {}

void WindowOverlay::set(const Overlay& content) {
    if (content_ != content) {
        content_ = content;
        overlay_text_changed();
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
    text_.connection_lost();
    figures_.connection_lost();
    commit_.cancel();
}

void WindowOverlay::overlay_text_changed() {
    if (update()) {
        commit_.schedule();
    }
}

/// Whether the window has something to commit.
bool WindowOverlay::update() {
    if (lost_ || window_.empty() || globals_.get<wl_subcompositor>() == nullptr) {
        return false;
    }
    const bool dim = update_dim();
    const bool text = text_.update(content_.text, window_, scale_);
    const bool figures = figures_.update(content_.figures, window_, scale_);
    return dim || text || figures;
}

bool WindowOverlay::update_dim() {
    if (!content_.dimmed) {
        return dim_ && dim_->hide();
    }
    if (!dim_) {
        dim_ = std::make_unique<OverlayLayer>(globals_, window_surface_,
                                              OverlayLayer::Timing::kWithWindow);
    }
    return dim_->show(black_.get(window_), Rect::of(window_), 1);
}

}  // namespace oriel::wayland
