// SPDX-License-Identifier: MIT
#include "display_listener.h"

#include <fcntl.h>

#include <span>
#include <utility>

#include "core/descriptors.h"

namespace oriel::qemu_dbus {
namespace {

constexpr const char* kPath = "/org/qemu/Display1/Listener";
constexpr const char* kInterface = "org.qemu.Display1.Listener";
constexpr const char* kMap = "org.qemu.Display1.Listener.Unix.Map";
constexpr const char* kDmabuf2 = "org.qemu.Display1.Listener.Unix.ScanoutDMABUF2";

// sd-bus calls a method only with the arguments that its table names, so reading them can't fail;
// where it does all the same, the connection is what it ends.

PictureListener& pictures(void* listener) {
    return static_cast<DisplayListener*>(listener)->pictures();
}

int done(sd_bus_message* call) {
    return sd_bus_reply_method_return(call, "");
}

std::span<const std::byte> read_bytes(sd_bus_message* call) {
    const void* bytes = nullptr;
    size_t size = 0;
    return sd_bus_message_read_array(call, 'y', &bytes, &size) >= 0
               ? std::span{static_cast<const std::byte*>(bytes), size}
               : std::span<const std::byte>{};
}

/// Pixels that were not taken: there were more than sd-bus reads, or too few, or they lie.
void not_taken(PictureListener& pictures, Size size, uint32_t stride,
               std::span<const std::byte> bytes) {
    if (bytes.empty() && too_large_to_send(size, stride)) {
        pictures.too_large(size);
    } else {
        pictures.lied();
    }
}

std::span<const uint32_t> read_numbers(sd_bus_message* call) {
    const void* numbers = nullptr;
    size_t bytes = 0;
    return sd_bus_message_read_array(call, 'u', &numbers, &bytes) >= 0
               ? std::span{static_cast<const uint32_t*>(numbers), bytes / sizeof(uint32_t)}
               : std::span<const uint32_t>{};
}

int read_place(sd_bus_message* call, std::array<int32_t, 4>& at) {
    return sd_bus_message_read(call, "iiii", &at[0], &at[1], &at[2], &at[3]);
}

/// A copy: what came with a message is closed with it.
bool keep(std::vector<UniqueFd>& files, int fd) {
    auto copy = for_guest(UniqueFd{::fcntl(fd, F_DUPFD_CLOEXEC, 0)});
    if (!copy || !*copy) {
        return false;
    }
    files.push_back(std::move(*copy));
    return true;
}

int scanout(sd_bus_message* call, void* self, sd_bus_error*) {
    Size size;
    uint32_t stride = 0;
    uint32_t format = 0;
    const int read = sd_bus_message_read(call, "uuuu", &size.width, &size.height, &stride, &format);
    if (read < 0) {
        return read;
    }
    const auto bytes = read_bytes(call);
    if (const auto picture = check_scanout(size, stride, format, bytes)) {
        pictures(self).scanout(*picture);
    } else {
        not_taken(pictures(self), size, stride, bytes);
    }
    return done(call);
}

int update(sd_bus_message* call, void* self, sd_bus_error*) {
    std::array<int32_t, 4> at{};
    uint32_t stride = 0;
    uint32_t format = 0;
    if (const int read = read_place(call, at); read < 0) {
        return read;
    }
    if (const int read = sd_bus_message_read(call, "uu", &stride, &format); read < 0) {
        return read;
    }
    const auto bytes = read_bytes(call);
    if (const auto checked = check_update(at, stride, format, bytes)) {
        pictures(self).update(*checked);
    } else {
        const Size size{static_cast<uint32_t>(at[2]), static_cast<uint32_t>(at[3])};
        not_taken(pictures(self), size, stride, bytes);
    }
    return done(call);
}

int scanout_map(sd_bus_message* call, void* self, sd_bus_error*) {
    int fd = -1;
    uint32_t offset = 0;
    Size size;
    uint32_t stride = 0;
    uint32_t format = 0;
    const int read = sd_bus_message_read(call, "huuuuu", &fd, &offset, &size.width, &size.height,
                                         &stride, &format);
    if (read < 0) {
        return read;
    }
    if (!pictures(self).scanout_map(fd, size, offset, stride, format)) {
        return sd_bus_reply_method_errorf(call, SD_BUS_ERROR_INVALID_ARGS,
                                          "this memory can't be shown");
    }
    return done(call);
}

int update_map(sd_bus_message* call, void* self, sd_bus_error*) {
    std::array<int32_t, 4> at{};
    if (const int read = read_place(call, at); read < 0) {
        return read;
    }
    pictures(self).update_map(at);
    return done(call);
}

int show_dmabuf(sd_bus_message* call, void* self, const DmabufNumbers& numbers,
                std::vector<UniqueFd> files) {
    if (const auto picture = check_dmabuf(numbers)) {
        pictures(self).scanout_dmabuf(*picture, std::move(files));
    } else {
        pictures(self).lied();
    }
    return done(call);
}

int scanout_dmabuf(sd_bus_message* call, void* self, sd_bus_error*) {
    int fd = -1;
    DmabufNumbers numbers{.planes = 1};
    uint32_t stride = 0;
    int y0_top = 0;
    const int read =
        sd_bus_message_read(call, "huuuutb", &fd, &numbers.visible.width, &numbers.visible.height,
                            &stride, &numbers.fourcc, &numbers.modifier, &y0_top);
    if (read < 0) {
        return read;
    }
    const uint32_t offset = 0;
    numbers.offsets = {&offset, 1};
    numbers.strides = {&stride, 1};
    numbers.y0_top = y0_top != 0;
    std::vector<UniqueFd> files;
    numbers.files = keep(files, fd) ? 1 : 0;
    return show_dmabuf(call, self, numbers, std::move(files));
}

int scanout_dmabuf2(sd_bus_message* call, void* self, sd_bus_error*) {
    std::vector<UniqueFd> files;
    bool kept = true;
    if (const int read = sd_bus_message_enter_container(call, 'a', "h"); read < 0) {
        return read;
    }
    int fd = -1;
    while (sd_bus_message_read(call, "h", &fd) > 0) {
        kept = kept && files.size() < PixelLayout::kMaxPlanes && keep(files, fd);
    }
    if (const int read = sd_bus_message_exit_container(call); read < 0) {
        return read;
    }
    DmabufNumbers numbers;
    int read = sd_bus_message_read(call, "uuuu", &numbers.visible.x, &numbers.visible.y,
                                   &numbers.visible.width, &numbers.visible.height);
    if (read < 0) {
        return read;
    }
    numbers.offsets = read_numbers(call);
    numbers.strides = read_numbers(call);
    int y0_top = 0;
    read = sd_bus_message_read(call, "uuuutb", &numbers.planes, &numbers.fourcc,
                               &numbers.backing.width, &numbers.backing.height, &numbers.modifier,
                               &y0_top);
    if (read < 0) {
        return read;
    }
    numbers.y0_top = y0_top != 0;
    numbers.files = kept ? files.size() : 0;
    return show_dmabuf(call, self, numbers, std::move(files));
}

int update_dmabuf(sd_bus_message* call, void* self, sd_bus_error*) {
    std::array<int32_t, 4> at{};
    if (const int read = read_place(call, at); read < 0) {
        return read;
    }
    pictures(self).update_dmabuf(at, static_cast<DisplayListener*>(self)->answer_later(call));
    // Answered when the reply ends.
    return 1;
}

int disable(sd_bus_message* call, void*, sd_bus_error*) {
    return done(call);
}

int mouse_set(sd_bus_message* call, void* self, sd_bus_error*) {
    Point position;
    int32_t on = 0;
    if (const int read = sd_bus_message_read(call, "iii", &position.x, &position.y, &on);
        read < 0) {
        return read;
    }
    pictures(self).mouse_set(position, on != 0);
    return done(call);
}

int cursor_define(sd_bus_message* call, void* self, sd_bus_error*) {
    std::array<int32_t, 4> values{};
    if (const int read = read_place(call, values); read < 0) {
        return read;
    }
    if (auto image = check_cursor(values, read_bytes(call))) {
        pictures(self).cursor_define(std::move(*image));
    } else {
        pictures(self).lied();
    }
    return done(call);
}

int interfaces(sd_bus*, const char*, const char*, const char*, sd_bus_message* reply, void*,
               sd_bus_error*) {
    return sd_bus_message_append(reply, "as", 2, kMap, kDmabuf2);
}

// Unprivileged: QEMU may be another user's.
constexpr uint64_t kAnybody = SD_BUS_VTABLE_UNPRIVILEGED;

const std::array kListenerTable{
    sd_bus_vtable SD_BUS_VTABLE_START(0),
    sd_bus_vtable SD_BUS_METHOD("Scanout", "uuuuay", "", scanout, kAnybody),
    sd_bus_vtable SD_BUS_METHOD("Update", "iiiiuuay", "", update, kAnybody),
    sd_bus_vtable SD_BUS_METHOD("ScanoutDMABUF", "huuuutb", "", scanout_dmabuf, kAnybody),
    sd_bus_vtable SD_BUS_METHOD("UpdateDMABUF", "iiii", "", update_dmabuf, kAnybody),
    sd_bus_vtable SD_BUS_METHOD("Disable", "", "", disable, kAnybody),
    sd_bus_vtable SD_BUS_METHOD("MouseSet", "iii", "", mouse_set, kAnybody),
    sd_bus_vtable SD_BUS_METHOD("CursorDefine", "iiiiay", "", cursor_define, kAnybody),
    sd_bus_vtable SD_BUS_PROPERTY("Interfaces", "as", interfaces, 0, SD_BUS_VTABLE_PROPERTY_CONST),
    sd_bus_vtable SD_BUS_VTABLE_END,
};
const std::array kMapTable{
    sd_bus_vtable SD_BUS_VTABLE_START(0),
    sd_bus_vtable SD_BUS_METHOD("ScanoutMap", "huuuuu", "", scanout_map, kAnybody),
    sd_bus_vtable SD_BUS_METHOD("UpdateMap", "iiii", "", update_map, kAnybody),
    sd_bus_vtable SD_BUS_VTABLE_END,
};
const std::array kDmabuf2Table{
    sd_bus_vtable SD_BUS_VTABLE_START(0),
    sd_bus_vtable SD_BUS_METHOD("ScanoutDMABUF2", "ahuuuuauauuuuutb", "", scanout_dmabuf2,
                                kAnybody),
    sd_bus_vtable SD_BUS_VTABLE_END,
};

}  // namespace

void PendingReply::answer() {
    if (const BusMessage call = std::move(call_)) {
        // The bus may be closed by now, and then nobody waits.
        static_cast<void>(sd_bus_reply_method_return(call.get(), ""));
        if (Bus* const bus = bus_.get()) {
            bus->changed();
        }
    }
}

PendingReply DisplayListener::answer_later(sd_bus_message* call) {
    return {BusMessage{sd_bus_message_ref(call)}, bus_->weak()};
}

DisplayListener::DisplayListener(EventLoop& loop, UniqueFd socket, PictureListener& pictures)
    : pictures_{pictures}, bus_{Bus::to_peer(loop, std::move(socket), *this)} {}

void DisplayListener::bus_lost(const std::string& why) {
    if (bus_->overrun()) {
        pictures_.listener_overrun();
    } else {
        pictures_.listener_lost(why);
    }
}

void DisplayListener::bus_ready() {
    sd_bus* const bus = bus_->handle();
    sd_bus_add_object_vtable(bus, nullptr, kPath, kInterface, kListenerTable.data(), this);
    sd_bus_add_object_vtable(bus, nullptr, kPath, kMap, kMapTable.data(), this);
    sd_bus_add_object_vtable(bus, nullptr, kPath, kDmabuf2, kDmabuf2Table.data(), this);
}

}  // namespace oriel::qemu_dbus
