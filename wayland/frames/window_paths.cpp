// SPDX-License-Identifier: MIT
#include "frames/window_paths.h"

#include <algorithm>
#include <cassert>

#include "core/log.h"

namespace oriel::wayland {
namespace {

constexpr size_t kMaxLogged = 32;

std::string joined(const std::vector<std::string>& refusals) {
    std::string all;
    for (const std::string& why : refusals) {
        // Two paths may lack the same.
        if (all.find(why) == std::string::npos) {
            all += (all.empty() ? "" : "; ") + why;
        }
    }
    return all;
}

}  // namespace

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
    bytes_taken_ = 0;
}

Readiness WindowPaths::prepare(const FramebufferRef& framebuffer, const Rect& source,
                               uint32_t times) {
    const bool whole = source == Rect::of(framebuffer->size());
    for (const auto& path : paths_) {
        if (!whole && !path->crop_refusal().empty()) {
            continue;
        }
        path->magnify(times);
        if (const Readiness readiness = path->prepare(framebuffer);
            readiness != Readiness::kRefused) {
            chosen_ = path.get();
            return readiness;
        }
    }
    // A dma-buf that neither the compositor nor the CPU can read.
    chosen_ = nullptr;
    if (update_refusals(*framebuffer, source)) {
        reason_ = joined(refusals_);
        log_way("nothing");
    }
    return Readiness::kRefused;
}

bool WindowPaths::update_refusals(const Framebuffer& framebuffer, const Rect& source) {
    const bool whole = source == Rect::of(framebuffer.size());
    refusals_now_.clear();
    for (const auto& better : paths_) {
        if (better.get() == chosen_ && chosen_->in_place(framebuffer)) {
            break;
        }
        const std::string_view no_crop = whole ? std::string_view{} : better->crop_refusal();
        const std::string_view why = no_crop.empty() ? better->refusal(framebuffer) : no_crop;
        if (!why.empty()) {
            refusals_now_.push_back(why);
        }
        // The chosen one may do less than its best.
        if (better.get() == chosen_) {
            break;
        }
    }
    if (std::equal(refusals_now_.begin(), refusals_now_.end(), refusals_.begin(),
                   refusals_.end())) {
        return false;
    }
    refusals_.assign(refusals_now_.begin(), refusals_now_.end());
    return true;
}

std::optional<CommittedFrame> WindowPaths::show(Surface& surface, const FramebufferRef& framebuffer,
                                                const Rect& source, const Region& damage) {
    assert(chosen_ != nullptr);
    if (used_ != nullptr && used_ != chosen_) {
        used_->leave(surface);
    }
    const bool changed = std::exchange(used_, chosen_) != chosen_;
    const auto shown = used_->show(surface, framebuffer, source, damage);
    if (!shown) {
        return shown;
    }
    retired_.clear();
    if (update_refusals(*framebuffer, source) || changed) {
        reason_ = joined(refusals_);
        log_way(used_->name());
    }
    return shown;
}

void WindowPaths::log_way(const char* name) {
    // A guest that goes to and fro between two ways must not fill the log.
    std::string now = fmt::format("{}{}{}", name, reason_.empty() ? "" : ": ", reason_);
    if (logged_.size() < kMaxLogged && logged_.insert(now).second) {
        log_info("wayland", "pictures go by {}", now);
    }
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
