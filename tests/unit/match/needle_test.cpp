// SPDX-License-Identifier: MIT
#include "match/needle.h"

#include <doctest/doctest.h>
#include <fmt/format.h>

#include <fstream>

#include "gray_picture.h"
#include "least_squares.h"
#include "match/png.h"
#include "support/temp_dir.h"
#include "test_picture.h"

namespace oriel::match {
namespace {

using test::desktop;
using test::noise;
using test::paste;

class NeedleFolder {
public:
    explicit NeedleFolder(Picture picture = desktop({320, 200}, 1)) : picture_{std::move(picture)} {
        REQUIRE(write_png(folder_.file("boot.png"), picture_.view()).has_value());
    }
    Result<Needle> read(const std::string& json) {
        std::ofstream{folder_.file("boot.json")} << json;
        return read_needle(folder_.file("boot.json"));
    }
    Needle good(const std::string& areas) {
        auto needle = read(fmt::format(R"({{"tags": ["boot", "menu"], "area": [{}]}})", areas));
        REQUIRE(needle.has_value());
        return *needle;
    }
    std::string error(const std::string& areas) {
        const auto needle = read(fmt::format(R"({{"area": [{}]}})", areas));
        REQUIRE_FALSE(needle.has_value());
        const std::string message = needle.error().message();
        CHECK(message.starts_with("read " + folder_.file("boot.json") + ": "));
        return message.substr(message.rfind(".json: ") + 7);
    }
    [[nodiscard]] const Picture& picture() const { return picture_; }
    [[nodiscard]] std::string file(const std::string& name) const { return folder_.file(name); }

private:
    oriel::test::TempDir folder_;
    Picture picture_;
};

std::string area(const Rect& where, const std::string& more = "") {
    return fmt::format(R"({{"xpos": {}, "ypos": {}, "width": {}, "height": {}{}}})", where.x,
                       where.y, where.width, where.height, more);
}

TEST_SUITE("needles") {
    TEST_CASE("openQA's file is read as it is: types, margins, percents, click points, tags") {
        NeedleFolder folder;
        const auto needle = folder.read(R"({
            "tags": ["a", "b"],
            "properties": ["workaround", {"name": "flaky", "value": "x"}],
            "area": [
                {"type": "match", "xpos": 10, "ypos": 20, "width": 30, "height": 40,
                 "margin": 7, "match": 99, "click_point": {"xpos": 3, "ypos": 4, "id": "ok"}},
                {"type": "exclude", "xpos": 12.0, "ypos": 20, "width": 2, "height": 2},
                {"type": "ocr", "xpos": "5", "ypos": 0, "width": 9, "height": 9},
                {"xpos": 0, "ypos": 0, "width": 9, "height": 5, "margin": 0, "match": 0}
            ]})");
        REQUIRE(needle.has_value());
        CHECK(needle->name == "boot");
        CHECK(needle->properties == std::vector<std::string>{"workaround", "flaky"});
        REQUIRE(needle->areas.size() == 4);
        const NeedleArea& first = needle->areas[0];
        CHECK(first.type == AreaType::kMatch);
        CHECK(first.where == Rect{10, 20, 30, 40});
        CHECK(first.margin == 7);
        CHECK(first.percent == 99);
        REQUIRE(first.click);
        CHECK(first.click->at == Point{3, 4});
        CHECK(first.click->id == "ok");
        CHECK(needle->areas[1].type == AreaType::kExclude);
        CHECK(needle->areas[1].where == Rect{12, 20, 2, 2});
        CHECK(needle->areas[2].type == AreaType::kOcr);
        CHECK(needle->areas[2].where.x == 5);
        CHECK(needle->areas[3].margin == 50);
        CHECK(needle->areas[3].percent == 96);
    }

