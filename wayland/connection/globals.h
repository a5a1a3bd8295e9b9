// SPDX-License-Identifier: MIT
#pragma once

#include <array>
#include <cstdint>
#include <optional>
#include <string_view>
#include <tuple>
#include <type_traits>
#include <vector>

#include "connection/connection.h"
#include "connection/globals_table.h"
#include "connection/pong.h"
#include "core/log.h"
#include "core/result.h"

namespace oriel::wayland {

/// Hears of globals that come and go, and of which there may be several. `name` is the registry's
/// number for one.
class GlobalsListener {
public:
    GlobalsListener() = default;
    GlobalsListener(const GlobalsListener&) = delete;
    GlobalsListener& operator=(const GlobalsListener&) = delete;

    virtual void output_added(uint32_t name, Proxy<wl_output> proxy) = 0;
    virtual void seat_added(uint32_t name, Proxy<wl_seat> proxy) = 0;
    /// An output, a seat, or something that nobody here knows.
    virtual void global_removed(uint32_t name) = 0;

protected:
    ~GlobalsListener() = default;
};

/// What the compositor offers and this program uses: bound when its list is complete, by the table
/// in globals_table.h.
class Globals {
public:
    /// Asks the compositor; the answer is complete once it has answered a wl_display.sync that
    /// follows. `connection` and `listener` are lent and must outlive this. `describes`: see
    /// PresenterOptions.
    Globals(Connection& connection, GlobalsListener& listener,
            LogLevel describes = LogLevel::kInfo);
    Globals(const Globals&) = delete;
    Globals& operator=(const Globals&) = delete;

    /// When the answer is complete: binds what is used of it, but for outputs and seats. Not
    /// earlier: what is bound describes itself once, and whoever gets it listens from this turn of
    /// the loop on. The error says what is required and missing, for the user.
    [[nodiscard]] Result<void> bind_single();
    /// In the same turn: binds the outputs and seats, and logs what there is. Later ones are bound
    /// as they come.
    void bind_several();

    /// The object of a row of the table. Never null for what is required, once bind_single() has
    /// found it; for all else null where the compositor has none.
    template <class T>
    [[nodiscard]] T* get() const {
        static_assert(!kSeveral<T>, "GlobalsListener hears of each");
        return std::get<Proxy<T>>(bound_).get();
    }
    /// The compositor is KWin, which takes the rows of a shared-memory buffer of a new size for as
    /// long as the buffer is wide (5.27, with OpenGL: GLTexture's constructor doesn't say the
    /// stride, and what is shown is slanted until all of it has been damaged again).
    [[nodiscard]] bool ignores_strides() const { return ignores_strides_; }

    /// The level of a line about what the compositor has or lacks, which would be `usual` for one
    /// that nobody has seen before.
    [[nodiscard]] LogLevel describes(LogLevel usual = LogLevel::kInfo) const {
        return describes_ == LogLevel::kInfo ? usual : describes_;
    }
    [[nodiscard]] Connection& connection() const { return connection_; }

private:
    template <class T>
    static constexpr bool kSeveral = std::is_same_v<T, wl_output> || std::is_same_v<T, wl_seat>;
    template <class... T>
    static std::tuple<Proxy<T>...> proxies_of(const std::tuple<Global<T>...>&);
    static constexpr size_t kCount = std::tuple_size_v<decltype(kGlobals)>;
    static const wl_registry_listener kListener;

    /// By row: the version bound, 0 without, and the one offered.
    struct Versions {
        uint32_t bound = 0;
        uint32_t offered = 0;
    };

    /// Came before bind_several().
    struct Announced {
        size_t row = 0;  ///< of the table
        uint32_t name = 0;
        uint32_t version = 0;
    };
    /// More than all outputs and seats that are used, and one of each other row.
    static constexpr size_t kMostAnnounced = 256;

    void added(uint32_t name, std::string_view interface, uint32_t version);
    void removed(uint32_t name);
    void bind_announced(bool several);
    void report() const;
    template <class T>
    void bind(const Global<T>& row, Versions& versions, uint32_t name, uint32_t version);
    template <class T>
    void take(uint32_t name, Proxy<T> proxy);

    Connection& connection_;
    GlobalsListener& listener_;
    const LogLevel describes_;
    bool ignores_strides_ = false;
    bool complete_ = false;
    std::vector<Announced> announced_;
    std::array<Versions, kCount> versions_;
    Proxy<wl_registry> registry_;
    decltype(proxies_of(kGlobals)) bound_;
    std::optional<Pong> pong_;  ///< of the xdg_wm_base in bound_
};

}  // namespace oriel::wayland
