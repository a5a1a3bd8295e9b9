// SPDX-License-Identifier: MIT
#include "clipboard/desktop_clipboard.h"

#include <fcntl.h>
#include <unistd.h>

#include <algorithm>
#include <array>
#include <utility>

#include "core/log.h"
#include "core/text.h"

namespace oriel::wayland {
namespace {

constexpr const char* kArea = "wayland";
/// Clients that paste at the same time.
constexpr size_t kMaxWriters = 16;
/// How often a guest may ask for one text of the desktop's. Whoever joins this clipboard keeps the
/// text; where it didn't come in time it may be tried again.
constexpr uint32_t kMaxPulls = 3;

std::string unique_form() {
    static uint64_t last = 0;
    return fmt::format("application/x-oriel-clipboard;id={}-{}", ::getpid(), ++last);
}

template <class Transfer>
void sweep(std::list<Transfer>& transfers) {
    transfers.remove_if([](const Transfer& transfer) { return transfer.finished(); });
}

}  // namespace

const wl_data_source_listener DesktopClipboard::kListener{
    .target = [](void*, wl_data_source*, const char*) {},
    .send = [](void* data, wl_data_source*, const char* form,
               int32_t fd) { static_cast<DesktopClipboard*>(data)->give(form, UniqueFd{fd}); },
    // Somebody else has copied something.
    .cancelled = [](void* data,
                    wl_data_source*) { static_cast<DesktopClipboard*>(data)->source_.reset(); },
    .dnd_drop_performed = [](void*, wl_data_source*) {},
    .dnd_finished = [](void*, wl_data_source*) {},
    .action = [](void*, wl_data_source*, uint32_t) {},
};

const wl_callback_listener DesktopClipboard::kAnswerListener{
    .done =
        [](void* data, wl_callback*, uint32_t) {
            auto& self = *static_cast<DesktopClipboard*>(data);
            self.answer_.reset();
            self.changed_ = true;
        },
};

DesktopClipboard::DesktopClipboard(EventLoop& loop, const Connection& connection,
                                   const Globals& globals, GuestClipboard& guest)
    : loop_{loop},
      connection_{connection},
      manager_{globals.get<wl_data_device_manager>()},
      guest_{guest},
      own_form_{unique_form()} {
    if (manager_ == nullptr) {
        log(globals.describes(), kArea,
            "this compositor has no clipboard: there is none to share with the guest");
        return;
    }
    guest_.join(this);
}

DesktopClipboard::~DesktopClipboard() {
    if (manager_ != nullptr) {
        guest_.join(nullptr);
    }
}

std::unique_ptr<DataDevice> DesktopClipboard::add(wl_seat* seat) {
    if (manager_ == nullptr) {
        return nullptr;
    }
    auto device = std::make_unique<DataDevice>(
        Proxy<wl_data_device>{wl_data_device_manager_get_data_device(manager_, seat)}, own_form_,
        *this);
    devices_.push_back(device.get());
    return device;
}

void DesktopClipboard::device_gone(const DataDevice* device) {
    std::erase(devices_, device);
    changed_ = true;
}

/// The device of the user before one of our windows who did something last; null while there is
/// none.
DataDevice* DesktopClipboard::current() const {
    DataDevice* found = nullptr;
    for (DataDevice* device : devices_) {
        if (device->focused() && device->last_use() > 0 &&
            (found == nullptr || device->last_use() > found->last_use())) {
            found = device;
        }
    }
    return found;
}

void DesktopClipboard::settle() {
    if (!std::exchange(changed_, false)) {
        return;
    }
    DataDevice* const device = current();
    if (device != nullptr && guest_due_ && !answer_) {
        take_selection(*device);
    }
    const DataOffer* offer = device != nullptr && !guest_due_ ? device->selection() : nullptr;
    if (offer != nullptr && !offer->is_foreign_text()) {
        offer = nullptr;
    }
    const uint64_t now = offer != nullptr ? offer->number() : 0;
    const uint64_t before = std::exchange(told_, now);
    if (now != 0 && now != before) {
        guest_.offered();
    } else if (now == 0 && before != 0) {
        guest_.withdrawn();
    }
}

// --- the guest's text to the desktop -------------------------------------------------------------

void DesktopClipboard::offered() {
    guest_due_ = true;
    changed_ = true;
    // The guest has its own now, there is nothing to withdraw.
    told_ = 0;
}

void DesktopClipboard::withdrawn() {
    guest_due_ = false;
    source_.reset();
}

void DesktopClipboard::take_selection(DataDevice& device) {
    guest_due_ = false;
    Proxy<wl_data_source> source{wl_data_device_manager_create_data_source(manager_)};
    wl_data_source_add_listener(source.get(), &kListener, this);
    for (const char* form : {"text/plain;charset=utf-8", "UTF8_STRING", "text/plain"}) {
        wl_data_source_offer(source.get(), form);
    }
    wl_data_source_offer(source.get(), own_form_.c_str());
    device.take_selection(source.get());
    source_ = std::move(source);
    answer_.reset(wl_display_sync(connection_.display()));
    wl_callback_add_listener(answer_.get(), &kAnswerListener, this);
}

void DesktopClipboard::give(const char* form, UniqueFd pipe) {
    sweep(writers_);
    if (text_rank(form) == 0 || writers_.size() >= kMaxWriters) {
        return;
    }
    // std::function copies what it holds.
    auto shared = std::make_shared<UniqueFd>(std::move(pipe));
    guest_.fetch([clipboard = owner_.get(), shared](std::optional<std::string> text) {
        DesktopClipboard* const self = clipboard.get();
        if (self != nullptr && text) {
            self->writers_.emplace_back(self->loop_, std::move(*shared), std::move(*text));
        }
    });
}

// --- the desktop's text to the guest -------------------------------------------------------------

void DesktopClipboard::fetch(ClipboardDone done) {
    sweep(pastes_);
    const DataDevice* const device = current();
    const DataOffer* const offer = device != nullptr ? device->selection() : nullptr;
    std::array<int, 2> ends{};
    if (offer != nullptr && std::exchange(pulled_, offer->number()) != offer->number()) {
        pulls_ = 0;
    }
    if (offer == nullptr || offer->number() != told_ || pulls_ >= kMaxPulls ||
        ::pipe2(ends.data(), O_CLOEXEC) != 0) {
        done(std::nullopt);
        return;
    }
    ++pulls_;
    UniqueFd read_end{ends[0]};
    offer->receive(UniqueFd{ends[1]});
    pastes_.emplace_back(loop_, std::move(read_end), *this, std::move(done));
}

void DesktopClipboard::text_read(TextReader& reader, std::optional<std::string> text) {
    const bool valid = text && valid_utf8(*text);
    if (!valid && log_limiter_.admit(loop_.clock().now())) {
        if (text) {
            log_info(kArea, "clipboard: a text that is no UTF-8");
        } else {
            log_info(kArea, "clipboard: a text of more than {} MiB, or one that didn't come",
                     kMaxClipboardText >> 20);
        }
    }
    const auto paste = std::find_if(pastes_.begin(), pastes_.end(),
                                    [&reader](const Paste& one) { return &one.reader == &reader; });
    const ClipboardDone done = std::move(paste->done);
    done(valid ? std::move(text) : std::nullopt);
}

}  // namespace oriel::wayland
