// SPDX-License-Identifier: MIT
#include "top/top.h"

#include <poll.h>
#include <sys/ioctl.h>
#include <termios.h>
#include <unistd.h>

#include <chrono>
#include <csignal>
#include <cstdint>
#include <string>
#include <thread>
#include <utility>

#include "control/runtime_folder.h"
#include "core/result.h"
#include "ctl/ask_all.h"
#include "ctl/ctl.h"
#include "top/top_table.h"

namespace oriel::app {
namespace {

using std::chrono::milliseconds;
using std::chrono::steady_clock;

// One that answers does so within a turn of its loop.
constexpr milliseconds kPatience{500};
// How long rates are measured for where there is one table only.
constexpr milliseconds kOnce{500};

volatile std::sig_atomic_t stopped = 0;

void stop(int) {
    stopped = 1;
}

struct TerminalSize {
    size_t columns = 200;
    size_t lines = 0;
};

TerminalSize terminal_size() {
    winsize size{};
    if (::ioctl(STDOUT_FILENO, TIOCGWINSZ, &size) != 0 || size.ws_col == 0 || size.ws_row == 0) {
        return {};
    }
    return {size.ws_col, size.ws_row};
}

/// While it lives, keys come one by one, and what is drawn is not among what was written before.
class FullScreen {
public:
    FullScreen() {
        has_keys_ = ::tcgetattr(STDIN_FILENO, &before_) == 0;
        if (has_keys_) {
            termios keys = before_;
            keys.c_lflag &= ~static_cast<tcflag_t>(ICANON | ECHO);
            static_cast<void>(::tcsetattr(STDIN_FILENO, TCSANOW, &keys));
        }
        print("\033[?1049h\033[?25l");
    }
    FullScreen(const FullScreen&) = delete;
    FullScreen& operator=(const FullScreen&) = delete;
    ~FullScreen() {
        try {
            print("\033[?25h\033[?1049l");
        } catch (const StartupError&) {
            // The terminal has gone.
        }
        if (has_keys_) {
            static_cast<void>(::tcsetattr(STDIN_FILENO, TCSANOW, &before_));
        }
    }
    [[nodiscard]] bool has_keys() const { return has_keys_; }

private:
    termios before_{};
    bool has_keys_ = false;
};

std::vector<TopSample> sample(const std::string& folder) {
    std::vector<TopSample> samples;
    for (VmStats& vm : ask_all_for_stats(folder, kPatience)) {
        const auto use = process_use(vm.pid);
        const std::chrono::duration<double> at = steady_clock::now().time_since_epoch();
        samples.push_back({std::move(vm), use, at.count()});
    }
    return samples;
}

/// Whether it is to end: `q`, or a signal.
bool wait(const FullScreen& screen, steady_clock::time_point until) {
    while (stopped == 0) {
        const auto left = std::chrono::ceil<milliseconds>(until - steady_clock::now()).count();
        if (left <= 0) {
            return false;
        }
        pollfd keys{screen.has_keys() ? STDIN_FILENO : -1, POLLIN, 0};
        if (::poll(&keys, 1, static_cast<int>(left)) <= 0) {
            continue;
        }
        char key = 0;
        if (::read(STDIN_FILENO, &key, 1) <= 0 || key == 'q' || key == 'Q') {
            return true;
        }
    }
    return true;
}

/// The screen is written over, and not cleared first: it doesn't flicker.
std::string in_place(const std::string& table) {
    std::string text = "\033[H";
    for (const char c : table) {
        text += c == '\n' ? "\033[K\n" : std::string{c};
    }
    // The last line's end would scroll.
    text.pop_back();
    return text + "\033[J";
}

void show_live(const std::string& folder, milliseconds interval) {
    for (const int signal : {SIGINT, SIGTERM, SIGHUP}) {
        static_cast<void>(std::signal(signal, stop));
    }
    const FullScreen screen;
    std::vector<TopSample> before;
    for (;;) {
        const auto begun = steady_clock::now();
        std::vector<TopSample> now = sample(folder);
        const TerminalSize size = terminal_size();
        print(in_place(top_table(now, before, size.columns, size.lines)));
        before = std::move(now);
        if (wait(screen, begun + interval)) {
            return;
        }
    }
}

}  // namespace

int run_top(const TopOptions& options) {
    const auto folder = runtime_folder(Create::kYes);
    if (!folder) {
        throw StartupError{folder.error()};
    }
    const bool terminal = ::isatty(STDOUT_FILENO) == 1;
    if (terminal && !options.once) {
        show_live(*folder, options.interval);
        return 0;
    }
    const std::vector<TopSample> before = sample(*folder);
    std::this_thread::sleep_for(kOnce);
    print(top_table(sample(*folder), before, terminal ? terminal_size().columns : SIZE_MAX, 0));
    return 0;
}

}  // namespace oriel::app