    TEST_CASE("each mistake in a needle's file is one line that names the file and the area") {
        NeedleFolder folder;
        CHECK(folder.error(area({0, 0, 9, 9}) + "," + area({300, 0, 21, 9})) ==
              "area 2: 21x9 at 300,0 is outside its picture of 320x200");
        CHECK(folder.error(area({0, 192, 9, 9})) ==
              "area 1: 9x9 at 0,192 is outside its picture of 320x200");
        CHECK(folder.error(area({0, 0, 0, 9})) == "area 1: its size is 0x9");
        CHECK(folder.error(R"({"xpos": -1})") == "area 1: \"xpos\" is no number of 0 to 16384");
        CHECK(folder.error(R"({"width": 99999999999})") ==
              "area 1: \"width\" is no number of 0 to 16384");
        CHECK(folder.error(R"({"ypos": []})") == "area 1: \"ypos\" is no number of 0 to 16384");
        CHECK(folder.error("7") == "area 1: it is no object");
        CHECK(folder.error(area({0, 0, 9, 9}, R"(, "type": "fuzzy")")) ==
              "area 1: \"type\" is not match, exclude or ocr");
        CHECK(folder.error(area({0, 0, 9, 9}, R"(, "type": "exclude")")) ==
              "it has no area to match");
        CHECK(folder.error(area({0, 0, 9, 9}, R"(, "click_point": 5)")) ==
              "area 1: \"click_point\" is neither \"center\" nor has xpos and ypos");
        const std::string centre = area({0, 0, 9, 9}, R"(, "click_point": "center")");
        CHECK(folder.error(centre + "," + centre) ==
              "it has several click points, and not each has an id");
        std::string many = area({0, 0, 1, 1});
        for (size_t i = 0; i < kMaxNeedleAreas; ++i) {
            many += "," + area({0, 0, 1, 1});
        }
        CHECK(folder.error(many) == "it has 257 areas, more than 256");
        for (const char* json : {"", "[]", "{", "nonsense", "\xff\xfe"}) {
            const auto needle = folder.read(json);
            REQUIRE_FALSE(needle.has_value());
            CHECK(needle.error().message() ==
                  "read " + folder.file("boot.json") + ": it is no JSON object");
        }
        const auto none = folder.read(R"({"tags": []})");
        CHECK(none.error().message().ends_with("it has no list \"area\""));
        const auto large = folder.read(std::string(kMaxNeedleFile + 1, ' '));
        CHECK(large.error().message().ends_with("1048577 bytes are more than 1048576"));
        CHECK(read_needle(folder.file("none.json"))
                  .error()
                  .message()
                  .ends_with("No such file or directory"));
    }

    TEST_CASE("a needle without its picture says which file is missing") {
        NeedleFolder folder;
        std::ofstream{folder.file("lone.json")} << R"({"area": []})";
        CHECK(read_needle(folder.file("lone.json")).error().message() ==
              "read " + folder.file("lone.png") + ": No such file or directory");
    }

    TEST_CASE("an area is found where it is, and within its margin") {
        NeedleFolder folder;
        const Needle needle = folder.good(area({100, 60, 50, 30}, R"(, "margin": 20)"));
        const NeedleMatch same = match(folder.picture().view(), needle);
        REQUIRE(same.ok);
        REQUIRE(same.areas.size() == 1);
        CHECK(same.areas[0].similarity == 1);
        CHECK(same.areas[0].where == Rect{100, 60, 50, 30});

        const Picture part = copy_of(folder.picture().view().part({90, 50, 70, 50}));
        const auto moved = [&](uint32_t x, uint32_t y) {
            Picture frame = noise({320, 200}, 2);
            paste(frame, part, x - 10, y - 10);
            return match(frame.view(), needle);
        };
        for (const Point at : {Point{119, 41}, Point{80, 40}, Point{120, 80}}) {
            const Rect where{static_cast<uint32_t>(at.x), static_cast<uint32_t>(at.y), 50, 30};
            const NeedleMatch near = moved(where.x, where.y);
            CHECK(near.ok);
            CHECK(near.areas[0].similarity == 1);
            CHECK(near.areas[0].where == where);
        }
        CHECK_FALSE(moved(79, 60).ok);
        CHECK_FALSE(moved(100, 39).ok);
        CHECK_FALSE(moved(121, 60).ok);
        CHECK_FALSE(moved(100, 81).ok);
    }

