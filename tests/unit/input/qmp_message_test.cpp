// SPDX-License-Identifier: MIT
#include "qmp_message.h"

#include <doctest/doctest.h>
#include <linux/input-event-codes.h>

#include <limits>
#include <nlohmann/json.hpp>
#include <string>
#include <vector>

namespace oriel::input::qmp {
namespace {

using nlohmann::json;
using Kind = Message::Kind;

json events_of(const std::string& line) {
    REQUIRE(line.ends_with('\n'));
    return json::parse(line)["arguments"]["events"];
}

TEST_CASE("what QEMU says is told apart") {
    CHECK(parse(R"({"QMP":{"version":{},"capabilities":[]}})").kind == Kind::kGreeting);
    const Message done = parse(R"({"return":{},"id":7})");
    CHECK(done.kind == Kind::kReturn);
    CHECK(done.id == 7);
    CHECK_FALSE(done.mice);
    const Message error = parse(R"({"error":{"class":"GenericError","desc":"no"},"id":8})");
    CHECK(error.kind == Kind::kError);
    CHECK(error.text == "no");
    CHECK(error.id == 8);
    CHECK(parse(R"({"event":"RESET","data":{}})").kind == Kind::kEvent);
    CHECK(parse(R"({"return":{"status":"suspended"},"id":9})").status == "suspended");
    CHECK(parse(R"({"return":{"status":7},"id":9})").status.empty());
    CHECK(parse(R"({"return":7,"id":9})").status.empty());
    for (const char* odd : {"", "{", "[]", "7", "\"QMP\"", "{}", R"({"hello":1})", "\xff\xfe"}) {
        CHECK(parse(odd).kind == Kind::kGarbage);
    }
    CHECK(parse(R"({"return":{},"id":"x"})").id == 0);
    CHECK(parse(R"({"return":{},"id":-1})").id == 0);
    CHECK(parse(R"({"error":5})").kind == Kind::kError);
    CHECK(parse(std::string(60'000, '[')).kind == Kind::kGarbage);
}

TEST_CASE("only an absolute mouse that the guest uses counts as one") {
    const Message ps2 = parse(
        R"({"return":[{"name":"QEMU PS/2 Mouse","index":2,"current":true,"absolute":false}],"id":1})");
    REQUIRE(ps2.mice);
    CHECK(ps2.mice->relative);
    CHECK_FALSE(ps2.mice->absolute);
    const Message idle = parse(R"({"return":[{"current":true,"absolute":false},
        {"current":false,"absolute":true}],"id":1})");
    CHECK_FALSE(idle.mice->absolute);
    const Message used = parse(R"({"return":[{"current":true,"absolute":true}, 5, null,
        {"absolute":"yes"}],"id":1})");
    CHECK(used.mice->absolute);
    CHECK(used.mice->relative);
}

TEST_CASE("keys, buttons, motion and wheels have QEMU's names") {
    const std::vector<Event> frame{{EV_KEY, KEY_A, 1},
                                   {EV_KEY, BTN_LEFT, 0},
                                   {EV_ABS, ABS_X, 100},
                                   {EV_REL, REL_Y, -3},
                                   {EV_REL, REL_WHEEL, 2},
                                   {EV_REL, REL_HWHEEL, -1},
                                   {EV_REL, REL_WHEEL_HI_RES, 240},
                                   {EV_KEY, KEY_FN, 1},
                                   {EV_SYN, SYN_REPORT, 0}};
    const std::string line = send_events(12, frame);
    const json command = json::parse(line);
    CHECK(command["execute"] == "input-send-event");
    CHECK(command["id"] == 12);
    const json events = events_of(line);
    REQUIRE(events.size() == 4 + 4 + 2);
    CHECK(events[0] ==
          json::parse(R"({"type":"key","data":{"down":true,"key":{"type":"qcode","data":"a"}}})"));
    CHECK(events[1] == json::parse(R"({"type":"btn","data":{"down":false,"button":"left"}})"));
    CHECK(events[2] == json::parse(R"({"type":"abs","data":{"axis":"x","value":100}})"));
    CHECK(events[3] == json::parse(R"({"type":"rel","data":{"axis":"y","value":-3}})"));
    CHECK(events[4] == json::parse(R"({"type":"btn","data":{"down":true,"button":"wheel-up"}})"));
    CHECK(events[5]["data"]["down"] == false);
    CHECK(events[9]["data"]["button"] == "wheel-left");
    CHECK_FALSE(translates({EV_KEY, KEY_FN, 1}));
    CHECK_FALSE(translates({EV_ABS, ABS_MT_SLOT, 1}));
    CHECK(translates({EV_KEY, KEY_F24, 1}));
    CHECK(send_events(1, std::vector<Event>{{EV_KEY, KEY_FN, 1}, {EV_SYN, 0, 0}}).empty());
}

TEST_CASE("a wheel that turns madly makes no endless command") {
    const std::vector<Event> frame{{EV_REL, REL_WHEEL, std::numeric_limits<int32_t>::min()}};
    CHECK(events_of(send_events(1, frame)).size() == 32);
}

}  // namespace
}  // namespace oriel::input::qmp
