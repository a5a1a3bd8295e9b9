// SPDX-License-Identifier: MIT
#include "window/window.h"

#include "core/log.h"
#include "core/log_fields.h"

namespace oriel::wayland {
namespace {

// Presentation feedback comes by itself, later than the frame callback: it is one more wake-up. Two
// a second make good percentiles within a minute, and cost nothing that can be measured.
constexpr Nanoseconds kFeedbackEvery{500'000'000};

}  // namespace

Window::Window(const WindowContext& context, WindowOptions options, WindowListener& listener)
    : context_{context},
      options_{std::move(options)},
      listener_{listener},
      place_{options_.output},
      size_{options_.initial},
      mode_{context.loop, options_.initial, *this},
      title_{options_.title},
      initial_{options_.initial},
      fullscreen_{options_.fullscreen},
      feed_{context.loop, *this, FrameClock::kCompositor},
      surfaces_{context.globals, options_.latency, *this},
      overlay_{context.loop, context.globals, main().proxy(), context.text_painter, *this},
      idle_inhibit_{context.loop, context.globals, main().proxy(), options_.inhibit_idle},
      feedback_{context.presentation, *this},
      paths_{context.globals.describes()} {
    if (const auto& kept = options_.kept) {
        fullscreen_ = kept->fullscreen;
        maximized_ = kept->maximized;
        kept_output_ = kept->output;
        sent_to_ = kept->sent_to;
        size_.restore(kept->user_size);
        if (kept->mode) {
            mode_.restore(kept->mode->wanted, kept->mode->window);
        }
    }
    if (may_show()) {
        make_toplevel();
    }
}

Window::~Window() = default;

// --- what can be committed -----------------------------------------------------------------------

void Window::set_paths(WindowPaths::List paths, std::string reason) {
    paths_.replace(std::move(paths), std::move(reason), surfaces_.picture());
    feed_.meter().path_reason_is(paths_.reason());
    feed_.redraw();
}

void Window::path_changed() {
    if (!lost_) {
        feed_.sink_ready();
    }
}

void Window::path_choice_changed() {
    paths_.choose_again();
    listener_.window_path_changed();
}

bool Window::can_commit(const ScreenPicture& picture, bool pixels) {
    return !lost_ && configured_ && !suspended_ && !paths_.empty() &&
           (!pixels || prepare(picture, layout()) == Readiness::kReady);
}

Readiness Window::prepare(const ScreenPicture& picture, const Layout& layout) {
    const LogScope scope{{.screen = options_.screen}};
    return paths_.prepare(picture.framebuffer, picture.source, layout.buffer);
}

bool Window::shows_in_place(const Framebuffer& framebuffer) const {
    return paths_.in_place(framebuffer);
}

// --- commits -------------------------------------------------------------------------------------

std::optional<CommittedFrame> Window::commit_picture(const ScreenPicture& picture,
                                                     const Region& damage) {
    const Layout next = layout();
    const WindowSurfaces::Content content = WindowSurfaces::wanted(next);
    prepare_commit(next);
    // On another surface nothing is shown yet.
    const Region moved = content != surfaces_.content() ? Region{picture.source} : Region{};
    Surface& surface = surfaces_.prepare(content, next, paths_);
    surface.request_frame();
    if (const TimePoint now = context_.loop.clock().now(); now >= feedback_due_) {
        feedback_due_ = now + kFeedbackEvery;
        feedback_.request(surface.proxy(), feed_.meter().first_flush());
    }
    const LogScope scope{{.screen = options_.screen}};
    const auto shown =
        paths_.show(surface, picture.framebuffer, picture.source, moved.empty() ? damage : moved);
    if (!shown) {
        listener_.window_path_failed();
        return std::nullopt;
    }
    if (&surface != &main()) {
        main().commit();
    }
    const bool was_dark = !surfaces_.shows_picture();
    surfaces_.picture_committed(content);
    const ShownFrame& frame = paths_.shown();
    feed_.meter().copied(frame.bytes_copied);
    if (told_reason_ != paths_.reason_serial() || told_sync_ != frame.explicit_sync) {
        told_reason_ = paths_.reason_serial();
        told_sync_ = frame.explicit_sync;
        feed_.meter().path_is(frame.way, paths_.reason(),
                              frame.explicit_sync ? "explicit" : "implicit");
    }
    idle_inhibit_.picture_committed();
    const bool same_layout = next == surfaces_.layout();
    set_layout(next);
    if (was_dark && same_layout) {
        // The pointer is on the picture now: no arrow of the black before.
        listener_.window_layout_changed();
    }
    count_scale();
    return shown;
}

void Window::commit_unchanged() {
    Surface* const picture = surfaces_.picture();
    Surface& surface = picture != nullptr ? *picture : main();
    surface.request_frame();
    surface.commit();
    if (&surface != &main()) {
        main().commit();
    }
}

bool Window::commit_black() {
    if (lost_ || !configured_) {
        return false;
    }
    main().request_frame();
    show_black();
    return true;
}

void Window::surface_frame_done() {
    paths_.latched();
    feed_.frame_done(feedback_.mute());
}

void Window::visibility_changed(bool visible) {
    log_debug("wayland", "window {}: {}", options_.title, visible ? "visible" : "hidden");
    listener_.window_visibility_changed();
}

void Window::set_overlay(const Overlay& content) {
    const bool dimmed = overlay_.content().dimmed;
    overlay_.set(content);
    if (dimmed != content.dimmed) {
        listener_.window_layout_changed();  // the cursor's, see view()
    }
}

void Window::overlay_changed() {
    // Where nothing is shown, what is shown next brings it.
    if (!lost_ && surfaces_.content() != WindowSurfaces::Content::kNothing) {
        main().commit();
    }
}

void Window::connection_lost() {
    lost_ = true;
    overlay_.connection_lost();
    paths_.connection_lost();
    surfaces_.forget_frames();
    update_seen();
    feed_.sink_blocked();
}

}  // namespace oriel::wayland
