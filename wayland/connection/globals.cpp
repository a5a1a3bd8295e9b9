// SPDX-License-Identifier: MIT
#include "connection/globals.h"

#include <algorithm>
#include <string>
#include <utility>

#include "core/log.h"

namespace oriel::wayland {
namespace {

/// Only KWin has it, for its own settings; it is not bound. Wayland has no request that tells a
/// client which compositor it talks to, and the name of the process behind the socket is that of a
/// proxy in a sandbox or a container. To treat all compositors like KWin is no way out: a buffer
/// that is cropped by a viewport is filtered with the pixels beside the crop where it is scaled,
/// which makes a line at the picture's edge. A KWin that hides this global shows a slanted picture
/// until the next full damage, which is what it does without our help.
constexpr std::string_view kOnlyInKWin = "kde_output_management_v2";

/// Calls `visit(row, index)` for each row of the table.
template <class Visit>
void for_each_row(Visit&& visit) {
    std::apply(
        [&visit](const auto&... row) {
            size_t index = 0;
            (visit(row, index++), ...);
        },
        kGlobals);
}

}  // namespace

const wl_registry_listener Globals::kListener{
    .global =
        [](void* data, wl_registry*, uint32_t name, const char* interface, uint32_t version) {
            static_cast<Globals*>(data)->added(name, interface, version);
        },
    .global_remove = [](void* data, wl_registry*,
                        uint32_t name) { static_cast<Globals*>(data)->removed(name); },
};

Globals::Globals(Connection& connection, GlobalsListener& listener, LogLevel describes)
    : connection_{connection},
      listener_{listener},
      describes_{describes},
      registry_{wl_display_get_registry(connection.display())} {
    wl_registry_add_listener(registry_.get(), &kListener, this);
}

void Globals::added(uint32_t name, std::string_view interface, uint32_t version) {
    ignores_strides_ = ignores_strides_ || interface == kOnlyInKWin;
    for_each_row([&](const auto& row, size_t index) {
        if (interface != row.interface->name) {
            return;
        }
        if (complete_) {
            bind(row, versions_.at(index), name, version);
        } else if (announced_.size() < kMostAnnounced) {
            announced_.push_back({index, name, version});
        }
    });
}

void Globals::removed(uint32_t name) {
    std::erase_if(announced_, [name](const Announced& one) { return one.name == name; });
    listener_.global_removed(name);
}

void Globals::bind_announced(bool several) {
    for (const Announced& one : announced_) {
        for_each_row([&]<class T>(const Global<T>& row, size_t index) {
            if (index == one.row && kSeveral<T> == several) {
                bind(row, versions_.at(index), one.name, one.version);
            }
        });
    }
}

Result<void> Globals::bind_single() {
    bind_announced(false);
    std::string missing;
    for_each_row([&](const auto& row, size_t index) {
        const Versions& versions = versions_.at(index);
        if (versions.bound == 0 && row.need == Need::kRequired && missing.empty()) {
            const std::string found =
                versions.offered == 0
                    ? "has none"
                    : fmt::format("has version {}, which is too old", versions.offered);
            missing = fmt::format("{} {} is needed, it {}", row.interface->name, row.min, found);
        }
    });
    if (!missing.empty()) {
        return host_error("this compositor can't show a window: {}", missing);
    }
    return {};
}

void Globals::bind_several() {
    complete_ = true;
    bind_announced(true);
    announced_.clear();
    report();
}

template <class T>
void Globals::bind(const Global<T>& row, Versions& versions, uint32_t name, uint32_t version) {
    versions.offered = version;
    if (version < row.min) {
        return;
    }
    if constexpr (!kSeveral<T>) {
        if (get<T>() != nullptr) {
            return;  // the first one is kept
        }
    }
    // The installed protocol files may be older than the table.
    versions.bound =
        std::min({version, row.max, static_cast<uint32_t>(std::max(row.interface->version, 1))});
    take<T>(name, Proxy<T>{static_cast<T*>(
                      wl_registry_bind(registry_.get(), name, row.interface, versions.bound))});
}

template <class T>
void Globals::take(uint32_t name, Proxy<T> proxy) {
    if constexpr (std::is_same_v<T, wl_output>) {
        listener_.output_added(name, std::move(proxy));
    } else if constexpr (std::is_same_v<T, wl_seat>) {
        listener_.seat_added(name, std::move(proxy));
    } else {
        if constexpr (std::is_same_v<T, xdg_wm_base>) {
            pong_.emplace(connection_, proxy.get());
        }
        std::get<Proxy<T>>(bound_) = std::move(proxy);
    }
}

void Globals::report() const {
    std::string bound;
    for_each_row([&](const auto& row, size_t index) {
        if (const Versions& versions = versions_.at(index); versions.bound != 0) {
            bound += fmt::format("{}{} {}", bound.empty() ? "" : ", ", row.interface->name,
                                 versions.bound);
        }
    });
    log(describes(), "wayland", "bound {}", bound);
    if (ignores_strides_) {
        log(describes(), "wayland",
            "this is KWin ({}): shared pictures have no gap between their rows", kOnlyInKWin);
    }
    for_each_row([&](const auto& row, size_t index) {
        if (versions_.at(index).bound == 0) {
            log(row.need == Need::kNice ? LogLevel::kDebug : describes(), "wayland",
                "{} is missing: {}", row.interface->name, row.without);
        }
    });
}

}  // namespace oriel::wayland
