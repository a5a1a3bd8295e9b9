// SPDX-License-Identifier: MIT
#include "ocr/ocr_text.h"

#include <doctest/doctest.h>

namespace oriel::app {
namespace {

// As tesseract 5 writes it, three times as large as the picture.
constexpr const char* kTable =
    "level\tpage_num\tblock_num\tpar_num\tline_num\tword_"
    "num\tleft\ttop\twidth\theight\tconf\ttext\n"
    "1\t1\t0\t0\t0\t0\t0\t0\t600\t120\t-1\t\n"
    "4\t1\t1\t1\t1\t0\t30\t30\t300\t24\t-1\t\n"
    "5\t1\t1\t1\t1\t1\t30\t30\t90\t24\t96.5\tPress\n"
    "5\t1\t1\t1\t1\t2\t150\t33\t60\t21\t91\tany\n"
    "5\t1\t1\t1\t2\t1\t30\t60\t60\t24\t88\tkey\n"
    "5\t1\t1\t1\t2\t2\t90\t60\t6\t24\t95\t \n"
    "5\t1\t1\t1\t2\t3\tx\t60\t6\t24\t95\tno\n"
    "5\t1\t1\t1\t2\t3\t90\t60";

TEST_SUITE("ocr text") {
    TEST_CASE("words are lines again, and a text has its place in the picture") {
        const OcrText text = parse_ocr_table(kTable, 3);
        CHECK(text.text() == "Press any\nkey");
        const auto found = text.find(" Press   any ");
        REQUIRE(found);
        CHECK(text.place(found->begin, found->end) == Rect{10, 10, 60, 8});
        const auto part = text.find("ny");
        REQUIRE(part);
        CHECK(text.place(part->begin, part->end) == Rect{50, 11, 20, 7});
        CHECK_FALSE(text.find("Press key"));
        CHECK_FALSE(text.find("  "));
        CHECK(text.place(100, 200).empty());
    }

    TEST_CASE("what is no line of such a table is left out") {
        CHECK(parse_ocr_table("", 1).text().empty());
        CHECK(parse_ocr_table("5\t1\n\n\t\t\t\n", 1).text().empty());
        CHECK(
            parse_ocr_table("5\t1\t1\t1\t1\t1\t9999999999\t3\t4\t5\t9\tword\n", 1).text().empty());
    }
}

}  // namespace
}  // namespace oriel::app
