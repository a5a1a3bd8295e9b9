// SPDX-License-Identifier: MIT
#include "trace/trace_diff.h"

#include <fmt/format.h>
#include <fmt/ranges.h>

#include <array>
#include <bitset>
#include <optional>

#include "ctl/ctl.h"
#include "trace/trace_reader.h"

namespace oriel::app {
namespace {

constexpr int kDifferent = 1;
constexpr int kNoTrace = 2;
/// A line is to be read by people.
constexpr size_t kMostNamedRects = 4;

using Screens = std::bitset<kMaxScanouts>;

/// Reads all of it; the screens that are in it.
Result<Screens> check_trace(TraceReader& trace) {
    Screens screens;
    std::array<uint64_t, kMaxScanouts> last{};
    for (;;) {
        const auto frame = trace.next();
        if (!frame) {
            return tl::unexpected(frame.error());
        }
        if (!*frame) {
            return screens;
        }
        uint64_t& before = last.at((*frame)->screen);
        if ((*frame)->number <= before) {
            return host_error("{}: frame {} of screen {} comes after frame {}", trace.file(),
                              (*frame)->number, (*frame)->screen, before);
        }
        before = (*frame)->number;
        screens.set((*frame)->screen);
    }
}

Result<std::optional<TracedFrame>> next_of(TraceReader& trace, ScanoutId screen) {
    for (;;) {
        auto frame = trace.next();
        if (!frame || !*frame || (*frame)->screen == screen) {
            return frame;
        }
    }
}

std::string rects_text(const std::vector<Rect>& rects) {
    std::string text;
    for (size_t i = 0; i < rects.size() && i < kMostNamedRects; ++i) {
        const Rect& rect = rects[i];
        text += fmt::format("{}{}x{} at {},{}", i > 0 ? " + " : "", rect.width, rect.height, rect.x,
                            rect.y);
    }
    if (rects.size() > kMostNamedRects) {
        text += fmt::format(" + {} more", rects.size() - kMostNamedRects);
    }
    return text.empty() ? "nothing" : text;
}

std::string hash_text(const std::string& hash) {
    return hash.empty() ? "none" : hash;
}

/// In what two frames of one number differ; empty: in nothing.
std::vector<std::string> differences(const TracedFrame& a, const TracedFrame& b, bool times) {
    std::vector<std::string> found;
    const auto differ = [&found](const char* what, const std::string& first,
                                 const std::string& second) {
        found.push_back(fmt::format("{} {} and {}", what, first, second));
    };
    if (a.mode != b.mode) {
        differ("mode", a.mode, b.mode);
    }
    if (a.size != b.size) {
        differ("size", fmt::format("{}x{}", a.size.width, a.size.height),
               fmt::format("{}x{}", b.size.width, b.size.height));
    }
    if (a.damage != b.damage) {
        differ("damage", rects_text(a.damage), rects_text(b.damage));
    }
    if (a.hash != b.hash) {
        differ("hash", hash_text(a.hash), hash_text(b.hash));
    }
    if (times && a.time_ns != b.time_ns) {
        differ("time", fmt::format("{} ns", a.time_ns), fmt::format("{} ns", b.time_ns));
    }
    return found;
}

/// What is told of a frame that only one of the traces has.
std::string only_in(const TracedFrame& frame, const std::string& file, bool other_ends) {
    return fmt::format("screen {}, frame {}: only in {}{}", frame.screen, frame.number, file,
                       other_ends ? ", the other one ends before it"
                                  : ": it was left out when the other one was written");
}

class TraceComparison {
public:
    TraceComparison(TraceReader& first, TraceReader& second, bool times)
        : first_{first}, second_{second}, times_{times} {}

    /// Up to the first difference.
    [[nodiscard]] Result<void> compare(ScanoutId screen) {
        for (TraceReader* trace : {&first_, &second_}) {
            if (auto begun = trace->rewind(); !begun) {
                return begun;
            }
        }
        for (;;) {
            const auto a = next_of(first_, screen);
            const auto b = next_of(second_, screen);
            if (!a || !b) {
                return tl::unexpected(a ? b.error() : a.error());
            }
            if ((!*a && !*b) || !add(*a, *b)) {
                return {};
            }
        }
    }
    [[nodiscard]] TraceDifference take() { return std::move(found_); }

private:
    /// Whether they are the same frame. One of them is there.
    [[nodiscard]] bool add(const std::optional<TracedFrame>& a,
                           const std::optional<TracedFrame>& b) {
        if (!b || (a && a->number < b->number)) {
            found_.lines.push_back(only_in(*a, first_.file(), !b));
            return false;
        }
        if (!a || b->number < a->number) {
            found_.lines.push_back(only_in(*b, second_.file(), !a));
            return false;
        }
        const auto all = differences(*a, *b, times_);
        if (!all.empty()) {
            found_.lines.push_back(
                fmt::format("screen {}, frame {}: {}", a->screen, a->number, fmt::join(all, "; ")));
            return false;
        }
        ++found_.frames;
        return true;
    }

    TraceReader& first_;
    TraceReader& second_;
    const bool times_;
    TraceDifference found_;
};

}  // namespace

Result<TraceDifference> compare_traces(const TraceOptions& options) {
    auto first = TraceReader::open(options.first);
    if (!first) {
        return tl::unexpected(first.error());
    }
    auto second = TraceReader::open(options.second);
    if (!second) {
        return tl::unexpected(second.error());
    }
    // All of both, so that a broken trace is never the same as another one.
    const auto screens = check_trace(*first);
    if (!screens) {
        return tl::unexpected(screens.error());
    }
    const auto others = check_trace(*second);
    if (!others) {
        return tl::unexpected(others.error());
    }
    TraceComparison comparison{*first, *second, options.times};
    for (ScanoutId screen = 0; screen < kMaxScanouts; ++screen) {
        if (!(*screens | *others).test(screen)) {
            continue;
        }
        if (auto done = comparison.compare(screen); !done) {
            return tl::unexpected(done.error());
        }
    }
    return comparison.take();
}

int run_trace(const TraceOptions& options) {
    const auto found = compare_traces(options);
    if (!found) {
        throw StartupError{found.error(), kNoTrace};
    }
    std::string text;
    for (const std::string& line : found->lines) {
        text += printable(line) + '\n';
    }
    const bool same = text.empty();
    try {
        print(same ? fmt::format("{} frames, no difference\n", found->frames) : text);
    } catch (const StartupError& error) {
        throw StartupError{error.what(), kNoTrace};  // not 1, which is a verdict
    }
    return same ? 0 : kDifferent;
}

}  // namespace oriel::app
