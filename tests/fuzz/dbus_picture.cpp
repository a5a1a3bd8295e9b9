// SPDX-License-Identifier: MIT
// What QEMU, or whoever is in its place, may say of pictures.
#include <array>
#include <vector>

#include "console_screen.h"
#include "core/memfd.h"
#include "fuzz_input.h"
#include "harness.h"
#include "scanout/null_display.h"

using namespace oriel;
using namespace oriel::qemu_dbus;

namespace {

struct Nobody final : public ConsoleFacts {
    void ask_size() override {}
    void listener_lost(const std::string&) override {}
    void listener_overrun() override {}
};

/// As often sensible as not.
uint32_t take_number(test::FuzzInput& input) {
    const auto choice = input.take<uint8_t>();
    return choice < 128 ? choice : input.take<uint32_t>();
}

Size take_size(test::FuzzInput& input) {
    const uint32_t width = take_number(input);
    return {width, take_number(input)};
}

uint32_t take_format(test::FuzzInput& input) {
    constexpr std::array<uint32_t, 3> kGood{0x20020888, 0x20038888, 0x20090888};
    const auto choice = input.take<uint8_t>();
    return choice < 240 ? kGood.at(choice % kGood.size()) : input.take<uint32_t>();
}

std::array<int32_t, 4> take_place(test::FuzzInput& input) {
    std::array<int32_t, 4> at{};
    for (int32_t& value : at) {
        value = static_cast<int32_t>(take_number(input));
    }
    return at;
}

/// As QEMU says of a picture in one plane, or anything.
void say_dmabuf(test::FuzzInput& input, ConsoleScreen& screen) {
    const bool good = input.take<uint8_t>() % 2 == 0;
    const Size size = good
                          ? Size{1 + input.take<uint8_t>() % 100U, 1 + input.take<uint8_t>() % 100U}
                          : take_size(input);
    std::array<uint32_t, 4> offsets{};
    std::array<uint32_t, 4> strides{size.width * 4};
    DmabufNumbers numbers{.visible = Rect::of(size),
                          .offsets = offsets,
                          .strides = strides,
                          .planes = 1,
                          .fourcc = 0x34325258,
                          .backing = size,
                          .y0_top = input.take<uint8_t>() % 4 == 3,
                          .files = 1};
    if (!good) {
        offsets = {take_number(input), take_number(input)};
        strides = {take_number(input) * 4, take_number(input)};
        numbers.visible = {take_number(input), take_number(input), take_number(input),
                           take_number(input)};
        numbers.planes = take_number(input) % 6;
        numbers.modifier = input.take<uint8_t>();
        numbers.files = input.take<uint8_t>() % 3U;
    }
    if (const auto picture = check_dmabuf(numbers)) {
        std::vector<UniqueFd> files;
        files.push_back(create_memfd("fuzz", 65536, MemfdSeals::kNone).value());
        screen.scanout_dmabuf(*picture, std::move(files));
    }
}

void say(test::FuzzInput& input, ConsoleScreen& screen, std::span<const std::byte> pixels,
         int memory) {
    switch (input.take<uint8_t>() % 8) {
        case 7:
            screen.mouse_set({input.take<int16_t>(), input.take<int16_t>()},
                             input.take<uint8_t>() % 2 == 0);
            break;
        case 0: {
            const Size size = take_size(input);
            const uint32_t stride = take_number(input) * 4;
            if (const auto picture = check_scanout(size, stride, take_format(input), pixels)) {
                screen.scanout(*picture);
            }
            break;
        }
        case 1: {
            const auto at = take_place(input);
            const uint32_t stride = take_number(input) * 4;
            if (const auto update = check_update(at, stride, take_format(input), pixels)) {
                screen.update(*update);
            }
            break;
        }
        case 2: {
            const Size size = take_size(input);
            const uint32_t offset = take_number(input);
            const uint32_t stride = take_number(input) * 4;
            static_cast<void>(screen.scanout_map(memory, size, offset, stride, take_format(input)));
            break;
        }
        case 3:
            screen.update_map(take_place(input));
            break;
        case 4:
            say_dmabuf(input, screen);
            break;
        case 5:
            screen.update_dmabuf(take_place(input), {});
            break;
        default:
            if (auto image = check_cursor(take_place(input), pixels)) {
                screen.cursor_define(std::move(*image));
            }
            screen.console_size({take_number(input) % 2048, take_number(input) % 2048},
                                input.take<uint8_t>() % 2 == 0);
            break;
    }
}

}  // namespace

void oriel::test::play(const uint8_t* data, size_t size) {
    test::FuzzInput input{data, size};
    ManualClock clock;
    EventLoop loop{clock};
    NullDisplay display{std::vector<ScreenInfo>(1)};
    Nobody nobody;
    DisplayStats stats;
    ConsoleScreen screen{loop, display, 0, nobody, stats};
    static const std::vector<std::byte> pixels(size_t{128} * 512);
    const UniqueFd memory{create_memfd("fuzz", 65536, MemfdSeals::kNone).value()};
    for (int i = 0; i < 64 && !input.empty(); ++i) {
        const test::Turn turn;
        say(input, screen, pixels, memory.get());
        // Sizes are asked for again once they have settled.
        clock.advance(Nanoseconds{100'000'000});
        loop.dispatch(Nanoseconds{0});
    }
}
