// SPDX-License-Identifier: MIT
#include "input/description.h"

#include <linux/input-event-codes.h>
#include <linux/input.h>

#include <algorithm>

#include "core/byte_reader.h"

namespace oriel::input {
namespace {

constexpr uint16_t kVendor = 0x1af4;
constexpr uint16_t kVersion = 1;

void set_bit(std::vector<std::byte>& bitmap, uint16_t bit) {
    const size_t at = bit / 8U;
    if (bitmap.size() <= at) {
        bitmap.resize(at + 1);
    }
    bitmap[at] |= std::byte{1} << (bit % 8U);
}

std::vector<std::byte> copy_of(std::span<const std::byte> bytes) {
    return {bytes.begin(),
            bytes.begin() + static_cast<ptrdiff_t>(std::min<size_t>(bytes.size(), wire::kPayload))};
}

}  // namespace

const char* to_string(Kind kind) {
    switch (kind) {
        case Kind::kKeyboard:
            return "keyboard";
        case Kind::kPointer:
            return "pointer";
        case Kind::kMouse:
            return "mouse";
        case Kind::kTouch:
            return "touch";
    }
    return "unknown";
}

void Description::add(uint16_t type, std::initializer_list<uint16_t> codes) {
    for (const uint16_t code : codes) {
        set_bit(bits_[type], code);
    }
}

void Description::add_range(uint16_t type, uint16_t first, uint16_t last) {
    for (uint16_t code = first; code <= last; ++code) {
        set_bit(bits_[type], code);
    }
}

void Description::add_axis(uint16_t axis, int32_t max) {
    add(EV_ABS, {axis});
    axes_[axis] = {.max = static_cast<uint32_t>(max)};
}

Description Description::of(Kind kind) {
    Description device{kind};
    device.ids_ = {.bus = BUS_VIRTUAL,
                   .vendor = kVendor,
                   .product = static_cast<uint16_t>(static_cast<unsigned>(kind) + 1),
                   .version = kVersion};
    switch (kind) {
        case Kind::kKeyboard:
            device.name_ = "Oriel Keyboard";
            // Not all codes that exist: up to Linux 6.9 a device with some five hundred gets no
            // uevent, because their list in MODALIAS outgrows the kernel's 2 KiB.
            device.add_range(EV_KEY, KEY_ESC, KEY_MICMUTE);
            device.add_range(EV_KEY, KEY_OK, KEY_IMAGES);
            device.add_range(EV_KEY, KEY_FN, KEY_FN_B);
            device.add_range(EV_KEY, KEY_BUTTONCONFIG, KEY_KBD_LAYOUT_NEXT + 2);
            device.add(EV_LED, {LED_NUML, LED_CAPSL, LED_SCROLLL, LED_COMPOSE, LED_KANA});
            // That the type is there is what makes Linux repeat; no code says so.
            device.bits_[EV_REP] = std::vector<std::byte>(1);
            break;
        case Kind::kPointer:
            // No INPUT_PROP_*: axes and a left button, but no BTN_TOUCH and no BTN_TOOL_*, are what
            // udev and libinput take for an absolute mouse.
            device.name_ = "Oriel Pointer";
            device.add_range(EV_KEY, BTN_LEFT, BTN_TASK);
            device.add(EV_REL, {REL_WHEEL, REL_HWHEEL, REL_WHEEL_HI_RES, REL_HWHEEL_HI_RES});
            device.add_axis(ABS_X, kAxisMax);
            device.add_axis(ABS_Y, kAxisMax);
            break;
        case Kind::kMouse:
            device.name_ = "Oriel Mouse";
            device.add_range(EV_KEY, BTN_LEFT, BTN_TASK);
            device.add(EV_REL,
                       {REL_X, REL_Y, REL_WHEEL, REL_HWHEEL, REL_WHEEL_HI_RES, REL_HWHEEL_HI_RES});
            break;
        case Kind::kTouch:
            device.name_ = "Oriel Touchscreen";
            set_bit(device.properties_, INPUT_PROP_DIRECT);
            device.add(EV_KEY, {BTN_TOUCH});
            device.add_axis(ABS_X, kAxisMax);
            device.add_axis(ABS_Y, kAxisMax);
            device.add_axis(ABS_MT_SLOT, kTouchSlots - 1);
            device.add_axis(ABS_MT_TRACKING_ID, UINT16_MAX);
            device.add_axis(ABS_MT_POSITION_X, kAxisMax);
            device.add_axis(ABS_MT_POSITION_Y, kAxisMax);
            device.add_axis(ABS_MT_TOOL_TYPE, MT_TOOL_MAX);
            break;
    }
    return device;
}

bool Description::has(uint16_t type, uint16_t code) const {
    const auto it = bits_.find(type);
    const size_t at = code / 8U;
    return it != bits_.end() && at < it->second.size() &&
           (it->second[at] & (std::byte{1} << (code % 8U))) != std::byte{0};
}

std::vector<std::byte> Description::answer(uint8_t select, uint8_t subsel) const {
    switch (static_cast<wire::Select>(select)) {
        case wire::Select::kName:
            return subsel == 0 ? copy_of(std::as_bytes(std::span{name_}))
                               : std::vector<std::byte>{};
        case wire::Select::kDeviceIds:
            return subsel == 0 ? copy_of(bytes_of(ids_)) : std::vector<std::byte>{};
        case wire::Select::kPropertyBits:
            return subsel == 0 ? copy_of(properties_) : std::vector<std::byte>{};
        case wire::Select::kEventBits:
            if (const auto bits = bits_.find(subsel); bits != bits_.end()) {
                return copy_of(bits->second);
            }
            return {};
        case wire::Select::kAbsInfo:
            if (const auto axis = axes_.find(subsel); axis != axes_.end()) {
                return copy_of(bytes_of(axis->second));
            }
            return {};
        case wire::Select::kSerial:  // several VMs never share a guest: there is nothing to tell
                                     // apart
        case wire::Select::kUnset:
            break;
    }
    return {};
}

}  // namespace oriel::input
