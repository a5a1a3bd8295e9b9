// SPDX-License-Identifier: MIT
#include "path_selector.h"

#include <utility>

#include "core/log.h"
#include "shm_path.h"

namespace oriel::wayland {

PathSelector::PathSelector(const Globals& globals, PathChoice choice) : globals_{globals} {
    reason_ = choice == PathChoice::kShm ? "asked for" : "no GPU: there is no DRM render node";
    log_info("wayland", "pictures go through wl_shm: {}", reason_);
}

void PathSelector::give_up() {}

PathSelector::~PathSelector() = default;

std::unique_ptr<FramePath> PathSelector::make_path(std::function<void()> released) {
    return std::make_unique<ShmPath>(globals_, std::move(released));
}

}  // namespace oriel::wayland
