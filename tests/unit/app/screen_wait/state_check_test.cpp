// SPDX-License-Identifier: MIT
#include "screen_wait/state_check.h"

#include <doctest/doctest.h>

#include <array>

#include "screen_wait/condition_words.h"
#include "screen_wait/wait.h"
#include "watched_vm_double.h"

namespace oriel::app {
namespace {

using namespace std::chrono_literals;
using test::VmDouble;

template <class Kind>
Kind words(const std::string& kind, const std::string& what) {
    const std::array<std::string, 2> both{kind, what};
    const auto condition = parse_condition_words(both);
    REQUIRE(condition);
    return std::get<Kind>(*condition);
}

std::string words_error(const std::string& kind, const std::string& what) {
    const std::array<std::string, 2> both{kind, what};
    const auto condition = parse_condition_words(both);
    return condition ? "" : condition.error().message();
}

TEST_SUITE("conditions without pixels") {
    TEST_CASE("a refresh rate counts once it was watched for the whole time") {
        VmDouble vm;
        vm.frames = 0;
        // 50 Hz, exactly.
        vm.meanwhile = [&vm](TimePoint now) {
            vm.frames = static_cast<uint64_t>(now.time_since_epoch() / 20ms);
        };
        ScreenFonts fonts;
        auto right = Waiter::make(vm, 0, RefreshCondition{.rate = 50, .time = 1s}, fonts);
        CHECK_FALSE(right->look().ok);
        const WaitOutcome outcome = right->wait(3s);
        CHECK(outcome.ok);
        CHECK(outcome.message == "50.00 frames a second, over 1 s");
        CHECK(vm.now() == TimePoint{1s});
        auto wrong = Waiter::make(vm, 0, RefreshCondition{.rate = 60, .time = 1s}, fonts);
        CHECK(wrong->wait(3s).message == "not within 3 s: 50.00 frames a second, over 1 s");
        auto tolerant =
            Waiter::make(vm, 0, RefreshCondition{.rate = 60, .within = 10, .time = 1s}, fonts);
        const TimePoint before = vm.now();
        CHECK(tolerant->measure().ok);
        CHECK(vm.now() - before == 1s);
    }

    TEST_CASE("a rate that was wrong at first is forgotten as time moves along") {
        RefreshWatch watch;
        const RefreshCondition condition{.rate = 10, .time = 1s};
        uint64_t frames = 0;
        TimePoint now{};
        const auto run = [&](uint64_t more) {
            StateVerdict verdict;
            for (int i = 0; i < 10; ++i) {
                now += 100ms;
                frames += more;
                verdict = watch.look(condition, frames, now);
            }
            return verdict;
        };
        static_cast<void>(watch.look(condition, 0, now));
        CHECK_FALSE(run(5).ok);
        CHECK(run(1).ok);
        CHECK_FALSE(run(0).ok);
    }

    TEST_CASE("a cursor is shown somewhere, at a place, or not at all") {
        const ScreenState hidden{.frames = 1, .source = "virtio", .size = {4, 3}, .cursor = {}};
        ScreenState shown = hidden;
        shown.cursor = Point{100, 50};
        CHECK(check_cursor({.shown = false}, hidden).ok);
        CHECK_FALSE(check_cursor({.shown = true}, hidden).ok);
        CHECK(check_cursor({.shown = true}, hidden).message == "the guest shows no cursor");
        CHECK(check_cursor({.shown = true}, shown).ok);
        CHECK_FALSE(check_cursor({.shown = false}, shown).ok);
        CHECK(check_cursor({.at = Point{100, 50}}, shown).ok);
        CHECK_FALSE(check_cursor({.at = Point{101, 50}}, shown).ok);
        CHECK(check_cursor({.at = Point{101, 49}, .within = 1}, shown).ok);
        CHECK_FALSE(check_cursor({.at = Point{100, 52}, .within = 1}, shown).ok);
        shown.cursor = Point{INT32_MIN, INT32_MAX};
        CHECK_FALSE(check_cursor({.at = Point{100, 50}, .within = 10}, shown).ok);
        CHECK(check_cursor({.at = Point{0, 0}}, shown).message ==
              "the cursor is at -2147483648,2147483647");
    }

    TEST_CASE("each field of an EDID that is asked for must be so") {
        const ToldMonitor told{.says = {.preferred = {1024, 768},
                                        .refresh_mhz = 59'999,
                                        .physical_mm = {271, 203},
                                        .name = "Panel",
                                        .serial = 2},
                               .read = false};
        const auto ok = [&](const std::string& fields) {
            return check_edid(words<EdidCondition>("edid", fields), told).ok;
        };
        CHECK(ok("name=Panel"));
        CHECK(ok("name=Panel,preferred=1024x768@60,serial=2,width-mm=271,height-mm=203"));
        CHECK_FALSE(ok("name=panel"));
        CHECK_FALSE(ok("preferred=1024x769"));
        CHECK_FALSE(ok("preferred=1024x768@75"));
        CHECK_FALSE(ok("serial=1"));
        CHECK_FALSE(ok("width-mm=270"));
        CHECK_FALSE(ok("height-mm=0"));
        CHECK_FALSE(ok("name=Panel,read"));
        const auto verdict = check_edid(words<EdidCondition>("edid", "name=x,serial=2,read"), told);
        CHECK(verdict.message ==
              "name 'Panel' (not 'x'), serial 2, the guest's driver has not read it so");
        ToldMonitor read = told;
        read.read = true;
        CHECK(check_edid(words<EdidCondition>("edid", "read"), read).ok);
    }

    TEST_CASE("their words on a command line are told when they are wrong") {
        CHECK(words<RefreshCondition>("refresh", "60").time == 2s);
        CHECK(words<RefreshCondition>("refresh", "59.94,0.5,10").time == 10s);
        for (const char* wrong : {"x", "60,", "60,1,0", "60,1,61", "-1", "60,1,2,3", ","}) {
            CAPTURE(wrong);
            CHECK_FALSE(words_error("refresh", wrong).empty());
        }
        CHECK(words<CursorCondition>("cursor", "3,4").at == Point{3, 4});
        CHECK_FALSE(words<CursorCondition>("cursor", "hidden").shown);
        for (const char* wrong : {"3", "3,", ",4", "3,99999", "seen", "3,4,5"}) {
            CAPTURE(wrong);
            CHECK_FALSE(words_error("cursor", wrong).empty());
        }
        for (const char* wrong : {"nam=x", "preferred=1", "serial=x", "read=1", "serial", ","}) {
            CAPTURE(wrong);
            CHECK_FALSE(words_error("edid", wrong).empty());
        }
        CHECK(words<NeedleCondition>("tag", "/a:b:boot").folder == "/a:b");
        CHECK(words_error("tag", "boot") == "ctl wait tag boot: expected FOLDER:TAG");
        CHECK_FALSE(words_error("serial", "(").empty());
        const std::array<std::string, 1> end{"end"};
        CHECK(std::holds_alternative<EndCondition>(*parse_condition_words(end)));
        const std::array<std::string, 1> nothing{"text"};
        CHECK_FALSE(parse_condition_words(nothing));
    }
}

}  // namespace
}  // namespace oriel::app
