// SPDX-License-Identifier: MIT
#include "cli/input_command.h"

#include <doctest/doctest.h>
#include <linux/input-event-codes.h>

#include <string>

namespace oriel::app {
namespace {

using input::Event;
using Words = std::vector<std::string>;
using State = InputCommand::State;

/// Keeps what it gets as text: "1:30=1" is EV_KEY KEY_A pressed, "|" ends a frame.
class Written final : public input::EventTarget {
public:
    [[nodiscard]] bool ready() const override { return is_ready; }
    [[nodiscard]] input::Hearing hearing() const override {
        return is_ready ? hears : input::Hearing::kNobody;
    }
    void event(const Event& event) override {
        text += std::to_string(event.type) + ':' + std::to_string(event.code) + '=' +
                std::to_string(event.value) + ' ';
    }
    void sync(TimePoint) override { text += "| "; }

    bool is_ready = true;
    input::Hearing hears = input::Hearing::kDriver;
    std::string text;
};

std::optional<input::ScreenArea> one_screen(ScanoutId) {
    return input::ScreenArea{{0, 0}, {1024, 512}};
}

struct Rig {
    ManualClock clock;
    Written keyboard;
    Written pointer;
    input::InputRouter router{
        clock, one_screen, {.keyboards = {&keyboard}, .pointers = {&pointer}}};

    Result<void> run(const Words& words, State state = State::kTap) {
        const auto command = parse_input_command(words, state, 0);
        REQUIRE(command);
        return run_input_command(*command, router);
    }
};

TEST_SUITE("input commands") {
    TEST_CASE("a chord is pressed in order and released in the opposite one") {
        Rig rig;
        CHECK(rig.run({"key", "ctrl+c", "ret"}));
        CHECK(rig.keyboard.text == "1:29=1 | 1:46=1 | 1:46=0 | 1:29=0 | 1:28=1 | 1:28=0 | ");
    }

    TEST_CASE("keys and buttons can be held") {
        Rig rig;
        CHECK(rig.run({"key", "shift"}, State::kDown));
        CHECK(rig.run({"key", "KEY_A"}));
        CHECK(rig.run({"key", "shift"}, State::kUp));
        CHECK(rig.keyboard.text == "1:42=1 | 1:30=1 | 1:30=0 | 1:42=0 | ");
        CHECK(rig.run({"button", "left"}, State::kDown));
        CHECK(rig.run({"pointer", "512", "0"}));
        CHECK(rig.run({"button", "left"}, State::kUp));
        CHECK(rig.pointer.text == "1:272=1 | 3:0=16384 3:1=0 | 1:272=0 | ");
    }

    TEST_CASE("text is typed as a US keyboard does") {
        Rig rig;
        CHECK(rig.run({"type", "aB"}));
        CHECK(rig.keyboard.text == "1:30=1 | 1:30=0 | 1:42=1 | 1:48=1 | 1:48=0 | 1:42=0 | ");
    }

    TEST_CASE("wheels turn by notches, and parts of them") {
        Rig rig;
        CHECK(rig.run({"wheel", "-1", "0.5"}));
        CHECK(rig.pointer.text == "2:11=120 2:8=1 2:12=60 | ");
    }

    TEST_CASE("a touch is a tap") {
        Rig rig;
        CHECK(rig.run({"touch", "0", "0"}));
        CHECK(rig.pointer.text == "3:0=0 3:1=0 1:272=1 | 1:272=0 | ");
    }

    TEST_CASE("where no device takes it, it says so") {
        Rig rig;
        rig.keyboard.is_ready = rig.pointer.is_ready = false;
        for (const Words& words :
             {Words{"key", "a"}, Words{"type", "a"}, Words{"pointer", "1", "1"},
              Words{"move", "1", "1"}, Words{"button", "left"}, Words{"wheel", "1"},
              Words{"touch", "1", "1"}}) {
            CAPTURE(words[0]);
            CHECK_FALSE(rig.run(words));
        }
        CHECK(rig.run({"key", "a"}, State::kUp));
        CHECK(rig.keyboard.text.empty());
    }

    TEST_CASE("where no driver takes it any more, it says so, and what is down can go up") {
        Rig rig;
        CHECK(rig.run({"key", "a"}, State::kDown));
        rig.keyboard.hears = input::Hearing::kSlow;
        CHECK_FALSE(rig.run({"key", "b"}));
        CHECK(rig.run({"key", "a"}, State::kUp));
        CHECK(rig.keyboard.text == "1:30=1 | 1:30=0 | ");
    }

    TEST_CASE("what makes no sense is refused with a line") {
        for (const Words& words :
             {Words{}, Words{"fly"}, Words{"key"}, Words{"key", "a++b"}, Words{"key", ""},
              Words{"key", "a+a+a+a+a+a+a+a+a+a+a+a+a+a+a+a+a"}, Words{"move", "1"},
              Words{"move", "1", "2", "3"}, Words{"wheel", "1e99"}, Words{"button", ""},
              Words{"type", std::string(2000, 'a')}}) {
            const auto command = parse_input_command(words, State::kTap, 0);
            REQUIRE_FALSE(command);
            CHECK_FALSE(command.error().message().empty());
        }
    }
}

}  // namespace
}  // namespace oriel::app
