// SPDX-License-Identifier: MIT
#include "support/qemu_double.h"

#include <fcntl.h>
#include <fmt/format.h>
#include <sys/socket.h>

#include <algorithm>
#include <array>
#include <stdexcept>
#include <string_view>

namespace oriel::test {
namespace {

constexpr const char* kListener = "org.qemu.Display1.Listener";
constexpr const char* kListenerPath = "/org/qemu/Display1/Listener";
constexpr const char* kConsole = "org.qemu.Display1.Console";
constexpr const char* kMouse = "org.qemu.Display1.Mouse";
constexpr const char* kMultiTouch = "org.qemu.Display1.MultiTouch";

std::string path_of(uint32_t id) {
    return fmt::format("/org/qemu/Display1/Console_{}", id);
}

uint32_t id_of(const char* path) {
    const std::string_view text{path};
    return static_cast<uint32_t>(std::stoul(std::string{text.substr(text.rfind('_') + 1)}));
}

}  // namespace

void must(int result, const char* what) {
    if (result < 0) {
        throw std::runtime_error{fmt::format("{}: {}", what, result)};
    }
}

QemuDouble::QemuDouble(uint32_t consoles, const std::string& left_out) {
    std::array<int, 2> ends{};
    if (::socketpair(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0, ends.data()) != 0) {
        throw std::runtime_error{"socketpair"};
    }
    viewer_end_ = UniqueFd{ends[0]};
    bus_ = serve(ends[1]);
    static const std::array vm{
        sd_bus_vtable SD_BUS_VTABLE_START(0),
        sd_bus_vtable SD_BUS_PROPERTY("Name", "s", get_property, 0, 0),
        sd_bus_vtable SD_BUS_PROPERTY("ConsoleIDs", "au", get_property, 0,
                                      SD_BUS_VTABLE_PROPERTY_EMITS_CHANGE),
        sd_bus_vtable SD_BUS_VTABLE_END,
    };
    must(sd_bus_add_object_vtable(bus_.get(), nullptr, "/org/qemu/Display1/VM",
                                  "org.qemu.Display1.VM", vm.data(), this),
         "VM");
    export_clipboard();
    for (uint32_t id = 0; id < consoles; ++id) {
        consoles_[id].head = id;
        ids.push_back(id);
        export_console(id, left_out);
    }
}

QemuDouble::~QemuDouble() = default;

QemuDouble::Bus QemuDouble::serve(int fd) {
    sd_bus* made = nullptr;
    must(sd_bus_new(&made), "new");
    Bus bus{made};
    sd_id128_t id{};
    must(sd_id128_randomize(&id), "id");
    must(sd_bus_set_fd(made, fd, fd), "fd");
    must(sd_bus_set_server(made, 1, id), "server");
    must(sd_bus_negotiate_fds(made, 1), "fds");
    must(sd_bus_start(made), "start");
    return bus;
}

void QemuDouble::export_console(uint32_t id, const std::string& left_out) {
    constexpr uint64_t kAnybody = SD_BUS_VTABLE_UNPRIVILEGED;
    static const std::array console{
        sd_bus_vtable SD_BUS_VTABLE_START(0),
        sd_bus_vtable SD_BUS_METHOD("RegisterListener", "h", "", on_call, kAnybody),
        sd_bus_vtable SD_BUS_METHOD("SetUIInfo", "qqiiuu", "", on_call, kAnybody),
        sd_bus_vtable SD_BUS_PROPERTY("Label", "s", get_property, 0, 0),
        sd_bus_vtable SD_BUS_PROPERTY("Type", "s", get_property, 0, 0),
        sd_bus_vtable SD_BUS_PROPERTY("Head", "u", get_property, 0, 0),
        sd_bus_vtable SD_BUS_PROPERTY("Width", "u", get_property, 0,
                                      SD_BUS_VTABLE_PROPERTY_EMITS_CHANGE),
        sd_bus_vtable SD_BUS_PROPERTY("Height", "u", get_property, 0,
                                      SD_BUS_VTABLE_PROPERTY_EMITS_CHANGE),
        sd_bus_vtable SD_BUS_PROPERTY("Interfaces", "as", get_property, 0, 0),
        sd_bus_vtable SD_BUS_VTABLE_END,
    };
    static const std::array keyboard{
        sd_bus_vtable SD_BUS_VTABLE_START(0),
        sd_bus_vtable SD_BUS_METHOD("Press", "u", "", on_call, kAnybody),
        sd_bus_vtable SD_BUS_METHOD("Release", "u", "", on_call, kAnybody),
        sd_bus_vtable SD_BUS_PROPERTY("Modifiers", "u", get_property, 0,
                                      SD_BUS_VTABLE_PROPERTY_EMITS_CHANGE),
        sd_bus_vtable SD_BUS_VTABLE_END,
    };
    static const std::array mouse{
        sd_bus_vtable SD_BUS_VTABLE_START(0),
        sd_bus_vtable SD_BUS_METHOD("Press", "u", "", on_call, kAnybody),
        sd_bus_vtable SD_BUS_METHOD("Release", "u", "", on_call, kAnybody),
        sd_bus_vtable SD_BUS_METHOD("SetAbsPosition", "uu", "", on_call, kAnybody),
        sd_bus_vtable SD_BUS_METHOD("RelMotion", "ii", "", on_call, kAnybody),
        sd_bus_vtable SD_BUS_PROPERTY("IsAbsolute", "b", get_property, 0,
                                      SD_BUS_VTABLE_PROPERTY_EMITS_CHANGE),
        sd_bus_vtable SD_BUS_VTABLE_END,
    };
    static const std::array touch{
        sd_bus_vtable SD_BUS_VTABLE_START(0),
        sd_bus_vtable SD_BUS_METHOD("SendEvent", "utdd", "", on_call, kAnybody),
        sd_bus_vtable SD_BUS_VTABLE_END,
    };
    const std::string path = path_of(id);
    sd_bus* const bus = bus_.get();
    const auto add = [&](const char* interface, const sd_bus_vtable* table) {
        if (left_out != interface) {
            must(sd_bus_add_object_vtable(bus, nullptr, path.c_str(), interface, table, this),
                 interface);
        }
    };
    add(kConsole, console.data());
    add("org.qemu.Display1.Keyboard", keyboard.data());
    add(kMouse, mouse.data());
    add(kMultiTouch, touch.data());
}

int QemuDouble::get_property(sd_bus*, const char* path, const char*, const char* property,
                             sd_bus_message* reply, void* self, sd_bus_error*) {
    auto& qemu = *static_cast<QemuDouble*>(self);
    const std::string_view name{property};
    if (name == "Name") {
        return sd_bus_message_append(reply, "s", "double");
    }
    if (name == "ConsoleIDs") {
        return sd_bus_message_append_array(reply, 'u', qemu.ids.data(),
                                           qemu.ids.size() * sizeof(uint32_t));
    }
    if (name == "Interfaces") {
        return sd_bus_message_append(reply, "as", 3, kMouse, kMultiTouch,
                                     "org.qemu.Display1.FromTheFuture");
    }
    const Console& console = qemu.consoles_.at(id_of(path));
    if (name == "Label" || name == "Type") {
        return sd_bus_message_append(
            reply, "s", name == "Label" ? console.label.c_str() : console.type.c_str());
    }
    if (name == "IsAbsolute") {
        return sd_bus_message_append(reply, "b", console.absolute ? 1 : 0);
    }
    const uint32_t value = name == "Head"     ? console.head
                           : name == "Width"  ? console.width
                           : name == "Height" ? console.height
                                              : console.modifiers;
    return sd_bus_message_append(reply, "u", value);
}

void QemuDouble::ignore(const std::string& method, int from) {
    ignored_ = method;
    ignored_from_ = from;
    must(sd_bus_add_filter(bus_.get(), nullptr, ignore_call, this), "filter");
}

int QemuDouble::ignore_call(sd_bus_message* message, void* self, sd_bus_error*) {
    auto& qemu = *static_cast<QemuDouble*>(self);
    const char* const method = sd_bus_message_get_member(message);
    if (method == nullptr || qemu.ignored_ != method || qemu.ignored_from_-- > 0) {
        return 0;
    }
    // With the descriptors that came with it.
    qemu.unanswered_.emplace_back(sd_bus_message_ref(message));
    return 1;
}

int QemuDouble::on_call(sd_bus_message* message, void* self, sd_bus_error* error) {
    auto& qemu = *static_cast<QemuDouble*>(self);
    const std::string_view method{sd_bus_message_get_member(message)};
    const uint32_t id = id_of(sd_bus_message_get_path(message));
    const std::string_view interface { sd_bus_message_get_interface(message) };
    if (method == "RegisterListener") {
        int fd = -1;
        must(sd_bus_message_read(message, "h", &fd), "fd");
        const int copy = ::fcntl(fd, F_DUPFD_CLOEXEC, 0);
        // As QEMU does: the answer first.
        if (qemu.holds_registrations_) {
            qemu.registrations_.emplace_back(sd_bus_message_ref(message));
        } else {
            must(sd_bus_reply_method_return(message, ""), "reply");
        }
        qemu.register_listener(id, copy);
        return 1;
    }
    if (method == "SetUIInfo") {
        uint16_t mm = 0;
        int32_t offset = 0;
        Size size;
        must(sd_bus_message_read(message, "qqiiuu", &mm, &mm, &offset, &offset, &size.width,
                                 &size.height),
             "ui info");
        qemu.calls.push_back(fmt::format("SetUIInfo {} {}x{}", id, size.width, size.height));
        if (!qemu.consoles_.at(id).takes_ui_info) {
            return sd_bus_error_set(error, "org.qemu.Display1.Error.Unsupported", "no");
        }
        return sd_bus_reply_method_return(message, "");
    }
    if (method == "SendEvent") {
        uint32_t kind = 0;
        uint64_t slot = 0;
        double x = 0;
        double y = 0;
        must(sd_bus_message_read(message, "utdd", &kind, &slot, &x, &y), "touch");
        qemu.calls.push_back(fmt::format("SendEvent {} {} {} {}", kind, slot, x, y));
        return sd_bus_reply_method_return(message, "");
    }
    std::string call = interface == kMouse && method != "SetAbsPosition" && method != "RelMotion"
                           ? fmt::format("Button{}", method)
                           : std::string{method};
    const bool two = method == "SetAbsPosition" || method == "RelMotion";
    for (int i = 0; i < (two ? 2 : 1); ++i) {
        int32_t value = 0;
        must(sd_bus_message_read_basic(message, method == "RelMotion" ? 'i' : 'u', &value),
             "argument");
        call += fmt::format(" {}", value);
    }
    qemu.calls.push_back(call);
    return sd_bus_reply_method_return(message, "");
}

void QemuDouble::register_listener(uint32_t id, int fd) {
    Bus bus;
    try {
        bus = serve(fd);
    } catch (const std::runtime_error&) {
        return;  // the viewer has closed it meanwhile
    }
    Listener& listener = listeners_[id];
    listener = {this, id, std::move(bus)};
    must(sd_bus_call_method_async(listener.bus.get(), nullptr, nullptr, kListenerPath,
                                  "org.freedesktop.DBus.Properties", "Get", got_interfaces,
                                  &listener, "ss", kListener, "Interfaces"),
         "Interfaces");
}

int QemuDouble::got_interfaces(sd_bus_message* answer, void* listener, sd_bus_error*) {
    auto& from = *static_cast<Listener*>(listener);
    std::vector<std::string> names;
    char** list = nullptr;
    if (sd_bus_message_enter_container(answer, 'v', "as") > 0 &&
        sd_bus_message_read_strv(answer, &list) >= 0) {
        for (char** name = list; name != nullptr && *name != nullptr; ++name) {
            names.emplace_back(*name);
            std::free(*name);
        }
        std::free(list);
    }
    from.qemu->interfaces_[from.id] = names;
    return 1;
}

int QemuDouble::got_reply(sd_bus_message* answer, void* self, sd_bus_error*) {
    auto& qemu = *static_cast<QemuDouble*>(self);
    ++qemu.replies;
    qemu.errors += sd_bus_message_is_method_error(answer, nullptr) > 0 ? 1 : 0;
    return 1;
}

void QemuDouble::pump(sd_bus* bus) {
    while (bus != nullptr && sd_bus_is_open(bus) > 0 && sd_bus_process(bus, nullptr) > 0) {
    }
}

void QemuDouble::turn() {
    if (stopped_) {
        return;
    }
    pump(bus_.get());
    for (auto& [id, listener] : listeners_) {
        pump(listener.bus.get());
    }
}

void QemuDouble::drop_listener(uint32_t id) {
    listeners_.erase(id);
    interfaces_.erase(id);
}

void QemuDouble::die() {
    listeners_.clear();
    bus_.reset();
}

long QemuDouble::count(const std::string& call) const {
    return std::count(calls.begin(), calls.end(), call);
}

QemuDouble::Message QemuDouble::call(uint32_t id, const char* interface, const char* method) const {
    sd_bus_message* made = nullptr;
    must(sd_bus_message_new_method_call(listeners_.at(id).bus.get(), &made, nullptr, kListenerPath,
                                        interface, method),
         method);
    return Message{made};
}

void QemuDouble::send(uint32_t id, Message message, bool reply) {
    sd_bus* const bus = listeners_.at(id).bus.get();
    if (reply) {
        must(sd_bus_call_async(bus, nullptr, message.get(), got_reply, this, 0), "call");
    } else {
        must(sd_bus_message_set_expect_reply(message.get(), 0), "no reply");
        must(sd_bus_send(bus, message.get(), nullptr), "send");
    }
}

void QemuDouble::scanout(uint32_t id, Size size, uint32_t stride, uint32_t format,
                         std::span<const std::byte> pixels) {
    Message message = call(id, kListener, "Scanout");
    must(sd_bus_message_append(message.get(), "uuuu", size.width, size.height, stride, format),
         "numbers");
    must(sd_bus_message_append_array(message.get(), 'y', pixels.data(), pixels.size()), "pixels");
    send(id, std::move(message), false);
}

void QemuDouble::update(uint32_t id, const Rect& rect, uint32_t stride, uint32_t format,
                        std::span<const std::byte> pixels) {
    Message message = call(id, kListener, "Update");
    must(sd_bus_message_append(message.get(), "iiiiuu", rect.x, rect.y, rect.width, rect.height,
                               stride, format),
         "numbers");
    must(sd_bus_message_append_array(message.get(), 'y', pixels.data(), pixels.size()), "pixels");
    send(id, std::move(message), false);
}

void QemuDouble::scanout_map(uint32_t id, int fd, Size size, uint32_t offset, uint32_t stride,
                             uint32_t format) {
    Message message = call(id, "org.qemu.Display1.Listener.Unix.Map", "ScanoutMap");
    must(sd_bus_message_append(message.get(), "huuuuu", fd, offset, size.width, size.height, stride,
                               format),
         "numbers");
    send(id, std::move(message), true);
}

void QemuDouble::update_map(uint32_t id, const Rect& rect) {
    Message message = call(id, "org.qemu.Display1.Listener.Unix.Map", "UpdateMap");
    must(sd_bus_message_append(message.get(), "iiii", rect.x, rect.y, rect.width, rect.height),
         "numbers");
    send(id, std::move(message), false);
}

void QemuDouble::scanout_dmabuf(uint32_t id, int fd, Size size, uint32_t stride, uint32_t fourcc,
                                uint64_t modifier, bool y0_top) {
    Message message = call(id, kListener, "ScanoutDMABUF");
    must(sd_bus_message_append(message.get(), "huuuutb", fd, size.width, size.height, stride,
                               fourcc, modifier, y0_top ? 1 : 0),
         "numbers");
    send(id, std::move(message), false);
}

void QemuDouble::update_dmabuf(uint32_t id, const Rect& rect) {
    Message message = call(id, kListener, "UpdateDMABUF");
    must(sd_bus_message_append(message.get(), "iiii", rect.x, rect.y, rect.width, rect.height),
         "numbers");
    send(id, std::move(message), true);
}

void QemuDouble::begin_message(uint32_t id, uint32_t bytes) {
    // Little endian, a call, no flags, version 1; how long the body is; a serial; how long the
    // header's fields are.
    const std::array<uint32_t, 4> header{0x0100'016c, bytes, 1'000'000, 128};
    must(static_cast<int>(::send(sd_bus_get_fd(listeners_.at(id).bus.get()), header.data(),
                                 sizeof header, MSG_NOSIGNAL)),
         "header");
}

void QemuDouble::answer_registrations() {
    holds_registrations_ = false;
    for (const Message& call : registrations_) {
        must(sd_bus_reply_method_return(call.get(), ""), "reply");
    }
    registrations_.clear();
}

void QemuDouble::call_raw(uint32_t id, const char* method, const char* types, uint32_t first) {
    Message message = call(id, kListener, method);
    must(sd_bus_message_append(message.get(), types, first, first, first, first), "numbers");
    send(id, std::move(message), true);
}

void QemuDouble::change_consoles(std::vector<uint32_t> now) {
    for (const uint32_t id : now) {
        if (!consoles_.contains(id)) {
            consoles_[id].head = 0;
            export_console(id, "");
        }
    }
    ids = std::move(now);
    must(sd_bus_emit_properties_changed(bus_.get(), "/org/qemu/Display1/VM", "org.qemu.Display1.VM",
                                        "ConsoleIDs", nullptr),
         "signal");
}

void QemuDouble::change_size(uint32_t id, Size size) {
    console(id).width = size.width;
    console(id).height = size.height;
    must(sd_bus_emit_properties_changed(bus_.get(), path_of(id).c_str(), kConsole, "Width",
                                        "Height", nullptr),
         "signal");
}

void QemuDouble::set_absolute(uint32_t id, bool absolute) {
    console(id).absolute = absolute;
    must(sd_bus_emit_properties_changed(bus_.get(), path_of(id).c_str(), kMouse, "IsAbsolute",
                                        nullptr),
         "signal");
}

}  // namespace oriel::test
