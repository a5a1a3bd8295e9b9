// SPDX-License-Identifier: MIT
// What a program may say on a VM's control socket: each answer is one line of JSON.
#include <drm_fourcc.h>
#include <sys/socket.h>

#include <array>
#include <memory>
#include <nlohmann/json.hpp>
#include <string>
#include <vector>

#include "card/card.h"
#include "control/control_server.h"
#include "control/json_fields.h"
#include "core/clock.h"
#include "core/event_loop.h"
#include "edid/edid.h"
#include "harness.h"
#include "input/router.h"
#include "net/local_socket.h"
#include "scanout/framebuffer.h"
#include "scanout/memory_pixels.h"
#include "serve/control_requests.h"
#include "support/fd_passing.h"
#include "support/recording_display.h"
#include "support/temp_dir.h"

using namespace oriel;
using namespace oriel::test;
using nlohmann::json;

namespace {

/// A guest's driver that takes everything, or isn't there.
struct Listener final : public input::EventTarget {
    [[nodiscard]] bool ready() const override { return there; }
    void event(const input::Event&) override {}
    void sync(TimePoint) override {}
    bool there = true;
};

/// What a machine answers, without the machine.
struct Desk final : app::ControlHandler, app::VmStatus {
    /// `bare`: one screen, no picture, no driver in the guest.
    Desk(const std::string& socket, bool bare)
        : display{bare ? 1U : 2U}, server{loop, socket, "vm", *this} {
        listener.there = !bare;
        if (!bare) {
            constexpr Size kSide{4, 4};
            guest.attach(1,
                         std::make_shared<Framebuffer>(MemoryPixels::create(kSide).value(),
                                                       DRM_FORMAT_XRGB8888),
                         Rect::of(kSide));
            guest.set_cursor(1, std::make_shared<CursorImage>(
                                    CursorImage{kSide, {1, 1}, std::vector<uint32_t>(16)}));
        }
    }

    app::ControlReply handle(const std::string& command, const json& request, UniqueFd&) override {
        if (command == "input") {
            return app::input_reply(request, display, "vm", router);
        }
        if (command == "screen") {
            return app::screen_reply(request, display, nullptr, "vm");
        }
        if (command == "hud") {
            return app::hud_reply(request, hud, "vm");
        }
        const auto screen = app::scanout_of(request, display, "vm");
        if (!screen) {
            return app::control_error(screen.error().message());
        }
        return command == "edid" ? app::edid_reply(edid::build({}), true)
                                 : app::frame_reply(card, *screen, command);
    }
    [[nodiscard]] std::string_view vm_status() const override { return "running"; }

