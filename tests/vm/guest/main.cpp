// SPDX-License-Identifier: MIT
// The test guest's DRM program. It runs as the display server of a tiny Linux and writes what it
// does to standard output, which the init script connects to the serial port; the tests wait for
// those lines. Usage: drmdraw [--mode WxH] MODE; each but "modes", "frames" and "fbdev" then shows
// its last picture for ever
//
//   pattern                      the known picture on every screen, then stays
//   follow                       as pattern, and again on each screen whose preferred mode changes
//                                or that comes back; says which screens come and go
//   anim                         a moving picture on the first screen, 60 steps a second
//   flip SECONDS                 page flips between two buffers as fast as they complete
//   frames COUNT                 so many page flips, the same ones each time, and ends
//   plain-flips COUNT MS         COUNT page flips, each a frame in one colour of its own; says how
//                                many were lost, and how many took longer than MS
//   load KIND RATE SECONDS       DIRTYFB, RATE times a second; KIND is full (the whole screen, four
//                                rows of it changed), video (the whole screen, every pixel changed)
//                                or rect (64x64 pixels, all changed); quiet-KIND draws the
//                                same and marks nothing dirty
//   cursor [TTY]                 the known cursor on the known picture, moved along a known path;
//                                then it obeys lines from a terminal: "hide", "show"
//   foreign                      buffers of another driver, imported by PRIME: one that goes away
//                                again, then one with screen 1's known picture, then with screen
//                                2's
//   modes                        modes and EDID of each screen, as text
//   input                        what the evdev devices say, a line an event
//   fbdev INDEX                  the known picture of screen INDEX on /dev/fb0, and ends

#include "drm_device.h"
#include "evlog.h"
#include "fbdev.h"
#include "foreign.h"
#include "picture.h"
#include "plain_flips.h"

#include <glob.h>
#include <sys/mman.h>
#include <unistd.h>
#include <algorithm>
#include <cinttypes>
#include <cstdio>
#include <cstdlib>
#include <cstring>
#include <ctime>
#include <fstream>
#include <map>
#include <string>
#include <string_view>
#include <vector>

using namespace oriel::guest;

namespace {

constexpr int card_timeout_s = 60;
constexpr uint64_t second_ns = 1'000'000'000;

struct Options {
    uint32_t width = 0;  // 0: the mode that the device prefers
    uint32_t height = 0;
    std::vector<std::string> words;  // MODE and its arguments

