// SPDX-License-Identifier: MIT
// The compositor goes away before, and in the middle of, each function of liboriel-vdpy in turn:
// nobody waits for ever, and the windows come back.
#include <doctest/doctest.h>

#include <array>
#include <functional>
#include <string>
#include <vector>

#include "support/compositor/server.h"
#include "vdpy_desk.h"

namespace oriel::test::vdpy {
namespace {

using namespace std::chrono_literals;

constexpr uint32_t kBefore = 0xff10'2030;
constexpr uint32_t kAfter = 0xff30'2010;

struct Call {
    const char* name;
    std::function<void(Desk&)> make;
};

void show(Desk& desk, surface given) {
    vdpy_surface_set(desk.handle, 0, &given);
    vdpy_surface_update(desk.handle, 0, &given);
}

void define_cursor(Desk& desk) {
    std::vector<uint32_t> image(16 * 16, 0xff40'5060);
    cursor given{};
    given.width = given.height = 16;
    given.data = image.data();
    vdpy_cursor_define(desk.handle, 0, &given);
}

const std::vector<Call>& calls() {
    static const std::vector<Call> all{
        {"vdpy_parse_cmd_option",
         [](Desk&) { CHECK(vdpy_parse_cmd_option("geometry=320x200+0+0") == 0); }},
        {"gfx_ui_init", [](Desk&) { CHECK(gfx_ui_init() == 0); }},
        {"vdpy_init", [](Desk&) { CHECK(vdpy_init(nullptr) == 0); }},
        {"vdpy_get_display_info",
         [](Desk& desk) {
             display_info info{};
             vdpy_get_display_info(desk.handle, 0, &info);
             CHECK(Size{info.width, info.height} == kSize);
         }},
        {"vdpy_get_edid",
         [](Desk& desk) {
             std::array<uint8_t, 256> edid{};
             vdpy_get_edid(desk.handle, 0, edid.data(), edid.size());
             CHECK(edid[1] == 0xff);
         }},
        {"vdpy_surface_set",
         [](Desk& desk) {
             desk.run([&] {
                 surface given = desk.memory();
                 vdpy_surface_set(desk.handle, 0, &given);
             });
         }},
        {"vdpy_surface_set, dark",
         [](Desk& desk) { desk.run([&] { vdpy_surface_set(desk.handle, 0, nullptr); }); }},
        {"vdpy_surface_update", [](Desk& desk) { desk.set(0xff11'1111); }},
        {"vdpy_surface_update, a dma-buf",
         [](Desk& desk) {
             const UniqueFd file = memfd_of(0xff22'2222);
             desk.run([&] { show(desk, Desk::blob(file.get())); });
         }},
        {"vdpy_cursor_define", [](Desk& desk) { desk.run([&] { define_cursor(desk); }); }},
        {"vdpy_cursor_move", [](Desk& desk) { vdpy_cursor_move(desk.handle, 0, 5, 5); }},
        {"vdpy_submit_bh", [](Desk& desk) { desk.run([] {}); }},
        {"vdpy_deinit",
         [](Desk& desk) {
             CHECK(vdpy_deinit(desk.handle) == 0);
             desk.handle = vdpy_init(nullptr);
             CHECK(desk.handle > 0);
         }},
        {"gfx_ui_deinit",
         [](Desk& desk) {
             gfx_ui_deinit();
             CHECK(gfx_ui_init() == 0);
             desk.handle = vdpy_init(nullptr);
             CHECK(desk.handle > 0);
         }},
    };
    return all;
}

void cut_at(TestCompositor& compositor, uint64_t next) {
    compositor.with([next](Server& server) {
        uint64_t requests = 0;
        for (const auto& [name, count] : server.state.requests) {
            requests += count;
        }
        server.options.fault = Fault{.request = "", .nth = requests + next};
    });
}

void comes_back(Desk& desk) {
    CHECK(desk.set(kAfter) < 1s);
    desk.wait_for([](const State& s) { return s.windows.size() > 1 && shows(s, kAfter); },
                  "the picture in the next window");
}

/// `lose` makes the compositor go away, at once or at something that it is asked for.
void lose_in(const Call& call, const std::function<void(TestCompositor&)>& lose) {
    Desk desk{{.linux_dmabuf = 3, .tearing_guest = true}};
    desk.set(kBefore);
    desk.wait_for([](const State& s) { return shows(s, kBefore); }, "the picture");
    desk.compositor().pointer_enter(10, 10);
    desk.settle();
    lose(desk.compositor());
    const auto began = std::chrono::steady_clock::now();
    call.make(desk);
    CHECK(std::chrono::steady_clock::now() - began < 1s);
    comes_back(desk);
}

}  // namespace

TEST_CASE("a compositor that is gone before a call, whichever it is, comes back with the windows") {
    for (const Call& call : calls()) {
        CAPTURE(call.name);
        lose_in(call, [](TestCompositor& compositor) { compositor.disconnect(); });
    }
}

TEST_CASE("a compositor that goes away in a call, whichever it is, comes back with the windows") {
    for (const Call& call : calls()) {
        CAPTURE(call.name);
        for (const uint64_t request : {1U, 3U, 6U}) {
            CAPTURE(request);
            lose_in(call, [&](TestCompositor& compositor) { cut_at(compositor, request); });
        }
    }
}

TEST_CASE("a compositor that goes away at each request of the start is waited for, or told of") {
    for (const char* const choice : {"compositor=wait", "compositor=need"}) {
        CAPTURE(choice);
        bool reached = true;
        for (uint64_t request = 1; reached; ++request) {
            CAPTURE(request);
            REQUIRE(request < 200);
            Place place{{.fault = Fault{.request = "", .nth = request}}};
            const std::string options = std::string{"geometry=320x200+0+0,"} + choice;
            REQUIRE(vdpy_parse_cmd_option(options.c_str()) == 0);
            const auto began = std::chrono::steady_clock::now();
            const bool started = gfx_ui_init() == 0;
            const int handle = vdpy_init(nullptr);
            CHECK(std::chrono::steady_clock::now() - began < 2s);
            CHECK((handle > 0) == started);
            if (started) {
                place.wait_for(
                    [](const State& s) {
                        return s.clients == 1 && !s.windows.empty() && s.windows.back().alive &&
                               s.windows.back().configure_acked != 0;
                    },
                    "a window");
            } else {
                CHECK(options.ends_with("need"));
            }
            reached = place.state().faulted;
            CHECK(vdpy_deinit(handle) == (started ? 0 : -1));
            gfx_ui_deinit();
        }
    }
}

TEST_CASE(
    "a compositor that hangs holds up no call but one that waits for it, and that for a period") {
    Desk desk;
    desk.set(kBefore);
    desk.wait_for([](const State& s) { return shows(s, kBefore); }, "the picture");
    desk.compositor().stall();
    for (const Call& call : calls()) {
        if (std::string{call.name} == "gfx_ui_deinit") {
            continue;  // its next gfx_ui_init() would find nobody
        }
        CAPTURE(call.name);
        const auto began = std::chrono::steady_clock::now();
        call.make(desk);
        CHECK(std::chrono::steady_clock::now() - began < 500ms);
    }
    desk.compositor().resume();
    desk.set(kAfter);
    desk.wait_for([](const State& s) { return shows(s, kAfter); }, "the picture after it");
}

}  // namespace oriel::test::vdpy
