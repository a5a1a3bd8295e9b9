// SPDX-License-Identifier: MIT
// What whoever listens on QEMU's monitor socket may say.
#include "qmp_message.h"

#include <string>
#include <string_view>
#include <vector>

#include "harness.h"

using namespace oriel;

void oriel::test::play(const uint8_t* data, size_t size) {
    const std::string_view text{reinterpret_cast<const char*>(data), size};
    static_cast<void>(input::qmp::parse(text));
    // The same inside an answer, where random bytes rarely get.
    static_cast<void>(input::qmp::parse("{\"return\":[" + std::string{text} + "],\"id\":1}"));
    test::FuzzInput input{data, size};
    std::vector<input::Event> events;
    while (!input.empty() && events.size() < 64) {
        events.push_back(input.take<input::Event>());
    }
    static_cast<void>(input::qmp::send_events(1, events));
}