    const std::string& word(size_t index) const {
        if (index >= words.size()) {
            fail("an argument is missing after \"" + words.front() + "\"");
        }
        return words[index];
    }
    uint64_t number(size_t index) const {
        return std::max<uint64_t>(1, strtoull(word(index).c_str(), nullptr, 10));
    }
};

void say(const std::string& line) {
    printf("guest: %s\n", line.c_str());
    fflush(stdout);
}

std::string size_of(const DumbBuffer& buffer) {
    return std::to_string(buffer.width) + "x" + std::to_string(buffer.height);
}

uint64_t now_ns() {
    timespec time{};
    clock_gettime(CLOCK_MONOTONIC, &time);
    return static_cast<uint64_t>(time.tv_sec) * second_ns + static_cast<uint64_t>(time.tv_nsec);
}

void sleep_until(uint64_t deadline_ns) {
    timespec time{};
    time.tv_sec = static_cast<time_t>(deadline_ns / second_ns);
    time.tv_nsec = static_cast<long>(deadline_ns % second_ns);
    clock_nanosleep(CLOCK_MONOTONIC, TIMER_ABSTIME, &time, nullptr);
}

[[noreturn]] void stay() {
    for (;;) {
        pause();
    }
}

// One decimal, without floating point formatting of the locale's.
std::string rate(uint64_t count, uint64_t elapsed_ns) {
    const uint64_t tenths = count * 10 * second_ns / std::max<uint64_t>(1, elapsed_ns);
    return std::to_string(tenths / 10) + "." + std::to_string(tenths % 10);
}

DumbBuffer buffer_for(const DrmDevice& device, const Screen& screen) {
    return device.create_buffer(screen.mode.hdisplay, screen.mode.vdisplay);
}

void mark_all_dirty(const DrmDevice& device, const DumbBuffer& buffer) {
    device.mark_dirty(buffer, {{.x1 = 0, .y1 = 0, .x2 = buffer.width, .y2 = buffer.height}});
}

DumbBuffer show_known_picture(const DrmDevice& device, const Screen& screen) {
    const DumbBuffer buffer = buffer_for(device, screen);
    draw_known_picture(buffer, screen.index);
    device.show(screen, buffer);
    mark_all_dirty(device, buffer);
    say("pattern on screen " + std::to_string(screen.index) + " " + size_of(buffer));
    return buffer;
}

void show_known_picture(const DrmDevice& device, const std::vector<Screen>& screens) {
    for (const Screen& screen : screens) {
        show_known_picture(device, screen);
    }
}

[[noreturn]] void run_pattern(const DrmDevice& device, const std::vector<Screen>& screens) {
    show_known_picture(device, screens);
    say("pattern shown");
    stay();
}

void let_go(const DrmDevice& device, const DumbBuffer& buffer) {
    device.remove(buffer);
    munmap(buffer.pixels, uint64_t{buffer.pitch} * buffer.height);
}

// "connected" or "disconnected", as the kernel tells user space.
std::string connector_status(uint32_t index) {
    const std::string pattern = "/sys/class/drm/*-Virtual-" + std::to_string(index + 1) + "/status";
    glob_t found{};
    std::string status = "unknown";
    if (glob(pattern.c_str(), 0, nullptr, &found) == 0) {
        std::ifstream(found.gl_pathv[0]) >> status;
    }
    globfree(&found);
    return status;
}

// As a desktop does it: a screen that prefers another mode than the one it has gets that, and one
// that has gone is switched off.
[[noreturn]] void run_follow(const DrmDevice& device) {
    std::map<uint32_t, DumbBuffer> shown;
    for (;;) {
        const std::vector<Screen> screens = device.connected_screens();
        for (auto known = shown.begin(); known != shown.end();) {
            const bool there =
                std::any_of(screens.begin(), screens.end(),
                            [&](const Screen& screen) { return screen.index == known->first; });
            if (there) {
                ++known;
                continue;
            }
            let_go(device, known->second);
            say("screen " + std::to_string(known->first) + " is " + connector_status(known->first));
            known = shown.erase(known);
        }
        for (const Screen& screen : screens) {
            const auto before = shown.find(screen.index);
            if (before != shown.end() && before->second.width == screen.mode.hdisplay &&
                before->second.height == screen.mode.vdisplay) {
                continue;
            }
            const DumbBuffer next = show_known_picture(device, screen);
            if (before != shown.end()) {
                let_go(device, before->second);
            } else {
                say("screen " + std::to_string(screen.index) + " is " +
                    connector_status(screen.index));
            }
            shown[screen.index] = next;
        }
        usleep(50'000);
    }
}

[[noreturn]] void run_animation(const DrmDevice& device, const Screen& screen) {
    const DumbBuffer buffer = buffer_for(device, screen);
    Animation animation(buffer);
    device.show(screen, buffer);
    mark_all_dirty(device, buffer);
    say("animation shown " + size_of(buffer));
    constexpr uint64_t tick_ns = second_ns / 60;
    constexpr uint32_t most_ticks = 6;  // a slow guest jumps at most so far at once
    uint64_t drawn_until = now_ns();
    for (;;) {
        const uint64_t elapsed = (now_ns() - drawn_until) / tick_ns;
        const auto ticks = static_cast<uint32_t>(std::clamp<uint64_t>(elapsed, 1, most_ticks));
        device.mark_dirty(buffer, animation.step(ticks));
        drawn_until = std::max(drawn_until + ticks * tick_ns, now_ns() - most_ticks * tick_ns);
        sleep_until(drawn_until + tick_ns);
    }
}

[[noreturn]] void run_flips(const DrmDevice& device, const Screen& screen, uint64_t seconds) {
    const DumbBuffer first = buffer_for(device, screen);
    const DumbBuffer second = buffer_for(device, screen);
    draw_known_picture(first, 0);
    draw_known_picture(second, 1);
    device.show(screen, first);
    const uint64_t start = now_ns();
    uint64_t count = 0;
    while (now_ns() - start < seconds * second_ns) {
        device.flip(screen, count % 2 == 0 ? second : first);
        ++count;
    }
    device.flip(screen, first);
    say("flip " + size_of(first) + " frames " + std::to_string(count) + " fps " +
        rate(count, now_ns() - start));
    stay();
}

// What has been shown once is never drawn over: however late somebody looks, the frames are the
// same.
void run_frames(const DrmDevice& device, const Screen& screen, uint64_t count) {
    constexpr uint32_t pictures = 8;
    std::vector<DumbBuffer> buffers;
    for (uint32_t index = 0; index < pictures; ++index) {
        buffers.push_back(buffer_for(device, screen));
        draw_known_picture(buffers.back(), index);
    }
    device.show(screen, buffers.front());
    for (uint64_t frame = 1; frame < count; ++frame) {
        device.flip(screen, buffers[frame % pictures]);
    }
    say("frames " + std::to_string(count) + " shown " + size_of(buffers.front()));
}

// "full" writes few pixels on purpose: it is a load for the display, not for the guest's CPU. Peers
// that compare contents look better with it than with "video".
[[noreturn]] void run_load(const DrmDevice& device, const Screen& screen, const Options& options) {
    constexpr std::string_view quiet_prefix = "quiet-";
    std::string_view kind = options.word(1);
    const bool quiet = kind.substr(0, quiet_prefix.size()) == quiet_prefix;
    if (quiet) {
        kind.remove_prefix(quiet_prefix.size());
    }
    const bool video = kind == "video";
    const bool full = video || kind == "full";
    if (!full && kind != "rect") {
        fail("load wants full, video or rect");
    }
    const uint64_t per_second = options.number(2);
    const uint64_t frames = per_second * options.number(3);
    const DumbBuffer buffer = buffer_for(device, screen);
    draw_known_picture(buffer, 0);
    device.show(screen, buffer);
    mark_all_dirty(device, buffer);
    constexpr uint32_t side = 64;
    const uint32_t left = full ? 0 : (buffer.width - side) / 2;
    const uint32_t top = full ? 0 : (buffer.height - side) / 2;
    const Box box{.x1 = left,
                  .y1 = top,
                  .x2 = full ? buffer.width : left + side,
                  .y2 = full ? buffer.height : top + side};
    const uint32_t changed_rows = video ? buffer.height : full ? 4 : side;
    say("load starts " + options.word(1) + " " + size_of(buffer));
    const uint64_t start = now_ns();
    for (uint64_t frame = 0; frame < frames; ++frame) {
        const auto phase = static_cast<uint32_t>(frame);
        const uint32_t first_row =
            full && !video ? phase * changed_rows % (buffer.height - 3) : box.y1;
        for (uint32_t y = first_row; y < first_row + changed_rows; ++y) {
            uint32_t* row = buffer.row(y);
            std::fill(row + box.x1, row + box.x2, phase * 0x010305 & 0xffffff);
        }
        if (!quiet) {
            device.mark_dirty(buffer, {box});
        }
        sleep_until(start + (frame + 1) * second_ns / per_second);
    }
    say("load " + options.word(1) + " " + size_of(buffer) + " frames " + std::to_string(frames) +
        " fps " + rate(frames, now_ns() - start));
    stay();
}

// Ends with the cursor at 100,80, after a path that leaves the screen on the left and the top.
[[noreturn]] void run_cursor(const DrmDevice& device, const std::vector<Screen>& screens,
                             const std::string& terminal) {
    show_known_picture(device, screens);
    const Screen& screen = screens.front();
    const DumbBuffer image = device.create_cursor_image(cursor_size, cursor_size);
    for (uint32_t y = 0; y < cursor_size; ++y) {
        for (uint32_t x = 0; x < cursor_size; ++x) {
            image.row(y)[x] = cursor_pixel(x, y);
        }
    }
    device.set_cursor(screen, image, cursor_hot_x, cursor_hot_y);
    for (int step = -20; step <= 100; ++step) {
        device.move_cursor(screen, step, step * 4 / 5);
        usleep(2000);
    }
    say("cursor at 100,80");
    FILE* orders = terminal.empty() ? nullptr : fopen(terminal.c_str(), "re");
    if (!terminal.empty() && orders == nullptr) {
        fail("cannot open " + terminal);
    }
    char line[16];
    while (orders != nullptr && fgets(line, sizeof line, orders) != nullptr) {
        const std::string_view order = line;
        if (order == "hide\n") {
            device.hide_cursor(screen);
            say("cursor hidden");
        } else if (order == "show\n") {
            device.set_cursor(screen, image, cursor_hot_x, cursor_hot_y);
            say("cursor shown");
        }
    }
    stay();
}

[[noreturn]] void run_foreign(const DrmDevice& device, const Screen& screen) {
    const uint32_t width = screen.mode.hdisplay;
    const uint32_t height = screen.mode.vdisplay;
    const DumbBuffer first = import_foreign_buffer(device, width, height);
    draw_known_picture(first, 0);
    device.show(screen, first);
    mark_all_dirty(device, first);
    const DumbBuffer second = import_foreign_buffer(device, width, height);
    draw_known_picture(second, 1);
    device.show(screen, second);
    mark_all_dirty(device, second);
    device.remove(first);
    // What was shown is drawn over, and only marked dirty.
    draw_known_picture(second, 2);
    mark_all_dirty(device, second);
    say("foreign buffer shown " + size_of(second));
    stay();
}

void print_modes(const std::vector<Screen>& screens) {
    for (const Screen& screen : screens) {
        const std::string name = "screen " + std::to_string(screen.index);
        for (const auto& mode : screen.modes) {
            const bool preferred = (mode.type & DRM_MODE_TYPE_PREFERRED) != 0;
            const uint64_t total = uint64_t{mode.htotal} * mode.vtotal;
            const uint64_t millihertz =
                total == 0 ? 0 : (uint64_t{mode.clock} * 1'000'000 + total / 2) / total;
            say(name + " mode " + std::to_string(mode.hdisplay) + "x" +
                std::to_string(mode.vdisplay) + "@" + std::to_string(millihertz) + "mHz" +
                (preferred ? " preferred" : ""));
        }
        std::string hex;
        for (const uint8_t byte : screen.edid) {
            constexpr std::string_view digits = "0123456789abcdef";
            hex += digits[byte >> 4];
            hex += digits[byte & 15];
        }
        say(name + " edid " + (hex.empty() ? "none" : hex));
    }
    say("modes printed");
}

Options parse(int argc, char** argv) {
    Options options;
    for (int i = 1; i < argc; ++i) {
        const std::string_view word = argv[i];
        if (word == "--mode" && i + 1 < argc) {
            ++i;
            if (sscanf(argv[i], "%" SCNu32 "x%" SCNu32, &options.width, &options.height) != 2) {
                fail("--mode wants WIDTHxHEIGHT");
            }
        } else {
            options.words.emplace_back(word);
        }
    }
    if (options.words.empty()) {
        fail(
            "which mode? (pattern, follow, anim, flip, plain-flips, frames, load, cursor, "
            "foreign, modes, input, fbdev)");
    }
    return options;
}

}  // namespace

int main(int argc, char** argv) {
    const Options options = parse(argc, argv);
    if (options.words.front() == "fbdev") {
        const DumbBuffer buffer = open_fbdev();
        draw_known_picture(buffer, static_cast<uint32_t>(std::stoul(options.word(1))));
        say("fbdev " + size_of(buffer));
        return 0;
    }
    if (options.words.front() == "input") {
        log_events();
    }
    const DrmDevice device = DrmDevice::open(card_timeout_s);
    std::vector<Screen> screens = device.connected_screens();
    if (options.width != 0) {
        for (Screen& screen : screens) {
            choose_mode(screen, options.width, options.height);
        }
    }
    const std::string& mode = options.words.front();
    if (mode == "pattern") {
        run_pattern(device, screens);
    } else if (mode == "follow") {
        run_follow(device);
    } else if (mode == "anim") {
        run_animation(device, screens.front());
    } else if (mode == "flip") {
        run_flips(device, screens.front(), options.number(1));
    } else if (mode == "frames") {
        run_frames(device, screens.front(), options.number(1));
    } else if (mode == "plain-flips") {
        run_plain_flips(device, screens.front(), options.number(1), options.number(2));
        stay();
    } else if (mode == "load") {
        run_load(device, screens.front(), options);
    } else if (mode == "cursor") {
        run_cursor(device, screens, options.words.size() > 1 ? options.words[1] : "");
    } else if (mode == "foreign") {
        run_foreign(device, screens.front());
    } else if (mode == "modes") {
        print_modes(screens);
    } else {
        fail("unknown mode " + mode);
    }
    return 0;
}
