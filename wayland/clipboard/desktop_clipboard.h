// SPDX-License-Identifier: MIT
#pragma once

#include <cstdint>
#include <list>
#include <memory>
#include <optional>
#include <string>
#include <utility>
#include <vector>

#include "clipboard/data_device.h"
#include "clipboard/text_pipe.h"
#include "connection/connection.h"
#include "connection/globals.h"
#include "core/event_loop.h"
#include "core/log.h"
#include "core/weak.h"
#include "scanout/clipboard.h"

namespace oriel::wayland {

/// The desktop's clipboard (wl_data_device_manager), shared with a guest's, texts only.
///
/// The desktop's text is offered to the guest while one of our windows has the keyboard, and no
/// longer: that is when a compositor tells a client of it. The guest's becomes the desktop's when
/// the guest offers it, or, if none of our windows has the keyboard then, when one gets it.
class DesktopClipboard final : public ClipboardSide,
                               public DataDeviceListener,
                               public TextReaderListener {
public:
    /// All is lent and must outlive this. Does nothing where the compositor has no clipboard.
    DesktopClipboard(EventLoop& loop, const Connection& connection, const Globals& globals,
                     GuestClipboard& guest);
    ~DesktopClipboard() override;

    /// A seat's part in it, for the seat to keep up to date; null without a clipboard. It must not
    /// outlive this.
    [[nodiscard]] std::unique_ptr<DataDevice> add(wl_seat* seat);

    // ClipboardSide
    void offered() override;
    void withdrawn() override;
    void fetch(ClipboardDone done) override;

private:
    static const wl_data_source_listener kListener;
    static const wl_callback_listener kAnswerListener;

    [[nodiscard]] DataDevice* current() const;
    void settle();
    void take_selection(DataDevice& device);
    void give(const char* form, UniqueFd pipe);
    void device_changed() override { changed_ = true; }
    void device_gone(const DataDevice* device) override;
    void text_read(TextReader& reader, std::optional<std::string> text) override;

    /// What the guest pastes.
    struct Paste {
        Paste(EventLoop& loop, UniqueFd pipe, TextReaderListener& listener, ClipboardDone answer)
            : reader{loop, std::move(pipe), kMaxClipboardText, listener}, done{std::move(answer)} {}
        [[nodiscard]] bool finished() const { return reader.finished(); }
        TextReader reader;
        ClipboardDone done;
    };

    EventLoop& loop_;
    const Connection& connection_;
    wl_data_device_manager* manager_;
    GuestClipboard& guest_;
    /// A form that only this window's selections have: nobody tells a client that one is its own.
    const std::string own_form_;
    std::vector<DataDevice*> devices_;
    bool guest_due_ = false;  // the guest's text is to become the desktop's
    bool changed_ = false;    // settle() has something to do
    uint64_t told_ = 0;       // the number of the offer that the guest knows; 0: none
    uint64_t pulled_ = 0;     // the number of the offer that the guest has asked for last
    uint32_t pulls_ = 0;      // how often
    std::list<Paste> pastes_;
    std::list<TextWriter> writers_;
    LogLimiter log_limiter_;
    Proxy<wl_data_source> source_;
    /// The compositor hasn't taken the last selection yet. A guest that offers texts as fast as it
    /// can would fill its socket otherwise.
    Proxy<wl_callback> answer_;
    /// After the events that belong together: a keyboard that goes from one of our windows to
    /// another leaves first, and a selection comes before the keyboard that it comes with.
    BeforeSleep settle_{loop_, [this] { settle(); }};
    /// A guest's answer may come late.
    WeakOwner<DesktopClipboard> owner_{this};
};

}  // namespace oriel::wayland
