// SPDX-License-Identifier: MIT
#include "trace/traced_frame.h"

#include <doctest/doctest.h>

namespace oriel::app {
namespace {

TracedFrame some_frame() {
    return {.number = 17,
            .screen = 1,
            .time_ns = 266'666'672,
            .size = {1024, 768},
            .mode = "virtio 1024x768 XR24",
            .damage = {{0, 0, 64, 64}, {100, 200, 3, 1}},
            .hash = "0123456789abcdef0123456789abcdef"};
}

/// What is wrong with a line.
std::string wrong(const std::string& line) {
    const auto frame = frame_of(line);
    return frame ? "nothing" : frame.error().message();
}

TEST_SUITE("traced frame") {
    TEST_CASE("a frame is one line of JSON, in this order") {
        CHECK(line_of(some_frame()) ==
              "{\"frame\":17,\"screen\":1,\"time_ns\":266666672,\"size\":[1024,768],"
              "\"mode\":\"virtio 1024x768 XR24\",\"damage\":[[0,0,64,64],[100,200,3,1]],"
              "\"hash\":\"0123456789abcdef0123456789abcdef\"}\n");
        CHECK(line_of({.number = 1, .mode = "dark"}) ==
              "{\"frame\":1,\"screen\":0,\"time_ns\":0,\"size\":[0,0],\"mode\":\"dark\","
              "\"damage\":[],\"hash\":null}\n");
    }

    TEST_CASE("the largest frame's line goes through a pipe at once") {
        TracedFrame frame = some_frame();
        frame.number = UINT64_MAX;
        frame.time_ns = UINT64_MAX;
        frame.size = {16384, 16384};
        frame.mode = std::string(64, '"');
        frame.damage.assign(kMaxTracedRects, {16383, 16383, 16384, 16384});
        CHECK(line_of(frame).size() <= kMaxTraceLine);
    }

    TEST_CASE("a line that is read is the frame that was written") {
        std::string line = line_of(some_frame());
        line.pop_back();
        const auto frame = frame_of(line);
        REQUIRE(frame);
        CHECK(line_of(*frame) == line + '\n');
        CHECK(frame->damage == some_frame().damage);
        CHECK(frame->size == Size{1024, 768});
        const auto dark = frame_of(
            R"({"frame":1,"screen":0,"time_ns":0,"size":[0,0],"mode":"dark","damage":[],"hash":null})");
        REQUIRE(dark);
        CHECK(dark->hash.empty());
    }

    TEST_CASE("what is no frame is refused, with the field that is wrong") {
        CHECK(wrong("") == "no JSON object");
        CHECK(wrong("[1]") == "no JSON object");
        CHECK(wrong("{\"frame\":1") == "no JSON object");
        CHECK(wrong(std::string(3000, '[')) == "no JSON object");
        CHECK(wrong("{}") == "no frame: \"frame\" is missing or wrong");
        std::string line = line_of(some_frame());
        line.pop_back();
        const auto with = [&line](const std::string& part, const std::string& other) {
            std::string changed = line;
            const size_t at = changed.find(part);
            REQUIRE(at != std::string::npos);
            return wrong(changed.replace(at, part.size(), other));
        };
        CHECK(with("17", "17") == "nothing");
        for (const char* number : {"0", "-1", "1.5", "\"1\"", "99999999999999999999999"}) {
            CAPTURE(number);
            CHECK(with("17", number) == "no frame: \"frame\" is missing or wrong");
        }
        CHECK(with("\"screen\":1", "\"screen\":16") == "no frame: \"screen\" is missing or wrong");
        CHECK(with("266666672", "null") == "no frame: \"time_ns\" is missing or wrong");
        CHECK(with("[1024,768]", "[1024]") == "no frame: \"size\" is missing or wrong");
        CHECK(with("[1024,768]", "[1024,70000]") == "no frame: \"size\" is missing or wrong");
        CHECK(with("\"mode\"", "\"mod\"") == "no frame: \"mode\" is missing or wrong");
        CHECK(with("[0,0,64,64]", "[0,0,64]") == "no frame: \"damage\" is missing or wrong");
        CHECK(with("[0,0,64,64]", "7") == "no frame: \"damage\" is missing or wrong");
        std::string many = "[1,1,1,1]";
        for (size_t i = 0; i < kMaxTracedRects; ++i) {
            many += ",[1,1,1,1]";
        }
        CHECK(with("[0,0,64,64]", many) == "no frame: \"damage\" is missing or wrong");
        CHECK(with("\"hash\"", "\"hush\"") == "no frame: \"hash\" is missing or wrong");
    }
}

}  // namespace
}  // namespace oriel::app
