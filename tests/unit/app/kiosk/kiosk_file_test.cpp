// SPDX-License-Identifier: MIT
#include "kiosk/kiosk_file.h"

#include <doctest/doctest.h>

#include <algorithm>

#include "support/temp_dir.h"

namespace oriel::app {
namespace {

KioskFile read(const std::string& text) {
    return read_kiosk_file(text, "/run/user/7/oriel");
}

/// The only mistake of a text: "LINE:COLUMN: TEXT".
std::string mistake(const std::string& text) {
    const KioskFile file = read(text);
    REQUIRE(file.mistakes.size() == 1);
    const Mistake& one = file.mistakes.front();
    return fmt::format("{}:{}: {}", one.line, one.column, one.text);
}

bool has(const std::vector<std::string>& words, const std::string& word) {
    return std::find(words.begin(), words.end(), word) != words.end();
}

TEST_SUITE("kiosk file") {
    TEST_CASE("a VM needs nothing but its name") {
        const KioskFile file = read("[vm.panel]\n");
        CHECK(file.mistakes.empty());
        REQUIRE(file.vms.size() == 1);
        const VmPlan& vm = file.vms[0];
        CHECK(vm.name == "panel");
        CHECK(vm.outputs == std::vector<std::string>{""});
        CHECK(vm.command.empty());
        CHECK(vm.restart == RestartPolicy{});
        const std::vector<std::string> options{"--name=panel",
                                               "--vfio-user=/run/user/7/oriel/panel.vfio-user",
                                               "--input-socket=/run/user/7/oriel/panel.in",
                                               "--outputs=1",
                                               "--keep",
                                               "--decorations=none",
                                               "--missing-output=hide",
                                               "--fullscreen"};
        CHECK(vm.options == options);
        CHECK(show_arguments(vm, vm.outputs).front() == "show");
        CHECK(show_arguments(vm, vm.outputs).size() == options.size() + 1);
    }

    TEST_CASE("all that a VM may say is in its plan") {
        const KioskFile file = read(R"(
[vm.wall]
outputs = ["DP-1", "Display Co, Ltd A1"]
screens = 3
size = "1920x1080@60"
grab = "never"
fullscreen = false
inhibit-idle = true
hud = true
restart = "on-failure"
restart-delay = 0.5
restart-delay-max = 8
restart-limit = 4
attach-timeout = 0
stop-timeout = 3
at-end = "close"
command = ["acrn-dm", "{vfio-user}", "--qmp={qmp}", "{name}"]
after = ["first"]
[vm.first]
)");
        REQUIRE(file.mistakes.empty());
        REQUIRE(file.vms.size() == 2);
        const VmPlan& vm = file.vms[0];
        CHECK(vm.name == "wall");  // the file's order, not the alphabet's
        CHECK(vm.outputs == std::vector<std::string>{"DP-1", "Display Co, Ltd A1", ""});
        CHECK(has(vm.options, "--size=1920x1080@60"));
        CHECK(has(vm.options, "--grab=never"));
        CHECK(has(vm.options, "--inhibit-idle"));
        CHECK(has(vm.options, "--hud"));
        CHECK(has(vm.options, "--outputs=3"));
        CHECK_FALSE(has(vm.options, "--fullscreen"));
        // The display gets what the command is told of.
        CHECK(has(vm.options, "--qmp=/run/user/7/oriel/wall.qmp"));
        CHECK(vm.restart == RestartPolicy{.when = RestartPolicy::When::kOnFailure,
                                          .delay = Nanoseconds{500'000'000},
                                          .longest = Nanoseconds{8'000'000'000},
                                          .limit = 4});
        CHECK(vm.attach_timeout == Nanoseconds{0});
        CHECK(vm.stop_timeout == Nanoseconds{3'000'000'000});
        CHECK(vm.at_end == VmPlan::AtEnd::kClose);
        CHECK(vm.command == std::vector<std::string>{"acrn-dm", "/run/user/7/oriel/wall.vfio-user",
                                                     "--qmp=/run/user/7/oriel/wall.qmp", "wall"});
        CHECK(vm.after == std::vector<std::string>{"first"});
        CHECK(show_arguments(vm, vm.outputs).back() ==
              "--output-map=0=DP-1,1=Display Co\\, Ltd A1");
    }

    TEST_CASE("a mistake is one line, also where the parser quotes the line's end") {
        CHECK(mistake("[vm.a]\ninhibit-idle = t\n").ends_with("expected 'true', saw 't?'"));
    }

    TEST_CASE("a QEMU command line is completed as oriel run does it") {
        const KioskFile file = read("[vm.a]\nqemu = [\"qemu-system-x86_64\", \"-m\", \"1G\"]\n");
        REQUIRE(file.mistakes.empty());
        const std::vector<std::string>& command = file.vms[0].command;
        CHECK(std::any_of(command.begin(), command.end(), [](const std::string& word) {
            return word.find("/run/user/7/oriel/a.vfio-user") != std::string::npos;
        }));
        CHECK(has(file.vms[0].options, "--qmp=/run/user/7/oriel/a.qmp"));
    }

    TEST_CASE("a VM over vhost-user has that road for its card and its input devices") {
        const KioskFile file = read(R"(
[vm.a]
transport = "vhost-user"
screens = 2
qemu = ["qemu-system-x86_64", "-m", "1G"]
[vm.b]
vhost-user = "/run/b"
command = ["crosvm", "--vhost-user=type=gpu,socket={vhost-user}", "{input-socket}.kbd"]
)");
        REQUIRE(file.mistakes.empty());
        const VmPlan& vm = file.vms[0];
        CHECK(vm.options[1] == "--vhost-user=/run/user/7/oriel/a.vhost-user");
        CHECK(vm.options[2] == "--input-socket=/run/user/7/oriel/a.in");
        CHECK(has(vm.command, "socket,id=oriel-vhost0,path=/run/user/7/oriel/a.vhost-user"));
        CHECK(has(vm.command, "vhost-user-gpu-pci,max_outputs=2,chardev=oriel-vhost0"));
        CHECK(has(vm.command, "socket,id=oriel-vhost1,path=/run/user/7/oriel/a.in.kbd"));
        CHECK(has(file.vms[1].command, "--vhost-user=type=gpu,socket=/run/b"));
        CHECK(has(file.vms[1].command, "/run/user/7/oriel/b.in.kbd"));
        CHECK(has(file.vms[1].options, "--vhost-user=/run/b"));

        CHECK(mistake("[vm.a]\ntransport = \"vhost\"\n").starts_with("2:13: transport: 'vhost'"));
        CHECK(mistake("[vm.a]\ntransport = \"vhost-user\"\nvfio-user = \"/s\"\n") ==
              "3:13: vfio-user: the transport is vhost-user");
        CHECK(mistake("[vm.a]\nvhost-user = \"fd:5\"\n") == "2:14: vhost-user: expected a path");
        for (const char* own :
             {"pci-class = \"vga\"", "option-rom = \"r\"", "freeze-blink = true"}) {
            CHECK(mistake(fmt::format("[vm.a]\ntransport = \"vhost-user\"\n{}\n", own))
                      .find("for a PCI function of Oriel's own") != std::string::npos);
        }
        CHECK(mistake("[vm.a]\nvhost-user = \"/s\"\n[vm.b]\nvhost-user = \"/s\"\n")
                  .find("is that of VM 'a' already") != std::string::npos);
    }

    TEST_CASE("what is not TOML has one mistake, with its place") {
        const std::string line = mistake("[vm.a]\nsize = \n");
        CHECK(line.starts_with("2:"));
        CHECK(mistake("[vm.a\n").starts_with("1:"));
        CHECK(read("\xff\xfe").mistakes.size() == 1);
    }

    TEST_CASE("an unknown key or word is answered with the nearest one") {
        CHECK(mistake("[vm.a]\nfulscreen = true\n") ==
              "2:1: unknown key 'fulscreen': did you mean 'fullscreen'?");
        CHECK(mistake("[vm.a]\nfrobnicate = 1\n") == "2:1: unknown key 'frobnicate'");
        CHECK(mistake("[vm.a]\ngrab = \"nevr\"\n") == "2:8: grab: 'nevr': did you mean 'never'?");
        CHECK(mistake("[vm.a]\nrestart = \"x\"\n") ==
              "2:11: restart: 'x': expected always, on-failure or never");
        CHECK(mistake("[vm.a]\n[vms.b]\n") == "2:2: unknown key 'vms': did you mean 'vm'?");
        CHECK(mistake("[vm.cam]\n[vm.b]\nafter = [\"cma\"]\n") ==
              "3:9: after: there is no VM 'cma': did you mean 'cam'?");
    }

    TEST_CASE("wrong types and values out of range are named") {
        CHECK(mistake("[vm.a]\nfullscreen = 1\n") == "2:14: fullscreen: expected true or false");
        CHECK(mistake("[vm.a]\ntitle = 1\n") == "2:9: title: expected a text in quotes");
        CHECK(mistake("[vm.a]\ntitle = \"\"\n") == "2:9: title: the text is empty");
        CHECK(mistake("[vm.a]\nscreens = 17\n") ==
              "2:11: screens: expected a whole number from 1 to 16");
        CHECK(mistake("[vm.a]\nscreens = 1\noutputs = [\"a\", \"b\"]\n") ==
              "2:11: screens: expected a whole number from 2 to 16");
        CHECK(mistake("[vm.a]\nrestart-delay = nan\n") ==
              "2:17: restart-delay: expected a number of seconds from 0.1 to 86400");
        CHECK(mistake("[vm.a]\nrestart-delay = 9\nrestart-delay-max = 3\n") ==
              "3:21: restart-delay-max: less than restart-delay");
        CHECK(mistake("[vm.a]\nsize = \"1920\"\n").starts_with("2:8: size 1920: "));
        CHECK(
            mistake("[vm.a]\ncommand = \"qemu\"\n").starts_with("2:11: command: expected a list"));
        CHECK(mistake("[vm.a]\ncommand = [\"a\", 3]\n") ==
              "2:17: command: expected a text in quotes");
        CHECK(mistake("[vm.a]\ncommand = [\"a\\u0000b\"]\n") ==
              "2:12: command: the text has a NUL in it");
        CHECK(mistake("[vm.a]\nqemu = [\"q\"]\ncommand = [\"c\"]\n") ==
              "2:8: qemu and command: give one of them, not both");
        CHECK(mistake("[vm]\na = 1\n") == "2:1: vm.a: expected a table, [vm.a]");
        CHECK(read("").mistakes.size() == 1);
    }

    TEST_CASE("an output, and a socket, is one VM's") {
        CHECK(mistake("[vm.a]\noutputs = [\"DP-1\"]\n[vm.b]\noutputs = [\"DP-2\", \"DP-1\"]\n") ==
              "4:20: output 'DP-1' is that of VM 'a' already (line 2)");
        CHECK(mistake("[vm.a]\noutputs = [\"DP-1\", \"DP-1\"]\n") ==
              "2:20: output 'DP-1' is that of VM 'a' already (line 2)");
        CHECK(mistake("[vm.a]\nvfio-user = \"/x\"\n[vm.b]\nqmp = \"/x\"\n") ==
              "4:7: socket '/x' is that of VM 'a' already (line 2)");
    }

    TEST_CASE("names are files' names, and differ in more than case") {
        CHECK(mistake("[vm.Panel]\n[vm.panel]\n") ==
              "2:5: the names 'panel' and 'Panel' (line 1) differ in case only");
        CHECK(mistake("[vm.kiosk]\n") == "1:5: the name 'kiosk' is the supervisor's own");
        CHECK(mistake("[vm.\"a b\"]\n").starts_with("1:5: bad name 'a b': "));
    }

    TEST_CASE("no VM waits for itself") {
        CHECK(mistake("[vm.a]\nafter = [\"a\"]\n") == "2:9: after: 'a' would wait for itself");
        CHECK(read("[vm.a]\nafter = [\"b\"]\n[vm.b]\nafter = [\"c\"]\n[vm.c]\nafter = [\"a\"]\n")
                  .mistakes.size() == 3);
        CHECK(read("[vm.a]\nafter = [\"b\", \"c\"]\n[vm.b]\nafter = [\"c\"]\n[vm.c]\n")
                  .mistakes.empty());
    }

    TEST_CASE("all mistakes are told, in the file's order, up to a bound") {
        const KioskFile file =
            read("[vm.b]\nscreens = 0\nsiz = \"\"\n[vm.a]\ngrab = 1\nafter = [\"c\"]\n");
        REQUIRE(file.mistakes.size() == 4);
        for (size_t i = 0; i < 4; ++i) {
            CHECK(file.mistakes[i].line == (i < 2 ? i + 2 : i + 3));
        }
        std::string many;
        for (size_t i = 0; i < 2 * kMaxMistakes; ++i) {
            many += fmt::format("k{} = 1\n", i);
        }
        CHECK(read(many).mistakes.size() == kMaxMistakes);
        std::string vms;
        for (size_t i = 0; i <= kMaxKioskVms; ++i) {
            vms += fmt::format("[vm.v{}]\n", i);
        }
        CHECK(mistake(vms) == "65:5: 65 VMs, at most 64");
    }

    TEST_CASE("a file is read up to its bound, and anything else is an error") {
        const test::TempDir folder;
        const std::string path = folder.file("big.toml");
        const auto write = [&](size_t size) {
            std::FILE* file = std::fopen(path.c_str(), "w");
            REQUIRE(file != nullptr);
            const std::string text(size, '#');
            CHECK(std::fwrite(text.data(), 1, size, file) == size);
            std::fclose(file);
        };
        write(kMaxKioskFile);
        CHECK(load_kiosk_file(path)->size() == kMaxKioskFile);
        write(kMaxKioskFile + 1);
        CHECK_FALSE(load_kiosk_file(path));
        CHECK_FALSE(load_kiosk_file(folder.file("none.toml")));
        CHECK_FALSE(load_kiosk_file(folder.file("")));
    }
}

}  // namespace
}  // namespace oriel::app
