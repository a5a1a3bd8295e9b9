// SPDX-License-Identifier: MIT
#pragma once

#include <sys/types.h>

#include <array>
#include <cstdint>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "card/card.h"
#include "card/paced_null_display.h"
#include "core/event_loop.h"
#include "core/log.h"
#include "net/connect_attempt.h"
#include "net/socket_watch.h"
#include "serve/overlay_target.h"
#include "wayland/presenter.h"

namespace oriel::app {

/// The exit status where windows are gone and none will come.
inline constexpr int kCompositorLost = 1;

/// Whose windows they are.
class DisplayOwner {
public:
    DisplayOwner() = default;
    DisplayOwner(const DisplayOwner&) = delete;
    DisplayOwner& operator=(const DisplayOwner&) = delete;

    /// What each presenter is made of, but for what has become of the one before.
    [[nodiscard]] virtual wayland::PresenterOptions presenter_options() = 0;
    /// There are windows, for the first time.
    virtual void windows_ready() = 0;
    /// There are none any more, and none will come; `reason` is one line for the user.
    virtual void windows_gone(const std::string& reason) = 0;

protected:
    ~DisplayOwner() = default;
};

/// How it stands with the compositor, for people.
struct CompositorReport {
    enum class State : uint8_t {
        kStarting,  ///< it has not answered yet
        kShown,     ///< it shows windows
        kAway,      ///< it is awaited
    };
    State state = State::kStarting;
    uint64_t losses = 0;
    /// With kAway: for how long, and why.
    Nanoseconds away{};
    std::string reason{};
};

/// Keeps a VM's screens in windows of a compositor that may go and come back, as the same program
/// or as another one. The VM doesn't notice: while there is no compositor a stand-in answers its
/// flushes at each screen's last refresh rate and reports the same screens; the card shows all of
/// it to the next presenter.
///
///     kStarting --display_ready()--> kShown
///         | display_lost(): windows_gone(), as a start without a compositor is an error; kWaiting
///         | if the first one is awaited, too
///     kShown --display_lost()--> kWaiting; windows_gone() if nobody wants to wait
///     kWaiting --the time has come, or a socket has appeared: connects--> kConnecting
///     kConnecting --display_ready()--> kShown
///     kConnecting --display_lost(), a newer socket has appeared--> kWaiting
///
/// The time between two tries doubles up to kLongest. It is the shortest again when a socket
/// appears, and after a compositor that stayed for a while.
class DisplayKeeper final : public OverlayTarget,
                            private SocketWatchListener,
                            private ConnectListener {
public:
    static constexpr Nanoseconds kShortest{25'000'000};
    static constexpr Nanoseconds kLongest{5'000'000'000};
    /// A compositor that has taken a connection and does not answer may be one that is to start
    /// (KWin's wrapper listens for it), and then this connection is the first that it sees.
    static constexpr Nanoseconds kPatience{60'000'000'000};

    struct Options {
        /// Where the compositor listens; nothing: it can't be connected to again.
        std::optional<std::string> socket;
        /// `--on-compositor-loss wait`.
        bool wait = true;
        /// A start without a compositor is no error: it is awaited as a lost one is. Needs
        /// `socket`.
        bool await_first = false;
    };

    /// Makes the first presenter. All is lent and must outlive this. `stand_in` is the card's
    /// target. Throws StartupError as wayland::make_presenter() does, unless the first compositor
    /// is awaited.
    DisplayKeeper(EventLoop& loop, card::Card& card, card::PacedNullDisplay& stand_in,
                  DisplayOwner& owner, Options options);
    DisplayKeeper(const DisplayKeeper&) = delete;
    DisplayKeeper& operator=(const DisplayKeeper&) = delete;
    ~DisplayKeeper();

    // What the presenter tells, by way of the card.
    void display_ready();
    void display_lost(const std::string& reason);

    // OverlayTarget
    void set_dimmed(const std::string& text) override;
    void set_figures(ScanoutId scanout, const std::string& text) override;
    /// Presenter::move_to_output(); an error while there is no compositor.
    [[nodiscard]] Result<void> move_to_output(ScanoutId scanout, const std::string& output);

    [[nodiscard]] CompositorReport report() const;

private:
    enum class State : uint8_t { kStarting, kShown, kWaiting, kConnecting };

    void socket_appeared() override;
    void show_overlay(ScanoutId scanout);
    void show_overlays();
    void await_first(const std::string& why);
    void leave();
    void wait_for_socket();
    void connect();
    void connect_ended(Result<UniqueFd> socket) override;
    void try_later();
    void say_why_not(const std::string& why);

    EventLoop& loop_;
    card::Card& card_;
    card::PacedNullDisplay& stand_in_;
    DisplayOwner& owner_;
    const Options options_;
    /// Whose socket it was at the start.
    std::optional<uid_t> socket_owner_;
    State state_ = State::kStarting;
    bool was_shown_ = false;
    std::unique_ptr<wayland::Presenter> presenter_;
    /// What the last presenter that showed windows has left.
    std::vector<wayland::KeptScreen> kept_;

    std::array<wayland::Overlay, kMaxScanouts> overlays_;
    uint64_t losses_ = 0;
    std::string reason_;
    TimePoint lost_at_{};
    TimePoint shown_at_{};
    TimePoint tried_at_{};
    Nanoseconds delay_ = kShortest;
    Timer retry_;
    /// While a compositor is awaited.
    std::optional<SocketWatch> watch_;
    ConnectAttempt attempt_{static_cast<ConnectListener&>(*this)};
    /// A compositor that crashes again and again must not fill the log.
    LogLimiter lost_limiter_{10, kPatience};
    LogLimiter back_limiter_{10, kPatience};
    LogLimiter why_limiter_{10, kPatience};
    std::string last_why_;
    std::string said_;
};

}  // namespace oriel::app
