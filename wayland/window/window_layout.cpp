// SPDX-License-Identifier: MIT
//
// Window's part in the desktop's layout: whether there is a monitor, how large the window is, and
// where in it the picture. window.cpp has what is committed in it, and when.
#include "window/window.h"

#include <algorithm>
#include <utility>

namespace oriel::wayland {
namespace {

// Smaller ones can't be found again on a desktop; logical px.
constexpr Size kSmallest{160, 100};

}  // namespace

// --- the monitor ---------------------------------------------------------------------------------

void Window::make_toplevel() {
    toplevel_.emplace(context_.globals, main().proxy(), *this, context_.decorations,
                      context_.decorations_choice);
    toplevel_->set_title(title_.text());
    toplevel_->set_app_id(options_.app_id);
    update_guest_size();
    prepare_commit(layout());
    surfaces_.set_layout(layout());
    static_cast<void>(place_.came());
    if (fullscreen_) {
        toplevel_->set_fullscreen(first_output());
    } else if (maximized_) {
        toplevel_->set_maximized();
    }
    // Without a buffer: asks for the first configure.
    main().commit();
}

wl_output* Window::first_output() {
    const Output* before = context_.outputs.named(std::exchange(kept_output_, {}));
    return before != nullptr && !place_.has_name() ? before->proxy() : place_.fullscreen();
}

void Window::keep(KeptScreen& screen) const {
    screen.fullscreen = fullscreen_;
    screen.maximized = maximized_;
    if (const Output* where = output()) {
        screen.output = where->state().name;
    }
    screen.sent_to = sent_to_;
    screen.user_size = size_.user();
    if (!follows_guest()) {
        screen.mode = {.wanted = mode_.wanted(), .window = mode_.window()};
    }
}

void Window::set_plugged(bool plugged) {
    wanted_ = plugged;
    update_toplevel();
}

void Window::update_toplevel() {
    const bool shows = may_show();
    if (shows && !toplevel_) {
        make_toplevel();
        feed_.redraw();
    } else if (!shows && toplevel_) {
        unplug();
    }
    update_seen();
}

void Window::send_to(const std::string& output) {
    sent_to_ = output;
    place_ = OutputRule{context_.outputs, output, 0};
    fullscreen_ = true;
    if (toplevel_) {
        // As a new one: Weston 10 moves no full screen window between outputs of the same size.
        listener_.window_hiding();
        unplug();
    }
    update_toplevel();
}

void Window::unplug() {
    // Its role objects, and only then the picture: a toplevel that merely loses its buffer may get
    // a configure meanwhile, whose acknowledgement compositors take amiss.
    toplevel_.reset();
    configured_ = false;
    suspended_ = false;
    idle_inhibit_.set_fullscreen(false);
    size_.unmapped();
    surfaces_.unmap(paths_);
    feed_.sink_gone();
}

void Window::ask_mode(Size mode) {
    initial_ = mode;
    mode_.ask(mode);
    size_.follow(to_logical(follows_guest() ? picture_size() : initial_, scale()));
    update_mode();
    if (configured_ && layout() != surfaces_.layout()) {
        relayout();
    }
}

void Window::show_title(bool changed) {
    if (changed && toplevel_) {
        toplevel_->set_title(title_.text());
    }
}

void Window::picture_changed(const ScreenPicture* picture) {
    show_title(
        title_.set_mode(picture != nullptr ? std::optional{picture->source.size()} : std::nullopt));
    if (picture != nullptr) {
        update_guest_size();
    }
}

// --- size and shape ------------------------------------------------------------------------------

void Window::configured(const ToplevelState& state) {
    if (lost_) {
        return;
    }
    configured_ = true;
    suspended_ = state.suspended;
    fullscreen_ = state.fullscreen;
    maximized_ = state.maximized;
    idle_inhibit_.set_fullscreen(state.fullscreen);
    size_.configured(state);
    update_mode();
    relayout();
    update_seen();
    feed_.sink_ready();
}

void Window::update_seen() {
    feed_.set_seen(!lost_ && toplevel_ && !suspended_);
}

void Window::outputs_changed() {
    if (lost_) {
        return;
    }
    if (toplevel_ && !may_show()) {
        listener_.window_hiding();
    }
    update_toplevel();
    if (place_.came() && toplevel_ && toplevel_->fullscreen()) {
        toplevel_->set_fullscreen(place_.fullscreen());
    }
    update_guest_size();
    const Layout next = layout();
    if (configured_ && next != surfaces_.layout()) {
        relayout();
    } else if (surfaces_.shows_picture() && feed_.picture() != nullptr) {
        count_scale();
    }
    listener_.window_output_changed();
}

const Output* Window::output() const {
    const auto& entered = surfaces_.main().outputs();
    for (auto it = entered.rbegin(); it != entered.rend(); ++it) {
        if (const Output* output = context_.outputs.find(*it)) {
            return output;
        }
    }
    // Where the window before was, until the compositor says.
    const Output* before = options_.kept ? context_.outputs.named(options_.kept->output) : nullptr;
    return before != nullptr ? before : place_.expected();
}

Size Window::picture_size() const {
    const ScreenPicture* const picture = feed_.picture();
    return picture != nullptr ? picture->source.size() : initial_;
}

Size Window::window_size() const {
    const Size size = size_.current();
    return surfaces_.has_viewports() ? size : limited_window(size, scale());
}

Layout Window::layout() const {
    const bool viewports = surfaces_.has_viewports();
    const Rect place = this->place();
    return {.window = window_size(),
            .picture = place,
            .buffer = buffer_shape(picture_size(), place.size(), scale(), viewports),
            .buffer_scale = viewports ? 1 : whole_scale(scale())};
}

Rect Window::place() const {
    const Size picture = picture_size();
    const Size window = window_size();
    const bool can_letterbox = feed_.picture() != nullptr && surfaces_.can_letterbox();
    if (!can_letterbox) {
        return Rect::of(window);
    }
    // A black edge of some px is better than a picture of which no px is the guest's.
    const bool followed = !follows_guest() && follows_window(picture, window, scale());
    const Scaling scaling = followed ? Scaling::kNone : options_.scaling;
    return place_picture(scaling, picture, window, scale());
}

WindowView Window::view() {
    Surface* const picture = surfaces_.picture();
    return {.surface = surface(),
            .picture_surface = picture != nullptr ? picture->proxy() : surface(),
            // On a picture that no guest shows any more the desktop's arrow is the pointer.
            .dark = !surfaces_.shows_picture() || overlay_.content().dimmed,
            .picture = picture_size(),
            .shown = surfaces_.layout().picture,
            .scale = scale(),
            .cursor = nullptr};
}

bool Window::resizable() const {
    return options_.resize != Resize::kFixed;
}

bool Window::follows_guest() const {
    return !resizable() || options_.resize == Resize::kScale;
}

std::optional<Size> Window::mode() const {
    return follows_guest() ? std::nullopt : std::optional{mode_.preferred()};
}

void Window::update_mode() {
    // Until the compositor has said how large the window is, what the guest was asked for holds.
    const bool unknown = options_.kept && !configured_;
    if (!follows_guest() && !unknown) {
        // Not through logical px and back where the window has its first size: that may round.
        mode_.window_has(size_.chosen() ? to_buffer(window_size(), scale()) : initial_);
    }
}

void Window::update_guest_size() {
    size_.set_guest(to_logical(follows_guest() ? picture_size() : initial_, scale()));
    update_mode();
}

void Window::prepare_commit(const Layout& next) {
    limit_size(next);
    overlay_.window_is(next.window, scale());
}

void Window::limit_size(const Layout& next) {
    const Size own = size_.guest();
    if (resizable()) {
        // A guest with less must not be larger than its mode from the start.
        toplevel_->set_size_limits(
            {std::min(kSmallest.width, own.width), std::min(kSmallest.height, own.height)}, {});
    } else if (fullscreen_) {
        // Some compositors make nothing full screen that says that it can't be so large.
        toplevel_->set_size_limits({}, {});
    } else {
        toplevel_->set_size_limits(own, own);
    }
    toplevel_->prepare_commit(next.window);
}

void Window::relayout() {
    const ScreenPicture* const shown = feed_.picture();
    if (!surfaces_.shows_picture() || shown == nullptr) {
        show_black();
        return;
    }
    const Layout next = layout();
    const bool moves = WindowSurfaces::wanted(next) != surfaces_.content();
    // A picture whose buffer would have another size now: one that a viewport scales by a whole
    // number, or by none any more, is blurred.
    bool redraws = moves;
    if (moves || next.buffer != surfaces_.layout().buffer) {
        const Readiness readiness = prepare(*shown, next);
        redraws = moves || paths_.shape_changed();
        if (redraws && readiness == Readiness::kReady) {
            feed_.redraw_now();
            return;
        }
        if (redraws && !surfaces_.has_viewports()) {
            // Nothing but another buffer gives the picture that size.
            if (readiness == Readiness::kRefused) {
                show_black();
            } else {
                feed_.redraw();
            }
            return;
        }
    }
    // Only the viewports change.
    prepare_commit(next);
    Surface& picture = surfaces_.prepare(surfaces_.content(), next, paths_);
    if (&picture != &main() && picture.resized()) {
        picture.commit();
    }
    main().commit();
    set_layout(next);
    count_scale();
    if (redraws) {
        // The picture must move to another surface or have another size in its buffer, and every
        // buffer is with the compositor: it stays as it is, scaled, until one comes back.
        feed_.redraw();
    }
}

void Window::set_layout(const Layout& layout) {
    if (surfaces_.set_layout(layout)) {
        listener_.window_layout_changed();
    }
}

void Window::count_scale() {
    const Ratio shown = ratio(picture_size(), surfaces_.layout().picture.size(), scale());
    const uint32_t times = paths_.shown().times;
    const char* filter = times == 1 ? "none" : "nearest";
    if (paths_.shown().filtered) {
        filter = "linear";
    } else if (shown != Ratio{double{1} * times, double{1} * times}) {
        filter = "compositor";
    }
    feed_.meter().scale_is(shown.x, shown.y, filter);
}

void Window::show_black() {
    if (lost_ || !configured_) {
        return;
    }
    const Layout next = layout();
    prepare_commit(next);
    feed_.black_shown(surfaces_.show_black(next, paths_));
    set_layout(next);
}

}  // namespace oriel::wayland
