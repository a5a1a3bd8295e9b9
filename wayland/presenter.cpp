// SPDX-License-Identifier: MIT
#include "wayland/presenter.h"

#include <utility>

#include "clipboard/clipboard.h"
#include "connection/connection.h"
#include "connection/globals.h"
#include "core/log.h"
#include "cursor/drawn_cursor.h"
#include "frames/path_selector.h"
#include "frames/presentation.h"
#include "hints/activation.h"
#include "output/output.h"
#include "seat/input_context.h"
#include "seat/null_input.h"
#include "seat/seat.h"
#include "shell/decorations.h"
#include "surface/scale.h"
#include "window/window.h"

namespace oriel::wayland {

struct Presenter::Screen final : WindowListener {
    Screen(Presenter& presenter, ScanoutId scanout) : owner{presenter}, id{scanout} {}

    void window_closed() override { owner.events_.close_requested(id); }
    void window_frame_done() override { owner.events_.frame_done(id); }
    void window_visibility_changed() override { owner.events_.visibility_changed(id); }
    void window_output_changed() override { owner.screen_changed(id); }
    void window_mode_changed() override { owner.all_screens_changed(); }
    void window_path_failed() override {
        owner.loop_.defer([paths = owner.paths_.get()] { paths->give_up(); });
    }
    void window_path_changed() override {
        for (const auto& screen : owner.screens_) {
            screen->window->path_changed();
        }
    }
    void window_layout_changed() override {
        owner.seats_->refresh_cursors();
        owner.draw_cursor(id);
    }