    TEST_CASE("a match says where a user would click") {
        NeedleFolder folder;
        const Needle needle = folder.good(
            area({100, 60, 50, 30}, R"(, "click_point": {"xpos": 7, "ypos": 8, "id": "ok"})") +
            "," + area({10, 10, 50, 30}));
        const NeedleMatch found = match(folder.picture().view(), needle);
        REQUIRE(found.areas.size() == 2);
        REQUIRE(found.areas[0].click);
        CHECK(found.areas[0].click->at == Point{107, 68});
        CHECK(found.areas[0].click->id == "ok");
        CHECK_FALSE(found.areas[1].click);
        const Needle centre = folder.good(area({100, 60, 50, 30}, R"(, "click_point": "center")"));
        CHECK(match(folder.picture().view(), centre).areas[0].click->at == Point{125, 75});
    }

    TEST_CASE("what is excluded may be anything") {
        NeedleFolder folder;
        const std::string searched = area({100, 60, 50, 30}, R"(, "margin": 1)");
        Picture frame = folder.picture();
        fill(frame, {110, 65, 30, 20}, 0x00ff00ff);
        CHECK_FALSE(match(frame.view(), folder.good(searched)).ok);
        const Needle excluding =
            folder.good(searched + "," + area({109, 64, 32, 22}, R"(, "type": "exclude")"));
        CHECK(match(frame.view(), excluding).ok);
    }

    TEST_CASE("an area stays where it is in a frame of another size") {
        NeedleFolder folder;
        const Needle needle = folder.good(area({100, 60, 50, 30}, R"(, "margin": 5)"));
        Picture frame = noise({640, 400}, 2);
        paste(frame, copy_of(folder.picture().view().part({90, 50, 70, 50})), 90, 50);
        const NeedleMatch found = match(frame.view(), needle);
        CHECK(found.ok);
        CHECK(found.areas[0].where == Rect{100, 60, 50, 30});
    }

    TEST_CASE("an area outside a smaller frame does not match, and says so") {
        NeedleFolder folder;
        const Needle needle = folder.good(area({290, 60, 30, 30}));
        const NeedleMatch found = match(desktop({300, 200}, 1).view(), needle);
        CHECK_FALSE(found.ok);
        CHECK(found.areas[0].similarity == 0);
        CHECK(found.message() == "its area 30x30 at 290,60 is outside the frame of 300x200");
    }

    TEST_CASE("similarity is os-autoinst's: 1 up to a mean square error of 2, 0.9 at 40") {
        NeedleFolder folder{test::plain({64, 64}, 0x00404040)};
        const Needle needle = folder.good(area({8, 8, 40, 40}));
        const auto similarity = [&](uint32_t brighter) {
            return match(test::plain({64, 64}, 0x00404040 + brighter * 0x010101).view(), needle)
                .areas[0]
                .similarity;
        };
        CHECK(similarity(1) == 1);
        CHECK(similarity(4) == doctest::Approx(0.9 + 24.0 / 380));
        CHECK(similarity(10) == doctest::Approx(0.9 - 60.0 / 380));
        CHECK(similarity(100) == 0);
    }

    TEST_CASE("of several needles the best one that matches wins, and the rest is in order") {
        NeedleFolder folder;
        Needle exact = folder.good(area({100, 60, 50, 30}));
        Needle other = folder.good(area({100, 60, 50, 30}));
        other.picture = noise({320, 200}, 9);
        Needle workaround = exact;
        exact.name = "b-exact";
        other.name = "a-other";
        workaround.name = "c-workaround";
        workaround.properties = {"workaround"};
        const std::vector<Needle> needles{other, exact, workaround};
        const BestNeedle best = match_any(folder.picture().view(), needles);
        CHECK(best.index == 2);
        CHECK(best.order == std::vector<size_t>{2, 1, 0});
        CHECK_FALSE(match_any(noise({320, 200}, 10).view(), {&other, 0}).index);
        CHECK_FALSE(match_any(noise({320, 200}, 10).view(), {&exact, 1}).index);
    }

