// SPDX-License-Identifier: MIT
#include "qnum_table.h"

#include <doctest/doctest.h>
#include <linux/input-event-codes.h>

#include <cstdio>
#include <map>
#include <set>
#include <sstream>
#include <string>

namespace oriel::qemu_dbus {
namespace {

// What QEMU has a key code for beside the first 83 keys, F11, F12 and the 102nd: made from QEMU's
// keymap data (keycodemapdb, "Linux Keycode" and "QCode" to "qnum") by a script, evdev=qnum.
constexpr const char* kOthers =
    "89=73 91=77 92=79 93=70 94=7b 96=9c 97=9d 98=b5 99=54 100=b8 101=5b 102=c7 103=c8 104=c9 "
    "105=cb 106=cd 107=cf 108=d0 109=d1 110=d2 111=d3 113=a0 114=ae 115=b0 116=de 117=59 119=c6 "
    "121=7e 122=72 123=71 124=7d 125=db 126=dc 127=dd 128=e8 129=85 130=86 131=87 132=8c 133=f8 "
    "134=64 135=65 136=c1 137=bc 138=f5 139=9e 140=a1 142=df 143=e3 155=ec 156=e6 157=eb 158=ea "
    "159=e9 163=99 164=a2 165=90 166=a4 172=b2 173=e7 183=5d 184=5e 185=5f 186=55 187=83 188=f7 "
    "189=84 190=5a 191=74 192=f9 193=6d 194=6f 226=ed";

std::map<uint16_t, uint32_t> expected_table() {
    std::map<uint16_t, uint32_t> all;
    for (uint16_t code = 1; code <= 83; ++code) {
        all[code] = code;
    }
    for (uint16_t code = 86; code <= 88; ++code) {
        all[code] = code;
    }
    std::istringstream rows{kOthers};
    std::string row;
    while (rows >> row) {
        unsigned evdev = 0;
        unsigned qnum = 0;
        REQUIRE(std::sscanf(row.c_str(), "%u=%x", &evdev, &qnum) == 2);
        all[static_cast<uint16_t>(evdev)] = qnum;
    }
    return all;
}

TEST_CASE("every key that QEMU knows has QEMU's number, and no other key has one") {
    const auto expected = expected_table();
    CHECK(expected.size() == 83 + 3 + 73);
    for (uint32_t code = 0; code <= KEY_MAX; ++code) {
        CAPTURE(code);
        const auto it = expected.find(static_cast<uint16_t>(code));
        CHECK(qnum_of(static_cast<uint16_t>(code)) == (it == expected.end() ? 0 : it->second));
    }
}

TEST_CASE("no two keys are the same one to QEMU") {
    std::set<uint32_t> seen;
    for (uint32_t code = 0; code <= KEY_MAX; ++code) {
        if (const uint32_t number = qnum_of(static_cast<uint16_t>(code)); number != 0) {
            CAPTURE(code);
            CHECK(seen.insert(number).second);
            CHECK(number <= 0xff);
        }
    }
}

TEST_CASE("no button has a number that would end QEMU") {
    for (uint32_t code = 0; code <= KEY_MAX; ++code) {
        const uint32_t number = mouse_button_of(static_cast<uint16_t>(code));
        CAPTURE(code);
        CHECK((number == UINT32_MAX || number <= 8));
    }
    CHECK(mouse_button_of(BTN_LEFT) == 0);
    CHECK(mouse_button_of(BTN_MIDDLE) == 1);
    CHECK(mouse_button_of(BTN_RIGHT) == 2);
    CHECK(mouse_button_of(BTN_SIDE) == 5);
    CHECK(mouse_button_of(BTN_EXTRA) == 6);
    CHECK(mouse_button_of(BTN_TASK) == UINT32_MAX);
}

}  // namespace
}  // namespace oriel::qemu_dbus
