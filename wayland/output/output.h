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
    /// `listener` hears when a complete new state is there; lent, outlives this.
    Output(uint32_t global, Proxy<wl_output> proxy, OutputsListener& listener);
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
    void commit();

    uint32_t global_;
    Proxy<wl_output> proxy_;
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
    void add(uint32_t global, Proxy<wl_output> proxy);
    void remove(uint32_t global);

    /// Null if it has gone. By the global's number and not by the object: another output may have
    /// the address of one that has gone.
    [[nodiscard]] const Output* find(uint32_t global) const;
    /// Null if there are not so many.
    [[nodiscard]] const Output* at(size_t index) const;
    /// Null if none has that name, or it is empty.
    [[nodiscard]] const Output* named(std::string_view name) const;
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
