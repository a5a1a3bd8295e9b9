// SPDX-License-Identifier: MIT
#pragma once

#include <cstdint>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "core/geometry.h"
#include "protocol/core.h"
#include "protocol/xdg_output_v1.h"

namespace oriel::wayland {

/// A monitor of the compositor's, as windows on it see it: a rotated one has its sides swapped.
struct OutputState {
    std::string name;  ///< empty before wl_output 4, but for a compositor with xdg-output 2
    /// The monitor's "MAKE MODEL".
    std::string model;
    /// The compositor's words for it, which may have the serial number: "MAKE MODEL SERIAL (NAME)"
    /// (sway, labwc). Empty where `name` is.
    std::string description;
    Size mode;  ///< of the current mode, px; 0x0: unknown
    uint32_t refresh_mhz = 0;
    Size physical_mm;    ///< 0x0: unknown
    uint32_t scale = 1;  ///< integer buffer scale
    friend bool operator==(const OutputState&, const OutputState&) = default;
};

class OutputsListener {
public:
    OutputsListener() = default;
    OutputsListener(const OutputsListener&) = delete;
    OutputsListener& operator=(const OutputsListener&) = delete;

    /// An output has come, gone or changed.
    virtual void outputs_changed() = 0;

protected:
    ~OutputsListener() = default;
};

class Output {
public:
    /// `listener` hears when a complete new state is there; lent, outlives this. `names`: who tells
    /// the name of an output whose wl_output is too old for that; null: nobody.
    Output(uint32_t global, Proxy<wl_output> proxy, zxdg_output_manager_v1* names,
           OutputsListener& listener);
    Output(const Output&) = delete;
    Output& operator=(const Output&) = delete;

    /// The number of the global that an event's wl_output was bound to. Nothing for one that was
    /// not bound here (libdecor binds some of its own), and for null: one that has gone.
    [[nodiscard]] static std::optional<uint32_t> global_of(wl_output* proxy);

    [[nodiscard]] uint32_t global() const { return global_; }
    [[nodiscard]] wl_output* proxy() const { return proxy_.get(); }
    [[nodiscard]] const OutputState& state() const { return state_; }

private:
    static const wl_output_listener kListener;
    static const zxdg_output_v1_listener kNameListener;
    void commit();

    uint32_t global_;
    Proxy<wl_output> proxy_;
    Proxy<zxdg_output_v1> named_;
    OutputsListener& listener_;
    OutputState pending_;
    bool rotated_ = false;
    OutputState state_;
};

/// All of them, in the order in which the compositor announced them.
class Outputs {
public:
    /// `listener` is lent and must outlive this.
    explicit Outputs(OutputsListener& listener) : listener_{listener} {}

    /// Beyond kMost it is ignored.
    void add(uint32_t global, Proxy<wl_output> proxy, zxdg_output_manager_v1* names);
    void remove(uint32_t global);

    /// Null if it has gone. By the global's number and not by the object: another output may have
    /// the address of one that has gone.
    [[nodiscard]] const Output* find(uint32_t global) const;
    /// Null if there are not so many.
    [[nodiscard]] const Output* at(size_t index) const;
    /// By its name, or where none has that name by "MAKE MODEL" or the description's start. Null if
    /// there is none, or `name` is empty.
    [[nodiscard]] const Output* named(std::string_view name) const;
    [[nodiscard]] bool any_name() const;
    /// "DP-1, HDMI-A-1".
    [[nodiscard]] std::string names() const;
    [[nodiscard]] size_t count() const { return outputs_.size(); }
    /// 1 without outputs.
    [[nodiscard]] uint32_t largest_scale() const;

private:
    static constexpr size_t kMost = 64;

    OutputsListener& listener_;
    std::vector<std::unique_ptr<Output>> outputs_;
};

}  // namespace oriel::wayland
