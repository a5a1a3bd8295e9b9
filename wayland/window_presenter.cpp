// SPDX-License-Identifier: MIT
#include "window_presenter.h"

#include <utility>
#include <vector>

#include "core/log.h"
#include "hints/activation.h"
#include "output/output_rule.h"
#include "seat/null_input.h"

namespace oriel::wayland {
namespace {

std::string window_title(const PresenterOptions& options, size_t index) {
    const std::string& title = options.title.empty() ? options.name : options.title;
    return index == 0 ? title : fmt::format("{} ({})", title, index + 1);
}

/// For VMs without input devices.
InputSink& no_input() {
    static NullInput sink;
    return sink;
}

PresenterOptions checked(PresenterOptions options) {
    if (options.screens.empty() || options.screens.size() > kMaxScanouts) {
        throw StartupError{
            fmt::format("1 to {} screens, not {}", kMaxScanouts, options.screens.size())};
    }
    return options;
}

}  // namespace

std::unique_ptr<Presenter> make_presenter(EventLoop& loop, DisplayEvents& events,
                                          PresenterOptions options) {
    return std::make_unique<WindowPresenter>(loop, events, std::move(options));
}

WindowPresenter::WindowPresenter(EventLoop& loop, DisplayEvents& events, PresenterOptions options)
    : loop_{loop},
      events_{events},
      options_{checked(std::move(options))},
      named_compositor_{!options_.connected_fd || options_.connected_by_name},
      connection_{loop, std::move(options_.connected_fd), *this},
      globals_{connection_, *this, options_.describes},
      screens_{connection_, globals_, seats_, events, options_},
      startup_{connection_, *this, options_.patience},
      tell_lost_{loop, [this] { events_.display_lost(lost_because_); }} {}

WindowPresenter::~WindowPresenter() {
    // While there are windows to tell, and somebody to release the keys of.
    seats_.clear();
}

// --- from the socket to windows ------------------------------------------------------------------

void WindowPresenter::output_added(uint32_t name, Proxy<wl_output> proxy) {
    outputs_.add(name, std::move(proxy), globals_.get<zxdg_output_manager_v1>());
}

void WindowPresenter::seat_added(uint32_t name, Proxy<wl_seat> proxy) {
    seats_.add(name, std::move(proxy));
}

void WindowPresenter::global_removed(uint32_t name) {
    outputs_.remove(name);
    seats_.remove(name);
}

void WindowPresenter::outputs_changed() {
    screens_.for_each_window([](Window& window) { window.outputs_changed(); });
}

Result<void> WindowPresenter::globals_known() {
    if (auto checked = globals_.bind_single(); !checked) {
        return checked;
    }
    presentation_ = std::make_unique<Presentation>(globals_.get<wp_presentation>(), loop_.clock());
    if (options_.clipboard != nullptr) {
        clipboard_ =
            std::make_unique<DesktopClipboard>(loop_, connection_, globals_, *options_.clipboard);
    }
    input_ = std::make_unique<InputContext>(
        InputContext{.globals = globals_,
                     .sink = options_.input != nullptr ? *options_.input : no_input(),
                     .windows = screens_,
                     .arrow_theme = arrow_theme_,
                     .takes_input = options_.input != nullptr,
                     .grab = options_.grab,
                     .confine = options_.confine,
                     .clipboard = clipboard_.get()});
    seats_.start(*input_);
    globals_.bind_several();
    try {
        paths_ = std::make_unique<PathSelector>(
            PathSelector::Shared{loop_, connection_, globals_, options_.gl_side}, options_.path,
            named_compositor_, options_.open_sync_device);
    } catch (const StartupError& error) {
        return host_error("{}", error.what());
    }
    return {};
}

Result<uint32_t> WindowPresenter::outputs_described() {
    arrow_theme_.set_scale(outputs_.largest_scale());
    decorations_ = make_decorations(loop_, connection_, globals_, options_.decorations,
                                    options_.open_libdecor);
    return decorations_ ? decorations_->answers_needed() : 0;
}

void WindowPresenter::ready() {
    if (decorations_) {
        if (const auto usable = decorations_->check(); !usable) {
            log_missing_frames(globals_, usable.error().message());
            decorations_.reset();
        }
    }
    make_windows();
    paths_->on_changed([this] { screens_.give_paths(); });
    events_.display_ready();  // last: it may destroy this
}

void WindowPresenter::make_windows() {
    const WindowContext context{loop_,
                                globals_,
                                outputs_,
                                *presentation_,
                                decorations_.get(),
                                options_.decorations,
                                options_.text_painter};
    std::vector<WindowOptions> windows;
    windows.reserve(screens_.count());
    for (ScanoutId scanout = 0; scanout < screens_.count(); ++scanout) {
        windows.push_back(window_options(scanout));
    }
    screens_.make_windows(context, *paths_, std::move(windows));
    if (!options_.activation_token.empty()) {
        activate(globals_, screens_.window(0)->surface(), options_.activation_token);
    }
}

WindowOptions WindowPresenter::window_options(ScanoutId scanout) const {
    std::string output =
        scanout < options_.output_names.size() ? options_.output_names[scanout] : std::string{};
    const bool kept = scanout < options_.kept.size();
    if (kept && !options_.kept[scanout].sent_to.empty()) {
        output = options_.kept[scanout].sent_to;
    }
    if (!output.empty() && outputs_.named(output) == nullptr) {
        log(globals_.describes(LogLevel::kWarn), "wayland",
            "screen {}: there is no output {} (there are: {}): {}", scanout, output,
            outputs_.names(),
            options_.hide_without_output && outputs_.any_name() ? "hidden until it comes"
                                                                : "any will do");
    }
    return {.title = window_title(options_, scanout),
            .app_id = options_.app_id.empty() ? "oriel." + options_.name : options_.app_id,
            .fullscreen = options_.fullscreen,
            .output = OutputRule{outputs_, output, options_.fullscreen ? size_t{scanout} : 0},
            .only_there = options_.hide_without_output,
            .scaling = options_.scaling,
            .resize = options_.resize,
            .latency = options_.latency,
            .inhibit_idle = options_.inhibit_idle,
            .initial = {},
            .kept = kept ? std::optional{options_.kept[scanout]} : std::nullopt};
}

void WindowPresenter::connection_lost(const std::string& reason) {
    startup_.stop();
    // What is down stays down for nobody to release otherwise.
    seats_.clear();
    screens_.for_each_window([](Window& window) { window.connection_lost(); });
    lost_because_ = reason;
    tell_lost_.schedule();
}

// --- Display -------------------------------------------------------------------------------------

void WindowPresenter::attach(ScanoutId scanout, FramebufferRef framebuffer, const Rect& source) {
    if (Window* target = screens_.window(scanout)) {
        target->attach(std::move(framebuffer), source);
    }
}

void WindowPresenter::flush(ScanoutId scanout, const Region& damage, FlushDone done) {
    if (Window* target = screens_.window(scanout)) {
        target->flush(damage, std::move(done));
    }
}

bool WindowPresenter::frame_pending(ScanoutId scanout) const {
    const Window* target = screens_.window(scanout);
    return target != nullptr && target->frame_pending();
}

void WindowPresenter::detach(ScanoutId scanout) {
    if (Window* target = screens_.window(scanout)) {
        target->detach();
    }
}

void WindowPresenter::set_cursor(ScanoutId scanout, std::shared_ptr<const CursorImage> image) {
    screens_.set_cursor(scanout, std::move(image));
}

void WindowPresenter::move_cursor(ScanoutId scanout, Point position) {
    screens_.move_cursor(scanout, position);
}

Result<void> WindowPresenter::set_screen(ScanoutId scanout, const ScreenChange& change) {
    if (scanout >= screens_.count()) {
        return host_error("there is no screen {}", scanout);
    }
    if (connection_.lost()) {
        return host_error("the compositor is gone");
    }
    if (screens_.window(scanout) == nullptr) {
        return host_error("the compositor has not answered yet");
    }
    screens_.change(scanout, change);
    return {};
}

Result<void> WindowPresenter::move_to_output(ScanoutId scanout, const std::string& output) {
    Window* const window = screens_.window(scanout);
    if (window == nullptr || connection_.lost()) {
        return host_error("screen {} has no window now", scanout);
    }
    if (outputs_.named(output) == nullptr) {
        return host_error("there is no output {} (there are: {})", output, outputs_.names());
    }
    window->send_to(output);
    return {};
}

bool WindowPresenter::visible(ScanoutId scanout) const {
    const Window* target = screens_.window(scanout);
    return target != nullptr && target->visible();
}

uint32_t WindowPresenter::scanout_count() const {
    return screens_.count();
}

ScreenInfo WindowPresenter::screen(ScanoutId scanout) const {
    return screens_.info(scanout);
}

const ScanoutStats& WindowPresenter::stats(ScanoutId scanout) const {
    static const ScanoutStats none;
    const Window* target = screens_.window(scanout);
    return target != nullptr ? target->stats() : none;
}

void WindowPresenter::set_overlay(ScanoutId scanout, const Overlay& content) {
    if (Window* target = screens_.window(scanout)) {
        target->set_overlay(content);
    }
}

std::vector<KeptScreen> WindowPresenter::kept() const {
    return screens_.kept();
}

}  // namespace oriel::wayland
