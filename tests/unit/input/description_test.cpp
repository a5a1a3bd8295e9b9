// SPDX-License-Identifier: MIT
#include "input/description.h"

#include <doctest/doctest.h>
#include <linux/input-event-codes.h>
#include <linux/input.h>

#include <cstring>
#include <string>

#include "core/event_loop.h"
#include "input/input_device.h"
#include "support/input_guest.h"

namespace oriel::input {
namespace {

using test::InputGuest;
using wire::Select;

struct Rig {
    explicit Rig(Kind kind) : device{loop, kind} {}
    ManualClock clock;
    EventLoop loop{clock};
    InputDevice device;
    InputGuest guest{device};

    bool has(uint8_t type, uint16_t code) {
        const auto bits = guest.config(Select::kEventBits, type);
        return code / 8U < bits.size() &&
               (std::to_integer<unsigned>(bits[code / 8U]) >> (code % 8U) & 1U) != 0;
    }
    wire::AbsInfo axis(uint8_t code) {
        const auto bytes = guest.config(Select::kAbsInfo, code);
        wire::AbsInfo info;
        REQUIRE(bytes.size() == sizeof info);
        std::memcpy(&info, bytes.data(), sizeof info);
        return info;
    }
    std::string name() {
        const auto bytes = guest.config(Select::kName);
        return {reinterpret_cast<const char*>(bytes.data()), bytes.size()};
    }
};

TEST_CASE("each device tells its name and an id of its own") {
    std::vector<uint16_t> products;
    for (const Kind kind : {Kind::kKeyboard, Kind::kPointer, Kind::kMouse, Kind::kTouch}) {
        Rig rig{kind};
        CHECK(rig.name().starts_with("Oriel "));
        const auto bytes = rig.guest.config(Select::kDeviceIds);
        wire::DeviceIds ids;
        REQUIRE(bytes.size() == sizeof ids);
        std::memcpy(&ids, bytes.data(), sizeof ids);
        CHECK(ids.bus == BUS_VIRTUAL);
        CHECK(std::count(products.begin(), products.end(), ids.product) == 0);
        products.push_back(ids.product);
        CHECK(rig.device.device_id() == 18);
        CHECK(rig.guest.config(Select::kSerial).empty());
        CHECK(rig.guest.config(Select::kUnset).empty());
        CHECK(rig.guest.config(static_cast<Select>(0x7f), 3).empty());
    }
}

TEST_CASE(
    "the keyboard has the keys that keyboards have, LEDs, the guest's repeat and no buttons") {
    Rig rig{Kind::kKeyboard};
    for (const int code : {KEY_ESC, KEY_A, KEY_LEFTMETA, KEY_F24, KEY_102ND, KEY_KPCOMMA, KEY_MUTE,
                           KEY_MICMUTE, KEY_FN, KEY_EMOJI_PICKER}) {
        CAPTURE(code);
        CHECK(rig.has(EV_KEY, static_cast<uint16_t>(code)));
    }
    for (uint16_t code = BTN_MISC; code < KEY_OK; ++code) {
        CHECK_FALSE(rig.has(EV_KEY, code));
    }
    CHECK_FALSE(rig.has(EV_KEY, KEY_RESERVED));
    CHECK(rig.has(EV_LED, LED_CAPSL));
    CHECK_FALSE(rig.has(EV_LED, LED_MAIL));
    CHECK_FALSE(rig.guest.config(Select::kEventBits, EV_REP).empty());
    CHECK(rig.guest.config(Select::kEventBits, EV_REL).empty());
    CHECK(rig.guest.config(Select::kEventBits, EV_ABS).empty());
}

TEST_CASE("the pointer is what udev takes for an absolute mouse") {
    Rig rig{Kind::kPointer};
    CHECK(rig.has(EV_KEY, BTN_LEFT));
    CHECK(rig.has(EV_KEY, BTN_EXTRA));
    CHECK_FALSE(rig.has(EV_KEY, BTN_TOUCH));
    CHECK_FALSE(rig.has(EV_KEY, BTN_TOOL_PEN));
    CHECK(rig.guest.config(Select::kPropertyBits).empty());
    CHECK(rig.axis(ABS_X).max == 32767);
    CHECK(rig.axis(ABS_Y).min == 0);
    CHECK(rig.has(EV_REL, REL_WHEEL_HI_RES));
    CHECK(rig.has(EV_REL, REL_HWHEEL));
    CHECK_FALSE(rig.has(EV_REL, REL_X));
    CHECK(rig.guest.config(Select::kAbsInfo, ABS_Z).empty());
}

TEST_CASE("the mouse is relative") {
    Rig rig{Kind::kMouse};
    CHECK(rig.has(EV_REL, REL_X));
    CHECK(rig.has(EV_REL, REL_WHEEL));
    CHECK(rig.has(EV_KEY, BTN_SIDE));
    CHECK(rig.guest.config(Select::kEventBits, EV_ABS).empty());
}

TEST_CASE("the touch screen has ten fingers and is a direct one") {
    Rig rig{Kind::kTouch};
    const auto properties = rig.guest.config(Select::kPropertyBits);
    REQUIRE_FALSE(properties.empty());
    CHECK((properties[INPUT_PROP_DIRECT / 8] & std::byte{1 << INPUT_PROP_DIRECT % 8}) !=
          std::byte{0});
    CHECK(rig.axis(ABS_MT_SLOT).max == 9);
    CHECK(rig.axis(ABS_MT_POSITION_X).max == 32767);
    CHECK(rig.axis(ABS_MT_TRACKING_ID).max == 65535);
    CHECK(rig.has(EV_KEY, BTN_TOUCH));
    CHECK_FALSE(rig.has(EV_KEY, BTN_LEFT));
}

TEST_CASE("the configuration is read in any width and written only where a driver may") {
    Rig rig{Kind::kKeyboard};
    const std::array<std::byte, 4> both{std::byte{0x11}, std::byte{EV_LED}, std::byte{9},
                                        std::byte{9}};
    rig.device.write_config(0, both);
    wire::Config whole;
    rig.device.read_config(0, std::as_writable_bytes(std::span{&whole, 1}));
    CHECK(whole.select == 0x11);
    CHECK(whole.subsel == EV_LED);
    CHECK(whole.size == 1);
    std::array<std::byte, 4> part{};
    rig.device.read_config(0, part);
    CHECK(part[2] == std::byte{1});
    rig.device.write_config(8, both);
    rig.device.read_config(8, part);
    CHECK(part[0] == whole.payload[0]);
    part.fill(std::byte{5});
    rig.device.read_config(134, part);
    CHECK(part[3] == std::byte{0});
    rig.device.read_config(0xffff'fff0, part);
    CHECK(part[0] == std::byte{0});
    rig.device.write_config(0xffff'ffff, both);
}

}  // namespace
}  // namespace oriel::input
