// SPDX-License-Identifier: MIT
// Who draws a window's frame, where this program doesn't.
#include <dlfcn.h>
#include <doctest/doctest.h>

#include <cstdlib>
#include <fstream>
#include <string>

#include "presenter_desk.h"
#include "support/temp_dir.h"

namespace oriel::test {
namespace {

constexpr Size kSize{320, 200};
constexpr uint32_t kClientSide = 1;
constexpr uint32_t kServerSide = 2;

/// Counts who asks for libdecor, and gives out something else.
struct Loader {
    int asked = 0;
    void* gives = nullptr;

    [[nodiscard]] wayland::PresenterOptions options() {
        wayland::PresenterOptions options = presenter_options(kSize);
        options.open_libdecor = [this](const char* name) {
            ++asked;
            // As dlopen() fails.
            return gives != nullptr ? gives
                                    : ::dlopen((std::string{"no-"} + name).c_str(), RTLD_NOW);
        };
        return options;
    }
};

/// A folder of plugins for the contexts that are made while it lives.
struct PluginDir {
    explicit PluginDir(const std::string& path) {
        ::setenv("LIBDECOR_PLUGIN_DIR", path.c_str(), 1);
    }
    PluginDir(const PluginDir&) = delete;
    PluginDir& operator=(const PluginDir&) = delete;
    ~PluginDir() { ::unsetenv("LIBDECOR_PLUGIN_DIR"); }
};

/// As the program has it: dlopen().
wayland::PresenterOptions really_open() {
    wayland::PresenterOptions options = presenter_options(kSize);
    options.open_libdecor = {};
    return options;
}

/// The compositor shows the guest's picture, in a plain window.
void check_plain(PresenterDesk& desk) {
    GuestPicture picture{kSize};
    picture.scribble(picture.all());
    desk.show(picture);
    CHECK(desk.state().shown() == picture.expected());
    CHECK(desk.state().windows.at(0).frame_size.empty());
    CHECK(desk.state().windows.at(0).title.starts_with("test"));
}

}  // namespace

TEST_CASE("a compositor that has frames is asked for them, and libdecor isn't looked for") {
    Loader loader;
    PresenterDesk desk{{}, loader.options()};
    check_plain(desk);
    CHECK(desk.state().windows.at(0).decoration_requested == kServerSide);
    CHECK(loader.asked == 0);
}

TEST_CASE("a user who wants no frame gets none") {
    Loader loader;
    for (const uint32_t version : {0U, 1U}) {
        wayland::PresenterOptions options = loader.options();
        options.decorations = wayland::DecorationsChoice::kNone;
        LogLines log;
        PresenterDesk desk{{.xdg_decoration = version}, std::move(options)};
        check_plain(desk);
        if (version != 0) {
            CHECK(desk.state().windows.at(0).decoration_requested == kClientSide);
        }
        CHECK(log.count("windows have no frame") == 0);
    }
    CHECK(loader.asked == 0);
}

TEST_CASE("without libdecor windows have no frame, and one line says what to install") {
    Loader loader;
    LogLines log;
    wayland::PresenterOptions options = loader.options();
    options.screens.assign(2, ScreenInfo{.preferred = kSize});
    PresenterDesk desk{{.xdg_decoration = 0}, std::move(options)};
    check_plain(desk);
    CHECK(loader.asked == 1);
    CHECK(log.count("windows have no frame") == 1);
    CHECK(log.count("install libdecor-0-0 and libdecor-0-plugin-1-cairo") == 1);
}

TEST_CASE("a library that isn't libdecor is not used") {
    // The C library, say.
    Loader loader{.gives = ::dlopen("libc.so.6", RTLD_NOW)};
    LogLines log;
    PresenterDesk desk{{.xdg_decoration = 0}, loader.options()};
    check_plain(desk);
    CHECK(log.count("libdecor_new") == 1);
}

TEST_CASE("a compositor without subsurfaces gets windows without frames") {
    Loader loader;
    LogLines log;
    PresenterDesk desk{{.wl_subcompositor = 0, .xdg_decoration = 0}, loader.options()};
    check_plain(desk);
    CHECK(loader.asked == 0);
    CHECK(log.count("windows have no frame") == 1);
}

TEST_CASE("without a plugin windows have no frame, and one line says what to install") {
    const TempDir empty;
    const PluginDir plugins{empty.file("")};
    LogLines log;
    wayland::PresenterOptions options = really_open();
    options.screens.assign(2, ScreenInfo{.preferred = kSize});
    PresenterDesk desk{{.xdg_decoration = 0}, std::move(options)};
    check_plain(desk);
    CHECK(log.count("windows have no frame") == 1);
    CHECK(log.count("libdecor-0-plugin-1-cairo") == 1);
    desk.compositor.configure({.size = {640, 480}, .flags = {WindowFlag::kActivated}});
    desk.settle();
    CHECK(desk.state().surface()->size == Size{640, 480});
}

TEST_CASE("a plugin that can't be loaded is no reason to fail") {
    const TempDir broken;
    std::ofstream{broken.file("libdecor-broken.so")} << "this is no library";
    const PluginDir plugins{broken.file("")};
    LogLines log;
    PresenterDesk desk{{.xdg_decoration = 0}, really_open()};
    check_plain(desk);
    CHECK(log.count("windows have no frame") == 1);
}

}  // namespace oriel::test
