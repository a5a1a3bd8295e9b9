// SPDX-License-Identifier: MIT
#include "net/socket_watch.h"

#include <doctest/doctest.h>

#include <filesystem>
#include <fstream>
#include <string>

#include "support/temp_dir.h"

namespace oriel {
namespace {

namespace fs = std::filesystem;

struct Desk final : SocketWatchListener {
    void socket_appeared() override { ++appeared; }
    void turn() {
        while (loop.dispatch(Nanoseconds{0})) {
        }
    }
    static void make(const std::string& path) { std::ofstream{path}; }

    int appeared = 0;
    test::TempDir folder;
    ManualClock clock;
    EventLoop loop{clock};
};

}  // namespace

TEST_CASE("a socket that is made or moved into its place is told of, other files are not") {
    Desk desk;
    const SocketWatch watch{desk.loop, desk.folder.file("wayland-1"), desk};
    for (const char* other : {"wayland-0", "wayland-10", "wayland-1.lock"}) {
        Desk::make(desk.folder.file(other));
    }
    desk.turn();
    CHECK(desk.appeared == 0);
    Desk::make(desk.folder.file("wayland-1"));
    desk.turn();
    CHECK(desk.appeared == 1);
    fs::remove(desk.folder.file("wayland-1"));
    desk.turn();
    CHECK(desk.appeared == 1);
    fs::rename(desk.folder.file("wayland-0"), desk.folder.file("wayland-1"));
    desk.turn();
    CHECK(desk.appeared == 2);
}

TEST_CASE("a folder that comes later, or goes and comes back, is watched once it is looked for") {
    Desk desk;
    const std::string folder = desk.folder.file("run");
    SocketWatch watch{desk.loop, folder + "/wayland-1", desk};
    for (int appeared = 1; appeared < 4; ++appeared) {
        fs::create_directory(folder);
        desk.turn();
        watch.renew();
        watch.renew();
        Desk::make(folder + "/wayland-1");
        desk.turn();
        CHECK(desk.appeared == appeared);
        fs::remove_all(folder);
        desk.turn();
    }
}

TEST_CASE("a folder that fills with files is read piece by piece") {
    Desk desk;
    const SocketWatch watch{desk.loop, desk.folder.file("wayland-1"), desk};
    for (int i = 0; i < 1000; ++i) {
        Desk::make(desk.folder.file("file-" + std::to_string(i)));
    }
    Desk::make(desk.folder.file("wayland-1"));
    CHECK(desk.loop.dispatch(Nanoseconds{0}));
    CHECK(desk.appeared == 0);
    desk.turn();
    CHECK(desk.appeared == 1);
}

}  // namespace oriel
