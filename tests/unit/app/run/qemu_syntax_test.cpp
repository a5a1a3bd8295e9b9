// SPDX-License-Identifier: MIT
#include "run/qemu_syntax.h"

#include <doctest/doctest.h>

namespace oriel::app {
namespace {

QemuProperties parse(std::string_view text) {
    return QemuProperties::parse(text, "first");
}

TEST_SUITE("qemu syntax") {
    TEST_CASE("the first key of a list may be left out, and no other") {
        const auto list = parse("q35,accel=kvm,usb");
        CHECK(list.text("first") == "q35");
        CHECK(list.text("accel") == "kvm");
        CHECK(list.text("usb") == "on");
        CHECK(parse("accel=kvm,q35").get("first") == std::nullopt);
        CHECK(parse("first=q35").text("first") == "q35");
        CHECK(QemuProperties::parse("word", {}).text("word") == "on");
    }

    TEST_CASE("a doubled comma is one of the value, and the last of a key counts") {
        CHECK(parse("a,path=x,,y,path=z,,").text("path") == "z,");
        CHECK(parse("path=x,,y,b=1").text("path") == "x,y");
        CHECK(parse("a,size=1,size=2").text("size") == "2");
        CHECK(parse("a,,b").text("first") == "a,b");
        CHECK(parse("a,value=x=y").text("value") == "x=y");
        CHECK(parse("a,empty=").get("empty") == "");
    }

    TEST_CASE("JSON is flattened, with dots between nested keys") {
        const auto json = parse(
            R"({"driver":"x","socket":{"path":"/a,b","n":7},"share":true,"off":false,"l":["p",1]})");
        CHECK(json.text("driver") == "x");
        CHECK(json.text("socket.path") == "/a,b");
        CHECK(json.text("socket.n") == "7");
        CHECK(json.text("share") == "on");
        CHECK(json.text("off") == "off");
        CHECK(json.text("l.0") == "p");
        CHECK(json.text("l.1") == "1");
    }

    TEST_CASE("JSON may have single quotes, as QEMU takes them") {
        const auto json = parse(R"({'driver':'VGA','a':'it\'s "x"','b':"don't \"y\""})");
        CHECK(json.text("driver") == "VGA");
        CHECK(json.text("a") == R"(it's "x")");
        CHECK(json.text("b") == R"(don't "y")");
    }

    TEST_CASE("what is neither a list nor JSON has no properties and does no harm") {
        for (const char* text :
             {"", ",", ",,", "{", "{'", "{\"a\":", "{'a\\", "[1]", "{}", "{1:2}"}) {
            CAPTURE(text);
            CHECK(parse(text).get("driver") == std::nullopt);
        }
        CHECK(parse(",a=1").text("a") == "1");
        CHECK(parse("=").get("") == "");
    }

    TEST_CASE("on has several words") {
        for (const char* word : {"on", "yes", "true", "y"}) {
            CHECK(parse(std::string{"a,share="} + word).on("share"));
        }
        CHECK_FALSE(parse("a,share=off").on("share"));
        CHECK_FALSE(parse("a,share=on,share=no").on("share"));
        CHECK_FALSE(parse("a").on("share"));
    }

    TEST_CASE("a later option's properties count when two are merged") {
        auto merged = parse("512,slots=2");
        merged.merge(parse("maxmem=2G"));
        CHECK(merged.text("first") == "512");
        CHECK(merged.text("slots") == "2");
        CHECK(merged.text("maxmem") == "2G");
        merged.merge(parse("1G"));
        CHECK(merged.text("first") == "1G");
    }

    TEST_CASE("a size has a unit in either case, or the one that is given") {
        constexpr uint64_t kMebibyte = uint64_t{1} << 20;
        CHECK(parse_size("512", kMebibyte) == 512 * kMebibyte);
        CHECK(parse_size("512") == 512);
        CHECK(parse_size("64b", kMebibyte) == 64);
        CHECK(parse_size("3k") == 3072);
        CHECK(parse_size("3K") == 3072);
        CHECK(parse_size("2m") == 2 * kMebibyte);
        CHECK(parse_size("2G") == 2048 * kMebibyte);
        CHECK(parse_size("2g") == 2048 * kMebibyte);
        CHECK(parse_size("1T") == uint64_t{1} << 40);
        CHECK(parse_size("1p") == uint64_t{1} << 50);
        CHECK(parse_size("1E") == uint64_t{1} << 60);
        CHECK(parse_size("1.5G") == 1536 * kMebibyte);
        CHECK(parse_size("0.25M") == 256 * 1024);
        CHECK(parse_size(" 7") == 7);
    }

    TEST_CASE("what QEMU takes for no size is none") {
        for (const char* text : {"", " ", "G", "-1", "12MB", "1e2", "0x40M", "16E",
                                 "99999999999999999999", "1,5G", "1.5.5G", "on"}) {
            CAPTURE(text);
            CHECK(parse_size(text) == std::nullopt);
        }
    }

    TEST_CASE("a size is written in the largest unit without decimals") {
        CHECK(format_size(0) == "0");
        CHECK(format_size(1023) == "1023");
        CHECK(format_size(1024) == "1K");
        CHECK(format_size(uint64_t{1536} << 20) == "1536M");
        CHECK(format_size(uint64_t{4} << 30) == "4G");
        CHECK(format_size(uint64_t{1} << 63) == "8E");
        for (const uint64_t bytes : {uint64_t{8192}, uint64_t{1024000000}, uint64_t{3} << 30}) {
            CHECK(parse_size(format_size(bytes)) == bytes);
        }
    }

    TEST_CASE("a comma is doubled in a list") {
        CHECK(in_list("/run/a,b") == "/run/a,,b");
        CHECK(parse("a,path=" + in_list("/x,,y,")).text("path") == "/x,,y,");
    }
}

}  // namespace
}  // namespace oriel::app
