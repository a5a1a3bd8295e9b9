// SPDX-License-Identifier: MIT
#include "input/key_names.h"

#include <doctest/doctest.h>
#include <linux/input-event-codes.h>

#include <set>
#include <string>

namespace oriel::input {
namespace {

TEST_CASE("keys go by Linux' names, QEMU's and common ones") {
    CHECK(key_code("KEY_LEFTCTRL") == KEY_LEFTCTRL);
    CHECK(key_code("leftctrl") == KEY_LEFTCTRL);
    CHECK(key_code("ctrl") == KEY_LEFTCTRL);
    CHECK(key_code("Control") == KEY_LEFTCTRL);
    CHECK(key_code("F2") == KEY_F2);
    CHECK(key_code("ret") == KEY_ENTER);
    CHECK(key_code("enter") == KEY_ENTER);
    CHECK(key_code("a") == KEY_A);
    CHECK(key_code("7") == KEY_7);
    CHECK(key_code("super") == KEY_LEFTMETA);
    CHECK(key_code("print") == KEY_SYSRQ);
    CHECK(key_code("KEY_PRINT") == KEY_PRINT);
    CHECK_FALSE(key_code(""));
    CHECK_FALSE(key_code("KEY_"));
    CHECK_FALSE(key_code("hyper"));
    CHECK(button_code("left") == BTN_LEFT);
    CHECK(button_code("BTN_EXTRA") == BTN_EXTRA);
    CHECK_FALSE(button_code("a"));
}

TEST_CASE("no two keys have the same name in QEMU") {
    std::set<std::string> names;
    for (uint16_t code = 0; code < KEY_CNT; ++code) {
        const std::string name{qemu_key_name(code)};
        if (!name.empty()) {
            CHECK(names.insert(name).second);
            CHECK(key_code(name) == code);
        }
    }
    CHECK(names.size() > 130);
    CHECK(qemu_key_name(KEY_GRAVE) == "grave_accent");
    CHECK(qemu_key_name(KEY_102ND) == "less");
    CHECK(qemu_key_name(KEY_FN).empty());
    CHECK(qemu_key_name(0xffff).empty());
}

TEST_CASE("every printable character is a stroke of a US keyboard") {
    for (char c = ' '; c <= '~'; ++c) {
        CAPTURE(c);
        CHECK(stroke_for(c));
    }
    CHECK(stroke_for('a')->code == KEY_A);
    CHECK_FALSE(stroke_for('a')->shift);
    CHECK(stroke_for('Q')->code == KEY_Q);
    CHECK(stroke_for('Q')->shift);
    CHECK(stroke_for('"')->code == KEY_APOSTROPHE);
    CHECK(stroke_for('"')->shift);
    CHECK(stroke_for('\n')->code == KEY_ENTER);
    CHECK_FALSE(stroke_for('\x1b'));
    CHECK_FALSE(stroke_for('\xe4'));
}

}  // namespace
}  // namespace oriel::input
