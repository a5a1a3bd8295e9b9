// SPDX-License-Identifier: MIT
#include "card/card.h"

#include <algorithm>
#include <utility>

#include "last_picture.h"
#include "source.h"

namespace oriel::card {

Card::Card(Display& target, DisplayEvents* program)
    : target_{&target},
      program_{program},
      screen_count_{std::min<uint32_t>(target.scanout_count(), kMaxScanouts)} {}

Card::~Card() {
    // While everything is there that those who are answered may call.
    for (Screen& screen : screens_) {
        std::exchange(screen.waiting, {}).clear();
    }
}

Display& Card::add_source(std::string name, int priority, uint32_t screens) {
    const auto before = std::find_if(sources_.begin(), sources_.end(), [&](const auto& source) {
        return source->priority() < priority;
    });
    auto source = std::make_unique<Source>(*this, std::move(name), priority,
                                           std::min(screens, screen_count_));
    return **sources_.insert(before, std::move(source));
}

// --- what sources say ----------------------------------------------------------------------------

Card::Source* Card::claimant(ScanoutId screen) const {
    const auto it = std::find_if(sources_.begin(), sources_.end(), [screen](const auto& source) {
        return source->on(screen).claimed;
    });
    return it != sources_.end() ? it->get() : nullptr;
}

void Card::attach(Source& from, ScanoutId screen, Attached picture) {
    from.on(screen) = {.picture = std::move(picture), .claimed = true};
    Source* const before = std::exchange(screens_[screen].owner, claimant(screen));
    if (screens_[screen].owner != &from) {
        return;  // remembered
    }
    show_owner(screen);
    if (before != nullptr && before != &from) {
        before->screen_given(screen, false);
    }
}

void Card::detach(Source& from, ScanoutId screen) {
    const bool had_picture = std::exchange(from.on(screen).picture, std::nullopt).has_value();
    if (had_picture && screens_[screen].owner == &from) {
        go_dark(screen);
    }
}

void Card::release(Source& source) {
    std::array<bool, kMaxScanouts> given{};
    for (ScanoutId screen = 0; screen < screen_count_; ++screen) {
        const Source::OnScreen released = std::exchange(source.on(screen), {});
        if (!released.claimed || screens_[screen].owner != &source) {
            continue;
        }
        set_cursor(screen, nullptr);
        screens_[screen].owner = claimant(screen);
        given[screen] = screens_[screen].owner != nullptr;
        if (given[screen] && screens_[screen].owner->on(screen).picture) {
            show_owner(screen);
        } else if (released.picture) {
            go_dark(screen);
        }
    }
    for (ScanoutId screen = 0; screen < screen_count_; ++screen) {
        if (given[screen]) {
            screens_[screen].owner->screen_given(screen, true);
        }
    }
}

void Card::show_owner(ScanoutId screen) {
    const Attached& picture = *screens_[screen].owner->on(screen).picture;
    screens_[screen].next = picture;
    if (!stale()) {
        target_->attach(screen, picture.framebuffer, picture.source);
    }
}

void Card::go_dark(ScanoutId screen) {
    screens_[screen].shown.reset();
    screens_[screen].next.reset();
    if (!stale()) {
        target_->detach(screen);
        if (FrameWatcher* const watcher = screens_[screen].watcher) {
            watcher->screen_went_dark(screen);
        }
    }
}

void Card::flush(const Source& from, ScanoutId screen, const Region& damage, FlushDone done) {
    Screen& now = screens_[screen];
    if (now.owner != &from) {
        return;  // the end of `done` answers
    }
    if (staleness_ == Staleness::kFrameAwaited && now.next) {
        become_live();
    }
    if (stale()) {
        return;
    }
    const bool other_picture = now.next.has_value();
    if (other_picture) {
        now.shown = std::exchange(now.next, std::nullopt);
    }
    if (now.watcher != nullptr && now.shown) {
        // First, as the guest may draw again once it is answered.
        now.watcher->frame_flushed(screen, other_picture ? Region{now.shown->source} : damage);
    }
    flush_target(screen, damage, std::move(done));
}

void Card::set_cursor(ScanoutId screen, std::shared_ptr<const CursorImage> image) {
    screens_[screen].cursor = image;
    if (!stale()) {
        target_->set_cursor(screen, std::move(image));
        if (FrameWatcher* const watcher = screens_[screen].watcher) {
            watcher->cursor_changed(screen);
        }
    }
}

void Card::move_cursor(ScanoutId screen, Point position) {
    screens_[screen].cursor_position = position;
    if (!stale()) {
        target_->move_cursor(screen, position);
        if (FrameWatcher* const watcher = screens_[screen].watcher) {
            watcher->cursor_changed(screen);
        }
    }
}

void Card::watch_frames(ScanoutId screen, FrameWatcher* watcher) {
    if (screen < screen_count_ && std::exchange(screens_[screen].watcher, watcher) != watcher) {
        visibility_changed(screen);
    }
}

// --- what a VM leaves ----------------------------------------------------------------------------

Result<void> Card::keep_last_pictures(LastPictureListener& listener) {
    if (stale()) {
        staleness_ = Staleness::kStale;
        return {};
    }
    Result<void> all_kept;
    size_t room = kMostCopied;
    for (ScanoutId screen = 0; screen < screen_count_; ++screen) {
        Screen& now = screens_[screen];
        now.last_source = source(screen);
        target_->set_cursor(screen, nullptr);
        if (!now.shown) {
            target_->detach(screen);
            continue;
        }
        auto last = last_picture(*now.shown, room);
        if (!last) {
            all_kept = host_error("screen {} goes dark: {}", screen, last.error().message());
            target_->detach(screen);
            continue;
        }
        now.last = std::move(*last);
        target_->attach(screen, now.last->framebuffer, now.last->source);
        target_->flush(screen, Region{now.last->source}, {});
    }
    last_listener_ = &listener;
    staleness_ = Staleness::kStale;
    return all_kept;
}

void Card::await_first_frame() {
    if (stale()) {
        staleness_ = Staleness::kFrameAwaited;
    }
}

/// A screen that has no picture of the next VM goes dark: it has none that is live.
void Card::become_live() {
    staleness_ = Staleness::kLive;
    std::exchange(last_listener_, nullptr)->last_pictures_gone();
    for (ScanoutId screen = 0; screen < screen_count_; ++screen) {
        Screen& now = screens_[screen];
        now.last_source.clear();
        const bool kept = std::exchange(now.last, std::nullopt).has_value();
        if (now.next) {
            target_->attach(screen, now.next->framebuffer, now.next->source);
        } else if (kept) {
            target_->detach(screen);
        }
        if (now.cursor) {
            target_->set_cursor(screen, now.cursor);
        }
        if (now.cursor_position) {
            target_->move_cursor(screen, *now.cursor_position);
        }
    }
}

// --- answers -------------------------------------------------------------------------------------

void Card::flush_target(ScanoutId screen, const Region& damage, FlushDone done) {
    const uint64_t token = ++last_token_;
    // First, as the target may answer from inside the call.
    screens_[screen].waiting.push_back({token, std::move(done)});
    target_->flush(screen, damage, FlushDone{self_.get(), token});
}

void Card::flush_done(uint64_t token) {
    for (Screen& screen : screens_) {
        const auto it = std::find_if(screen.waiting.begin(), screen.waiting.end(),
                                     [token](const Waiting& one) { return one.token == token; });
        if (it != screen.waiting.end()) {
            // Out of the list first: the source may flush again while it is answered.
            const FlushDone answered = std::move(it->done);
            screen.waiting.erase(it);
            return;
        }
    }
    // A target of before, whose flushes wait for another one now.
}

// --- targets -------------------------------------------------------------------------------------

void Card::retarget(Display& target) {
    Display& before = *std::exchange(target_, &target);
    std::array<std::vector<Waiting>, kMaxScanouts> waiting;
    for (ScanoutId screen = 0; screen < screen_count_; ++screen) {
        // The old target's tokens are nobody's from here on, whatever it answers.
        waiting[screen] = std::exchange(screens_[screen].waiting, {});
    }
    for (ScanoutId screen = 0; screen < screen_count_; ++screen) {
        before.set_cursor(screen, nullptr);
        before.detach(screen);
    }
    for (ScanoutId screen = 0; screen < screen_count_; ++screen) {
        replay(screen, std::move(waiting[screen]));
    }
    for (ScanoutId screen = 0; screen < screen_count_; ++screen) {
        screen_changed(screen);
        visibility_changed(screen);
        frame_done(screen);
    }
}

void Card::replay(ScanoutId screen, std::vector<Waiting> waiting) {
    const Screen& now = screens_[screen];
    if (stale()) {
        // The end of `waiting` answers.
        if (now.last) {
            target_->attach(screen, now.last->framebuffer, now.last->source);
            target_->flush(screen, Region{now.last->source}, {});
        }
        return;
    }
    if (now.cursor) {
        target_->set_cursor(screen, now.cursor);
    }
    if (now.cursor_position) {
        target_->move_cursor(screen, *now.cursor_position);
    }
    if (now.shown) {
        // The first flush shows all that there is.
        Region damage{now.shown->source};
        target_->attach(screen, now.shown->framebuffer, now.shown->source);
        if (waiting.empty()) {
            target_->flush(screen, damage, {});
        }
        for (Waiting& one : waiting) {
            flush_target(screen, std::exchange(damage, {}), std::move(one.done));
        }
    }
    // Looked at last: an answer may have brought the next picture.
    if (now.next) {
        target_->attach(screen, now.next->framebuffer, now.next->source);
    }
}

void Card::screen_changed(ScanoutId screen) {
    tell_sources(screen, [screen](SourceListener& source) { source.screen_changed(screen); });
}

void Card::visibility_changed(ScanoutId screen) {
    tell_sources(screen, [screen](SourceListener& source) { source.visibility_changed(screen); });
}

void Card::frame_done(ScanoutId screen) {
    tell_sources(screen, [screen](SourceListener& source) { source.frame_done(screen); });
    if (program_ != nullptr) {
        program_->frame_done(screen);
    }
}

template <class Call>
void Card::tell_sources(ScanoutId screen, Call call) {
    for (const auto& source : sources_) {
        if (source->listener() != nullptr && screen < source->scanout_count()) {
            call(*source->listener());
        }
    }
}

void Card::display_ready() {
    if (program_ != nullptr) {
        program_->display_ready();
    }
}

void Card::close_requested(ScanoutId screen) {
    if (program_ != nullptr) {
        program_->close_requested(screen);
    }
}

void Card::display_lost(const std::string& reason) {
    if (program_ != nullptr) {
        program_->display_lost(reason);
    }
}

// --- for people ----------------------------------------------------------------------------------

const Card::Attached* Card::attached(ScanoutId screen) const {
    if (screen < screen_count_ && stale()) {
        return screens_[screen].last ? &*screens_[screen].last : nullptr;
    }
    if (screen >= screen_count_ || screens_[screen].owner == nullptr) {
        return nullptr;
    }
    const auto& picture = screens_[screen].owner->on(screen).picture;
    return picture ? &*picture : nullptr;
}

Card::Cursor Card::cursor(ScanoutId screen) const {
    if (screen >= screen_count_ || stale()) {
        return {};
    }
    const Screen& now = screens_[screen];
    return {.image = now.cursor, .hotspot = now.cursor_position.value_or(Point{})};
}

std::string_view Card::source(ScanoutId screen) const {
    if (attached(screen) == nullptr) {
        return {};
    }
    return stale() ? std::string_view{screens_[screen].last_source}
                   : screens_[screen].owner->name();
}

}  // namespace oriel::card
