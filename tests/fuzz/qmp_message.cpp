// SPDX-License-Identifier: MIT
// What whoever listens on QEMU's monitor socket may say; and what is said to it, which is JSON
// again.
#include "qmp_message.h"

#include <algorithm>
#include <cstdlib>
#include <string>
#include <string_view>
#include <vector>

#include "harness.h"

using namespace oriel;

namespace {

/// As often as not one that QEMU has a name for.
input::Event take_event(test::FuzzInput& input) {
    auto event = input.take<input::Event>();
    if (event.value % 2 != 0) {
        event.type = static_cast<uint16_t>(1 + event.type % 3);
        event.code = static_cast<uint16_t>(event.code % (event.type == 1   ? 0x120
                                                         : event.type == 2 ? 10
                                                                           : 3));
    }
    return event;
}

void check_own(const std::string& line) {
    const bool is_line = line.ends_with('\n') && std::count(line.begin(), line.end(), '\n') == 1;
    if (!is_line || input::qmp::parse(line).id != 1) {
        std::abort();
    }
}

}  // namespace

void oriel::test::play(const uint8_t* data, size_t size) {
    const std::string_view text{reinterpret_cast<const char*>(data), size};
    static_cast<void>(input::qmp::parse(text));
    // The same inside an answer, where random bytes rarely get.
    static_cast<void>(input::qmp::parse("{\"return\":[" + std::string{text} + "],\"id\":1}"));
    test::FuzzInput input{data, size};
    std::vector<input::Event> events;
    while (!input.empty() && events.size() < 16) {
        events.push_back(take_event(input));
    }
    const std::string sent = input::qmp::send_events(1, events);
    // A wheel that hasn't turned is nothing to tell.
    if (!sent.empty()) {
        check_own(sent);
    }
    if (!sent.empty() && std::none_of(events.begin(), events.end(), input::qmp::translates)) {
        std::abort();
    }
    for (const std::string& own : {input::qmp::capabilities(1), input::qmp::query_mice(1),
                                   input::qmp::query_status(1), input::qmp::system_wakeup(1)}) {
        check_own(own);
    }
}
