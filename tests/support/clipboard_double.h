// SPDX-License-Identifier: MIT
#pragma once

#include <cstddef>
#include <optional>
#include <string>
#include <utility>
#include <vector>

#include "scanout/clipboard.h"

namespace oriel::test {

/// Either side of a shared clipboard: remembers what it hears, and has `text` when asked.
class ClipboardDouble final : public GuestClipboard {
public:
    std::optional<std::string> text;
    /// Answers when the test says so, by answer().
    bool slow = false;
    size_t offers = 0;
    size_t withdrawals = 0;
    size_t fetches = 0;
    ClipboardSide* joined = nullptr;

    void join(ClipboardSide* host) override { joined = host; }
    void offered() override { ++offers; }
    void withdrawn() override { ++withdrawals; }
    void fetch(ClipboardDone done) override {
        ++fetches;
        waiting_.push_back(std::move(done));
        if (!slow) {
            answer();
        }
    }
    void answer() {
        for (const ClipboardDone& done : std::exchange(waiting_, {})) {
            done(text);
        }
    }

private:
    std::vector<ClipboardDone> waiting_;
};

}  // namespace oriel::test
