// SPDX-License-Identifier: MIT
#include "text_clipboard.h"

#include <algorithm>
#include <array>
#include <string_view>
#include <utility>

#include "core/text.h"

namespace oriel::qemu_dbus {
namespace {

constexpr const char* kPath = "/org/qemu/Display1/Clipboard";
constexpr const char* kInterface = "org.qemu.Display1.Clipboard";
constexpr const char* kText = "text/plain;charset=utf-8";
/// Beside the primary and the secondary selection, which stay the guest's.
constexpr uint32_t kClipboard = 0;
constexpr const char* kNothing = "org.qemu.Display1.Error.Failed";

bool is_shared(const std::string& text) {
    return text.size() <= kMaxClipboardText && valid_utf8(text) &&
           text.find('\0') == std::string::npos;
}

/// Whether a list of types has texts among them; reads past it.
bool reads_text(sd_bus_message* message) {
    bool text = false;
    if (sd_bus_message_enter_container(message, 'a', "s") < 0) {
        return false;
    }
    const char* type = nullptr;
    while (sd_bus_message_read_basic(message, 's', &type) > 0) {
        text = text || std::string_view{type} == kText;
    }
    sd_bus_message_exit_container(message);
    return text;
}

}  // namespace

TextClipboard::~TextClipboard() {
    answer_all(false);
}

void TextClipboard::connected(const VmAddress& vm) {
    constexpr uint64_t kAnybody = SD_BUS_VTABLE_UNPRIVILEGED;
    static const std::array table{
        sd_bus_vtable SD_BUS_VTABLE_START(0),
        sd_bus_vtable SD_BUS_METHOD("Register", "", "", on_register, kAnybody),
        sd_bus_vtable SD_BUS_METHOD("Unregister", "", "", on_unregister, kAnybody),
        sd_bus_vtable SD_BUS_METHOD("Grab", "uuas", "", on_grab, kAnybody),
        sd_bus_vtable SD_BUS_METHOD("Release", "u", "", on_release, kAnybody),
        sd_bus_vtable SD_BUS_METHOD("Request", "uas", "say", on_request, kAnybody),
        sd_bus_vtable SD_BUS_VTABLE_END,
    };
    vm_.emplace(vm);
    next_serial_ = 0;
    sd_bus_add_object_vtable(vm.bus.handle(), nullptr, kPath, kInterface, table.data(), this);
    sd_bus_call_method_async(vm.bus.handle(), nullptr, vm.destination(), kPath, kInterface,
                             "Register", registered, this, "");
    vm.bus.changed();
}

int TextClipboard::registered(sd_bus_message* answer, void* self, sd_bus_error*) {
    auto& here = *static_cast<TextClipboard*>(self);
    here.registered_ = sd_bus_message_is_method_error(answer, nullptr) <= 0;
    here.grab();
    return 1;
}

void TextClipboard::disconnected() {
    vm_.reset();
    registered_ = false;
    answer_all(true);
    forget_guests();
}

void TextClipboard::forget_guests() {
    if (std::exchange(guest_has_, false) && host_ != nullptr) {
        host_->withdrawn();
    }
}

/// What waits is told that there is no text, or nothing.
void TextClipboard::answer_all(bool tell) {
    for (const Fetch& fetch : std::exchange(fetches_, {})) {
        if (tell && fetch.done) {
            fetch.done(std::nullopt);
        }
    }
}

// --- from the host to the guest ------------------------------------------------------------------

void TextClipboard::join(ClipboardSide* host) {
    for (Fetch& fetch : fetches_) {
        // Never answered; QEMU's answer still finds its place.
        fetch.done = nullptr;
    }
    host_ = host;
    if (host_ != nullptr && guest_has_) {
        host_->offered();
    }
}

void TextClipboard::offered() {
    text_.reset();
    const uint64_t offer = ++offer_;
    ++stats_.offers_to_guest;
    if (host_ != nullptr) {
        host_->fetch([weak = self_.get(), offer](std::optional<std::string> text) {
            if (TextClipboard* const here = weak.get()) {
                here->pulled(offer, std::move(text));
            }
        });
    }
}

void TextClipboard::pulled(uint64_t offer, std::optional<std::string> text) {
    if (offer != offer_ || !text) {
        return;
    }
    if (!is_shared(*text)) {
        ++stats_.refused;
        return;
    }
    text_ = std::move(text);
    grab();
}

void TextClipboard::grab() {
    if (!registered_ || !vm_ || !text_) {
        return;
    }
    // The guest's agent takes a text with the number that it expects, and no other: the first after
    // a Register has 0, and each one that either side tells of has one more.
    sd_bus_call_method_async(vm_->bus.handle(), nullptr, vm_->destination(), kPath, kInterface,
                             "Grab", nullptr, nullptr, "uuas", kClipboard, next_serial_++, 1,
                             kText);
    vm_->bus.changed();
}

void TextClipboard::withdrawn() {
    ++offer_;
    if (std::exchange(text_, std::nullopt) && registered_ && vm_) {
        sd_bus_call_method_async(vm_->bus.handle(), nullptr, vm_->destination(), kPath, kInterface,
                                 "Release", nullptr, nullptr, "u", kClipboard);
        vm_->bus.changed();
    }
}

int TextClipboard::on_request(sd_bus_message* call, void* self, sd_bus_error* error) {
    auto& here = *static_cast<TextClipboard*>(self);
    uint32_t selection = 0;
    if (const int read = sd_bus_message_read_basic(call, 'u', &selection); read < 0) {
        return read;
    }
    if (selection != kClipboard || !reads_text(call) || !here.text_) {
        return sd_bus_error_set(error, kNothing, "there is no text");
    }
    sd_bus_message* made = nullptr;
    if (const int result = sd_bus_message_new_method_return(call, &made); result < 0) {
        return result;
    }
    const BusMessage reply{made};
    sd_bus_message_append(made, "s", kText);
    const std::string& text = *here.text_;
    sd_bus_message_append_array(made, 'y', text.data(), text.size());
    ++here.stats_.texts_to_guest;
    return sd_bus_send(nullptr, made, nullptr);
}

// --- from the guest to the host ------------------------------------------------------------------

int TextClipboard::on_register(sd_bus_message* call, void* self, sd_bus_error*) {
    // QEMU begins anew, as another agent has come in the guest: that knows of nothing.
    auto& here = *static_cast<TextClipboard*>(self);
    here.next_serial_ = 0;
    here.forget_guests();
    here.grab();
    return sd_bus_reply_method_return(call, "");
}

int TextClipboard::on_unregister(sd_bus_message* call, void* self, sd_bus_error*) {
    static_cast<TextClipboard*>(self)->forget_guests();
    return sd_bus_reply_method_return(call, "");
}

int TextClipboard::on_grab(sd_bus_message* call, void* self, sd_bus_error*) {
    auto& here = *static_cast<TextClipboard*>(self);
    uint32_t selection = 0;
    uint32_t serial = 0;
    if (const int read = sd_bus_message_read(call, "uu", &selection, &serial); read < 0) {
        return read;
    }
    const bool text = reads_text(call);
    // A lower number was overtaken by ours, which is on its way. An agent that doesn't count has 0
    // in each.
    if (selection == kClipboard && (serial >= here.next_serial_ || serial == 0)) {
        here.next_serial_ = std::max(here.next_serial_, serial + 1);
        if (!text) {
            here.forget_guests();
        } else {
            here.guest_has_ = true;
            ++here.stats_.offers_to_host;
            if (here.host_ != nullptr) {
                here.host_->offered();
            }
        }
    }
    return sd_bus_reply_method_return(call, "");
}

int TextClipboard::on_release(sd_bus_message* call, void* self, sd_bus_error*) {
    uint32_t selection = 0;
    if (const int read = sd_bus_message_read_basic(call, 'u', &selection); read < 0) {
        return read;
    }
    if (selection == kClipboard) {
        static_cast<TextClipboard*>(self)->forget_guests();
    }
    return sd_bus_reply_method_return(call, "");
}

void TextClipboard::fetch(ClipboardDone done) {
    if (!registered_ || !vm_ || !guest_has_ || fetches_.size() >= kMaxFetches) {
        done(std::nullopt);
        return;
    }
    Fetch& fetch = fetches_.emplace_back(Fetch{this, std::move(done)});
    const int sent =
        sd_bus_call_method_async(vm_->bus.handle(), nullptr, vm_->destination(), kPath, kInterface,
                                 "Request", got_text, &fetch, "uas", kClipboard, 1, kText);
    vm_->bus.changed();
    if (sent < 0) {
        const ClipboardDone failed = std::move(fetch.done);
        fetches_.pop_back();
        failed(std::nullopt);
    }
}

int TextClipboard::got_text(sd_bus_message* answer, void* fetch, sd_bus_error*) {
    TextClipboard& here = *static_cast<Fetch*>(fetch)->clipboard;
    const auto found = std::find_if(here.fetches_.begin(), here.fetches_.end(),
                                    [fetch](const Fetch& one) { return &one == fetch; });
    if (found == here.fetches_.end()) {
        return 1;
    }
    const ClipboardDone done = std::move(found->done);
    here.fetches_.erase(found);
    const char* type = nullptr;
    const void* bytes = nullptr;
    size_t size = 0;
    std::optional<std::string> text;
    if (sd_bus_message_is_method_error(answer, nullptr) <= 0 &&
        sd_bus_message_read_basic(answer, 's', &type) > 0 &&
        sd_bus_message_read_array(answer, 'y', &bytes, &size) >= 0) {
        // One byte more than is shared is enough to refuse it.
        text.emplace(static_cast<const char*>(bytes), std::min(size, kMaxClipboardText + 1));
    }
    if (text && !is_shared(*text)) {
        ++here.stats_.refused;
        text.reset();
    }
    if (text) {
        ++here.stats_.texts_to_host;
    }
    if (done) {
        done(std::move(text));
    }
    return 1;
}

}  // namespace oriel::qemu_dbus
