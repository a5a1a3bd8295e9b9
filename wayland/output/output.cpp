// SPDX-License-Identifier: MIT
#include "output/output.h"

#include <algorithm>
#include <utility>

#include "core/log.h"

namespace oriel::wayland {
namespace {

uint32_t positive(int32_t value) {
    return static_cast<uint32_t>(std::max(value, 0));
}

bool swaps_sides(int32_t transform) {
    return transform == WL_OUTPUT_TRANSFORM_90 || transform == WL_OUTPUT_TRANSFORM_270 ||
           transform == WL_OUTPUT_TRANSFORM_FLIPPED_90 ||
           transform == WL_OUTPUT_TRANSFORM_FLIPPED_270;
}

}  // namespace

const wl_output_listener Output::kListener{
    .geometry =
        [](void* data, wl_output*, int32_t, int32_t, int32_t width_mm, int32_t height_mm, int32_t,
           const char*, const char*, int32_t transform) {
            auto& self = *static_cast<Output*>(data);
            self.pending_.physical_mm = {positive(width_mm), positive(height_mm)};
            self.rotated_ = swaps_sides(transform);
        },
    .mode =
        [](void* data, wl_output*, uint32_t flags, int32_t width, int32_t height, int32_t refresh) {
            if ((flags & WL_OUTPUT_MODE_CURRENT) != 0) {
                auto& self = *static_cast<Output*>(data);
                self.pending_.mode = {positive(width), positive(height)};
                self.pending_.refresh_mhz = positive(refresh);
            }
        },
    .done = [](void* data, wl_output*) { static_cast<Output*>(data)->commit(); },
    .scale =
        [](void* data, wl_output*, int32_t scale) {
            static_cast<Output*>(data)->pending_.scale = std::max(positive(scale), 1U);
        },
    .name = [](void* data, wl_output*,
               const char* name) { static_cast<Output*>(data)->pending_.name = name; },
    .description = [](void*, wl_output*, const char*) {},
};

Output::Output(uint32_t global, Proxy<wl_output> proxy, std::function<void()> changed)
    : global_{global}, proxy_{std::move(proxy)}, changed_{std::move(changed)} {
    wl_output_add_listener(proxy_.get(), &kListener, this);
}

void Output::commit() {
    // pending_ stays as the compositor sent it: the next `done` may follow a change of one part.
    OutputState next = pending_;
    if (rotated_) {
        std::swap(next.mode.width, next.mode.height);
        std::swap(next.physical_mm.width, next.physical_mm.height);
    }
    if (next == state_) {
        return;
    }
    state_ = std::move(next);
    log_debug("wayland", "output {}: {}x{} px, {} mHz, {}x{} mm, scale {}", state_.name,
              state_.mode.width, state_.mode.height, state_.refresh_mhz, state_.physical_mm.width,
              state_.physical_mm.height, state_.scale);
    changed_();
}

void Outputs::add(uint32_t global, Proxy<wl_output> proxy) {
    const auto changed = [this] {
        if (changed_) {
            changed_();
        }
    };
    outputs_.push_back(std::make_unique<Output>(global, std::move(proxy), changed));
}

void Outputs::remove(uint32_t global) {
    const size_t gone = std::erase_if(
        outputs_, [global](const auto& output) { return output->global() == global; });
    if (gone != 0 && changed_) {
        changed_();
    }
}

const Output* Outputs::find(const wl_output* proxy) const {
    for (const auto& output : outputs_) {
        if (output->proxy() == proxy) {
            return output.get();
        }
    }
    return nullptr;
}

const Output* Outputs::at(size_t index) const {
    return index < outputs_.size() ? outputs_[index].get() : nullptr;
}

const Output* Outputs::named(std::string_view name) const {
    for (const auto& output : outputs_) {
        if (!name.empty() && output->state().name == name) {
            return output.get();
        }
    }
    return nullptr;
}

std::string Outputs::names() const {
    std::string all;
    for (const auto& output : outputs_) {
        all += all.empty() ? "" : ", ";
        all += output->state().name.empty() ? "one without a name" : output->state().name;
    }
    return all.empty() ? "none" : all;
}

}  // namespace oriel::wayland
