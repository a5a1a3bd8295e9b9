// SPDX-License-Identifier: MIT
#pragma once

#include <systemd/sd-bus.h>

#include <cstddef>
#include <cstdint>
#include <list>
#include <optional>
#include <string>

#include "console.h"
#include "core/weak.h"
#include "qemu_dbus/clipboard_stats.h"
#include "scanout/clipboard.h"

namespace oriel::qemu_dbus {

/// QEMU's clipboard (org.qemu.Display1.Clipboard), which it shares with its guest's agent
/// (`-chardev qemu-vdagent,clipboard=on`): texts, both ways.
///
/// QEMU asks for a text from its main loop, and the VM stands still until it has it. So the host's
/// text is pulled once, when it is offered, and the guest is told that there is one when it is
/// here.
class TextClipboard final : public GuestClipboard {
public:
    /// Pastes that wait for the guest.
    static constexpr size_t kMaxFetches = 4;

    TextClipboard() = default;
    ~TextClipboard() override;

    /// `vm`'s connection is there, and this is to be told to QEMU; until disconnected().
    void connected(const VmAddress& vm);
    /// The bus has ended already.
    void disconnected();
    [[nodiscard]] const ClipboardStats& stats() const { return stats_; }

    // GuestClipboard
    void join(ClipboardSide* host) override;
    void offered() override;
    void withdrawn() override;
    void fetch(ClipboardDone done) override;

private:
    struct Fetch {
        TextClipboard* clipboard;
        ClipboardDone done;
    };

    void pulled(uint64_t offer, std::optional<std::string> text);
    void grab();
    void forget_guests();
    void answer_all(bool tell);

    static int on_register(sd_bus_message* call, void* self, sd_bus_error*);
    static int on_unregister(sd_bus_message* call, void* self, sd_bus_error*);
    static int on_grab(sd_bus_message* call, void* self, sd_bus_error*);
    static int on_release(sd_bus_message* call, void* self, sd_bus_error*);
    static int on_request(sd_bus_message* call, void* self, sd_bus_error*);
    static int registered(sd_bus_message* answer, void* self, sd_bus_error*);
    static int got_text(sd_bus_message* answer, void* fetch, sd_bus_error*);

    std::optional<VmAddress> vm_;
    /// QEMU has taken this viewer's clipboard.
    bool registered_ = false;
    ClipboardSide* host_ = nullptr;  // lent until the next join()
    ClipboardStats stats_;
    /// Counts the host's offers: an answer to an older one is nobody's.
    uint64_t offer_ = 0;
    std::optional<std::string> text_;  // the host's
    bool guest_has_ = false;
    /// The number of the next text that is told of, by whichever side.
    uint32_t next_serial_ = 0;
    std::list<Fetch> fetches_;
    WeakOwner<TextClipboard> self_{this};
};

}  // namespace oriel::qemu_dbus
