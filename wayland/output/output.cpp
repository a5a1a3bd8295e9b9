// SPDX-License-Identifier: MIT
#include "output/output.h"

#include <algorithm>
#include <utility>

#include "core/log.h"
#include "surface/scale.h"

namespace oriel::wayland {
namespace {

// More than any output has; what a compositor says beyond it is cut off.
constexpr int32_t kMostPixels = 32768;
constexpr int32_t kMostMillimetres = 32768;
constexpr int32_t kMostMillihertz = 1'000'000;
// A rate below that is no rate: it is as good as unknown.
constexpr int32_t kLeastMillihertz = 1'000;

uint32_t limited(int32_t value, int32_t most) {
    return static_cast<uint32_t>(std::clamp(value, 0, most));
}

uint32_t refresh_of(int32_t millihertz) {
    return millihertz < kLeastMillihertz ? 0 : limited(millihertz, kMostMillihertz);
}

/// "Dell Inc. U2415 XKV0P (DP-1)" starts with "Dell Inc. U2415", but not with "Dell Inc. U24".
bool starts_with_words(std::string_view text, std::string_view start) {
    return text.starts_with(start) && (text.size() == start.size() || text[start.size()] == ' ');
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
           const char* make, const char* model, int32_t transform) {
            auto& self = *static_cast<Output*>(data);
            self.pending_.model = fmt::format("{} {}", make, model);
            self.pending_.physical_mm = {limited(width_mm, kMostMillimetres),
                                         limited(height_mm, kMostMillimetres)};
            self.rotated_ = swaps_sides(transform);
        },
    .mode =
        [](void* data, wl_output*, uint32_t flags, int32_t width, int32_t height,
           int32_t millihertz) {
            if ((flags & WL_OUTPUT_MODE_CURRENT) != 0) {
                auto& self = *static_cast<Output*>(data);
                self.pending_.mode = {limited(width, kMostPixels), limited(height, kMostPixels)};
                self.pending_.refresh_mhz = refresh_of(millihertz);
            }
        },
    .done = [](void* data, wl_output*) { static_cast<Output*>(data)->commit(); },
    .scale =
        [](void* data, wl_output*, int32_t scale) {
            static_cast<Output*>(data)->pending_.scale = limited_whole_scale(scale);
        },
    .name = [](void* data, wl_output*,
               const char* name) { static_cast<Output*>(data)->pending_.name = name; },
    .description =
        [](void* data, wl_output*, const char* text) {
            static_cast<Output*>(data)->pending_.description = text;
        },
};

const zxdg_output_v1_listener Output::kNameListener{
    .logical_position = [](void*, zxdg_output_v1*, int32_t, int32_t) {},
    .logical_size = [](void*, zxdg_output_v1*, int32_t, int32_t) {},
    .done = [](void* data, zxdg_output_v1*) { static_cast<Output*>(data)->commit(); },
    .name = [](void* data, zxdg_output_v1*,
               const char* name) { static_cast<Output*>(data)->pending_.name = name; },
    .description =
        [](void* data, zxdg_output_v1*, const char* text) {
            static_cast<Output*>(data)->pending_.description = text;
        },
};

Output::Output(uint32_t global, Proxy<wl_output> proxy, zxdg_output_manager_v1* names,
               OutputsListener& listener)
    : global_{global}, proxy_{std::move(proxy)}, listener_{listener} {
    wl_output_add_listener(proxy_.get(), &kListener, this);
    if (names != nullptr && wl_output_get_version(proxy_.get()) < WL_OUTPUT_NAME_SINCE_VERSION) {
        named_.reset(zxdg_output_manager_v1_get_xdg_output(names, proxy_.get()));
        zxdg_output_v1_add_listener(named_.get(), &kNameListener, this);
    }
}

std::optional<uint32_t> Output::global_of(wl_output* proxy) {
    auto* const object = reinterpret_cast<wl_proxy*>(proxy);
    if (object == nullptr || wl_proxy_get_listener(object) != &kListener) {
        return std::nullopt;
    }
    return static_cast<const Output*>(wl_proxy_get_user_data(object))->global();
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
    listener_.outputs_changed();
}

void Outputs::add(uint32_t global, Proxy<wl_output> proxy, zxdg_output_manager_v1* names) {
    if (outputs_.size() < kMost) {
        outputs_.push_back(std::make_unique<Output>(global, std::move(proxy), names, listener_));
    }
}

void Outputs::remove(uint32_t global) {
    const size_t gone = std::erase_if(
        outputs_, [global](const auto& output) { return output->global() == global; });
    if (gone != 0) {
        listener_.outputs_changed();
    }
}

const Output* Outputs::find(uint32_t global) const {
    for (const auto& output : outputs_) {
        if (output->global() == global) {
            return output.get();
        }
    }
    return nullptr;
}

const Output* Outputs::at(size_t index) const {
    return index < outputs_.size() ? outputs_[index].get() : nullptr;
}

const Output* Outputs::named(std::string_view name) const {
    if (name.empty()) {
        return nullptr;
    }
    for (const auto& output : outputs_) {
        if (output->state().name == name) {
            return output.get();
        }
    }
    for (const auto& output : outputs_) {
        if (output->state().model == name || starts_with_words(output->state().description, name)) {
            return output.get();
        }
    }
    return nullptr;
}

bool Outputs::any_name() const {
    return std::any_of(outputs_.begin(), outputs_.end(),
                       [](const auto& output) { return !output->state().name.empty(); });
}

uint32_t Outputs::largest_scale() const {
    uint32_t largest = 1;
    for (const auto& output : outputs_) {
        largest = std::max(largest, output->state().scale);
    }
    return largest;
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