    ManualClock clock;
    EventLoop loop{clock};
    RecordingDisplay display;
    card::Card card{display};
    Display& guest{card.add_source("guest", 0)};
    Listener listener;
    input::InputRouter router{clock,
                              [](ScanoutId) {
                                  return input::ScreenArea{.position = {0, 0}, .size = {640, 480}};
                              },
                              {.keyboards = {&listener},
                               .pointers = {&listener},
                               .mice = {&listener},
                               .touch = &listener}};
    app::Hud hud{loop, card, nullptr, *this};
    app::ControlServer server;
};

/// What a program reads out of an answer, which may be anybody's words: a field is what it is
/// asked for, or nothing.
void read_answer(const json& answer) {
    for (const char* name : {"ok", "error", "frame", "words"}) {
        const auto there = answer.find(name);
        const json value = there == answer.end() ? json() : *there;
        const bool flag = app::field_of(answer, name, true);
        const int64_t number = app::field_of(answer, name, int64_t{7});
        const std::string text = app::field_of(answer, name, std::string{"none"});
        const json object = app::field_of(answer, name, json::object());
        require(flag == (value.is_boolean() ? value.get<bool>() : true));
        require(number == (value.is_number_integer() ? value.get<int64_t>() : 7));
        require(text == (value.is_string() ? value.get<std::string>() : "none"));
        require(object == (value.is_object() ? value : json::object()));
    }
}

void check_answers(const std::string& answers) {
    size_t begin = 0;
    for (size_t end = answers.find('\n'); end != std::string::npos;
         begin = end + 1, end = answers.find('\n', begin)) {
        const json answer = json::parse(answers.substr(begin, end - begin), nullptr, false);
        require(answer.is_object() && answer.contains("ok") && answer["ok"].is_boolean());
        read_answer(answer);
    }
    require(begin == answers.size());
}

/// A word of a request, mostly one that some command takes.
std::string take_word(FuzzInput& input, bool first) {
    constexpr std::array<std::string_view, 7> kNames{"key",    "type",  "pointer", "move",
                                                     "button", "wheel", "touch"};
    constexpr std::array<std::string_view, 20> kWords{
        "0",   "1",   "-3.5", "20",          "on", "off",        "output", "DP-1",   "left", "none",
        "1e9", "nan", "",     "ctrl+alt+f2", "a",  "800x600@75", "1024x7", "Root\n", "99",   "b+"};
    const auto choice = input.take<uint8_t>();
    if (first && choice < 240) {
        return std::string{kNames.at(choice % kNames.size())};
    }
    if (choice == 255) {
        return std::string(1025, 'a');
    }
    if (choice == 254) {
        return "a+a+a+a+a+a+a+a+a+a+a+a+a+a+a+a+a";
    }
    return std::string{kWords.at(choice % kWords.size())};
}

/// Requests that are nearly right, a line each.
std::string take_requests(FuzzInput& input) {
    constexpr std::array<std::string_view, 8> kCommands{"input",  "input", "input", "screen",
                                                        "screen", "hud",   "edid",  "frame"};
    std::string all;
    for (int left = 8; left > 0 && !input.empty(); --left) {
        const std::string_view command = kCommands.at(input.take<uint8_t>() % kCommands.size());
        const auto how = input.take<uint8_t>();
        json request{{"command", command}, {"on", how % 2 == 0}, {"words", json::array()}};
        for (int words = how / 2 % 4; words > 0; --words) {
            json& list = request["words"];
            list.push_back(take_word(input, command == "input" && list.empty()));
        }
        if (how >= 64) {
            request["state"] = how % 3;
        }
        if (how >= 128) {
            request["scanout"] = how % 5 < 4 ? json(how % 2) : json("1");
        }
        if (how >= 248) {
            request["words"] = json::array({how});
        }
        all += request.dump() + '\n';
    }
    return all;
}

/// Nobody else may serve a name that is in use, nor one in a folder that is not there.
void serve_again(Desk& desk, const std::string& socket) {
    for (const std::string& path : {socket, socket + "/vm.sock"}) {
        bool refused = false;
        try {
            const app::ControlServer second{desk.loop, path, "vm", desk};
        } catch (const StartupError&) {
            refused = true;
        }
        require(refused);
    }
    desk.loop.dispatch(Nanoseconds{0});
}

std::string talk(Desk& desk, const std::string& socket, std::span<const std::byte> said) {
    const UniqueFd client = connect_local(socket).value();
    // A file comes along that only some requests want, and is closed.
    const std::array files{client.get()};
    std::string answers;
    const size_t piece = 1 + said.size() / 3;
    for (size_t at = 0; at < said.size(); at += piece) {
        static_cast<void>(
            send_with_fds(client.get(), said.subspan(at, std::min(piece, said.size() - at)),
                          std::span{files}.first(at == 0 && said.size() % 4 == 0 ? 1 : 0)));
        for (int i = 0; i < 8; ++i) {
            const Turn turn;
            desk.loop.dispatch(Nanoseconds{0});
            std::array<char, 65536> bytes;
            const ssize_t got = ::recv(client.get(), bytes.data(), bytes.size(), MSG_DONTWAIT);
            answers.append(bytes.data(), got > 0 ? static_cast<size_t>(got) : 0);
        }
    }
    // What is answered when the client is done; nobody reads the rest.
    ::shutdown(client.get(), SHUT_WR);
    for (int i = 0; i < 64; ++i) {
        desk.loop.dispatch(Nanoseconds{0});
        std::array<char, 65536> bytes;
        const ssize_t got = ::recv(client.get(), bytes.data(), bytes.size(), MSG_DONTWAIT);
        answers.append(bytes.data(), got > 0 ? static_cast<size_t>(got) : 0);
        if (got == 0) {
            break;
        }
    }
    return answers;
}

}  // namespace

void oriel::test::play(const uint8_t* data, size_t size) {
    static const TempDir folder;
    const std::string socket = folder.file("vm.sock");
    Desk desk{socket, size % 4 == 1};
    // More connections than there may be, of a client that is quiet.
    std::vector<UniqueFd> others;
    for (int i = size % 8 == 2 ? 20 : 0; i > 0; --i) {
        others.push_back(connect_local(socket).value());
        desk.loop.dispatch(Nanoseconds{0});
    }
    others.clear();
    desk.loop.dispatch(Nanoseconds{0});
    if (size % 16 == 3) {
        serve_again(desk, socket);
    }
    check_answers(talk(desk, socket, std::as_bytes(std::span{data, size})));
    if (const json answer = json::parse(data, data + size, nullptr, false); answer.is_object()) {
        read_answer(answer);
    }
    // The same inside a request, where random bytes rarely get.
    const std::string text{reinterpret_cast<const char*>(data), size};
    const std::string request = R"({"command":"input","words":[)" + text + "]}\n" +
                                R"({"command":"screen",)" + text + "}\n";
    check_answers(talk(desk, socket, std::as_bytes(std::span{request})));
    FuzzInput input{data, size};
    const std::string made = take_requests(input);
    check_answers(talk(desk, socket, std::as_bytes(std::span{made})));
    // Who leaves is heard, and gets nothing.
    static_cast<void>(
        send_with_fds(connect_local(socket).value().get(), std::as_bytes(std::span{made}), {}));
    desk.loop.dispatch(Nanoseconds{0});
}
