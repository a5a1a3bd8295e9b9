// SPDX-License-Identifier: MIT
// The clipboard of qemu_double.h.
#include <fmt/format.h>

#include <array>
#include <stdexcept>
#include <string_view>

#include "support/qemu_double.h"

namespace oriel::test {
namespace {

constexpr const char* kClipboard = "org.qemu.Display1.Clipboard";
constexpr const char* kClipboardPath = "/org/qemu/Display1/Clipboard";
constexpr const char* kText = "text/plain;charset=utf-8";

}  // namespace

void QemuDouble::export_clipboard() {
    constexpr uint64_t kAnybody = SD_BUS_VTABLE_UNPRIVILEGED;
    static const std::array clipboard{
        sd_bus_vtable SD_BUS_VTABLE_START(0),
        sd_bus_vtable SD_BUS_METHOD("Register", "", "", on_clipboard, kAnybody),
        sd_bus_vtable SD_BUS_METHOD("Grab", "uuas", "", on_clipboard, kAnybody),
        sd_bus_vtable SD_BUS_METHOD("Release", "u", "", on_clipboard, kAnybody),
        sd_bus_vtable SD_BUS_METHOD("Request", "uas", "say", on_clipboard, kAnybody),
        sd_bus_vtable SD_BUS_VTABLE_END,
    };
    must(sd_bus_add_object_vtable(bus_.get(), nullptr, kClipboardPath, kClipboard, clipboard.data(),
                                  this),
         "clipboard");
}

int QemuDouble::on_clipboard(sd_bus_message* message, void* self, sd_bus_error* error) {
    auto& qemu = *static_cast<QemuDouble*>(self);
    const std::string_view method{sd_bus_message_get_member(message)};
    if (method == "Register") {
        qemu.calls.emplace_back("Register");
        return sd_bus_reply_method_return(message, "");
    }
    uint32_t selection = 0;
    must(sd_bus_message_read_basic(message, 'u', &selection), "selection");
    if (method == "Request") {
        qemu.calls.push_back(fmt::format("Request {}", selection));
        if (!qemu.guest_text) {
            return sd_bus_error_set(error, "org.qemu.Display1.Error.Failed", "Empty clipboard");
        }
        sd_bus_message* made = nullptr;
        must(sd_bus_message_new_method_return(message, &made), "reply");
        const Message reply{made};
        must(sd_bus_message_append(made, "s", kText), "type");
        must(sd_bus_message_append_array(made, 'y', qemu.guest_text->data(),
                                         qemu.guest_text->size()),
             "text");
        return sd_bus_send(nullptr, made, nullptr);
    }
    uint32_t serial = 0;
    if (method == "Grab") {
        must(sd_bus_message_read_basic(message, 'u', &serial), "serial");
    }
    qemu.calls.push_back(fmt::format("{} {} {}", method, selection, serial));
    return sd_bus_reply_method_return(message, "");
}

void QemuDouble::grab(uint32_t selection, uint32_t serial, const char* type) {
    must(sd_bus_call_method_async(bus_.get(), nullptr, nullptr, kClipboardPath, kClipboard, "Grab",
                                  got_reply, this, "uuas", selection, serial, 1, type),
         "grab");
}

void QemuDouble::release() {
    must(sd_bus_call_method_async(bus_.get(), nullptr, nullptr, kClipboardPath, kClipboard,
                                  "Release", got_reply, this, "u", 0),
         "release");
}

void QemuDouble::register_anew() {
    must(sd_bus_call_method_async(bus_.get(), nullptr, nullptr, kClipboardPath, kClipboard,
                                  "Register", got_reply, this, ""),
         "register");
}

void QemuDouble::request(const char* type) {
    must(sd_bus_call_method_async(bus_.get(), nullptr, nullptr, kClipboardPath, kClipboard,
                                  "Request", got_host_text, this, "uas", 0, 1, type),
         "request");
}

int QemuDouble::got_host_text(sd_bus_message* answer, void* self, sd_bus_error*) {
    auto& qemu = *static_cast<QemuDouble*>(self);
    const char* type = nullptr;
    const void* bytes = nullptr;
    size_t size = 0;
    qemu.host_text.reset();
    if (sd_bus_message_is_method_error(answer, nullptr) <= 0 &&
        sd_bus_message_read_basic(answer, 's', &type) > 0 &&
        sd_bus_message_read_array(answer, 'y', &bytes, &size) >= 0) {
        qemu.host_text.emplace(static_cast<const char*>(bytes), size);
    }
    ++qemu.replies;
    return 1;
}

}  // namespace oriel::test
