// SPDX-License-Identifier: MIT
//
// What nearly every file includes, compiled once (see precompiled/meson.build). Only headers of the
// system: a change of ours must not compile everything again. Each file still includes what it
// uses.
#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <chrono>
#include <cstdint>
#include <cstring>
#include <deque>
#include <functional>
#include <map>
#include <memory>
#include <optional>
#include <set>
#include <span>
#include <string>
#include <string_view>
#include <tl/expected.hpp>
#include <utility>
#include <variant>
#include <vector>
