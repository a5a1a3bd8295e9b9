// SPDX-License-Identifier: MIT
#include "cli/options.h"

#include <doctest/doctest.h>

#include <algorithm>

namespace oriel::app {
namespace {

using Words = std::vector<std::string>;

/// The line that a wrong use gives; checks that it is one, with exit code 2.
std::string refused(const Words& words) {
    try {
        static_cast<void>(parse_options(words));
    } catch (const StartupError& error) {
        const std::string line = error.what();
        CHECK(error.exit_code() == 2);
        CHECK(line.find('\n') == std::string::npos);
        return line;
    }
    FAIL("accepted");
    return {};
}

ServeOptions serve(const Words& words) {
    return std::get<ServeOptions>(parse_options(words));
}
CtlOptions ctl(const Words& words) {
    return std::get<CtlOptions>(parse_options(words));
}
bool has(const std::string& line, std::string_view part) {
    const bool found = line.find(part) != std::string::npos;
    if (!found) {
        MESSAGE(line);
    }
    return found;
}
Words good(const Words& more = {}) {
    Words words{"show", "--vfio-user", "/run/s"};
    words.insert(words.end(), more.begin(), more.end());
    return words;
}

TEST_SUITE("options") {
    TEST_CASE("show takes every option of the window") {
        const ServeOptions options = serve({"show",
                                            "--name",
                                            "build.vm-1",
                                            "--vfio-user",
                                            "/run/s",
                                            "--size",
                                            "1920x1080@59.94",
                                            "--outputs",
                                            "2",
                                            "--title",
                                            "My VM",
                                            "--app-id",
                                            "org.me",
                                            "--fullscreen",
                                            "--path",
                                            "shm",
                                            "--keep",
                                            "--freeze-blink",
                                            "--log-level",
                                            "debug",
                                            "--option-rom",
                                            "/v.bin",
                                            "--vga-memory",
                                            "64M",
                                            "--pci-class",
                                            "vga"});
        CHECK(options.pci_class == PciClassOption::kVga);
        CHECK_FALSE(options.headless);
        CHECK(options.name == "build.vm-1");
        CHECK(options.vfio_user == "/run/s");
        CHECK(options.mode == ModeOption{{1920, 1080}, 59'940});
        CHECK(options.outputs == 2);
        CHECK(options.title == "My VM");
        CHECK(options.app_id == "org.me");
        CHECK(options.fullscreen);
        CHECK(options.path == PathOption::kShm);
        CHECK(options.keep);
        CHECK(options.freeze_blink);
        CHECK(options.log_level == LogLevel::kDebug);
        CHECK(options.option_rom == "/v.bin");
        CHECK(options.vga_memory == 64 << 20);
    }

    TEST_CASE("what a window does is chosen by words") {
        const WindowOptions chosen =
            serve(good({"--scaling", "integer", "--grab", "focus", "--confine", "--latency", "low",
                        "--decorations", "none", "--inhibit-idle", "--hud"}))
                .window;
        CHECK(chosen.scaling == wayland::Scaling::kInteger);
        CHECK(chosen.grab == wayland::GrabChoice::kFocus);
        CHECK(chosen.confine);
        CHECK(chosen.latency == wayland::LatencyChoice::kLow);
        CHECK(chosen.decorations == wayland::DecorationsChoice::kNone);
        CHECK(chosen.inhibit_idle);
        CHECK(chosen.hud);

        const WindowOptions usual = serve(good()).window;
        CHECK(usual.scaling == wayland::Scaling::kFit);
        CHECK(usual.grab == wayland::GrabChoice::kClick);
        CHECK_FALSE(usual.confine);
        CHECK(usual.latency == wayland::LatencyChoice::kNormal);
        CHECK(usual.decorations == wayland::DecorationsChoice::kAuto);
        CHECK_FALSE(usual.inhibit_idle);
        CHECK_FALSE(usual.hud);

        CHECK(serve(good({"--scaling", "none"})).window.scaling == wayland::Scaling::kNone);
        CHECK(serve(good({"--scaling", "stretch"})).window.scaling == wayland::Scaling::kStretch);
        CHECK(serve(good({"--grab", "never"})).window.grab == wayland::GrabChoice::kNever);

        CHECK(has(refused(good({"--scaling", "big"})),
                  "--scaling big: expected fit, integer, stretch or none"));
        CHECK(has(refused(good({"--grab", ""})), "--grab : expected focus, click or never"));
        CHECK(has(refused(good({"--decorations", "mine"})),
                  "--decorations mine: expected auto or none"));
        CHECK(has(refused(good({"--latency", "LOW"})), "--latency LOW: expected normal or low"));
        CHECK(has(refused({"headless", "--vfio-user", "s", "--grab", "click"}), "--grab"));
    }

    TEST_CASE("a lost compositor is waited for unless the user says otherwise") {
        using enum CompositorLossOption;
        CHECK(serve(good()).on_compositor_loss == kWait);
        CHECK(serve(good({"--on-compositor-loss", "wait"})).on_compositor_loss == kWait);
        CHECK(serve(good({"--on-compositor-loss", "end"})).on_compositor_loss == kEnd);
        CHECK(has(refused(good({"--on-compositor-loss", "die"})),
                  "--on-compositor-loss die: expected wait or end"));
        CHECK(has(refused({"headless", "--vfio-user", "s", "--on-compositor-loss", "end"}),
                  "--on-compositor-loss"));
    }

    TEST_CASE("each path has its name") {
        const auto path = [](const char* name) {
            return serve({"show", "--vfio-user", "s", "--path", name}).path;
        };
        CHECK(path("auto") == PathOption::kAuto);
        CHECK(path("direct") == PathOption::kDirect);
        CHECK(path("gles") == PathOption::kGles);
        CHECK(path("upload") == PathOption::kUpload);
        CHECK(path("shm") == PathOption::kShm);
    }

    TEST_CASE("what isn't given has its default") {
        const ServeOptions options = serve({"headless", "--vfio-user", "s"});
        CHECK(options.headless);
        CHECK(options.name == "vm");
        CHECK_FALSE(options.mode.has_value());
        CHECK(options.outputs == 1);
        CHECK(options.path == PathOption::kAuto);
        CHECK_FALSE(options.keep);
        CHECK_FALSE(options.freeze_blink);
        CHECK(options.sandbox == SandboxOption::kOn);
        CHECK_FALSE(options.option_rom.has_value());
        CHECK(options.vga_memory == 16 << 20);
        CHECK_FALSE(options.gpu_memory.has_value());
        CHECK_FALSE(options.gpu_resources.has_value());
    }

    TEST_CASE("what a guest may hold is a number of MiB and a number of resources") {
        CHECK(serve(good({"--gpu-memory", "64"})).gpu_memory == 64);
        CHECK(serve(good({"--gpu-resources", "16384"})).gpu_resources == 16384);
        for (const char* text : {"", "15", "65537", "64M", "-1"}) {
            CAPTURE(text);
            CHECK(has(refused(good({"--gpu-memory", text})), "expected 16 to 65536"));
        }
        CHECK(has(refused(good({"--gpu-resources", "16385"})), "expected 16 to 16384"));
    }

    TEST_CASE("a sandbox is on, off, or tells only") {
        const auto sandbox = [](const char* word) {
            return serve(good({"--sandbox", word})).sandbox;
        };
        CHECK(sandbox("on") == SandboxOption::kOn);
        CHECK(sandbox("log") == SandboxOption::kLog);
        CHECK(sandbox("off") == SandboxOption::kOff);
        CHECK(serve({"run", "--sandbox", "on", "--", "qemu"}).sandbox == SandboxOption::kOn);
        const auto view = parse_options({"view", "--sandbox", "on", "domain"});
        CHECK(std::get<ViewOptions>(view).serve.sandbox == SandboxOption::kOn);
        // A test passes it on.
        const auto test = [](const Words& words) {
            return std::get<TestOptions>(parse_options(words)).sandbox;
        };
        CHECK(test({"test", "--sandbox", "log", "a.toml"}) == "log");
        CHECK(test({"test", "a.toml"}).empty());
        CHECK(has(refused({"test", "--sandbox", "no", "a.toml"}),
                  "--sandbox no: expected on, log or off"));
    }

    TEST_CASE("video memory is one of four sizes, with or without its unit") {
        const auto memory = [](const char* text) {
            return serve(good({"--vga-memory", text})).vga_memory;
        };
        CHECK(memory("16M") == 16 << 20);
        CHECK(memory("32") == 32 << 20);
        CHECK(memory("128M") == 128 << 20);
        for (const char* text : {"", "M", "0", "8M", "48M", "256M", "64MB", "64m", "64 M", "-16",
                                 "16777216", "99999999999M"}) {
            CAPTURE(text);
            CHECK(has(refused(good({"--vga-memory", text})), "expected 16M, 32M, 64M or 128M"));
        }
    }

    TEST_CASE("modes: whole and fractional rates, in mHz") {
        CHECK(parse_mode("640x480").value() == ModeOption{{640, 480}, std::nullopt});
        CHECK(parse_mode("640x480@75").value() == ModeOption{{640, 480}, 75'000});
        CHECK(parse_mode("640x480@59.9").value() == ModeOption{{640, 480}, 59'900});
        CHECK(parse_mode("16384x64@23.976").value() == ModeOption{{16384, 64}, 23'976});
        for (const char* text : {"",
                                 "x",
                                 "640",
                                 "640x",
                                 "x480",
                                 "640x480x",
                                 "640x480@",
                                 "640x480@60.",
                                 "640x480@.5",
                                 "640x480@60.0001",
                                 "640x480@60Hz",
                                 " 640x480",
                                 "640X480",
                                 "-640x480",
                                 "+640x480",
                                 "0x10",
                                 "63x480",
                                 "640x16385",
                                 "99999999999x480",
                                 "640x480@19.999",
                                 "640x480@501",
                                 "640x480@99999999999",
                                 "640x480@6e1",
                                 "0x1f0x480"}) {
            CAPTURE(text);
            CHECK_FALSE(parse_mode(text).has_value());
        }
    }

    TEST_CASE("each wrong use of show has a line that names what is wrong") {
        CHECK(has(refused({"show"}), "--vfio-user SOCKET is missing"));
        CHECK(has(refused(good({"--size", "big"})), "--size big: expected WIDTHxHEIGHT"));
        CHECK(has(refused(good({"--size", "10x10"})), "64 to 16384"));
        CHECK(has(refused(good({"--size", "640x480@9999"})), "20 to 500 Hz"));
        CHECK(has(refused(good({"--outputs", "0"})), "--outputs 0: expected 1 to 16"));
        CHECK(has(refused(good({"--outputs", "17"})), "--outputs 17"));
        CHECK(has(refused(good({"--outputs", "two"})), "--outputs two"));
        CHECK(has(refused(good({"--path", "magic"})),
                  "--path magic: expected auto, direct, gles, upload or shm"));
        CHECK(has(refused(good({"--log-level", "loud"})), "--log-level loud"));
        CHECK(has(refused(good({"--frobnicate"})), "--frobnicate"));
        CHECK(has(refused(good({"--name"})), "--name"));
        CHECK(has(refused(good({"--option-rom"})), "--option-rom"));
        CHECK(has(refused(good({"--pci-class", "3d"})), "auto, vga or display"));
        CHECK(has(refused(good({"--pci-class", "display", "--option-rom", "/v.bin"})),
                  "--option-rom"));
        CHECK(has(refused(good({"extra"})), "extra"));
        CHECK(has(refused(good({"--title", std::string(1025, 'x')})), "--title is too long: 1025"));
        CHECK(has(refused(good({"--app-id", std::string(5000, 'x')})), "--app-id is too long"));
        CHECK(has(refused(good({"--title", "a\nb"})), "--title a?b: expected UTF-8"));
        CHECK(has(refused(good({"--app-id", "bad\xff"})), "--app-id bad?: expected UTF-8"));
        CHECK(serve(good({"--title", std::string(1024, 'x')})).title.size() == 1024);
        CHECK(serve(good({"--title", "Fenster für ‘vm’"})).title == "Fenster für ‘vm’");
        CHECK(has(refused({"headless", "--vfio-user", "s", "--fullscreen"}), "--fullscreen"));
        CHECK(has(refused({"headless", "--vfio-user", "s", "--agent", "a"}), "--agent"));
        CHECK(has(refused(good({"--agent", ""})), "--agent SOCKET is empty"));
        CHECK(has(refused(good({"--clipboard"})), "--clipboard"));
        CHECK(has(refused({"dance"}), "dance"));
        CHECK(has(refused({}),
                  "no command: expected show, headless, run, view, test, trace, kiosk, ctl, top or "
                  "version"));
        CHECK(has(refused({"--name", "x"}), "--name"));
    }

    TEST_CASE("the clipboard is shared when that is asked for") {
        CHECK_FALSE(serve(good({})).agent.has_value());
        CHECK(serve(good({"--agent", "a"})).agent == "a");
        CHECK_FALSE(serve({"run", "--", "qemu"}).clipboard);
        CHECK(serve({"run", "--clipboard", "--", "qemu"}).clipboard);
    }

    TEST_CASE("a name must be fit for a file name") {
        CHECK(valid_name("a"));
        CHECK(valid_name("Win-10_x64.v2"));
        CHECK(valid_name(std::string(64, 'x')));
        for (const char* name : {"", ".", "..", ".hidden", "a/b", "a b", "ä", "a\nb"}) {
            CAPTURE(name);
            CHECK_FALSE(valid_name(name));
            CHECK(has(refused(good({"--name", name})), "name"));
        }
        CHECK_FALSE(valid_name(std::string(65, 'x')));
    }

    TEST_CASE("ctl: its commands and their options") {
        CHECK(ctl({"ctl", "list"}).command == CtlOptions::Command::kList);
        CHECK(ctl({"ctl", "vm", "quit"}).command == CtlOptions::Command::kQuit);
        CHECK(ctl({"ctl", "vm", "stats", "--json"}).json);
        const CtlOptions shot = ctl({"ctl", "vm", "screenshot", "a b.png", "--scanout", "3"});
        CHECK(shot.command == CtlOptions::Command::kScreenshot);
        CHECK(shot.name == "vm");
        CHECK(shot.file == "a b.png");
        CHECK(shot.scanout == 3);
        // A VM may be called like a command.
        CHECK(ctl({"ctl", "list", "stats"}).name == "list");
    }

    TEST_CASE("ctl: record has a file and how it is to be written, or stop") {
        const CtlOptions start = ctl({"ctl", "vm", "record", "a.mkv", "--rate", "25", "--variable",
                                      "--cursor", "--codec", "av1", "--scanout", "1"});
        CHECK(start.command == CtlOptions::Command::kRecord);
        CHECK_FALSE(start.record_stop);
        CHECK(start.file == "a.mkv");
        CHECK(start.record.rate == 25);
        CHECK(start.record.variable);
        CHECK(start.record.cursor);
        CHECK(start.codec == "av1");
        CHECK(start.scanout == 1);
        CHECK(ctl({"ctl", "vm", "record", "-"}).record.rate == 60);
        CHECK(ctl({"ctl", "vm", "record", "stop"}).record_stop);
        CHECK_FALSE(ctl({"ctl", "vm", "record", "./stop"}).record_stop);
        CHECK(has(refused({"ctl", "vm", "record"}), "or stop"));
        CHECK(has(refused({"ctl", "vm", "record", "a.mp4", "--rate", "0"}), "1 to 240"));
        CHECK(has(refused({"ctl", "vm", "record", "a.mp4", "--rate", "241"}), "1 to 240"));
        CHECK(has(refused({"ctl", "vm", "record", "a.mp4", "--codec", "mpeg"}), "vp9"));
        CHECK(has(refused({"ctl", "vm", "record", "stop", "--rate", "5"}), "--rate goes with a"));
        CHECK(has(refused({"ctl", "vm", "quit", "--rate", "5"}), "ctl quit: --rate"));
    }

    TEST_CASE("ctl: --all stands in place of a name, for statistics") {
        const CtlOptions all = ctl({"ctl", "--all", "stats", "--openmetrics"});
        CHECK(all.command == CtlOptions::Command::kStats);
        CHECK(all.all);
        CHECK(all.openmetrics);
        CHECK(all.name.empty());
        CHECK(has(refused({"ctl", "--all", "vm", "stats"}), "ctl --all: expected stats"));
        CHECK(has(refused({"ctl", "--all"}), "ctl --all: expected stats"));
        CHECK(has(refused({"ctl", "--all", "quit"}), "ctl --all: expected stats"));
        CHECK(ctl({"ctl", "vm", "screenshot", "f", "--json", "--allow-stale"}).allow_stale);
    }

    TEST_CASE("pace and trace are for screens without a window") {
        const ServeOptions options =
            serve({"headless", "--vfio-user", "s", "--pace", "virtual", "--trace", "a.jsonl"});
        CHECK(options.pace == PaceOption::kVirtual);
        CHECK(options.freeze_blink);
        CHECK(options.trace == "a.jsonl");
        CHECK_FALSE(serve({"headless", "--vfio-user", "s", "--pace", "refresh"}).freeze_blink);
        CHECK(serve({"run", "--headless", "--pace=virtual", "--", "qemu"}).pace ==
              PaceOption::kVirtual);
        CHECK(has(refused({"run", "--trace", "a", "--", "qemu"}), "run --headless"));
        CHECK(has(refused({"run", "--pace", "refresh", "--", "qemu"}), "run --headless"));
        CHECK(has(refused(good({"--trace", "a"})), "--trace goes with headless and run only"));
        CHECK(has(refused({"headless", "--vfio-user", "s", "--trace", ""}), "is empty"));
    }

    TEST_CASE("trace compares two files") {
        const auto trace = [](const Words& words) {
            return std::get<TraceOptions>(parse_options(words));
        };
        const TraceOptions options = trace({"trace", "diff", "a", "b"});
        CHECK(options.first == "a");
        CHECK(options.second == "b");
        CHECK_FALSE(options.times);
        CHECK(trace({"trace", "diff", "--times", "a", "b"}).times);
        for (const Words& words :
             {Words{"trace"}, Words{"trace", "diff", "a"}, Words{"trace", "merge", "a", "b"},
              Words{"trace", "diff", "a", "b", "c"}}) {
            CHECK(has(refused(words), "oriel trace diff before.jsonl after.jsonl"));
        }
    }

    TEST_CASE("top: once, or at an interval") {
        const auto top = [](const Words& words) {
            return std::get<TopOptions>(parse_options(words));
        };
        CHECK_FALSE(top({"top"}).once);
        CHECK(top({"top"}).interval == std::chrono::seconds{1});
        CHECK(top({"top", "--once"}).once);
        CHECK(top({"top", "--interval", "3600"}).interval == std::chrono::seconds{3600});
        CHECK(has(refused({"top", "--interval", "0"}), "--interval 0: expected 1 to 3600"));
        CHECK(has(refused({"top", "--interval", "3601"}), "--interval 3601"));
        CHECK(has(refused({"top", "vm"}), "'vm'"));
    }

    TEST_CASE("ctl: what is to be typed and pointed at, negative numbers too") {
        const CtlOptions key = ctl({"ctl", "vm", "key", "ctrl+alt+f2", "ret", "--down"});
        CHECK(key.command == CtlOptions::Command::kInput);
        CHECK(key.input == Words{"key", "ctrl+alt+f2", "ret"});
        CHECK(key.state == InputCommand::State::kDown);
        CHECK(ctl({"ctl", "vm", "move", "-5", "-.5"}).input == Words{"move", "-5", "-.5"});
        CHECK(ctl({"ctl", "vm", "type", "-5"}).input == Words{"type", "-5"});
        CHECK(ctl({"ctl", "vm", "pointer", "1", "2", "--scanout", "1"}).scanout == 1);
        CHECK(has(refused({"ctl", "vm", "key", "hyper"}), "'hyper'"));
        CHECK(has(refused({"ctl", "vm", "key"}), "CHORD"));
        CHECK(has(refused({"ctl", "vm", "pointer", "1"}), "pointer X Y"));
        CHECK(has(refused({"ctl", "vm", "pointer", "1", "two"}), "pointer X Y"));
        CHECK(has(refused({"ctl", "vm", "pointer", "1", "nan"}), "pointer X Y"));
        CHECK(has(refused({"ctl", "vm", "pointer", "1", "1e9"}), "pointer X Y"));
        CHECK(has(refused({"ctl", "vm", "pointer", "1", "2", "--up"}), "--up"));
        CHECK(has(refused({"ctl", "vm", "key", "a", "--up", "--down"}), "one of them"));
        CHECK(has(refused({"ctl", "vm", "key", "a", "--scanout", "1"}), "--scanout"));
        CHECK(has(refused({"ctl", "vm", "key", "a", "--json"}), "--json"));
        CHECK(has(refused({"ctl", "vm", "type", "\xc3\xa4"}), "US keyboard"));
        CHECK(has(refused({"ctl", "vm", "button", "fire"}), "middle"));
        CHECK(has(refused({"ctl", "vm", "stats", "--down"}), "--down"));
    }

    TEST_CASE("the input devices' sockets have a name") {
        CHECK(serve(good({"--input-socket", "/run/i"})).input_socket == "/run/i");
        CHECK_FALSE(serve(good()).input_socket);
        CHECK(has(refused(good({"--input-socket", ""})), "--input-socket"));
    }

    TEST_CASE("figures are switched on and off, where there are windows") {
        CHECK(ctl({"ctl", "vm", "hud", "on"}).command == CtlOptions::Command::kHud);
        CHECK(ctl({"ctl", "vm", "hud", "on"}).hud);
        CHECK_FALSE(ctl({"ctl", "vm", "hud", "off"}).hud);
        CHECK(has(refused({"ctl", "vm", "hud"}), "ctl hud: expected on or off"));
        CHECK(has(refused({"ctl", "vm", "hud", "maybe"}), "ctl hud maybe: expected on or off"));
        CHECK(has(refused({"ctl", "vm", "hud", "on", "off"}), "too many arguments"));
        const std::string headless = refused({"headless", "--vfio-user", "/s", "--hud"});
        CHECK(has(headless, "--hud"));
        CHECK(headless.find('\n') == std::string::npos);
    }

    TEST_CASE("ctl: a screen is pulled out, plugged in, or gets another mode") {
        const CtlOptions off = ctl({"ctl", "vm", "screen", "1", "off"});
        CHECK(off.command == CtlOptions::Command::kScreen);
        CHECK(off.screen == Words{"1", "off"});
        CHECK(ctl({"ctl", "vm", "screen", "15", "on"}).screen == Words{"15", "on"});
        CHECK(ctl({"ctl", "vm", "screen", "0", "1920x1080@59.94"}).screen.size() == 2);

        CHECK(has(refused({"ctl", "vm", "screen"}), "ctl screen: expected N on"));
        CHECK(has(refused({"ctl", "vm", "screen", "1"}), "ctl screen: expected N on"));
        CHECK(has(refused({"ctl", "vm", "screen", "1", "on", "x"}), "ctl screen: expected N on"));
        CHECK(has(refused({"ctl", "vm", "screen", "1", "maybe"}), "ctl screen: expected N on"));
        CHECK(has(refused({"ctl", "vm", "screen", "16", "on"}), "ctl screen 16: expected"));
        CHECK(has(refused({"ctl", "vm", "screen", "one", "on"}), "ctl screen one: expected"));
        CHECK(has(refused({"ctl", "vm", "screen", "-1", "on"}), "-1: expected"));
        CHECK(has(refused({"ctl", "vm", "screen", "1", "1x1"}), "ctl screen 1x1: width"));
        CHECK(has(refused({"ctl", "vm", "screen", "1", "800x600@5"}), "20 to 500 Hz"));
        CHECK(has(refused({"ctl", "vm", "screen", "1", "on", "--json"}), "ctl screen: --json"));
        CHECK(has(refused({"ctl", "vm", "screen", "on", "--scanout", "1"}), "ctl screen: "));
        CHECK(has(refused({"ctl", "vm", "screen", "1", "on", "--up"}), "ctl screen: --down"));
    }

    TEST_CASE("each wrong use of ctl has a line that names what is wrong") {
        CHECK(has(refused({"ctl"}), "expected NAME"));
        CHECK(has(refused({"ctl", "vm"}), "expected NAME"));
        CHECK(has(refused({"ctl", "vm", "fly"}), "'fly'"));
        CHECK(has(refused({"ctl", "vm", "screenshot"}), "file name"));
        CHECK(has(refused({"ctl", "vm", "quit", "now"}), "'now'"));
        CHECK(has(refused({"ctl", "../x", "quit"}), "'../x'"));
        CHECK(has(refused({"ctl", "vm", "screenshot", "f", "--scanout", "16"}), "0 to 15"));
        CHECK(has(refused({"ctl", "vm", "quit", "--json"}), "ctl quit: --json"));
        CHECK(has(refused({"ctl", "vm", "screenshot", "f", "--openmetrics"}),
                  "ctl screenshot: --openmetrics"));
        CHECK(has(refused({"ctl", "vm", "stats", "--allow-stale"}), "ctl stats: --allow-stale"));
        CHECK(has(refused({"ctl", "vm", "stats", "--json", "--openmetrics"}), "one of them"));
        CHECK(has(refused({"ctl", "vm", "stats", "--scanout", "3"}), "ctl stats: --scanout"));
        CHECK(has(refused({"ctl", "vm", "quit", "--scanout", "0"}), "ctl quit: --scanout"));
        CHECK(has(refused({"ctl", "list", "--scanout", "0"}), "ctl list: --scanout"));
        CHECK(has(refused({"ctl", "vm", "screenshot", "f", "--scanout", "-1"}), "-1"));
    }

    TEST_CASE("a misspelt word gets the one that was probably meant") {
        CHECK(has(refused({"shwo"}), "unknown command 'shwo': did you mean 'show'?"));
        CHECK(has(refused(good({"--fulscreen"})), "did you mean '--fullscreen'?"));
        CHECK(has(refused(good({"--outptus=2"})), "did you mean '--outputs'?"));
        CHECK(has(refused({"--vresion"}), "did you mean '--version'?"));
        CHECK(has(refused({"ctl", "vm", "screnshot"}), "did you mean 'screenshot'?"));
        CHECK(has(refused({"ctl", "vm", "stats", "--jsno"}), "did you mean '--json'?"));
        CHECK(has(refused({"ctl", "lst"}), "did you mean 'list'?"));
        for (const Words& words :
             {Words{"dance"}, good({"--frobnicate"}), Words{"ctl", "vm", "fly"}}) {
            CHECK(refused(words).find("did you mean") == std::string::npos);
        }
    }

    TEST_CASE("kiosk takes a file") {
        const auto options =
            std::get<KioskOptions>(parse_options({"kiosk", "p.toml", "--log-level", "debug"}));
        CHECK(options.file == "p.toml");
        CHECK_FALSE(options.check);
        CHECK(options.log_level == LogLevel::kDebug);
        CHECK(std::get<KioskOptions>(parse_options({"kiosk", "--check", "p.toml"})).check);
        CHECK(has(refused({"kiosk"}), "kiosk: which file?"));
        CHECK(has(refused({"kiosk", "a", "b"}), "kiosk: one file only, not also 'b'"));
        CHECK(has(refused({"kiosk", "a", "--keep"}),
                  "kiosk: --keep goes with show, headless and view only"));
        CHECK(has(refused({"kiosk", "a", "--", "qemu"}), "run only"));
    }

    TEST_CASE("ctl: the supervisor's commands are its own") {
        CHECK(ctl({"ctl", "kiosk", "status", "--json"}).kiosk == Words{"status"});
        const CtlOptions moved = ctl({"ctl", "kiosk", "switch", "map", "DP-1", "--scanout", "1"});
        CHECK(moved.kiosk == Words{"switch", "map", "DP-1"});
        CHECK(moved.scanout == 1);
        CHECK(has(refused({"ctl", "vm", "status"}), "expected kiosk status"));
        CHECK(has(refused({"ctl", "vm", "stop"}), "expected kiosk stop VM"));
        CHECK(has(refused({"ctl", "kiosk", "stop"}), "ctl stop: expected stop VM"));
        CHECK(has(refused({"ctl", "kiosk", "reload", "x"}), "ctl reload: too many arguments"));
        CHECK(ctl({"ctl", "kiosk", "quit"}).command == CtlOptions::Command::kQuit);
        CHECK(ctl({"ctl", "vm", "screen", "1", "output", "DP-1"}).screen.size() == 3);
    }

    TEST_CASE("an option of another command, twice, or without its value is said so") {
        CHECK(has(refused({"headless", "--vfio-user", "s", "--title", "x"}),
                  "headless: --title goes with show, run and view only"));
        CHECK(has(refused(good({"--json"})), "show: --json goes with ctl only"));
        CHECK(has(refused(good({"--version"})), "--version stands in place of a command"));
        CHECK(has(refused(good({"--name", "a", "--name", "b"})), "--name is given more than once"));
        CHECK(has(refused(good({"--name"})), "show: --name needs a value: --name NAME"));
        CHECK(has(refused(good({"--keep=no"})), "--keep takes no value"));
        CHECK(has(refused({"run", "qemu"}), "the VMM's command line follows --"));
        CHECK(has(refused({"ctl", "stats"}), "ctl stats: which VM?"));
        CHECK(has(refused({"ctl", "vm", "list"}), "ctl list: expected no name before it"));
        CHECK(serve(good({"--name=a"})).name == "a");
        CHECK(serve(good({"--keep", "--keep"})).keep);
    }

    TEST_CASE("help and version are text, and no error") {
        for (const Words& words : {Words{"--help"}, Words{"show", "--help"}, Words{"--version"},
                                   Words{"version"}, Words{"ctl", "-h"}}) {
            CHECK_FALSE(std::get<PrintOptions>(parse_options(words)).text.empty());
        }
        CHECK(has(std::get<PrintOptions>(parse_options({"show", "--help"})).text, "--vfio-user"));
        CHECK(has(std::get<PrintOptions>(parse_options({"version"})).text, "oriel "));
    }

    TEST_CASE("a window's size is the guest's mode unless somebody says otherwise") {
        CHECK(serve(good()).window.resize == wayland::Resize::kGuest);
        CHECK(serve(good({"--size", "800x600"})).window.resize == wayland::Resize::kGuest);
        CHECK(serve(good({"--fullscreen"})).window.resize == wayland::Resize::kGuest);
        CHECK(serve(good({"--fullscreen", "--size", "800x600"})).window.resize ==
              wayland::Resize::kScale);
        CHECK(
            serve(good({"--fullscreen", "--size", "800x600", "--resize", "guest"})).window.resize ==
            wayland::Resize::kGuest);
        CHECK(serve(good({"--resize", "scale"})).window.resize == wayland::Resize::kScale);
        CHECK(serve(good({"--resize", "fixed"})).window.resize == wayland::Resize::kFixed);
        CHECK(has(refused(good({"--resize", "never"})), "expected guest, scale or fixed"));
    }

    TEST_CASE("an output map names the outputs of screens that there are") {
        const auto names = [](const std::string& map) {
            return serve(good({"--outputs", "3", "--output-map", map})).window.output_names;
        };
        CHECK(names("0=DP-1,1=HDMI-A-1") == Words{"DP-1", "HDMI-A-1"});
        CHECK(names("2=eDP-1") == Words{"", "", "eDP-1"});
        CHECK(names("1=a=b") == Words{"", "a=b"});
        CHECK(names("0=Display Co\\, Ltd A,1=B\\C") == Words{"Display Co, Ltd A", "B\\C"});
        CHECK(serve(good()).window.output_names.empty());
        for (const char* bad : {"DP-1", "0", "0=", "=DP-1", "x=DP-1", "-1=DP-1", "0=DP-1,,1=DP-2",
                                "0 =DP-1", "99999999999=DP-1"}) {
            CAPTURE(bad);
            CHECK(has(refused(good({"--output-map", bad})), "expected SCREEN=OUTPUT"));
        }
        CHECK(has(refused(good({"--output-map", "1=DP-1"})), "there is no screen 1"));
        CHECK(has(refused(good({"--output-map", "0=DP-1,0=DP-2"})), "screen 0 has two outputs"));
    }

    TEST_CASE("run takes the words behind -- as they are") {
        const ServeOptions options =
            serve({"run", "--name", "a", "--", "qemu", "--name", "b", "--", "-x"});
        CHECK(options.name == "a");
        CHECK(options.vfio_user.empty());
        CHECK_FALSE(options.headless);
        CHECK(options.vmm == Words{"qemu", "--name", "b", "--", "-x"});
        CHECK(serve(good()).vmm.empty());
    }

    TEST_CASE("run without a VMM, and a VMM without run, are refused") {
        CHECK(has(refused({"run"}), "which VMM?"));
        CHECK(has(refused({"run", "--"}), "which VMM?"));
        CHECK(has(refused({"run", "qemu"}), "qemu"));
        CHECK(has(refused(good({"--", "qemu"})), "run only"));
        CHECK(has(refused({"run", "--keep", "--", "qemu"}), "--keep"));
    }
}

}  // namespace
}  // namespace oriel::app
