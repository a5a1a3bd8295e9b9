// SPDX-License-Identifier: MIT
#include "edid/edid.h"

#include <doctest/doctest.h>
#include <unistd.h>

#include <algorithm>
#include <cstdio>
#include <cstdlib>
#include <filesystem>
#include <span>
#include <string>
#include <vector>

#include "timing.h"

namespace {

using namespace oriel;
using edid::Blob;
using edid::Monitor;

uint32_t byte(const Blob& blob, size_t at) {
    return std::to_integer<uint32_t>(blob[at]);
}

/// What a detailed timing descriptor says, read back independently of the builder.
struct Parsed {
    Size active;
    uint64_t clock_10khz;
    uint64_t h_total;
    uint64_t v_total;
    Size mm;
    [[nodiscard]] double refresh_hz() const {
        return static_cast<double>(clock_10khz) * 10'000.0 / static_cast<double>(h_total * v_total);
    }
};

Parsed parse_timing(const Blob& blob, size_t at) {
    Parsed out{};
    out.clock_10khz = byte(blob, at) | byte(blob, at + 1) << 8;
    out.active.width = byte(blob, at + 2) | (byte(blob, at + 4) & 0xf0) << 4;
    out.h_total = out.active.width + (byte(blob, at + 3) | (byte(blob, at + 4) & 0x0f) << 8);
    out.active.height = byte(blob, at + 5) | (byte(blob, at + 7) & 0xf0) << 4;
    out.v_total = out.active.height + (byte(blob, at + 6) | (byte(blob, at + 7) & 0x0f) << 8);
    out.mm.width = byte(blob, at + 12) | (byte(blob, at + 14) & 0xf0) << 4;
    out.mm.height = byte(blob, at + 13) | (byte(blob, at + 14) & 0x0f) << 8;
    return out;
}

/// The one timing of a DisplayID 1.3 section in an EDID block.
Parsed parse_displayid(const Blob& blob, size_t block) {
    REQUIRE(byte(blob, block + 1) == 0x13);
    size_t at = block + 5;
    while (byte(blob, at) != 3) {  // the data blocks before a detailed timing
        at += 3 + byte(blob, at + 2);
        REQUIRE(at < block + 1 + 4 + byte(blob, block + 2));
    }
    at += 3;
    const auto word = [&](size_t offset) {
        return uint32_t{byte(blob, at + offset) | byte(blob, at + offset + 1) << 8} + 1;
    };
    CHECK((byte(blob, at + 3) & 0x80) != 0);  // preferred
    Parsed out{};
    out.clock_10khz = (byte(blob, at) | byte(blob, at + 1) << 8 | byte(blob, at + 2) << 16) + 1;
    out.active = {word(4), word(12)};
    out.h_total = out.active.width + word(6);
    out.v_total = out.active.height + word(14);
    return out;
}

uint32_t sum(const Blob& blob, size_t from) {
    uint32_t total = 0;
    for (size_t i = from; i < from + 128; ++i) {
        total += byte(blob, i);
    }
    return total & 0xff;
}

const std::vector<Monitor>& monitors() {
    static const std::vector<Monitor> table = [] {
        std::vector<Monitor> all;
        const std::vector<Size> sizes{
            {16, 16},     {100, 50},    {200, 700},   {320, 200},   {640, 300},   {640, 480},
            {800, 480},   {800, 600},   {1024, 768},  {1279, 801},  {1280, 720},  {1280, 800},
            {1366, 768},  {1080, 1920}, {1920, 1080}, {1920, 1200}, {2560, 1080}, {2560, 1440},
            {3440, 1440}, {3840, 2160}, {4095, 4095}, {5120, 1440}, {7680, 4320}, {16384, 16384}};
        for (const Size size : sizes) {
            for (const uint32_t mhz : {1U, 23'976U, 30'000U, 59'940U, 60'000U, 75'000U, 143'999U,
                                       165'080U, 500'000U, 4'000'000'000U}) {
                all.push_back({.preferred = size, .refresh_mhz = mhz});
            }
        }
        for (const Size mm : {Size{154, 86}, Size{100, 100}, Size{344, 194}, Size{597, 336},
                              Size{1209, 680}, Size{2550, 2550}, Size{5000, 3000}, Size{300, 0}}) {
            all.push_back({.preferred = {1920, 1080}, .physical_mm = mm});
        }
        all.push_back({.name = ""});
        all.push_back({.name = "trailing    "});
        all.push_back({.name = "cut at blank x"});
        all.push_back({.name = "a name far too long for it", .serial = 0xffffffff});
        all.push_back({.name = "caf\xc3\xa9\n\t", .serial = 0});
        return all;
    }();
    return table;
}

std::string describe(const Monitor& m) {
    return std::to_string(m.preferred.width) + "x" + std::to_string(m.preferred.height) + " at " +
           std::to_string(m.refresh_mhz) + " mHz, " + std::to_string(m.physical_mm.width) + "x" +
           std::to_string(m.physical_mm.height) + " mm, " + m.name;
}

TEST_CASE("each block has its header, its version and a sum of zero") {
    for (const Monitor& monitor : monitors()) {
        const Blob blob = edid::build(monitor);
        REQUIRE(byte(blob, 0) == 0);
        REQUIRE(byte(blob, 1) == 0xff);
        REQUIRE(byte(blob, 18) == 1);
        REQUIRE(byte(blob, 19) == 4);
        REQUIRE(blob.size() == 128 * (1 + byte(blob, 126)));
        REQUIRE(byte(blob, 128) == 2);
        REQUIRE(sum(blob, 0) == 0);
        REQUIRE(sum(blob, 128) == 0);
        if (blob.size() > 256) {
            REQUIRE(byte(blob, 256) == 0x70);
            REQUIRE(sum(blob, 256) == 0);
        }
    }
}

TEST_CASE("the classic modes are in every EDID") {
    for (const Monitor& monitor : monitors()) {
        const Blob blob = edid::build(monitor);
        REQUIRE(byte(blob, 35) == 0x21);
        REQUIRE(byte(blob, 36) == 0x08);
    }
}

TEST_CASE("the first detailed timing is the preferred mode") {
    const Parsed timing = parse_timing(
        edid::build({.preferred = {1920, 1080}, .refresh_mhz = 60'000, .physical_mm = {531, 299}}),
        54);
    CHECK(timing.active == Size{1920, 1080});
    CHECK(timing.mm == Size{531, 299});
    CHECK(timing.refresh_hz() == doctest::Approx(60.0).epsilon(1e-5));
}

TEST_CASE("the refresh rate is within a millihertz for every common mode") {
    for (const Size size : {Size{1024, 768}, Size{1280, 720}, Size{1280, 800}, Size{1366, 768},
                            Size{1920, 1080}, Size{2560, 1440}, Size{1279, 801}}) {
        for (const uint32_t mhz :
             {23'976U, 50'000U, 59'940U, 59'951U, 60'000U, 74'973U, 120'000U}) {
            const Parsed timing =
                parse_timing(edid::build({.preferred = size, .refresh_mhz = mhz}), 54);
            CAPTURE(size.width);
            CAPTURE(mhz);
            CHECK(timing.active == size);
            CHECK(std::abs(timing.refresh_hz() * 1000.0 - mhz) < 1.0);
        }
    }
}

TEST_CASE("a mode above 61 Hz is offered at 60 Hz as well") {
    const Blob blob = edid::build({.preferred = {1920, 1080}, .refresh_mhz = 144'000});
    const Parsed first = parse_timing(blob, 54);
    const Parsed second = parse_timing(blob, 128 + byte(blob, 130));
    CHECK(first.refresh_hz() == doctest::Approx(144.0).epsilon(1e-4));
    CHECK(second.active == Size{1920, 1080});
    CHECK(second.refresh_hz() == doctest::Approx(60.0).epsilon(1e-4));
}

TEST_CASE("a size that no detailed timing holds is scaled down, its aspect ratio kept") {
    CHECK(edid::expressible({5120, 1440}, 60'000) == edid::Mode{{4088, 1144}, 60'000});
    CHECK(edid::expressible({7680, 4320}, 60'000) == edid::Mode{{4088, 2296}, 60'000});
    CHECK(edid::expressible({3840, 2160}, 60'000) == edid::Mode{{3840, 2160}, 60'000});
    CHECK(edid::expressible({0xffffffff, 0}, 60'000).size == Size{4088, 16});
}

TEST_CASE("a pixel clock that no detailed timing holds divides the refresh rate") {
    CHECK(edid::expressible({3840, 2160}, 144'000) == edid::Mode{{3840, 2160}, 72'000});
    for (const Monitor& monitor : monitors()) {
        const auto mode = edid::expressible(monitor.preferred, monitor.refresh_mhz);
        const auto timing = edid::reduced_blanking(mode.size, mode.refresh_mhz);
        REQUIRE(timing.clock_10khz <= edid::kMaxDtdClock);
        REQUIRE(timing.clock_10khz >= 1000);
        REQUIRE(timing.v_blank <= edid::kMaxDtdSide);
    }
}

TEST_CASE("a mode that no detailed timing holds is DisplayID's, whole") {
    struct Wanted {
        Size size;
        uint32_t mhz;
    };
    for (const Wanted& wanted :
         {Wanted{{3840, 2160}, 120'000}, Wanted{{3840, 2160}, 144'000},
          Wanted{{2560, 1440}, 240'000}, Wanted{{3840, 2160}, 165'000},
          Wanted{{5120, 1440}, 60'000}, Wanted{{5120, 2880}, 60'000}, Wanted{{7680, 4320}, 60'000},
          Wanted{{7680, 4320}, 240'000}, Wanted{{2160, 5120}, 60'000}}) {
        CAPTURE(wanted.size.width);
        CAPTURE(wanted.mhz);
        const Blob blob = edid::build({.preferred = wanted.size, .refresh_mhz = wanted.mhz});
        REQUIRE(blob.size() == 384);
        const Parsed timing = parse_displayid(blob, 256);
        CHECK(timing.active == wanted.size);
        CHECK(std::abs(timing.refresh_hz() * 1000.0 - wanted.mhz) < 1.0);
        // For a reader that knows no DisplayID.
        const auto mode = edid::expressible(wanted.size, wanted.mhz);
        CHECK(parse_timing(blob, 54).active == mode.size);
        CHECK(mode != edid::offered(wanted.size, wanted.mhz));
    }
    CHECK(edid::build({.preferred = {1920, 1080}, .refresh_mhz = 240'000}).size() == 256);
}

TEST_CASE("the largest mode at the highest rate is as fast as its pixel clock can be written") {
    CHECK(edid::offered({16384, 16384}, 400'000) == edid::Mode{{16384, 16384}, 400'000});
    CHECK(edid::offered({0xffffffff, 0}, 0) == edid::Mode{{16384, 16}, 20'000});
    CHECK(edid::offered({16384, 16384}, 500'000).refresh_mhz == 250'000);
}

TEST_CASE("a size in mm that an EDID can't hold is left out, base block and timing alike") {
    for (const Size mm : {Size{}, Size{99, 200}, Size{200, 99}, Size{2551, 100}}) {
        const Blob blob = edid::build({.physical_mm = mm});
        CHECK(byte(blob, 21) == 0);
        CHECK(byte(blob, 22) == 0);
        CHECK(parse_timing(blob, 54).mm == Size{});
    }
    const Blob blob = edid::build({.physical_mm = {597, 336}});
    CHECK(byte(blob, 21) == 60);
    CHECK(byte(blob, 22) == 34);
}

TEST_CASE("what was built is read back, DisplayID's mode before that of the base block") {
    for (const Monitor& monitor : monitors()) {
        CAPTURE(describe(monitor));
        const auto read = edid::decode(edid::build(monitor));
        REQUIRE(read);
        const auto mode = edid::offered(monitor.preferred, monitor.refresh_mhz);
        CHECK(read->preferred == mode.size);
        const uint32_t off = std::max(read->refresh_mhz, mode.refresh_mhz) -
                             std::min(read->refresh_mhz, mode.refresh_mhz);
        // A pixel clock is a whole number of 10 kHz: a small or fast mode is less exact.
        CHECK(off <= 1 + mode.refresh_mhz / 500);
        CHECK(read->serial == monitor.serial);
        CHECK(!read->name.empty());
    }
    const auto read = edid::decode(edid::build(
        {.preferred = {1920, 1080}, .physical_mm = {531, 299}, .name = "Panel 7", .serial = 9}));
    CHECK(read->name == "Panel 7");
    CHECK(read->physical_mm == Size{531, 299});
    CHECK(read->refresh_mhz >= 59'999);
    CHECK(read->refresh_mhz <= 60'001);
}

TEST_CASE("what is no EDID is not read as one") {
    CHECK_FALSE(edid::decode({}));
    Blob blob = edid::build({.preferred = {7680, 4320}});
    CHECK_FALSE(edid::decode(std::span{blob}.first(127)));
    // Without its extensions it has the base block's mode.
    CHECK(edid::decode(std::span{blob}.first(128))->preferred != Size{7680, 4320});
    blob[200] ^= std::byte{1};  // a checksum is wrong
    CHECK_FALSE(edid::decode(blob));
    blob[200] ^= std::byte{1};
    blob[0] = std::byte{1};
    blob[127] ^= std::byte{0};
    CHECK_FALSE(edid::decode(blob));
    // Blocks in blocks that say they are longer than there is room for.
    Blob long_block = edid::build({.preferred = {7680, 4320}});
    long_block[256 + 2] = std::byte{0xff};
    long_block[256 + 5 + 2] = std::byte{0xff};
    uint32_t total = 0;
    for (size_t i = 256; i < 383; ++i) {
        total += byte(long_block, i);
    }
    long_block[383] = static_cast<std::byte>(0x100 - total % 0x100);
    CHECK(edid::decode(long_block)->preferred != Size{7680, 4320});
}

TEST_CASE("monitors with different serials differ") {
    CHECK(edid::build({.serial = 1}) != edid::build({.serial = 2}));
    CHECK(edid::build({.serial = 2}) == edid::build({.serial = 2}));
}

TEST_CASE("edid-decode --check has nothing to complain about" * doctest::test_suite("long")) {
    if (std::system("command -v edid-decode >/dev/null 2>&1") != 0) {
        MESSAGE("skipped: edid-decode is not installed");
        return;
    }
    const auto path =
        std::filesystem::temp_directory_path() / ("oriel-edid-" + std::to_string(::getpid()));
    for (const Monitor& monitor : monitors()) {
        const Blob blob = edid::build(monitor);
        FILE* file = std::fopen(path.c_str(), "wb");
        REQUIRE(file != nullptr);
        REQUIRE(std::fwrite(blob.data(), 1, blob.size(), file) == blob.size());
        std::fclose(file);

        FILE* decode = ::popen(("edid-decode --check '" + path.string() + "' 2>&1").c_str(), "r");
        REQUIRE(decode != nullptr);
        std::string said;
        for (int c = std::fgetc(decode); c != EOF; c = std::fgetc(decode)) {
            said.push_back(static_cast<char>(c));
        }
        CAPTURE(describe(monitor));
        CAPTURE(said);
        CHECK(::pclose(decode) == 0);
        CHECK(said.find("EDID conformity: PASS") != std::string::npos);
        CHECK(said.find("Warnings:") == std::string::npos);
        CHECK(said.find("Failures:") == std::string::npos);
    }
    std::filesystem::remove(path);
}

}  // namespace
