// SPDX-License-Identifier: MIT
#include "match/png.h"

#include <doctest/doctest.h>
#include <png.h>
#include <sys/stat.h>
#include <unistd.h>
#include <zlib.h>

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

void write_libpng(const std::string& path, uint32_t format, uint32_t width, uint32_t height,
                  const void* pixels) {
    png_image image{};
    image.version = PNG_IMAGE_VERSION;
    image.width = width;
    image.height = height;
    image.format = format;
    REQUIRE(png_image_write_to_file(&image, path.c_str(), 0, pixels, 0, nullptr) != 0);
}

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

    TEST_CASE("a reference that no screen can show is refused in one line that says why") {
        const TemporaryFolder folder;
        const std::string path = folder.file("a.png");
        const auto error = [&] {
            const auto read = read_png(path);
            REQUIRE_FALSE(read.has_value());
            const std::string message = read.error().message();
            REQUIRE(message.starts_with("read " + path + ": "));
            return message.substr(path.size() + 7);
        };
        const std::vector<uint16_t> linear(4 * 3 * 2, 0x8000);
        write_libpng(path, PNG_FORMAT_LINEAR_RGB, 4, 2, linear.data());
        CHECK(error() == "it has 16 bits a channel, and screens have 8");

        std::vector<uint8_t> rgba(4 * 4 * 2, 0xff);
        write_libpng(path, PNG_FORMAT_RGBA, 4, 2, rgba.data());
        CHECK(read_png(path) == Picture{{4, 2}, std::vector<uint32_t>(8, 0x00ffffff)});
        rgba[4 * 6 + 3] = 0xfe;
        write_libpng(path, PNG_FORMAT_RGBA, 4, 2, rgba.data());
        CHECK(error() == "the pixel at 2,1 is transparent, and a screen's never is");

        REQUIRE(write_png(path, TestPicture{}.view()).has_value());
        const auto whole = fs::file_size(path);
        for (const auto length : {whole - 13, whole / 2, uintmax_t{40}, uintmax_t{0}}) {
            fs::resize_file(path, length);
            CHECK_FALSE(error().empty());
        }
    }

    TEST_CASE("a PNG that claims to be huge is refused before memory is taken for it") {
        const TemporaryFolder folder;
        const std::string path = folder.file("a.png");
        REQUIRE(write_png(path, TestPicture{}.view()).has_value());
        std::fstream file{path, std::ios::in | std::ios::out | std::ios::binary};
        std::string header(29, '\0');
        file.read(header.data(), 29);
        // Width and height, and the check sum of the chunk that they are in.
        header.replace(16, 8, std::string{"\0\0\x3f\xff\0\0\x3f\xff", 8});
        const auto sum = ::crc32(0, reinterpret_cast<const Bytef*>(header.data() + 12), 17);
        file.seekp(0);
        file.write(header.data(), 29);
        for (const unsigned shift : {24U, 16U, 8U, 0U}) {
            file.put(static_cast<char>(sum >> shift & 0xff));
        }
        file.close();
        const auto read = read_png(path);
        REQUIRE_FALSE(read.has_value());
        CHECK(read.error().message() ==
              "read " + path + ": 16383x16383 pixels are more than a picture may have");
    }

    TEST_CASE("what is no plain file is not read: a pipe would never end") {
        const TemporaryFolder folder;
        REQUIRE(::mkfifo(folder.file("pipe").c_str(), 0600) == 0);
        CHECK(read_png(folder.file("pipe")).error().message() ==
              "read " + folder.file("pipe") + ": it is not a plain file");
        CHECK_FALSE(read_png(folder.path).has_value());
    }
}

}  // namespace
}  // namespace oriel::match
