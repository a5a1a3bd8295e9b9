// SPDX-License-Identifier: MIT
#include "frames/window_paths.h"

#include <cassert>
#include <string_view>
#include <utility>

#include "core/log.h"

namespace oriel::wayland {
namespace {

constexpr size_t kMaxLogged = 32;

void append(std::string& all, std::string_view why) {
    // Two paths may lack the same.
    if (!why.empty() && all.find(why) == std::string::npos) {
        all += all.empty() ? "" : "; ";
        all += why;
    }
}

}  // namespace

void WindowPaths::replace(List paths, std::string reason, Surface* shown_on) {
    if (used_ != nullptr && shown_on != nullptr) {
        used_->leave(*shown_on);
        on_screen_ = used_;
    }
    for (auto& path : paths_) {
        retired_.push_back(std::move(path));
    }
    prune_retired();
    paths_ = std::move(paths);
    reason_ = std::move(reason);
    ++reason_serial_;
    choose_again();
    chosen_ = nullptr;
    used_ = nullptr;
    shown_ = {};
}

void WindowPaths::choose_again() {
    decisions_.clear();
    decision_ = nullptr;
}

void WindowPaths::prune_retired() {
    std::erase_if(retired_, [this](const auto& path) {
        return path.get() != on_screen_ && !path->holds_buffers();
    });
}

Readiness WindowPaths::prepare(const FramebufferRef& framebuffer, const Rect& source,
                               const BufferShape& shape) {
    const bool whole = source == Rect::of(framebuffer->size());
    const uint64_t key =
        framebuffer->generation() << 2 | (shape.exact.empty() ? 0 : 2) | (whole ? 1 : 0);
    decision_ = decisions_.find(key);
    if (decision_ != nullptr) {
        chosen_ = decision_->path;
        if (const Readiness readiness = chosen_->prepare(framebuffer, shape);
            readiness != Readiness::kRefused) {
            return readiness;
        }
        choose_again();
    }
    for (const auto& path : paths_) {
        if (!whole && !path->crop_refusal().empty()) {
            continue;
        }
        if (const Readiness readiness = path->prepare(framebuffer, shape);
            readiness != Readiness::kRefused) {
            chosen_ = path.get();
            decision_ = decisions_.make(key, chosen_);
            return readiness;
        }
    }
    // A dma-buf that neither the compositor nor the CPU can read.
    chosen_ = nullptr;
    set_reason(explain(*framebuffer, source, nullptr), "nothing");
    return Readiness::kRefused;
}

std::string WindowPaths::explain(const Framebuffer& framebuffer, const Rect& source,
                                 const FramePath* taken) const {
    const bool whole = source == Rect::of(framebuffer.size());
    std::string all;
    for (const auto& better : paths_) {
        if (better.get() == taken && better->in_place(framebuffer)) {
            break;
        }
        const std::string_view no_crop = whole ? std::string_view{} : better->crop_refusal();
        append(all, no_crop.empty() ? better->refusal(framebuffer) : no_crop);
        // The one that is taken may do less than its best.
        if (better.get() == taken) {
            break;
        }
    }
    return all;
}

void WindowPaths::set_reason(const std::string& reason, const char* way) {
    if (reason_ == reason && told_way_ == way) {
        return;
    }
    reason_ = reason;
    told_way_ = way;
    ++reason_serial_;
    // A guest that goes to and fro between two ways must not fill the log.
    std::string line = fmt::format("{}{}{}", way, reason_.empty() ? "" : ": ", reason_);
    if (logged_.size() < kMaxLogged && logged_.insert(line).second) {
        log(describes_, "wayland", "pictures go by {}", line);
    }
}

std::optional<CommittedFrame> WindowPaths::show(Surface& surface, const FramebufferRef& framebuffer,
                                                const Rect& source, const Region& damage) {
    assert(chosen_ != nullptr);
    if (used_ != chosen_) {
        if (used_ != nullptr) {
            used_->leave(surface);
        }
        used_ = chosen_;
    }
    const auto shown = used_->show(surface, framebuffer, source, damage);
    if (!shown) {
        return std::nullopt;
    }
    shown_ = *shown;
    on_screen_ = nullptr;
    if (decision_ != nullptr) {
        if (!std::exchange(decision_->explained, true)) {
            decision_->reason = explain(*framebuffer, source, used_);
        }
        set_reason(decision_->reason, shown_.way);
    }
    return shown_.committed;
}

void WindowPaths::latched() {
    if (!retired_.empty()) {
        // Not in show(), which may be called from inside one of them: a buffer that it gives back
        // lets a guest go on.
        prune_retired();
    }
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
    prune_retired();
}

void WindowPaths::connection_lost() {
    for (const auto& path : paths_) {
        path->connection_lost();
    }
    retired_.clear();
    on_screen_ = nullptr;
}

}  // namespace oriel::wayland
