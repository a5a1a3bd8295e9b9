// SPDX-License-Identifier: MIT
#include "vdpy/window_words.h"

#include <charconv>

#include "scanout/memory_buffer.h"

namespace oriel::app::vdpy {
namespace {

constexpr std::string_view kGeometry = "geometry=";
constexpr std::string_view kFullscreen = "fullscreen";

/// Takes a number and the character behind it, if there is to be one, from the front of `text`.
template <class Number>
bool take_number(std::string_view& text, Number& number, char behind) {
    const auto read = std::from_chars(text.data(), text.data() + text.size(), number);
    if (read.ec != std::errc{}) {
        return false;
    }
    text.remove_prefix(static_cast<size_t>(read.ptr - text.data()));
    if (behind == '\0') {
        return text.empty();
    }
    if (!text.starts_with(behind)) {
        return false;
    }
    text.remove_prefix(1);
    return true;
}

std::optional<ScreenWords> read_geometry(std::string_view text) {
    // ACRN's window takes a monitor's number behind a colon. Wayland has names for outputs, and no
    // numbers: any will do unless output= names one.
    if (text == kFullscreen || text.starts_with("fullscreen:")) {
        return ScreenWords{};
    }
    ScreenWords screen;
    Size size;
    if (!take_number(text, size.width, 'x') || !take_number(text, size.height, '+') ||
        !take_number(text, screen.position.x, '+') || !take_number(text, screen.position.y, '\0') ||
        size.empty() || size.width > MemoryBuffer::kMaxSide ||
        size.height > MemoryBuffer::kMaxSide) {
        return std::nullopt;
    }
    screen.size = size;
    return screen;
}

tl::unexpected<HostError> wrong(std::string_view word, std::string_view right) {
    return host_error("virtio-gpu: '{}' makes no sense; it is to be {}", word, right);
}

Result<void> read_word(std::string_view word, WindowWords& all, std::string& every_output) {
    const size_t equals = word.find('=');
    const std::string_view name = word.substr(0, equals);
    const std::string_view value =
        equals == std::string_view::npos ? std::string_view{} : word.substr(equals + 1);
    const auto one_of = [&](std::string_view no, std::string_view yes, bool& set) -> Result<void> {
        if (value != no && value != yes) {
            return wrong(word, fmt::format("{}={}|{}", name, no, yes));
        }
        set = value == yes;
        return {};
    };
    const auto a_path = [&](std::string& path) -> Result<void> {
        if (value.empty()) {
            return wrong(word, fmt::format("{}=PATH, of a socket", name));
        }
        path = value;
        return {};
    };
    if (word.starts_with(kGeometry)) {
        auto screen = read_geometry(value);
        if (!screen) {
            return wrong(word, "geometry=WxH+X+Y, in px, or geometry=fullscreen");
        }
        if (all.screens.size() >= kMaxScreens) {
            return host_error("virtio-gpu: there are {} screens at most", kMaxScreens);
        }
        screen->output = every_output;
        all.screens.push_back(std::move(*screen));
    } else if (name == "output") {
        (all.screens.empty() ? every_output : all.screens.back().output) = value;
    } else if (name == "path") {
        return one_of("auto", "shm", all.shm_only);
    } else if (name == "pace") {
        return one_of("none", "frame", all.paced);
    } else if (name == "compositor") {
        return one_of("wait", "need", all.need_compositor);
    } else if (name == "input") {
        return a_path(all.input);
    } else if (name == "qmp") {
        return a_path(all.qmp);
    }
    return {};
}

}  // namespace

Result<WindowWords> read_window_words(std::string_view options) {
    WindowWords all{.screens = {}};
    std::string every_output;
    while (!options.empty()) {
        const std::string_view word = options.substr(0, options.find(','));
        if (auto read = read_word(word, all, every_output); !read) {
            return tl::unexpected(std::move(read).error());
        }
        options.remove_prefix(std::min(word.size() + 1, options.size()));
    }
    if (all.screens.empty()) {
        all.screens.push_back({.size = kUnnamed, .output = every_output});
    }
    return all;
}

}  // namespace oriel::app::vdpy
