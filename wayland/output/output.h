// SPDX-License-Identifier: MIT
#pragma once

#include <cstdint>
#include <functional>
#include <memory>
#include <string>
#include <string_view>
#include <vector>

#include "connection/proxies.h"
#include "core/geometry.h"

namespace oriel::wayland {

/// A monitor of the compositor's, as windows on it see it: a rotated one has its sides swapped.
struct OutputState {
    std::string name;  ///< empty before wl_output 4
    Size mode;         ///< of the current mode, px; 0x0: unknown
    uint32_t refresh_mhz = 0;
    Size physical_mm;    ///< 0x0: unknown
    uint32_t scale = 1;  ///< integer buffer scale
    friend bool operator==(const OutputState&, const OutputState&) = default;
};

class Output {
public:
    /// `changed` is called when a complete new state is there.
    Output(uint32_t global, Proxy<wl_output> proxy, std::function<void()> changed);
    Output(const Output&) = delete;
    Output& operator=(const Output&) = delete;

    [[nodiscard]] uint32_t global() const { return global_; }
    [[nodiscard]] wl_output* proxy() const { return proxy_.get(); }
    [[nodiscard]] const OutputState& state() const { return state_; }

private:
    static const wl_output_listener kListener;
    void commit();

    uint32_t global_;
    Proxy<wl_output> proxy_;
    std::function<void()> changed_;
    OutputState pending_;
    bool rotated_ = false;
    OutputState state_;
};

/// All of them, in the order in which the compositor announced them.
class Outputs {
public:
    /// Called when any output has come, gone or changed.
    void on_changed(std::function<void()> changed) { changed_ = std::move(changed); }

    void add(uint32_t global, Proxy<wl_output> proxy);
    void remove(uint32_t global);

    /// Null if it has gone.
    [[nodiscard]] const Output* find(const wl_output* proxy) const;
    /// Null if there are not so many.
    [[nodiscard]] const Output* at(size_t index) const;
    /// Null if none has that name, or it is empty.
    [[nodiscard]] const Output* named(std::string_view name) const;
    /// "DP-1, HDMI-A-1".
    [[nodiscard]] std::string names() const;
    [[nodiscard]] size_t count() const { return outputs_.size(); }

private:
    std::function<void()> changed_;
    std::vector<std::unique_ptr<Output>> outputs_;
};

}  // namespace oriel::wayland
