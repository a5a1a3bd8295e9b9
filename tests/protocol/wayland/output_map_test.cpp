// SPDX-License-Identifier: MIT
// --output-map: which output a screen's window is full screen on.
#include <doctest/doctest.h>

#include "presenter_desk.h"

namespace oriel::test {
namespace {

const OutputOptions kLeft{.name = "DP-1", .mode = {1920, 1080}};
const OutputOptions kRight{.name = "HDMI-A-1", .mode = {1280, 1024}, .position = {1920, 0}};

CompositorOptions two_outputs() {
    return {.outputs = {kLeft, kRight}};
}

wayland::PresenterOptions mapped(std::vector<std::string> names, size_t screens = 2) {
    wayland::PresenterOptions options =
        presenter_options({320, 200}, wayland::PathChoice::kShm, screens);
    options.fullscreen = true;
    options.output_names = std::move(names);
    return options;
}

wayland::Presenter& windows_of(const PresenterDesk& desk) {
    return dynamic_cast<wayland::Presenter&>(*desk.presenter);
}

std::string asked_for(const PresenterDesk& desk, size_t window) {
    return desk.state().windows[window].fullscreen_output;
}

/// The same of the newest window: one that is sent somewhere is made anew.
std::string asked_last(const PresenterDesk& desk) {
    return asked_for(desk, desk.state().windows.size() - 1);
}

}  // namespace

TEST_CASE("each screen is full screen on the output with its name") {
    PresenterDesk desk{two_outputs(), mapped({"HDMI-A-1", "DP-1"})};
    // Their modes before a window is anywhere, so that the guest's first picture fits.
    CHECK(desk.presenter->screen(0).preferred == Size{1280, 1024});
    CHECK(desk.presenter->screen(1).preferred == Size{1920, 1080});
    desk.settle();
    CHECK(asked_for(desk, 0) == "HDMI-A-1");
    CHECK(asked_for(desk, 1) == "DP-1");
}

TEST_CASE("a screen without a name has the output with its number") {
    PresenterDesk desk{two_outputs(), mapped({"", "DP-1"})};
    desk.settle();
    CHECK(asked_for(desk, 0) == "DP-1");
    CHECK(asked_for(desk, 1) == "DP-1");
}

TEST_CASE("an output that isn't there is named in one line, and the window goes there once it is") {
    const LogLines log;
    PresenterDesk desk{{.outputs = {kLeft}}, mapped({"HDMI-A-1"}, 1)};
    desk.settle();
    CHECK(log.count("there is no output HDMI-A-1 (there are: DP-1)") == 1);
    CHECK(desk.state().windows[0].fullscreen_requested);
    CHECK(asked_for(desk, 0).empty());
    desk.compositor.add_output(kRight);
    desk.settle();
    CHECK(asked_for(desk, 0) == "HDMI-A-1");
}

TEST_CASE("a window goes back to its output when that comes back") {
    PresenterDesk desk{two_outputs(), mapped({"HDMI-A-1"}, 1)};
    GuestPicture picture{{320, 200}};
    picture.scribble(picture.all());
    desk.show(picture);
    const auto requests = [&] { return desk.state().count("xdg_toplevel.set_fullscreen"); };
    REQUIRE(requests() == 1);
    desk.compositor.remove_output("HDMI-A-1");
    desk.settle();
    CHECK(requests() == 1);  // where to is the compositor's business
    desk.compositor.add_output(kRight);
    desk.settle();
    CHECK(requests() == 2);
    CHECK(asked_for(desk, 0) == "HDMI-A-1");
    desk.next_frame();
    desk.flush(picture.all());
    desk.settle();
    CHECK(desk.answered == 2);
}

TEST_CASE("a window that moves to a smaller output moves the screens to its right") {
    PresenterDesk desk{two_outputs(), mapped({"DP-1", "HDMI-A-1"})};
    desk.settle();
    desk.compositor.move_to_output("DP-1", 0);
    desk.compositor.move_to_output("HDMI-A-1", 1);
    desk.settle();
    CHECK(desk.presenter->screen(1).position == Point{1920, 0});
    desk.events.screens_changed.clear();
    desk.compositor.move_to_output("HDMI-A-1", 0);
    desk.settle();
    CHECK(desk.presenter->screen(0).preferred == Size{1280, 1024});
    CHECK(desk.presenter->screen(1).position == Point{1280, 0});
    CHECK(desk.events.screens_changed == std::vector<ScanoutId>{0, 1});
}

TEST_CASE("a window that isn't full screen stays where it is when its output comes") {
    wayland::PresenterOptions options = mapped({"HDMI-A-1"}, 1);
    options.fullscreen = false;
    PresenterDesk desk{{.outputs = {kLeft}}, std::move(options)};
    desk.settle();
    desk.compositor.add_output(kRight);
    desk.settle();
    CHECK(desk.state().count("xdg_toplevel.set_fullscreen") == 0);
}

TEST_CASE("outputs of a compositor with an old wl_output have names by xdg-output") {
    CompositorOptions old = two_outputs();
    old.wl_output = 3;
    old.xdg_output = 2;
    PresenterDesk desk{old, mapped({"HDMI-A-1"}, 1)};
    desk.settle();
    CHECK(asked_for(desk, 0) == "HDMI-A-1");
    // One that comes later has one, too.
    desk.compositor.remove_output("HDMI-A-1");
    desk.settle();
    desk.compositor.add_output(kRight);
    desk.settle();
    CHECK(asked_for(desk, 0) == "HDMI-A-1");
}

TEST_CASE("an output is found by make, model and serial number, too") {
    PresenterDesk desk{two_outputs(), mapped({"Oriel Test Output S/HDMI-A-1"}, 1)};
    desk.settle();
    CHECK(asked_for(desk, 0) == "HDMI-A-1");
    // The first one, where several are the same.
    PresenterDesk same{two_outputs(), mapped({"Oriel Test Output"}, 1)};
    same.settle();
    CHECK(asked_for(same, 0) == "DP-1");
    const LogLines log;
    PresenterDesk half{two_outputs(), mapped({"Oriel Test Output S/HDMI-A"}, 1)};
    CHECK(log.count("there is no output Oriel Test Output S/HDMI-A ") == 1);
}

TEST_CASE("a window whose output isn't there can be hidden, and costs nothing until it comes") {
    const LogLines log;
    wayland::PresenterOptions options = mapped({"HDMI-A-1"}, 1);
    options.hide_without_output = true;
    PresenterDesk desk{{.outputs = {kLeft}}, std::move(options)};
    GuestPicture picture{{320, 200}};
    desk.show(picture);
    desk.settle();
    CHECK(log.count("there is no output HDMI-A-1 (there are: DP-1): hidden until it comes") == 1);
    CHECK(desk.state().windows.empty());
    CHECK_FALSE(desk.presenter->visible(0));
    CHECK(desk.presenter->screen(0).connected);  // the guest's monitor is another thing
    desk.compositor.add_output(kRight);
    desk.settle();
    CHECK(asked_for(desk, 0) == "HDMI-A-1");
    CHECK(desk.presenter->visible(0));
    desk.compositor.remove_output("HDMI-A-1");
    desk.settle();
    CHECK_FALSE(desk.state().windows[0].alive);
    CHECK_FALSE(desk.presenter->visible(0));
    // Wherever it is sent.
    REQUIRE(windows_of(desk).move_to_output(0, "DP-1"));
    desk.settle();
    CHECK(asked_last(desk) == "DP-1");
    CHECK(desk.presenter->visible(0));
}

TEST_CASE("where no output has a name, no window is hidden for it") {
    CompositorOptions nameless = two_outputs();
    nameless.wl_output = 3;
    wayland::PresenterOptions options = mapped({"HDMI-A-1"}, 1);
    options.hide_without_output = true;
    PresenterDesk desk{nameless, std::move(options)};
    desk.settle();
    CHECK(desk.state().windows.size() == 1);
}

TEST_CASE("a screen is sent to another output, and belongs there from then on") {
    PresenterDesk desk{two_outputs(), mapped({"HDMI-A-1"}, 1)};
    desk.settle();
    REQUIRE(windows_of(desk).move_to_output(0, "DP-1"));
    desk.settle();
    CHECK(asked_last(desk) == "DP-1");
    CHECK(windows_of(desk).kept()[0].sent_to == "DP-1");
    desk.compositor.remove_output("DP-1");
    desk.settle();
    desk.compositor.add_output(kLeft);
    desk.settle();
    CHECK(asked_last(desk) == "DP-1");

    const auto nowhere = windows_of(desk).move_to_output(0, "DP-7");
    REQUIRE_FALSE(nowhere);
    CHECK(nowhere.error().message() == "there is no output DP-7 (there are: HDMI-A-1, DP-1)");
    CHECK_FALSE(windows_of(desk).move_to_output(1, "DP-1"));
    CHECK(windows_of(desk).kept()[0].sent_to == "DP-1");
}

TEST_CASE("a window that is not full screen becomes so where it is sent") {
    wayland::PresenterOptions options = mapped({}, 1);
    options.fullscreen = false;
    PresenterDesk desk{two_outputs(), std::move(options)};
    desk.settle();
    CHECK_FALSE(desk.state().windows[0].fullscreen_requested);
    REQUIRE(windows_of(desk).move_to_output(0, "HDMI-A-1"));
    desk.settle();
    CHECK(asked_last(desk) == "HDMI-A-1");
}

TEST_CASE("where a screen was sent holds on the next compositor") {
    PresenterDesk desk{two_outputs(), mapped({"HDMI-A-1"}, 1)};
    desk.settle();
    REQUIRE(windows_of(desk).move_to_output(0, "DP-1"));
    desk.settle();
    wayland::PresenterOptions options = mapped({"HDMI-A-1"}, 1);
    options.kept = windows_of(desk).kept();
    PresenterDesk next{two_outputs(), std::move(options)};
    next.settle();
    CHECK(asked_last(next) == "DP-1");
}

}  // namespace oriel::test
