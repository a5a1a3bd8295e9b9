// SPDX-License-Identifier: MIT
#include "window_paths.h"

#include <cassert>

#include "core/log.h"

namespace oriel::wayland {

void WindowPaths::replace(List paths, std::string reason, Surface* shown_on) {
    if (used_ != nullptr && shown_on != nullptr) {
        used_->leave(*shown_on);
        // What it has attached stays on screen until a new path commits.
        for (auto& path : paths_) {
            retired_.push_back(std::move(path));
        }
    }
    paths_ = std::move(paths);
    reason_ = std::move(reason);
    chosen_ = nullptr;
    used_ = nullptr;
    generation_ = 0;
    bytes_taken_ = 0;
}

Readiness WindowPaths::prepare(const FramebufferRef& framebuffer, const Rect& source) {
    FramePath* const before = chosen_;
    const bool whole = source == Rect::of(framebuffer->size());
    for (const auto& path : paths_) {
        if (!whole && !path->can_crop()) {
            continue;
        }
        const Readiness readiness = path->prepare(framebuffer);
        if (readiness == Readiness::kRefused) {
            continue;
        }
        chosen_ = path.get();
        if (chosen_ != before || generation_ != framebuffer->generation()) {
            generation_ = framebuffer->generation();
            refusals_.clear();
            for (const auto& better : paths_) {
                if (better.get() == chosen_) {
                    break;
                }
                const std::string why =
                    whole || better->can_crop()
                        ? better->refusal(*framebuffer)
                        : fmt::format("{}: the compositor can't show a part of a buffer",
                                      better->name());
                if (!why.empty()) {
                    refusals_ += (refusals_.empty() ? "" : "; ") + why;
                }
            }
        }
        return readiness;
    }
    assert(false && "the last path refuses nothing");
    return Readiness::kLater;
}

std::optional<CommittedFrame> WindowPaths::show(Surface& surface, const FramebufferRef& framebuffer,
                                                const Rect& source, const Region& damage) {
    assert(chosen_ != nullptr);
    if (used_ != nullptr && used_ != chosen_) {
        used_->leave(surface);
    }
    used_ = chosen_;
    const auto shown = used_->show(surface, framebuffer, source, damage);
    if (!shown) {
        return shown;
    }
    retired_.clear();
    if (reason_ != refusals_) {
        reason_ = refusals_;
    }
    if (std::string now =
            fmt::format("{}{}{}", used_->name(), reason_.empty() ? "" : ": ", reason_);
        now != logged_) {
        log_info("wayland", "pictures go by {}", now);
        logged_ = std::move(now);
    }
    return shown;
}

void WindowPaths::latched() {
    if (used_ != nullptr) {
        used_->latched();
    }
}

void WindowPaths::leave(Surface& surface) {
    if (used_ != nullptr) {
        used_->leave(surface);
    }
}

void WindowPaths::trim() {
    for (const auto& path : paths_) {
        path->trim();
    }
}

void WindowPaths::connection_lost() {
    for (const auto& path : paths_) {
        path->connection_lost();
    }
    for (const auto& path : retired_) {
        path->connection_lost();
    }
}

uint64_t WindowPaths::take_bytes_copied() {
    uint64_t total = 0;
    for (const auto& path : paths_) {
        total += path->bytes_copied();
    }
    return total - std::exchange(bytes_taken_, total);
}

}  // namespace oriel::wayland
