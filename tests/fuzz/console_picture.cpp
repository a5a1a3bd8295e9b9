// SPDX-License-Identifier: MIT
// Any picture, with any needle searched in it and any text read from it: what is found is inside.
#include <cstdint>
#include <cstdlib>
#include <vector>

#include "harness.h"
#include "match/console_text.h"
#include "match/search.h"
#include "unit/match/font_files.h"

namespace {

using namespace oriel;
using namespace oriel::match;

void require(bool condition) {
    if (!condition) {
        std::abort();
    }
}

Picture take_picture(oriel::test::FuzzInput& input, uint32_t most) {
    Picture picture{{1U + input.take<uint8_t>() % most, 1U + input.take<uint8_t>() % most}, {}};
    picture.pixels.resize(picture.size.area());
    for (uint32_t& pixel : picture.pixels) {
        // Few colours, so that there are cells of two.
        pixel = input.take<uint8_t>() % 3 * 0x00404040U;
    }
    return picture;
}

void read_text(const Picture& picture, const TextReader& reader) {
    for (const TextGrid& grid : reader.read(picture.view())) {
        require(grid.columns() > 0 && grid.rows() > 0);
        require(grid.place(grid.rows() - 1, 0, grid.columns()).inside(picture.size));
        require(!grid.text().empty());
    }
}

}  // namespace

void oriel::test::play(const uint8_t* data, size_t size) {
    static const TextReader reader{
        {*parse_psf(match::test::psf1(false)), *parse_psf(match::test::psf2())}};
    FuzzInput input{data, size};
    const Tolerance tolerance{input.take<uint8_t>(),
                              static_cast<double>(input.take<uint8_t>()) / 512};
    const Picture needle = take_picture(input, 12);
    const Picture frame = take_picture(input, 64);
    for (const auto& found : {search(frame.view(), needle.view(), {.tolerance = tolerance}),
                              nearest(frame.view(), needle.view(), {.tolerance = tolerance})}) {
        require(!found || found->where.inside(frame.size));
    }
    const Picture shown = difference(needle.view(), frame.view(), tolerance);
    require(shown.pixels.size() == shown.size.area());
    read_text(frame, reader);
}