    TEST_CASE("a folder's needles are listed in order, those in folders, too") {
        NeedleFolder folder;
        std::filesystem::create_directory(folder.file("sub"));
        for (const char* name : {"b.json", "sub/a.json", "a.json", "a.txt"}) {
            std::ofstream{folder.file(name)} << "{}";
        }
        const auto files = needle_files(folder.file(""));
        REQUIRE(files.has_value());
        REQUIRE(files->size() == 3);
        CHECK((*files)[0].ends_with("/a.json"));
        CHECK((*files)[2].ends_with("sub/a.json"));
        CHECK_FALSE(needle_files(folder.file("none")).has_value());
    }

    TEST_CASE("a folder's needles are found by their tag, and no picture of another is read") {
        NeedleFolder folder;
        const std::string good = area({0, 0, 10, 10});
        static_cast<void>(folder.good(good));
        // Its picture is missing: nobody asks for it.
        std::ofstream{folder.file("other.json")}
            << fmt::format(R"({{"tags": ["other"], "area": [{}]}})", good);
        const auto found = tagged_needles(folder.file(""), "menu");
        REQUIRE(found.has_value());
        REQUIRE(found->size() == 1);
        CHECK((*found)[0].name == "boot");
        CHECK(tagged_needles(folder.file(""), "other").error().message().find("other.png") !=
              std::string::npos);
        CHECK(tagged_needles(folder.file(""), "men").error().message() ==
              folder.file("") + ": no needle has the tag 'men'");
        std::ofstream{folder.file("broken.json")} << "{";
        CHECK_FALSE(tagged_needles(folder.file(""), "menu").has_value());
    }

    TEST_CASE("the least error is found where looking at every place finds it") {
        for (uint32_t seed = 0; seed < 40; ++seed) {
            const Picture frame = seed % 2 == 0 ? noise({60, 45}, seed) : desktop({60, 45}, seed);
            const Picture object =
                seed % 3 == 0 ? noise({17, 9}, seed + 100) : desktop({17, 9}, seed + 100, 10);
            const GrayPicture scene = blurred_gray(frame.view(), Rect::of(frame.size));
            const GrayPicture needle = blurred_gray(object.view(), Rect::of(object.size));
            uint64_t least = UINT64_MAX;
            for (uint32_t y = 0; y + 9 <= 45; ++y) {
                for (uint32_t x = 0; x + 17 <= 60; ++x) {
                    least = std::min(least, squared_error(scene, needle, x, y, UINT64_MAX));
                }
            }
            CAPTURE(seed);
            const auto found = least_squares(scene, needle, {20, 20}, {}, UINT64_MAX / 1000);
            REQUIRE(found);
            const Place& best = *found;
            CHECK(least_squares(scene, needle, {20, 20}, {}, least));
            CHECK_FALSE(least_squares(scene, needle, {20, 20}, {}, least - 1));
            CHECK(best.error >= least);
            CHECK(best.error <= least + 10);
            CHECK(best.error == squared_error(scene, needle, static_cast<uint32_t>(best.at.x),
                                              static_cast<uint32_t>(best.at.y), UINT64_MAX));
        }
    }

    TEST_CASE("a part of a blurred picture is a part of the blurred picture, but for roundings") {
        const Picture picture = noise({33, 21}, 7, 200);
        const GrayPicture whole = blurred_gray(picture.view(), Rect::of(picture.size));
        for (const Rect& where : {Rect{0, 0, 5, 5}, Rect{28, 16, 5, 5}, Rect{7, 9, 1, 1},
                                  Rect{32, 0, 1, 21}, Rect{3, 2, 20, 11}}) {
            const GrayPicture part = blurred_gray(picture.view(), where);
            for (uint32_t y = 0; y < where.height; ++y) {
                for (uint32_t x = 0; x < where.width; ++x) {
                    const int difference = part.row(y)[x] - whole.row(where.y + y)[where.x + x];
                    // Halves may be rounded to even, which is never up.
                    REQUIRE((difference == 0 || difference == -1));
                }
            }
        }
        const GrayPicture dot = blurred_gray(test::plain({1, 1}, 0x00ffffff).view(), {0, 0, 1, 1});
        CHECK(dot.pixels[0] == 255);
    }
}

}  // namespace
}  // namespace oriel::match