    Presenter& owner;
    const ScanoutId id;
    /// As it was asked for; and whether the user did, of its size and its refresh rate.
    ScreenInfo configured;
    bool size_explicit = false;
    bool refresh_explicit = false;
    /// What the device was told last.
    ScreenInfo told;
    std::shared_ptr<const CursorImage> cursor;
    /// Of the cursor's hot spot, where the guest has it.
    Point cursor_at;
    std::unique_ptr<Window> window;
    /// While the pointer is locked to the window.
    std::unique_ptr<DrawnCursor> drawn;
};

namespace {

std::string window_title(const PresenterOptions& options, size_t index) {
    const std::string& title = options.title.empty() ? options.name : options.title;
    return index == 0 ? title : fmt::format("{} ({})", title, index + 1);
}

/// What a window's title says about how to get out.
std::string hint(GrabState state) {
    if (!state.keyboard && !state.pointer) {
        return {};
    }
    return fmt::format("Ctrl+Alt releases the {}{}{}", state.keyboard ? "keyboard" : "",
                       state.keyboard && state.pointer ? " and the " : "",
                       state.pointer ? "pointer" : "");
}

/// For VMs without input devices.
InputSink& nobody() {
    static NullInput sink;
    return sink;
}

}  // namespace

Presenter::Presenter(EventLoop& loop, DisplayEvents& events, PresenterOptions options)
    : loop_{loop},
      events_{events},
      outputs_{std::make_unique<Outputs>()},
      seats_{std::make_unique<Seats>()} {
    if (options.screens.empty() || options.screens.size() > kMaxScanouts) {
        throw StartupError{
            fmt::format("1 to {} screens, not {}", kMaxScanouts, options.screens.size())};
    }
    const bool named_compositor = !options.connected_fd;
    connection_ =
        std::make_unique<Connection>(loop, std::move(options.connected_fd), options.stop_fd,
                                     [this](const std::string& why) { lost(why); });
    globals_ = std::make_unique<Globals>(
        *connection_,
        Globals::Dynamic{
            .output_added = [this](uint32_t name,
                                   Proxy<wl_output> p) { outputs_->add(name, std::move(p)); },
            .seat_added = [this](uint32_t name,
                                 Proxy<wl_seat> p) { seats_->add(name, std::move(p)); },
            .removed =
                [this](uint32_t name) {
                    outputs_->remove(name);
                    seats_->remove(name);
                }});
    presentation_ = std::make_unique<Presentation>(globals_->presentation(), loop.clock());
    make_input(options);
    paths_ =
        std::make_unique<PathSelector>(PathSelector::Lent{loop, *connection_, *globals_},
                                       options.path, named_compositor, options.open_sync_device);
    // Outputs and the presentation clock describe themselves after they are bound.
    connection_->roundtrip();
    decorations_ =
        make_decorations(loop, *connection_, *globals_, options.decorations, options.open_libdecor);
    make_windows(options);
    connection_->start();
    outputs_->on_changed([this] {
        for (const auto& screen : screens_) {
            screen->window->outputs_changed();
        }
    });
    paths_->on_changed([this] { give_paths(); });
}

Presenter::~Presenter() {
    // While there are windows to tell, and somebody to release the keys of.
    seats_->clear();
}

void Presenter::make_input(const PresenterOptions& options) {
    if (options.clipboard != nullptr) {
        clipboard_ =
            std::make_unique<Clipboard>(loop_, *connection_, *globals_, *options.clipboard);
    }
    input_ = std::make_unique<InputContext>(InputContext{
        .globals = *globals_,
        .sink = options.input != nullptr ? *options.input : nobody(),
        .takes_input = options.input != nullptr,
        .grab = options.grab,
        .confine = options.confine,
        .clipboard = clipboard_.get(),
        .look = [this](const wl_surface* surface, WindowView& view) { return look(surface, view); },
        .grab_changed = [this](ScanoutId scanout,
                               GrabState state) { grab_changed(scanout, state); },
        .toggle_fullscreen =
            [this](ScanoutId scanout) {
                if (Window* asked = window(scanout)) {
                    asked->toggle_fullscreen();
                }
            },
        .keys = {},
        .buttons = {},
        .contacts = {}});
    seats_->start(*input_);
}

void Presenter::make_windows(const PresenterOptions& options) {
    // All screens first: screen() of one adds up the sizes of those before.
    for (const ScreenInfo& info : options.screens) {
        screens_.push_back(
            std::make_unique<Screen>(*this, static_cast<ScanoutId>(screens_.size())));
        screens_.back()->configured = info;
        screens_.back()->size_explicit = options.size_explicit || !options.fullscreen;
        screens_.back()->refresh_explicit = options.refresh_explicit;
    }
    const WindowContext context{loop_,          *globals_,          *outputs_,
                                *presentation_, decorations_.get(), options.decorations};
    for (size_t i = 0; i < screens_.size(); ++i) {
        Screen& screen = *screens_[i];
        const auto id = static_cast<ScanoutId>(i);
        const std::string output_name =
            i < options.output_names.size() ? options.output_names[i] : std::string{};
        if (!output_name.empty() && outputs_->named(output_name) == nullptr) {
            log_warn("wayland", "screen {}: there is no output {} (there are: {}): any will do", i,
                     output_name, outputs_->names());
        }
        const Output* expected = OutputRule{*outputs_, output_name, i}.expected();
        screen.window = std::make_unique<Window>(
            context,
            WindowOptions{
                .title = window_title(options, i),
                .app_id = options.app_id.empty() ? "oriel." + options.name : options.app_id,
                .fullscreen = options.fullscreen,
                .output_name = output_name,
                .output_index = options.fullscreen ? i : 0,
                .scaling = options.scaling,
                .resize = options.resize,
                .latency = options.latency,
                .inhibit_idle = options.inhibit_idle,
                .initial = preferred_mode(screen, options.fullscreen ? expected : nullptr)},
            screen);
        screen.told = this->screen(id);
        screen.window->set_refresh(screen.told.refresh_mhz);
    }
    if (!options.activation_token.empty()) {
        activate(*globals_, screens_.front()->window->surface(), options.activation_token);
    }
    give_paths();
}

void Presenter::give_paths() {
    for (const auto& screen : screens_) {
        screen->window->set_paths(paths_->make_paths(screen->window->path_events()),
                                  paths_->reason());
    }
}

Window* Presenter::window(ScanoutId scanout) const {
    return scanout < screens_.size() ? screens_[scanout]->window.get() : nullptr;
}

void Presenter::attach(ScanoutId scanout, FramebufferRef framebuffer, const Rect& source) {
    if (Window* target = window(scanout)) {
        target->attach(std::move(framebuffer), source);
    }
}

void Presenter::flush(ScanoutId scanout, const Region& damage, FlushDone done) {
    if (Window* target = window(scanout)) {
        target->flush(damage, std::move(done));
    }
}

bool Presenter::frame_pending(ScanoutId scanout) const {
    const Window* target = window(scanout);
    return target != nullptr && target->frame_pending();
}

void Presenter::detach(ScanoutId scanout) {
    if (Window* target = window(scanout)) {
        target->detach();
    }
}

void Presenter::set_cursor(ScanoutId scanout, std::shared_ptr<const CursorImage> image) {
    if (scanout < screens_.size() && screens_[scanout]->cursor != image) {
        screens_[scanout]->cursor = std::move(image);
        if (!connection_->lost()) {
            seats_->refresh_cursors();
            draw_cursor(scanout);
        }
    }
}

void Presenter::move_cursor(ScanoutId scanout, Point position) {
    // The compositor moves the cursor: it is the host's pointer that looks like the guest's. But
    // for one that is locked.
    if (scanout < screens_.size() && screens_[scanout]->cursor_at != position) {
        screens_[scanout]->cursor_at = position;
        draw_cursor(scanout);
    }
}

void Presenter::draw_cursor(ScanoutId scanout) {
    const Screen& screen = *screens_[scanout];
    WindowView view;
    if (screen.drawn && !connection_->lost() && look(screen.window->surface(), view)) {
        screen.drawn->show(view, screen.cursor_at);
    }
}

void Presenter::grab_changed(ScanoutId scanout, GrabState state) {
    if (window(scanout) == nullptr) {
        return;
    }
    Screen& screen = *screens_[scanout];
    screen.window->set_title_hint(hint(state));
    if (!state.pointer || !screen.window->plugged() || globals_->subcompositor() == nullptr) {
        screen.drawn.reset();
    } else if (!screen.drawn) {
        screen.drawn = std::make_unique<DrawnCursor>(
            *globals_, screen.window->view(), [this, surface = screen.window->surface()](Point at) {
                seats_->cursor_at(surface, at);
            });
        draw_cursor(scanout);
    }
}

bool Presenter::look(const wl_surface* surface, WindowView& view) const {
    for (ScanoutId id = 0; id < screens_.size(); ++id) {
        const Screen& screen = *screens_[id];
        if (screen.window && screen.window->plugged() && screen.window->owns(surface)) {
            view = screen.window->view();
            view.scanout = id;
            view.cursor = screen.cursor;
            return true;
        }
    }
    return false;
}

Result<void> Presenter::set_screen(ScanoutId scanout, const ScreenChange& change) {
    Window* target = window(scanout);
    if (target == nullptr) {
        return host_error("there is no screen {}", scanout);
    }
    if (connection_->lost()) {
        return host_error("the compositor is gone");
    }
    Screen& screen = *screens_[scanout];
    screen.configured.connected = change.connected;
    if (change.refresh_mhz) {
        screen.configured.refresh_mhz = *change.refresh_mhz;
        screen.refresh_explicit = true;
    }
    if (change.preferred) {
        screen.configured.preferred = *change.preferred;
        // Of another mode; the output's are right for every one.
        screen.configured.physical_mm = {};
        screen.size_explicit = true;
        target->ask_mode(*change.preferred);
    }
    if (!change.connected && target->plugged()) {
        // While it is still a window that a key can be released in.
        seats_->window_gone(target->surface());
        screen.drawn.reset();
    }
    target->set_plugged(change.connected);
    all_screens_changed();
    return {};
}

bool Presenter::visible(ScanoutId scanout) const {
    const Window* target = window(scanout);
    return target != nullptr && target->visible();
}

uint32_t Presenter::scanout_count() const {
    return static_cast<uint32_t>(screens_.size());
}

Size Presenter::preferred_mode(const Screen& screen, const Output* output) {
    const bool of_output =
        !screen.size_explicit && output != nullptr && !output->state().mode.empty();
    return of_output ? output->state().mode : screen.configured.preferred;
}

Size Presenter::preferred_mode(const Screen& screen) {
    if (const auto mode = screen.window->mode()) {
        return *mode;
    }
    return preferred_mode(screen, screen.window->output());
}

ScreenInfo Presenter::screen(ScanoutId scanout) const {
    if (scanout >= screens_.size()) {
        return ScreenInfo{.connected = false};
    }
    const Screen& screen = *screens_[scanout];
    ScreenInfo info = screen.configured;
    const Output* output = screen.window->output();
    info.preferred = preferred_mode(screen);
    // Not the sizes, or not all of the screens, that the positions were made for: side by side
    // again.
    info.position = {};
    for (ScanoutId left = 0; left < scanout; ++left) {
        if (screens_[left]->configured.connected) {
            info.position.x += static_cast<int32_t>(preferred_mode(*screens_[left]).width);
        }
    }
    if (output != nullptr) {
        const OutputState& state = output->state();
        if (!screen.refresh_explicit && state.refresh_mhz != 0) {
            info.refresh_mhz = state.refresh_mhz;
        }
        if (info.physical_mm.empty()) {
            info.physical_mm = physical_size(info.preferred, state.mode, state.physical_mm);
        }
    }
    return info;
}

void Presenter::screen_changed(ScanoutId scanout) {
    const ScreenInfo now = screen(scanout);
    if (now != screens_[scanout]->told) {
        screens_[scanout]->told = now;
        screens_[scanout]->window->set_refresh(now.refresh_mhz);
        events_.screen_changed(scanout);
    }
}

/// Screens beside one that has changed have moved.
void Presenter::all_screens_changed() {
    for (ScanoutId scanout = 0; scanout < screens_.size(); ++scanout) {
        screen_changed(scanout);
    }
}

const ScanoutStats& Presenter::stats(ScanoutId scanout) const {
    static const ScanoutStats none;
    const Window* target = window(scanout);
    return target != nullptr ? target->stats() : none;
}

void Presenter::lost(const std::string& reason) {
    // What is down stays down for nobody to release otherwise.
    seats_->clear();
    for (const auto& screen : screens_) {
        screen->window->connection_lost();
    }
    // Deferred: whoever hears it may destroy this.
    loop_.defer([&events = events_, reason] { events.display_lost(reason); });
}

}  // namespace oriel::wayland
