// SPDX-License-Identifier: MIT
#include "screen_wait/wait.h"

#include <doctest/doctest.h>

#include <array>

#include "match/png.h"
#include "screen_wait/condition_words.h"
#include "support/temp_dir.h"
#include "watched_vm_double.h"

namespace oriel::app {
namespace {

using namespace std::chrono_literals;
using test::VmDouble;

Waiter waiter_of(VmDouble& vm, const std::string& kind, const std::string& what) {
    const std::array<std::string, 2> words{kind, what};
    auto condition = parse_condition_words(words);
    REQUIRE(condition);
    ScreenFonts fonts;
    auto waiter = Waiter::make(vm, 0, std::move(*condition), fonts);
    REQUIRE(waiter);
    return std::move(*waiter);
}

std::string words_error(const std::string& kind, const std::string& what) {
    const std::array<std::string, 2> words{kind, what};
    const auto condition = parse_condition_words(words);
    return condition ? "" : condition.error().message();
}

TEST_SUITE("wait") {
    TEST_CASE("a colour is waited for until it is there, and no longer") {
        VmDouble vm;
        vm.meanwhile = [&vm](TimePoint now) {
            if (now >= TimePoint{1s} && vm.frames == 1) {
                vm.paint(0x123456);
            }
        };
        Waiter waiter = waiter_of(vm, "colour", "#123456");
        CHECK(waiter.wait(5s).ok);
        CHECK(vm.now() >= TimePoint{1s});
        CHECK(vm.now() <= TimePoint{1s} + Waiter::kInterval);
    }

    TEST_CASE("what never comes is over in time, and says what is there instead") {
        VmDouble vm;
        Waiter waiter = waiter_of(vm, "colour", "#123456,1,1,2,2");
        const WaitOutcome outcome = waiter.wait(300ms);
        CHECK_FALSE(outcome.ok);
        CHECK(outcome.message == "not within 0.3 s: #123456 was expected, #000000 is at 1,1");
        CHECK(vm.now() == TimePoint{300ms});
        CHECK(outcome.seen);
    }

    TEST_CASE("a VM that ends is not waited for") {
        VmDouble vm;
        vm.meanwhile = [&vm](TimePoint now) { vm.over = now >= TimePoint{200ms}; };
        Waiter waiter = waiter_of(vm, "mode", "text");
        const WaitOutcome outcome = waiter.wait(60s);
        CHECK_FALSE(outcome.ok);
        CHECK(outcome.message.starts_with("the VM has ended; before that: "));
        CHECK(vm.now() == TimePoint{200ms});
    }

    TEST_CASE("stable is a time without a pixel that changes, whatever is flushed") {
        VmDouble vm;
        vm.meanwhile = [&vm](TimePoint now) {
            ++vm.frames;  // a guest that flushes the same again and again
            if (now == TimePoint{500ms}) {
                vm.paint(0xffffff);
            }
        };
        Waiter waiter = waiter_of(vm, "stable", "1000");
        CHECK(waiter.wait(10s).ok);
        CHECK(vm.now() == TimePoint{1500ms});
    }

    TEST_CASE("expecting no change ends with the first pixel that does") {
        VmDouble vm;
        vm.meanwhile = [&vm](TimePoint now) {
            if (now == TimePoint{400ms}) {
                vm.paint(1);
            }
        };
        Waiter waiter = waiter_of(vm, "stable", "1000");
        CHECK(waiter.expect_unchanged(300ms).ok);
        const WaitOutcome outcome = waiter.expect_unchanged(1s);
        CHECK_FALSE(outcome.ok);
        CHECK(vm.now() == TimePoint{400ms});
    }

    TEST_CASE("a cursor that moves is seen without a frame, and only by those who ask for it") {
        const test::TempDir folder;
        VmDouble vm;
        match::Picture pointed = vm.shown;
        match::fill(pointed, {1, 1, 1, 1}, 0xffffff);
        const std::string file = folder.file("pointed.png");
        REQUIRE(match::write_png(file, pointed.view()));
        vm.meanwhile = [&](TimePoint now) {
            if (now >= TimePoint{200ms}) {
                vm.pointed = pointed;
            }
        };
        ScreenFonts fonts;
        auto without = Waiter::make(vm, 0, ImageCondition{.files = {file}}, fonts);
        CHECK_FALSE(without->wait(500ms).ok);
        vm.pointed.reset();
        auto with = Waiter::make(vm, 0, ImageCondition{.files = {file}, .cursor = true}, fonts);
        CHECK_FALSE(with->look().ok);
        CHECK(with->wait(500ms).ok);
    }

    TEST_CASE("a mode is all of its words") {
        VmDouble vm;
        vm.source = "text 80x25";
        CHECK(waiter_of(vm, "mode", "text 80x25").look().ok);
        CHECK(waiter_of(vm, "mode", "80x25").look().ok);
        CHECK_FALSE(waiter_of(vm, "mode", "text 80x2").look().ok);
        CHECK(waiter_of(vm, "mode", "virtio").look().message == "the screen shows text 80x25");
    }

    TEST_CASE("serial lines are found one after the other") {
        VmDouble vm;
        vm.said = "boot\nready\nready\n";
        ScreenFonts fonts;
        const auto pattern = Pattern::compile("^ready$");
        auto first = Waiter::make(vm, 0, SerialCondition{*pattern}, fonts);
        CHECK(first->look().ok);
        CHECK(first->look().ok);
        const WaitOutcome third = first->look();
        CHECK_FALSE(third.ok);
        CHECK(third.message == "no such line on the serial port; the last one is 'ready'");
    }

    TEST_CASE("an image is compared with all of its alternatives, and the nearest is told") {
        const test::TempDir folder;
        VmDouble vm;
        vm.paint(0x102030);
        REQUIRE(match::write_png(folder.file("same.png"), vm.shown.view()));
        match::Picture other = vm.shown;
        other.pixels[5] = 0xffffff;
        REQUIRE(match::write_png(folder.file("near.png"), other.view()));
        match::fill(other, Rect::of(other.size), 0xffffff);
        REQUIRE(match::write_png(folder.file("far.png"), other.view()));
        ImageCondition image{.files = {folder.file("far.png"), folder.file("near.png")}};
        ScreenFonts fonts;
        auto waiter = Waiter::make(vm, 0, image, fonts);
        REQUIRE(waiter);
        const WaitOutcome none = waiter->look();
        CHECK_FALSE(none.ok);
        CHECK(none.verdict->nearest == 1U);
        CHECK(none.message.find("near.png: 1 of 12 pixels differ") != std::string::npos);
        image.files.push_back(folder.file("same.png"));
        CHECK(Waiter::make(vm, 0, image, fonts)->look().ok);
        image.files = {folder.file("near.png")};
        image.ignored = {{1, 1, 1, 1}};
        CHECK(Waiter::make(vm, 0, image, fonts)->look().ok);
        image.area = {2, 2, 9, 9};
        CHECK(Waiter::make(vm, 0, image, fonts)->look().message.find("outside of the screen") !=
              std::string::npos);
        CHECK_FALSE(Waiter::make(vm, 0, ImageCondition{.files = {folder.file("none.png")}}, fonts));
    }

    TEST_CASE("an image is found anywhere, with its place") {
        const test::TempDir folder;
        VmDouble vm{Size{40, 30}};
        match::fill(vm.shown, {17, 9, 3, 2}, 0x00ff00);
        match::Picture needle{Size{3, 2}, std::vector<uint32_t>(6, 0x00ff00)};
        REQUIRE(match::write_png(folder.file("needle.png"), needle.view()));
        Waiter waiter = waiter_of(vm, "anywhere", folder.file("needle.png"));
        const WaitOutcome outcome = waiter.look();
        CHECK(outcome.ok);
        CHECK(outcome.verdict->where == Rect{17, 9, 3, 2});
        vm.paint(0);
        CHECK_FALSE(waiter.look().ok);
    }

    TEST_CASE("a picture that is nowhere is told with the place where it is nearest") {
        const test::TempDir folder;
        VmDouble vm{Size{200, 120}};
        match::fill(vm.shown, {60, 40, 30, 20}, 0x30c030);
        match::fill(vm.shown, {65, 45, 5, 10}, 0xffffff);
        match::Picture needle = match::copy_of(vm.shown.view().part({55, 35, 40, 30}));
        needle.pixels[40 * 12 + 13] = 0;  // one pixel of it is another
        const std::string file = folder.file("needle.png");
        REQUIRE(match::write_png(file, needle.view()));
        Waiter waiter = waiter_of(vm, "anywhere", file);
        const WaitOutcome outcome = waiter.wait(std::chrono::milliseconds{50});
        CHECK_FALSE(outcome.ok);
        CHECK(outcome.message == "not within 0.05 s: " + file +
                                     " is nowhere on the screen; it is nearest at 55,35, where 1 "
                                     "of 1200 pixels differ, by up to 255");
        CHECK(outcome.verdict->compared == Rect{55, 35, 40, 30});
    }

    TEST_CASE("wrong words are told") {
        CHECK(words_error("txt", "a").ends_with("did you mean 'text'?"));
        CHECK(words_error("colour", "#12") ==
              "ctl wait colour #12: expected #RRGGBB or #RRGGBB,X,Y,WIDTH,HEIGHT");
        CHECK_FALSE(words_error("colour", "#123456,1,2,3").empty());
        CHECK_FALSE(words_error("stable", "0").empty());
        CHECK_FALSE(words_error("frames", "-1").empty());
        CHECK_FALSE(words_error("pattern", "(").empty());
        CHECK(words_error("colour", "#123456,1,2,3,4").empty());
    }
}

}  // namespace
}  // namespace oriel::app
