// SPDX-License-Identifier: MIT
#include "control/screenshot.h"

#include <doctest/doctest.h>

#include <cstdlib>
#include <cstring>
#include <filesystem>
#include <nlohmann/json.hpp>
#include <vector>

#include "core/memfd.h"
#include "match/png.h"
#include "scanout/null_display.h"

namespace oriel::app {
namespace {

using nlohmann::json;

struct Solid final : RowSource {
    const std::byte* row(uint32_t x, uint32_t y, uint32_t width, std::byte* scratch) override {
        for (uint32_t i = 0; i < width; ++i) {
            const uint32_t pixel = 0xff000000 | (x + i) << 8 | y;
            std::memcpy(scratch + size_t{i} * 4, &pixel, 4);
        }
        return scratch;
    }
};

struct TemporaryFile {
    TemporaryFile() {
        std::string pattern = std::filesystem::temp_directory_path() / "oriel-shot-XXXXXX";
        REQUIRE(::mkdtemp(pattern.data()) != nullptr);
        folder = pattern;
    }
    ~TemporaryFile() { std::filesystem::remove_all(folder); }
    [[nodiscard]] std::string path() const { return folder / "a.png"; }
    std::filesystem::path folder;
};

TEST_SUITE("screenshot") {
    TEST_CASE("it is the guest's source rectangle, pixel for pixel") {
        NullDisplay display{{ScreenInfo{}}};
        card::Card card{display};
        Display& source = card.add_source("any", 0);
        CHECK(take_screenshot(card, 0, json::object()).json.find("dark") != std::string::npos);
        CHECK(take_screenshot(card, 99, json::object()).json.find("dark") != std::string::npos);
        const auto pixels = MemoryPixels::create({100, 80}).value();
        Solid solid;
        static_cast<void>(pixels->update({0, 0, 100, 80}, solid, Damage::kAsClaimed));
        source.attach(0, std::make_shared<Framebuffer>(pixels, 0x34325258), {10, 20, 65, 30});
        ControlReply reply = take_screenshot(card, 0, json::object());
        const TemporaryFile file;
        REQUIRE(save_screenshot(json::parse(reply.json), std::move(reply.fd), file.path()));
        const auto image = match::read_png(file.path());
        REQUIRE(image.has_value());
        CHECK(image->size == Size{65, 30});
        CHECK(image->pixels[0] == (10U << 8 | 20));
        CHECK(image->pixels.back() == (74U << 8 | 49));
    }

    TEST_CASE(
        "the cursor is in it where it is asked for, with its hot spot where the guest has it") {
        NullDisplay display{{ScreenInfo{}}};
        card::Card card{display};
        Display& source = card.add_source("any", 0);
        const auto pixels = MemoryPixels::create({16, 8}).value();
        source.attach(0, std::make_shared<Framebuffer>(pixels, 0x34325258), {0, 0, 16, 8});
        // Opaque red, half transparent white (premultiplied), nothing.
        const auto image = std::make_shared<const CursorImage>(CursorImage{
            .size = {3, 1}, .hotspot = {1, 0}, .pixels = {0xffff0000, 0x80808080, 0x00000000}});
        const auto row_of = [&](const json& request, uint32_t y) {
            ControlReply reply = take_screenshot(card, 0, request);
            const auto shot = map_screenshot(json::parse(reply.json), std::move(reply.fd)).value();
            std::vector<uint32_t> row(shot.size.width);
            std::memcpy(row.data(), shot.memory.data() + size_t{y} * shot.stride,
                        row.size() * sizeof row[0]);
            for (uint32_t& pixel : row) {
                pixel &= 0xffffff;
            }
            return row;
        };
        const json with{{"cursor", true}};
        const std::vector<uint32_t> black(16);
        CHECK(row_of(with, 2) == black);  // no cursor yet
        source.set_cursor(0, image);
        source.move_cursor(0, {5, 2});
        CHECK(row_of(json::object(), 2) == black);
        std::vector<uint32_t> expected = black;
        expected[4] = 0xff0000;
        expected[5] = 0x808080;
        CHECK(row_of(with, 2) == expected);
        CHECK(row_of(with, 1) == black);
        // Half outside, all outside, and as far as a guest can say.
        source.move_cursor(0, {0, 2});
        expected = black;
        expected[0] = 0x808080;
        CHECK(row_of(with, 2) == expected);
        for (const Point far : {Point{-100, 2}, Point{1000, 2}, Point{INT32_MAX, INT32_MIN}}) {
            source.move_cursor(0, far);
            CHECK(row_of(with, 2) == black);
        }
        source.set_cursor(0, nullptr);
        source.move_cursor(0, {5, 2});
        CHECK(row_of(with, 2) == black);
    }

    TEST_CASE("a server that lies about its pixels is not believed") {
        const TemporaryFile file;
        const auto save = [&](const json& answer) {
            auto pixels = create_memfd("test", 4096, MemfdSeals::kFixedSize).value();
            return save_screenshot(answer, std::move(pixels), file.path()).has_value();
        };
        CHECK_FALSE(save(json::object()));
        CHECK_FALSE(save({{"width", 64}, {"height", 64}, {"stride", 256}}));
        CHECK_FALSE(save({{"width", 64}, {"height", 1}, {"stride", 8}}));
        CHECK_FALSE(save({{"width", 1}, {"height", 4000000000U}, {"stride", 4}}));
        CHECK_FALSE(save({{"width", "wide"}, {"height", 1}, {"stride", 4}}));
        CHECK(save({{"width", 64}, {"height", 16}, {"stride", 256}}));
    }
}

}  // namespace
}  // namespace oriel::app
