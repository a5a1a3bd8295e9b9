// SPDX-License-Identifier: MIT
#include "caption/painter_process.h"

#include <doctest/doctest.h>
#include <sys/stat.h>
#include <unistd.h>

#include <algorithm>
#include <chrono>
#include <cstring>
#include <filesystem>
#include <fstream>
#include <optional>

#include "core/mapping.h"
#include "support/log_lines.h"
#include "support/temp_dir.h"

namespace oriel::app {
namespace {

using namespace std::chrono_literals;
using test::LogLines;

struct Receiver final : wayland::TextReceiver {
    void text_painted(Result<wayland::TextImage> image) override {
        ++answers;
        last = std::move(image);
    }
    int answers = 0;
    std::optional<Result<wayland::TextImage>> last;
    WeakOwner<wayland::TextReceiver> self{this};
};

struct Desk {
    explicit Desk(std::string program) : painter{loop, std::move(program)} {}

    void wait_for_answers(int count) {
        const auto deadline = std::chrono::steady_clock::now() + 20s;
        while (receiver.answers < count) {
            REQUIRE(std::chrono::steady_clock::now() < deadline);
            loop.dispatch(1ms);
        }
    }
    void paint(const std::string& text, uint32_t max_width = 600, uint32_t step = 1) {
        painter.paint({text, 20, max_width, step}, receiver.self.get());
    }

    ManualClock clock;
    EventLoop loop{clock};
    Receiver receiver;
    PainterProcess painter;
};

/// The one of this build; empty: there is none.
std::string real_painter() {
    const auto path = std::filesystem::read_symlink("/proc/self/exe").parent_path() /
                      "../../backend/app/oriel-caption";
    return std::filesystem::exists(path) ? path.string() : std::string{};
}

std::string script(const test::TempDir& folder, const std::string& body) {
    const std::string path = folder.file("painter");
    std::ofstream{path} << "#!/bin/bash\n" << body << "\n";
    ::chmod(path.c_str(), 0700);
    return path;
}

size_t white_pixels(const wayland::TextImage& image) {
    const auto mapping = Mapping::map(image.pixels.get(), 0,
                                      size_t{image.stride} * image.size.height, MapAccess::kRead);
    REQUIRE(mapping);
    size_t count = 0;
    for (uint32_t y = 0; y < image.size.height; ++y) {
        for (uint32_t x = 0; x < image.size.width; ++x) {
            uint32_t pixel = 0;
            std::memcpy(&pixel, mapping->data() + size_t{y} * image.stride + size_t{x} * 4, 4);
            count += pixel == 0xffff'ffff ? 1 : 0;
        }
    }
    return count;
}

}  // namespace

TEST_SUITE("painter process") {
    TEST_CASE("texts are painted white on half black, no wider than they may be") {
        if (real_painter().empty()) {
            MESSAGE("this build has no captions");
            return;
        }
        Desk desk{real_painter()};
        desk.paint("The VM has gone");
        desk.wait_for_answers(1);
        REQUIRE(*desk.receiver.last);
        const Size wide = (**desk.receiver.last).size;
        CHECK(wide.width <= 600);
        CHECK(wide.width > 80);
        CHECK(white_pixels(**desk.receiver.last) > 50);
        CHECK((**desk.receiver.last).stride % 256 == 0);

        desk.paint("The VM has gone", 120, 8);
        desk.wait_for_answers(2);
        REQUIRE(*desk.receiver.last);
        const Size narrow = (**desk.receiver.last).size;
        CHECK(narrow.width <= 120 + 8);
        CHECK(narrow.height > wide.height);
        CHECK(narrow.width % 8 == 0);
        CHECK(narrow.height % 8 == 0);
    }

    TEST_CASE("the process with the fonts ends when it has had nothing to do") {
        if (real_painter().empty()) {
            MESSAGE("this build has no captions");
            return;
        }
        Desk desk{real_painter()};
        CHECK_FALSE(desk.painter.running());
        desk.paint("a");
        desk.wait_for_answers(1);
        CHECK(desk.painter.running());
        desk.clock.advance(PainterProcess::kIdle);
        desk.loop.dispatch(0ms);
        CHECK_FALSE(desk.painter.running());
        desk.paint("b");
        desk.wait_for_answers(2);
        CHECK(*desk.receiver.last);
    }

    TEST_CASE("without the program there is no text, and one line says so") {
        const LogLines log;
        Desk desk{"/no/such/painter"};
        desk.paint("a");
        desk.wait_for_answers(1);
        CHECK_FALSE(*desk.receiver.last);
        desk.paint("b");
        desk.wait_for_answers(2);
        CHECK_FALSE(*desk.receiver.last);
        CHECK(log.count("no text is shown over the picture") == 1);
        CHECK(log.count("start /no/such/painter: No such file or directory") == 1);
    }

    TEST_CASE("a painter that hangs is killed") {
        const test::TempDir folder;
        const LogLines log;
        Desk desk{script(folder, "exec sleep 100")};
        desk.paint("a");
        desk.loop.dispatch(0ms);
        CHECK(desk.painter.running());
        desk.clock.advance(PainterProcess::kPatience);
        desk.wait_for_answers(1);
        CHECK_FALSE(*desk.receiver.last);
        CHECK_FALSE(desk.painter.running());
        CHECK(log.count("does not answer") == 1);
    }

    TEST_CASE("a painter that ends, or says what is none, gives no text") {
        const test::TempDir folder;
        for (const char* body : {"exit 3", "exec head -c 12 /dev/zero >&$1",
                                 "printf '1234567890ab' >&$1", "printf 'x' >&$1"}) {
            CAPTURE(body);
            Desk desk{script(folder, body)};
            desk.paint("a");
            desk.wait_for_answers(1);
            CHECK_FALSE(*desk.receiver.last);
            CHECK_FALSE(desk.painter.running());
        }
    }

    TEST_CASE("after a failure nothing is started for a while") {
        const test::TempDir folder;
        Desk desk{script(folder, "echo >> " + folder.file("starts"))};
        for (int i = 1; i <= 20; ++i) {
            desk.paint("a");
            desk.wait_for_answers(i);
        }
        CHECK(std::filesystem::file_size(folder.file("starts")) == 1);
        desk.clock.advance(PainterProcess::kPause);
        desk.paint("a");
        desk.wait_for_answers(21);
        CHECK(std::filesystem::file_size(folder.file("starts")) == 2);
    }

    TEST_CASE("no more than 32 texts wait, and none of a window that has gone") {
        Desk desk{"/no/such/painter"};
        for (int i = 0; i < 100; ++i) {
            desk.paint("a");
        }
        {
            const Receiver gone;
            desk.painter.paint({"a", 20, 600, 1}, gone.self.get());
        }
        desk.wait_for_answers(PainterProcess::kMaxWaiting);
        while (desk.loop.dispatch(0ms)) {
        }
        CHECK(desk.receiver.answers == PainterProcess::kMaxWaiting);
    }
}

}  // namespace oriel::app
