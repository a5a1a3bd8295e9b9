// SPDX-License-Identifier: MIT
#include "screens.h"

#include <string>
#include <utility>

#include "seat/seat.h"
#include "surface/scale.h"

namespace oriel::wayland {
namespace {

/// What a window's title says about how to get out.
std::string hint(GrabState state) {
    if (!state.keyboard && !state.pointer) {
        return {};
    }
    return fmt::format("Ctrl+Alt releases the {}{}{}", state.keyboard ? "keyboard" : "",
                       state.keyboard && state.pointer ? " and the " : "",
                       state.pointer ? "pointer" : "");
}

}  // namespace

Screens::Screens(const Connection& connection, const Globals& globals, Seats& seats,
                 DisplayEvents& events, const PresenterOptions& options)
    : connection_{connection},
      globals_{globals},
      seats_{seats},
      events_{events},
      give_up_path_{connection.loop(), [this] { paths_->give_up(); }} {
    for (const ScreenInfo& info : options.screens) {
        const size_t id = screens_.size();
        Screen& screen =
            *screens_.emplace_back(std::make_unique<Screen>(*this, static_cast<ScanoutId>(id)));
        const bool kept = id < options.kept.size();
        screen.configured = kept ? options.kept[id].configured : info;
        screen.size_explicit =
            kept ? options.kept[id].size_explicit : options.size_explicit || !options.fullscreen;
        screen.refresh_explicit =
            kept ? options.kept[id].refresh_explicit : options.refresh_explicit;
    }
}

Screens::~Screens() = default;

Window* Screens::window(ScanoutId scanout) const {
    return scanout < screens_.size() ? screens_[scanout]->window.get() : nullptr;
}

void Screens::make_windows(const WindowContext& context, PathSelector& paths,
                           std::vector<WindowOptions> options) {
    paths_ = &paths;
    for (ScanoutId scanout = 0; scanout < screens_.size(); ++scanout) {
        Screen& screen = *screens_[scanout];
        WindowOptions& wanted = options.at(scanout);
        wanted.screen = scanout;
        const bool fullscreen = wanted.kept ? wanted.kept->fullscreen : wanted.fullscreen;
        wanted.initial = preferred_mode(screen, fullscreen ? wanted.output.expected() : nullptr);
        screen.window = std::make_unique<Window>(context, std::move(wanted), screen);
        screen.told = info(scanout);
        screen.window->set_refresh(screen.told.refresh_mhz);
    }
    give_paths();
    for (const auto& screen : screens_) {
        screen->window->set_plugged(screen->configured.connected);
    }
    made_ = true;
}

std::vector<KeptScreen> Screens::kept() const {
    std::vector<KeptScreen> all;
    for (const auto& screen : screens_) {
        KeptScreen& kept =
            all.emplace_back(KeptScreen{.configured = screen->configured,
                                        .size_explicit = screen->size_explicit,
                                        .refresh_explicit = screen->refresh_explicit});
        if (screen->window) {
            screen->window->keep(kept);
        }
    }
    return all;
}

void Screens::give_paths() {
    for_each_window([this](Window& window) {
        window.set_paths(paths_->make_paths(window.path_listener()), paths_->reason());
    });
}

// --- what a screen is like -----------------------------------------------------------------------

Size Screens::preferred_mode(const Screen& screen, const Output* output) {
    const bool output_decides =
        !screen.size_explicit && output != nullptr && !output->state().mode.empty();
    return output_decides ? output->state().mode : screen.configured.preferred;
}

Size Screens::preferred_mode(const Screen& screen) {
    if (!screen.window) {
        return screen.configured.preferred;
    }
    if (const auto mode = screen.window->mode()) {
        return *mode;
    }
    return preferred_mode(screen, screen.window->output());
}

ScreenInfo Screens::info(ScanoutId scanout) const {
    if (scanout >= screens_.size()) {
        return ScreenInfo{.connected = false};
    }
    const Screen& screen = *screens_[scanout];
    ScreenInfo info = screen.configured;
    info.preferred = preferred_mode(screen);
    // Not the sizes, or not all of the screens, that the positions were made for: side by side
    // again.
    info.position = {};
    for (ScanoutId left = 0; left < scanout; ++left) {
        if (screens_[left]->configured.connected) {
            info.position.x += static_cast<int32_t>(preferred_mode(*screens_[left]).width);
        }
    }
    if (const Output* output = screen.window ? screen.window->output() : nullptr) {
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

void Screens::change(ScanoutId scanout, const ScreenChange& change) {
    Screen& screen = *screens_.at(scanout);
    screen.configured.connected = change.connected;
    if (change.refresh_mhz) {
        screen.configured.refresh_mhz = *change.refresh_mhz;
        screen.refresh_explicit = true;
    }
    if (change.preferred) {
        screen.configured.preferred = *change.preferred;
        // They belong to another mode; the output's are right for every one.
        screen.configured.physical_mm = {};
        screen.size_explicit = true;
        screen.window->ask_mode(*change.preferred);
    }
    if (!change.connected && screen.window->plugged()) {
        hide(screen);
    }
    screen.window->set_plugged(change.connected);
    update_all();
}

void Screens::hide(Screen& screen) {
    seats_.window_gone(screen.window->surface());
    screen.drawn.reset();
}

void Screens::update(ScanoutId scanout) {
    Screen& screen = *screens_.at(scanout);
    const ScreenInfo now = info(scanout);
    if (screen.window && now != screen.told) {
        screen.told = now;
        screen.window->set_refresh(now.refresh_mhz);
        events_.screen_changed(scanout);
    }
}

void Screens::update_all() {
    for (ScanoutId scanout = 0; scanout < screens_.size(); ++scanout) {
        update(scanout);
    }
}

// --- what seats need -----------------------------------------------------------------------------

bool Screens::look(const wl_surface* surface, WindowView& view) const {
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

void Screens::toggle_fullscreen(ScanoutId scanout) {
    if (Window* asked = window(scanout)) {
        asked->toggle_fullscreen();
    }
}

void Screens::grab_changed(ScanoutId scanout, GrabState state) {
    if (window(scanout) == nullptr) {
        return;
    }
    Screen& screen = *screens_[scanout];
    screen.window->set_title_hint(hint(state));
    if (!state.pointer || !screen.window->plugged() ||
        globals_.get<wl_subcompositor>() == nullptr) {
        screen.drawn.reset();
    } else if (!screen.drawn) {
        screen.drawn = std::make_unique<DrawnCursor>(globals_, screen.window->view(), *this);
        draw_cursor(screen);
    }
}

// --- cursors -------------------------------------------------------------------------------------

void Screens::set_cursor(ScanoutId scanout, std::shared_ptr<const CursorImage> image) {
    if (scanout < screens_.size() && screens_[scanout]->cursor != image) {
        screens_[scanout]->cursor = std::move(image);
        if (!connection_.lost()) {
            update_cursor(scanout);
        }
    }
}

void Screens::move_cursor(ScanoutId scanout, Point position) {
    // The compositor moves the cursor: it is the host's pointer that looks like the guest's. But
    // for one that is locked.
    if (scanout < screens_.size() && screens_[scanout]->cursor_at != position) {
        screens_[scanout]->cursor_at = position;
        draw_cursor(*screens_[scanout]);
    }
}

void Screens::update_cursor(ScanoutId scanout) {
    seats_.refresh_cursors();
    draw_cursor(*screens_.at(scanout));
}

void Screens::draw_cursor(const Screen& screen) const {
    WindowView view;
    if (screen.drawn && !connection_.lost() && look(screen.window->surface(), view)) {
        screen.drawn->show(view, screen.cursor_at);
    }
}

void Screens::cursor_drawn(const wl_surface* surface, Point at) {
    seats_.cursor_at(surface, at);
}

}  // namespace oriel::wayland
