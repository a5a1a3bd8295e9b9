// SPDX-License-Identifier: MIT
// A line of a trace: what is taken for a frame is the same once it is written again.
#include "trace/traced_frame.h"

#include <cstdlib>
#include <string>
#include <string_view>

#include "harness.h"

using namespace oriel;

void oriel::test::play(const uint8_t* data, size_t size) {
    const std::string_view text{reinterpret_cast<const char*>(data), size};
    const std::string good = app::line_of({.number = 1, .size = {4, 3}, .mode = "virtio"});
    // Random bytes are no JSON: they take a part's place in a line that is right.
    const size_t at = size > 0 ? data[0] % good.size() : 0;
    for (const std::string& line :
         {std::string{text}, good.substr(0, at) + std::string{text} + good.substr(at)}) {
        const auto frame = app::frame_of(line);
        if (!frame) {
            continue;
        }
        const std::string once = app::line_of(*frame);
        const auto again = app::frame_of(std::string_view{once}.substr(0, once.size() - 1));
        if (!again || app::line_of(*again) != once) {
            std::abort();
        }
    }
}
