// SPDX-License-Identifier: MIT
#include "wire_user.h"

#include <linux/input-event-codes.h>
#include <unistd.h>

#include <array>
#include <span>
#include <string_view>
#include <utility>
#include <vector>

#include "core/memfd.h"
#include "protocol/core.h"
#include "protocol/linux_dmabuf_v1.h"
#include "protocol/presentation_time.h"
#include "protocol/xdg_output_v1.h"
#include "protocol/xdg_shell.h"

namespace oriel::test {
namespace {

/// A place on a picture, or beside it, in wl_fixed.
uint32_t take_place(FuzzInput& input) {
    const uint32_t at = input.take<uint8_t>();
    return (at < 128 ? at % 4 : at) * 256U;
}

template <class T>
std::span<const std::byte> bytes_of_all(const std::vector<T>& values) {
    return std::as_bytes(std::span{values});
}

}  // namespace

void WireUser::act(FuzzInput& input) {
    constexpr std::array kActs{&WireUser::focus,
                               &WireUser::type,
                               &WireUser::point,
                               &WireUser::point,
                               &WireUser::scroll,
                               &WireUser::touch,
                               &WireUser::copy,
                               &WireUser::configure,
                               &WireUser::describe_output,
                               &WireUser::describe_formats,
                               &WireUser::change_globals,
                               &WireUser::present};
    (this->*kActs.at(input.take<uint8_t>() % kActs.size()))(input);
}

void WireUser::focus(FuzzInput& input) {
    const uint32_t surface = compositor_.some_object(input, &wl_surface_interface);
    const uint32_t keyboard = compositor_.some_object(input, &wl_keyboard_interface);
    const uint32_t pointer = compositor_.some_object(input, &wl_pointer_interface);
    const uint32_t serial = compositor_.next_serial();
    switch (input.take<uint8_t>() % 6) {
        case 0:
            return compositor_.send(keyboard, "leave", {serial, surface});
        case 1:
            return compositor_.send(pointer, "leave", {serial, surface});
        case 2:
            return compositor_.send(surface, "enter",
                                    {compositor_.some_object(input, &wl_output_interface)});
        case 3:
            compositor_.send(pointer, "enter",
                             {serial, surface, take_place(input), take_place(input)});
            return compositor_.send(pointer, "frame", {});
        default:
            return compositor_.send(keyboard, "enter", {serial, surface, 0});
    }
}

/// One key, or one with Ctrl and Alt before it, which may stay down.
void WireUser::type(FuzzInput& input) {
    constexpr std::array<uint32_t, 6> kKeys{KEY_G, KEY_F, KEY_A, KEY_RIGHTCTRL, KEY_MAX, 0};
    const uint32_t keyboard = compositor_.some_object(input, &wl_keyboard_interface);
    const auto how = input.take<uint8_t>();
    const auto press = [&](uint32_t code, uint32_t state) {
        compositor_.send(keyboard, "key", {compositor_.next_serial(), 0, code, state});
    };
    const uint32_t key = kKeys.at(how % kKeys.size());
    if (how >= 64) {
        press(KEY_LEFTCTRL, 1);
        press(KEY_LEFTALT, 1);
    }
    if (how % 16 != 15) {
        press(key, 1);
    }
    if (how % 8 != 7) {
        press(key, 0);
    }
    if (how >= 96) {
        press(KEY_LEFTALT, 0);
        press(KEY_LEFTCTRL, 0);
    }
}

void WireUser::point(FuzzInput& input) {
    const uint32_t pointer = compositor_.some_object(input, &wl_pointer_interface);
    const auto how = input.take<uint8_t>();
    if (how % 4 == 0) {
        compositor_.send(pointer, "motion", {0, take_place(input), take_place(input)});
    } else {
        const uint32_t button = BTN_LEFT + how / 4 % 3U;
        compositor_.send(pointer, "button", {compositor_.next_serial(), 0, button, how % 4U % 2});
    }
    if (how < 224) {
        compositor_.send(pointer, "frame", {});
    }
}

void WireUser::scroll(FuzzInput& input) {
    const uint32_t pointer = compositor_.some_object(input, &wl_pointer_interface);
    const auto how = input.take<uint8_t>();
    const uint32_t axis = how % 2U;
    const auto distance = static_cast<uint32_t>(int32_t{input.take<int8_t>()} * 64);
    compositor_.send(pointer, "axis_source", {how / 64U});
    if (how % 4 < 2) {
        compositor_.send(pointer, "axis_discrete", {axis, how / 8U});
    }
    if (how % 8 < 4) {
        compositor_.send(pointer, "axis_value120", {axis, distance});
    }
    compositor_.send(pointer, "axis", {0, axis, distance});
    if (how % 16 < 8) {
        compositor_.send(pointer, "axis_stop", {0, axis});
    }
    compositor_.send(pointer, "frame", {});
}

void WireUser::touch(FuzzInput& input) {
    const uint32_t touch = compositor_.some_object(input, &wl_touch_interface);
    const auto how = input.take<uint8_t>();
    const uint32_t finger = how / 8U % 4;
    const uint32_t serial = compositor_.next_serial();
    switch (how % 8) {
        case 0:
            return compositor_.send(touch, "up", {serial, 0, finger});
        case 1:
            compositor_.send(touch, "motion", {0, finger, take_place(input), take_place(input)});
            break;
        case 2:
            return compositor_.send(touch, "cancel", {});
        default:
            compositor_.send(touch, "down",
                             {serial, 0, compositor_.some_object(input, &wl_surface_interface),
                              finger, take_place(input), take_place(input)});
            break;
    }
    compositor_.send(touch, "frame", {});
}

/// Somebody else's text, which is selected or dragged.
void WireUser::copy(FuzzInput& input) {
    constexpr std::array<std::string_view, 4> kForms{"text/plain", "UTF8_STRING",
                                                     "text/plain;charset=utf-8", "image/png"};
    const uint32_t device = compositor_.some_object(input, &wl_data_device_interface);
    const auto how = input.take<uint8_t>();
    if (how % 16 == 15) {
        return compositor_.send(device, "selection", {0});
    }
    const uint32_t offer = compositor_.make_object(&wl_data_offer_interface);
    compositor_.send(device, "data_offer", {offer});
    for (size_t i = 0; i < kForms.size(); ++i) {
        if ((how >> i & 1) != 0) {
            compositor_.send(offer, "offer", WireArguments{}.text(kForms.at(i)));
        }
    }
    if (how < 192) {
        compositor_.send(device, "selection", {offer});
    } else {
        const uint32_t surface = compositor_.some_object(input, &wl_surface_interface);
        compositor_.send(device, "enter", {compositor_.next_serial(), surface, 0, 0, offer});
        compositor_.send(device, "motion", {0, 256, 256});
        compositor_.send(device, how % 2 == 0 ? "drop" : "leave", {});
    }
}

/// Frames were shown, a moment ago by some clock.
void WireUser::present(FuzzInput& input) {
    const uint32_t presentation = compositor_.some_object(input, &wp_presentation_interface);
    const uint32_t feedback = compositor_.some_object(input, &wp_presentation_feedback_interface);
    const auto how = input.take<uint8_t>();
    if (how % 4 == 0) {
        compositor_.send(presentation, "clock_id", {how / 4U % 16});
    }
    if (how % 8 == 7) {
        return compositor_.send(feedback, "discarded", {});
    }
    const uint32_t output = compositor_.some_object(input, &wl_output_interface);
    compositor_.send(feedback, "sync_output", {output});
    compositor_.send(feedback, "presented",
                     {how >= 240 ? how : 0U, how / 64U, how * 1000U, 0, 0, 0, how % 16U});
}

void WireUser::configure(FuzzInput& input) {
    const uint32_t toplevel = compositor_.some_object(input, &xdg_toplevel_interface);
    const uint32_t surface = compositor_.some_object(input, &xdg_surface_interface);
    const auto how = input.take<uint8_t>();
    std::vector<uint32_t> states;
    for (uint32_t left = how % 4U; left > 0; --left) {
        states.push_back(input.take<uint8_t>() % 14U);
    }
    const uint32_t width = input.take<uint8_t>() * 4U;
    WireArguments arguments{width, input.take<uint8_t>() * 4U};
    arguments.array(bytes_of_all(states));
    compositor_.send(toplevel, "configure", arguments);
    compositor_.send(surface, "configure", {compositor_.next_serial()});
}

void WireUser::describe_output(FuzzInput& input) {
    constexpr std::array<std::string_view, 3> kNames{"DP-1", "HDMI-A-1", ""};
    const uint32_t output = compositor_.some_object(input, &wl_output_interface);
    const uint32_t named = compositor_.some_object(input, &zxdg_output_v1_interface);
    const auto how = input.take<uint8_t>();
    const std::string_view name = kNames.at(how % kNames.size());
    if (how % 4 != 3) {
        WireArguments geometry{0, 0, how * 4U, 300, 0};
        geometry.text("Maker").text(how % 2 == 0 ? "Model" : "").number(how / 8U % 9U);
        compositor_.send(output, "geometry", geometry);
        compositor_.send(output, "mode", {how / 128U, how * 8U, 600, how * 400U});
        compositor_.send(output, "scale", {how / 64U});
    }
    for (const uint32_t each : {output, named}) {
        compositor_.send(each, "name", WireArguments{}.text(name));
        compositor_.send(each, "description", WireArguments{}.text("Maker Model 1 (DP-1)"));
        compositor_.send(each, "done", {});
    }
}

void WireUser::describe_formats(FuzzInput& input) {
    const uint32_t feedback =
        compositor_.some_object(input, &zwp_linux_dmabuf_feedback_v1_interface);
    const auto how = input.take<uint8_t>();
    // XRGB8888 and ARGB8888, linear, 16 bytes each.
    const std::vector<uint32_t> table{0x34325258, 0, 0, 0, 0x34325241, 0, 0, 0};
    UniqueFd file = create_memfd("table", 4096, MemfdSeals::kNone).value();
    static_cast<void>(::pwrite(file.get(), table.data(), table.size() * 4, 0));
    WireArguments whole{how % 8 == 7 ? how * 64U : 32U};
    whole.file(std::move(file));
    compositor_.send(feedback, "format_table", whole);
    const std::vector<uint64_t> device{how % 4U};
    compositor_.send(feedback, "main_device", WireArguments{}.array(bytes_of_all(device)));
    for (uint32_t left = how / 16U % 4U; left > 0; --left) {
        const std::vector<uint16_t> rows{static_cast<uint16_t>(input.take<uint8_t>() % 3U), 0};
        compositor_.send(feedback, "tranche_target_device",
                         WireArguments{}.array(bytes_of_all(device)));
        compositor_.send(feedback, "tranche_flags", {left % 2});
        compositor_.send(feedback, "tranche_formats", WireArguments{}.array(bytes_of_all(rows)));
        compositor_.send(feedback, "tranche_done", {});
    }
    compositor_.send(feedback, "done", {});
}

/// A device is plugged in or pulled out, or there is an interface more.
void WireUser::change_globals(FuzzInput& input) {
    const uint32_t registry = compositor_.some_object(input, &wl_registry_interface);
    const auto how = input.take<uint8_t>();
    const auto& globals = compositor_.globals();
    const uint32_t number = 1U + input.take<uint8_t>() % 40U;
    if (how % 2 == 0 || globals.empty()) {
        return compositor_.send(registry, "global_remove", {number});
    }
    const WireGlobal& one = globals[how / 2U % globals.size()];
    WireArguments arguments{number};
    const uint32_t version = how >= 224 ? input.take<uint8_t>() : one.version;
    arguments.text(one.interface->name).number(version);
    compositor_.send(registry, "global", arguments);
}

}  // namespace oriel::test
