// SPDX-License-Identifier: MIT
#include "control/text_cells.h"

#include <doctest/doctest.h>

#include <memory>
#include <nlohmann/json.hpp>

#include "control/screenshot.h"
#include "scanout/null_display.h"
#include "support/vga_test_picture.h"

namespace oriel::app {
namespace {

using nlohmann::json;

/// A text mode of 6x2 cells of 9x4 px; its memory has a column more, as where a guest may pan.
VgaPictureData small_text(const std::string& characters) {
    VgaPictureData picture;
    picture.size = {54, 8};
    picture.columns = 7;
    picture.rows = 2;
    picture.glyph_width = 9;
    for (size_t i = 0; i < size_t{7} * 2; ++i) {
        picture.grid.push_back(static_cast<std::byte>(i < characters.size() ? characters[i] : ' '));
        picture.grid.push_back(std::byte{0x1e});
    }
    for (uint16_t y = 0; y < 8; ++y) {
        picture.lines.push_back(
            {.row = static_cast<uint16_t>(y / 4), .row_scan = static_cast<uint8_t>(y % 4)});
    }
    picture.colours[1] = 0x0000aa;
    picture.colours[14] = 0xffff55;
    return picture;
}

TEST_SUITE("text cells") {
    TEST_CASE("a text mode's characters are those of its memory, without what is off the screen") {
        const auto cells = text_cells(small_text("login:|$ \x01"));
        REQUIRE(cells);
        const auto grid = read_text_cells(to_json(*cells), cells->bytes);
        REQUIRE(grid);
        CHECK(grid->line(0) == "login:");
        CHECK(grid->line(1) == "$ \u263a");
        CHECK(grid->cell_size() == Size{9, 4});
        CHECK(grid->at(0, 0).foreground == 0xffff55);
        CHECK(grid->at(0, 0).background == 0x0000aa);
        CHECK(grid->find("gin")->where == Rect{18, 0, 27, 4});
    }

    TEST_CASE("rows come as the screen has them, which need not be the memory's order") {
        VgaPictureData picture = small_text("first |second ");
        for (VgaLine& line : picture.lines) {
            line.row = line.row == 0 ? 1 : 0;
        }
        const auto cells = text_cells(picture);
        const auto grid = read_text_cells(to_json(*cells), cells->bytes);
        CHECK(grid->text() == "second\nfirst\n");
    }

    TEST_CASE("graphics have no characters") {
        VgaPictureData picture = small_text("");
        picture.kind = VgaKind::kPlanar;
        CHECK_FALSE(text_cells(picture));
    }

    TEST_CASE("a screenshot has them behind its pixels") {
        NullDisplay display{{ScreenInfo{}}};
        card::Card card{display};
        Display& source = card.add_source("VGA", 0);
        const auto picture = std::make_shared<test::VgaTestPicture>(
            test::VgaTestMode{
                .name = "text", .kind = VgaKind::kText, .size = {720, 400}, .glyph_width = 9},
            7);
        source.attach(0, std::make_shared<Framebuffer>(picture), {0, 0, 720, 400});
        ControlReply reply = take_screenshot(card, 0, json::object());
        const auto shot = map_screenshot(json::parse(reply.json), std::move(reply.fd));
        REQUIRE(shot);
        REQUIRE(shot->cells);
        CHECK(shot->cells->columns() == 80);
        const auto expected = text_cells(picture->data());
        CHECK(shot->cells->text() == read_text_cells(to_json(*expected), expected->bytes)->text());
        CHECK(shot->memory.bytes().size() > size_t{720} * 400 * 4);
    }

    TEST_CASE("an answer that does not fit its bytes has no characters") {
        const auto cells = text_cells(small_text("login:"));
        REQUIRE(cells);
        const json good = to_json(*cells);
        const auto read = [&](const json& answer, size_t less = 0) {
            return read_text_cells(answer,
                                   std::span{cells->bytes}.first(cells->bytes.size() - less));
        };
        CHECK(read(good));
        CHECK_FALSE(read(good, 1));
        CHECK_FALSE(read(json::array()));
        for (const char* key : {"columns", "rows", "cell", "colours"}) {
            json bad = good;
            bad[key] = -1;
            CHECK_FALSE(read(bad));
            bad.erase(key);
            CHECK_FALSE(read(bad));
        }
        json huge = good;
        huge["columns"] = UINT32_MAX;
        CHECK_FALSE(read(huge));
    }
}

}  // namespace
}  // namespace oriel::app
