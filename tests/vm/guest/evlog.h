// SPDX-License-Identifier: MIT
#pragma once

namespace oriel::guest {

// Prints what every evdev device says, a line an event, for ever:
//   guest: device N bus 0xBB properties 0xP "NAME"
//   guest: watching
//   guest: event "NAME" TYPE CODE VALUE     (TYPE 0 is SYN_REPORT, the end of a frame)
[[noreturn]] void log_events();

}  // namespace oriel::guest
