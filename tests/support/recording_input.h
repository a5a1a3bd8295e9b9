// SPDX-License-Identifier: MIT
#pragma once

#include <fmt/format.h>

#include <cstdint>
#include <map>
#include <set>
#include <string>
#include <utility>
#include <vector>

#include "scanout/input.h"

namespace oriel::test {

/// A VM's input devices that remember what they were told, as a line each, and what is down.
class RecordingInput final : public InputSink {
public:
    /// What takes_positions() says.
    bool positions = true;

    /// "key 30 down", "at 0: 1.5,2", "frame" …; oldest first.
    std::vector<std::string> events;
    std::set<uint32_t> keys;                 ///< that are down
    std::set<uint32_t> buttons;              ///< that are down
    std::map<int32_t, ScreenPoint> fingers;  ///< that are down
    ScreenPoint at;                          ///< the newest pointer_at()
    double moved_x = 0;                      ///< all of pointer_moved()
    double moved_y = 0;
    WheelTurn turned;       ///< all of wheel()
    bool unframed = false;  ///< something came after the last frame()

    [[nodiscard]] std::vector<std::string> take() { return std::exchange(events, {}); }
    [[nodiscard]] bool anything_down() const {
        return !keys.empty() || !buttons.empty() || !fingers.empty();
    }

    void key(uint32_t code, bool pressed) override {
        add(fmt::format("key {} {}", code, pressed ? "down" : "up"));
        hold(keys, code, pressed);
    }
    void button(uint32_t code, bool pressed) override {
        add(fmt::format("button {} {}", code, pressed ? "down" : "up"));
        hold(buttons, code, pressed);
    }
    void pointer_at(const ScreenPoint& point) override {
        add(fmt::format("at {}: {},{}", point.scanout, point.x, point.y));
        at = point;
    }
    void pointer_moved(double dx, double dy) override {
        add(fmt::format("moved {},{}", dx, dy));
        moved_x += dx;
        moved_y += dy;
    }
    [[nodiscard]] bool takes_positions() const override { return positions; }
    void wheel(const WheelTurn& turn) override {
        add(fmt::format("wheel {},{}", turn.vertical, turn.horizontal));
        turned.vertical += turn.vertical;
        turned.horizontal += turn.horizontal;
    }
    void touch_at(int32_t contact, const ScreenPoint& point) override {
        add(fmt::format("touch {} at {}: {},{}", contact, point.scanout, point.x, point.y));
        fingers[contact] = point;
    }
    void touch_up(int32_t contact) override {
        add(fmt::format("touch {} up", contact));
        fingers.erase(contact);
    }
    void touch_cancelled() override {
        add("touch cancelled");
        fingers.clear();
    }
    void frame() override {
        events.emplace_back("frame");
        unframed = false;
    }
    void release_keys() override {
        add("release keys");
        keys.clear();
    }
    void release_buttons() override {
        add("release buttons");
        buttons.clear();
    }

private:
    void add(std::string line) {
        events.push_back(std::move(line));
        unframed = true;
    }
    static void hold(std::set<uint32_t>& held, uint32_t code, bool pressed) {
        if (pressed) {
            held.insert(code);
        } else {
            held.erase(code);
        }
    }
};

}  // namespace oriel::test
