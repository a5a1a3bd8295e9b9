// SPDX-License-Identifier: MIT
#include "match/png.h"

#include <doctest/doctest.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cstdio>
#include <cstdlib>
#include <filesystem>
#include <fstream>

namespace oriel::match {
namespace {

namespace fs = std::filesystem;

struct TemporaryFolder {
    TemporaryFolder() {
        std::string pattern = fs::temp_directory_path() / "oriel-png-XXXXXX";
        REQUIRE(::mkdtemp(pattern.data()) != nullptr);
        path = pattern;
    }
    ~TemporaryFolder() {
        fs::permissions(path, fs::perms::owner_all);
        fs::remove_all(path);
    }
    [[nodiscard]] std::string file(const char* name) const { return path / name; }
    [[nodiscard]] size_t entries() const {
        return static_cast<size_t>(
            std::distance(fs::directory_iterator{path}, fs::directory_iterator{}));
    }
    fs::path path;
};

struct TestPicture {
    TestPicture() {
        for (uint32_t y = 0; y < size.height; ++y) {
            for (uint32_t x = 0; x < size.width; ++x) {
                // The unused byte is noise, as guests leave it.
                words[y * 64 + x] = 0xa5000000 | x << 20 | y << 10 | (x * y & 0xff);
            }
        }
    }
    [[nodiscard]] PictureView view() const { return {size, 256, std::as_bytes(std::span{words})}; }
    [[nodiscard]] Picture image() const {
        Picture expected{size, {}};
        for (uint32_t y = 0; y < size.height; ++y) {
            for (uint32_t x = 0; x < size.width; ++x) {
                expected.pixels.push_back(words[y * 64 + x] & 0x00ffffff);
            }
        }
        return expected;
    }
    Size size{13, 7};
    std::vector<uint32_t> words = std::vector<uint32_t>(64 * 7);
};

TEST_SUITE("png") {
    TEST_CASE("what is written is read back, pixel for pixel, row padding left out") {
        const TemporaryFolder folder;
        const TestPicture picture;
        const auto written = write_png(folder.file("a.png"), picture.view());
        REQUIRE(written.has_value());
        const auto read = read_png(folder.file("a.png"));
        REQUIRE(read.has_value());
        CHECK(*read == picture.image());
        CHECK(folder.entries() == 1);
    }

    TEST_CASE("an existing file is replaced as a whole") {
        const TemporaryFolder folder;
        const TestPicture picture;
        std::ofstream{folder.file("a.png")} << std::string(100'000, 'x');
        REQUIRE(write_png(folder.file("a.png"), picture.view()).has_value());
        CHECK(read_png(folder.file("a.png")).has_value());
        CHECK(folder.entries() == 1);
    }

    TEST_CASE("a full disk is one line with its cause") {
        const TestPicture picture;
        const auto written = write_png("/dev/full", picture.view());
        REQUIRE_FALSE(written.has_value());
        CHECK(written.error().message() == "write /dev/full: No space left on device");
    }

    TEST_CASE("a folder that isn't there is one line with its cause") {
        const TemporaryFolder folder;
        const TestPicture picture;
        const auto written = write_png(folder.file("no/a.png"), picture.view());
        REQUIRE_FALSE(written.has_value());
        CHECK(written.error().message() ==
              "write " + folder.file("no/a.png") + ": No such file or directory");
    }

    TEST_CASE("a folder without permission is one line, and no rest is left") {
        if (::geteuid() == 0) {
            return;  // root may write anywhere
        }
        const TemporaryFolder folder;
        const TestPicture picture;
        ::chmod(folder.path.c_str(), 0500);
        const auto written = write_png(folder.file("a.png"), picture.view());
        REQUIRE_FALSE(written.has_value());
        CHECK(written.error().message().ends_with("Permission denied"));
        CHECK(folder.entries() == 0);
    }

    TEST_CASE("what is not a PNG is refused") {
        const TemporaryFolder folder;
        std::ofstream{folder.file("a.png")} << "not a png at all";
        CHECK_FALSE(read_png(folder.file("a.png")).has_value());
        CHECK_FALSE(read_png(folder.file("b.png")).has_value());
    }
}

}  // namespace
}  // namespace oriel::match
