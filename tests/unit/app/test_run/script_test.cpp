// SPDX-License-Identifier: MIT
#include <doctest/doctest.h>

#include <fmt/ranges.h>

#include <map>
#include <utility>

#include "test_run/script_reader.h"
#include "test_run/test_vm.h"

namespace oriel::app {
namespace {

class Surroundings final : public ScriptSurroundings {
public:
    std::map<std::string, std::string> variables{{"KERNEL", "/boot/vmlinuz"}};
    std::map<std::string, std::string> files;

    std::optional<std::string> variable(const std::string& name) const override {
        const auto it = variables.find(name);
        return it == variables.end() ? std::nullopt : std::optional{it->second};
    }
    Result<std::string> included(const std::string& path) const override {
        const auto it = files.find(path);
        return it == files.end() ? Result<std::string>{host_error("open {}", path)} : it->second;
    }
};

const std::string kStart = "[vm]\nimage = \"disk.qcow2\"\n";

ReadScript read(const std::string& text, const Surroundings& surroundings = {}) {
    return read_script(text, "tests/boot.toml", surroundings);
}

/// The only mistake of a text: "FILE:LINE:COLUMN: TEXT".
std::string mistake(const std::string& text, const Surroundings& surroundings = {}) {
    const ReadScript script = read(text, surroundings);
    REQUIRE(script.mistakes.size() == 1);
    return to_line(script.mistakes[0].file, script.mistakes[0].mistake);
}

template <class Action>
const Action& action_of(const ReadScript& script, size_t index) {
    REQUIRE(index < script.script.steps.size());
    const auto* action = std::get_if<Action>(&script.script.steps[index].action);
    REQUIRE(action != nullptr);
    return *action;
}

bool has_pair(const std::vector<std::string>& command, const std::string& option,
              const std::string& value) {
    for (size_t i = 0; i + 1 < command.size(); ++i) {
        if (command[i] == option && command[i + 1] == value) {
            return true;
        }
    }
    return false;
}

TEST_SUITE("test script") {
    TEST_CASE("a script's head says what the VM is") {
        const ReadScript read_one = read(R"(
size = "800x600@60"
screens = 2
timeout = 90
step-timeout = 2.5
[vm]
kernel = "${KERNEL}"
initramfs = "initramfs"
append = "quiet"
accel = "tcg"
pci-class = "display"
[[step]]
reset = true
)");
        CHECK(read_one.mistakes.empty());
        const Script& script = read_one.script;
        CHECK(script.name == "boot");
        CHECK(script.size->size == Size{800, 600});
        CHECK(script.screens == 2);
        CHECK(script.timeout == std::chrono::seconds{90});
        CHECK(script.step_timeout == std::chrono::milliseconds{2500});
        CHECK(script.vm.qemu.front() == "qemu-system-x86_64");
        CHECK(has_pair(script.vm.qemu, "-kernel", "/boot/vmlinuz"));
        CHECK(has_pair(script.vm.qemu, "-initrd", "tests/initramfs"));
        CHECK(has_pair(script.vm.qemu, "-append", "quiet"));
        CHECK(has_pair(script.vm.qemu, "-accel", "tcg"));
        CHECK_FALSE(has_pair(script.vm.qemu, "-accel", "kvm"));
        CHECK(script.vm.qemu.back() == "-snapshot");
        CHECK(script.vm.options == std::vector<std::string>{"--pci-class=display"});
    }

    TEST_CASE("a script chooses the pace, and asks for a trace") {
        const std::string steps = kStart + "[[step]]\nreset = true\n";
        const ReadScript plain = read(steps);
        CHECK(plain.script.pace == PaceOption::kRefresh);
        CHECK_FALSE(plain.script.trace);
        const auto command = [](const ReadScript& script, const std::string& trace) {
            const TestVm::Places places{.folder = "/tmp/f", .trace = trace};
            return fmt::format("{}", fmt::join(TestVm::command_line(script.script, places), " "));
        };
        CHECK(command(plain, "").find("--pace") == std::string::npos);
        CHECK(command(plain, "").find("--trace") == std::string::npos);
        CHECK(command(plain, "").find("--sandbox") == std::string::npos);
        const auto sandboxed =
            TestVm::command_line(plain.script, {.folder = "/tmp/f", .trace = "", .sandbox = "log"});
        CHECK(std::count(sandboxed.begin(), sandboxed.end(), "--sandbox=log") == 1);

        const ReadScript both = read("pace = \"virtual\"\ntrace = true\n" + steps);
        CHECK(both.mistakes.empty());
        CHECK(both.script.trace);
        CHECK(
            command(both, "out/boot/trace.jsonl").find(" --pace=virtual --trace=out/boot/trace") !=
            std::string::npos);

        CHECK(mistake("pace = \"virtal\"\n" + steps) ==
              "tests/boot.toml:1:8: pace: 'virtal': did you mean 'virtual'?");
        CHECK(mistake("trace = \"a\"\n" + steps).starts_with("tests/boot.toml:1:9: trace: "));
    }

    TEST_CASE("a whole command line is taken as it is") {
        const ReadScript script =
            read("[vm]\nqemu = [\"./qemu\", \"-m\", \"1G\"]\n[[step]]\nreset = true\n");
        CHECK(script.mistakes.empty());
        CHECK(script.script.vm.qemu == std::vector<std::string>{"tests/./qemu", "-m", "1G"});
    }

    TEST_CASE("each step is what it says") {
        const ReadScript script = read(kStart + R"(
[[step]]
wait = { text = "login:" }
timeout = 7
[[step]]
wait = { image = ["a.png", "/b.png"], area = [1, 2, 3, 4], tolerance = 3, share = 0.25 }
[[step]]
assert = { pattern = "panic|BUG", absent = true }
[[step]]
type = "root\n"
[[step]]
key = ["ctrl+alt+f2", "a"]
hold = "down"
[[step]]
click = { image = "ok.png", anywhere = true, button = "right" }
[[step]]
click = [10, 20]
[[step]]
drag = { from = [1, 2], to = [3, 4] }
[[step]]
wheel = -0.5
[[step]]
screen = "1 800x600"
[[step]]
power = "off"
[[step]]
qmp = "query-status"
[[step]]
run = ["cp", "${KERNEL}", "x"]
[[step]]
wait = { serial = "^done$" }
[[step]]
wait = { end = true }
)");
        for (const ScriptMistake& one : script.mistakes) {
            FAIL_CHECK(to_line(one.file, one.mistake));
        }
        const auto& text = std::get<TextCondition>(action_of<WaitStep>(script, 0).condition);
        CHECK(text.text == "login:");
        CHECK(script.script.steps[0].timeout == std::chrono::seconds{7});
        CHECK(script.script.steps[0].line == 4);
        const auto& image = std::get<ImageCondition>(action_of<WaitStep>(script, 1).condition);
        CHECK(image.files == std::vector<std::string>{"tests/a.png", "/b.png"});
        CHECK(image.area == Rect{1, 2, 3, 4});
        CHECK(image.tolerance.channel == 3);
        CHECK(image.tolerance.share == doctest::Approx(0.25));
        CHECK(action_of<AssertStep>(script, 2).absent);
        CHECK(action_of<InputStep>(script, 3).words == std::vector<std::string>{"type", "root\n"});
        CHECK(action_of<InputStep>(script, 4).words ==
              std::vector<std::string>{"key", "ctrl+alt+f2", "a"});
        CHECK(action_of<InputStep>(script, 4).state == InputCommand::State::kDown);
        CHECK(action_of<ClickStep>(script, 5).button == "right");
        CHECK(action_of<ClickStep>(script, 6).at == Point{10, 20});
        CHECK(action_of<DragStep>(script, 7).to == Point{3, 4});
        CHECK(action_of<InputStep>(script, 8).words == std::vector<std::string>{"wheel", "-0.5"});
        CHECK(action_of<ScreenStep>(script, 9).words == std::vector<std::string>{"1", "800x600"});
        CHECK(std::holds_alternative<PowerOffStep>(script.script.steps[10].action));
        CHECK(action_of<QmpStep>(script, 11).command == R"({"execute":"query-status"})");
        CHECK(action_of<CommandStep>(script, 12).command[1] == "/boot/vmlinuz");
    }

    TEST_CASE("conditions without pixels, and needles by their tags, are what they say") {
        const ReadScript script = read(kStart + R"(
[[step]]
assert = { refresh = 59.94, within = 0.5, over = 4 }
[[step]]
wait = { cursor = [10, 20], within = 2 }
[[step]]
assert = { cursor = "hidden" }
[[step]]
assert = { edid = { name = "Panel", preferred = "1024x768@60", serial = 2, width-mm = 300, read = true } }
[[step]]
wait = { needle = { tag = "boot", folder = "needles" } }
[[step]]
wait = { pattern = "Inst.ll", ocr = true }
[[step]]
wait = { image = "a.png", cursor = true }
)");
        for (const ScriptMistake& one : script.mistakes) {
            FAIL_CHECK(to_line(one.file, one.mistake));
        }
        const auto& refresh =
            std::get<RefreshCondition>(action_of<AssertStep>(script, 0).condition);
        CHECK(refresh.rate == doctest::Approx(59.94));
        CHECK(refresh.within == doctest::Approx(0.5));
        CHECK(refresh.time == std::chrono::seconds{4});
        const auto& cursor = std::get<CursorCondition>(action_of<WaitStep>(script, 1).condition);
        CHECK(cursor.at == Point{10, 20});
        CHECK(cursor.within == 2);
        CHECK_FALSE(std::get<CursorCondition>(action_of<AssertStep>(script, 2).condition).shown);
        const auto& edid = std::get<EdidCondition>(action_of<AssertStep>(script, 3).condition);
        CHECK(edid.name == "Panel");
        CHECK(edid.preferred == Size{1024, 768});
        CHECK(edid.refresh_mhz == 60'000U);
        CHECK(edid.width_mm == 300U);
        CHECK_FALSE(edid.height_mm);
        CHECK(edid.read);
        const auto& needle = std::get<NeedleCondition>(action_of<WaitStep>(script, 4).condition);
        CHECK(needle.folder == "tests/needles");
        CHECK(needle.tag == "boot");
        CHECK(std::get<TextCondition>(action_of<WaitStep>(script, 5).condition).ocr);
        CHECK(std::get<ImageCondition>(action_of<WaitStep>(script, 6).condition).cursor);
    }

    TEST_CASE("groups, repetitions and files hold steps") {
        Surroundings surroundings;
        surroundings.files["tests/login.toml"] = "[[step]]\ntype = \"root\"\n";
        const ReadScript script = read(kStart + R"(
[[step]]
retry = 3
  [[step.step]]
  group = "inner"
    [[step.step.step]]
    key = "a"
[[step]]
include = "login.toml"
)",
                                       surroundings);
        CHECK(script.mistakes.empty());
        const auto& group = action_of<GroupStep>(script, 0);
        CHECK(group.attempts == 3);
        REQUIRE(group.steps.size() == 1);
        CHECK(group.steps[0].title == "inner");
        CHECK(action_of<InputStep>(script, 1).words == std::vector<std::string>{"type", "root"});
        CHECK(script.script.steps[1].file == "tests/login.toml");
    }

    TEST_CASE("a wrong word is told with its place and the nearest one") {
        CHECK(mistake("sise = \"1x1\"\n" + kStart + "[[step]]\nreset = true\n") ==
              "tests/boot.toml:1:1: unknown key 'sise': did you mean 'size'?");
        CHECK(mistake(kStart + "[[step]]\nwait = { txt = \"a\", text = \"b\" }\n") ==
              "tests/boot.toml:4:10: unknown key 'txt': did you mean 'text'?");
        CHECK(mistake(kStart + "[[step]]\nwait = { txt = \"a\" }\n") ==
              "tests/boot.toml:4:10: unknown key 'txt': did you mean 'text'?");
        CHECK(mistake(kStart + "[[step]]\nkey = \"ctrl+altt\"\n") ==
              "tests/boot.toml:4:7: key ctrl+altt: there is no key 'altt'");
        CHECK(mistake(kStart + "[[step]]\npower = \"of\"\n") ==
              "tests/boot.toml:4:9: power: 'of': did you mean 'off'?");
        CHECK(mistake(kStart + "[[step]]\nkey = \"a\"\ntype = \"b\"\n") ==
              "tests/boot.toml:5:8: a step does one thing, not key and type");
        CHECK(mistake(kStart + "[[step]]\nwait = { serial = \"(\" }\n")
                  .starts_with("tests/boot.toml:4:19: '(' is no regular expression"));
        CHECK(mistake(kStart + "[[step]]\nqmp = \"{\"\n").starts_with("tests/boot.toml:4:7: qmp:"));
        CHECK(mistake("[vm\n").starts_with("tests/boot.toml:1:4: "));
    }

    TEST_CASE("details go with what they belong to") {
        CHECK(mistake(kStart + "[[step]]\nwait = { text = \"a\", area = [0, 0, 1, 1] }\n") ==
              "tests/boot.toml:4:29: area goes with image and colour");
        CHECK(mistake(kStart + "[[step]]\nwait = { image = \"a.png\", ocr = true }\n") ==
              "tests/boot.toml:4:33: ocr goes with text and pattern");
        CHECK(mistake(kStart + "[[step]]\nassert = { edid = {} }\n")
                  .ends_with("edid: expected one field at least"));
        CHECK(mistake(kStart + "[[step]]\nassert = { edid = { nam = \"a\" } }\n") ==
              "tests/boot.toml:4:21: unknown key 'nam': did you mean 'name'?");
        CHECK(mistake(kStart + "[[step]]\nassert = { cursor = \"shwn\" }\n")
                  .ends_with("cursor: 'shwn': did you mean 'shown'?"));
        CHECK(mistake(kStart + "[[step]]\nwait = { needle = { tag = \"a\" } }\n")
                  .find("needle: expected a file, files, or {") != std::string::npos);
        CHECK(mistake(kStart + "[[step]]\nkey = \"a\"\nstep = []\n") ==
              "tests/boot.toml:5:8: step goes with group and retry");
        CHECK(mistake("[vm]\nqemu = [\"q\"]\nkernel = \"k\"\n[[step]]\nreset = true\n") ==
              "tests/boot.toml:3:10: kernel: qemu is the whole command line: not kernel, too");
        CHECK(mistake("[vm]\nkernel = \"${NONE}\"\n[[step]]\nreset = true\n") ==
              "tests/boot.toml:2:10: ${NONE}: there is no such variable in the environment");
    }

    TEST_CASE("a file that includes itself ends, and so do steps without an end") {
        Surroundings surroundings;
        surroundings.files["tests/a.toml"] = "[[step]]\ninclude = \"a.toml\"\n";
        CHECK(mistake(kStart + "[[step]]\ninclude = \"a.toml\"\n", surroundings) ==
              "tests/a.toml:2:11: files include each other 8 deep at most");
        std::string many = kStart;
        for (size_t i = 0; i <= kMaxSteps; ++i) {
            many += "[[step]]\nreset = true\n";
        }
        CHECK(mistake(many).ends_with("more than 10000 steps"));
    }

    TEST_CASE("a test is recorded to a file of its report, as a name or a table says") {
        const std::string rest = kStart + "[[step]]\nreset = true\n";
        CHECK_FALSE(read(rest).script.record);
        const auto simple = read("record = \"boot.webm\"\n" + rest).script.record;
        REQUIRE(simple);
        CHECK(simple->file == "boot.webm");
        CHECK(simple->choice.format == RecordFormat::kWebm);
        CHECK(simple->choice.codec == RecordCodec::kVp9);
        const auto full = read(
                              "record = { file = \"frames\", rate = 20, cursor = true, "
                              "scanout = 2 }\n" +
                              rest)
                              .script.record;
        REQUIRE(full);
        CHECK(full->choice.format == RecordFormat::kPngFolder);
        CHECK(full->choice.rate == 20);
        CHECK(full->choice.cursor);
        CHECK(full->scanout == 2);
        for (const char* wrong :
             {"record = \"../a.mp4\"", "record = \"a.avi\"", "record = 5", "record = { rate = 5 }",
              "record = { file = \"a.mp4\", rate = 0 }", "record = { file = \"a.mp4\", codek = 1 }",
              "record = { file = \"a.webm\", codec = \"h264\" }",
              "record = { file = \"a.y4m\", variable = true }"}) {
            CAPTURE(wrong);
            CHECK(mistake(std::string{wrong} + "\n" + rest).starts_with("tests/boot.toml:1:"));
        }
    }

    TEST_CASE("what is missing is told") {
        CHECK(
            mistake("[[step]]\nreset = true\n").ends_with("there is no VM: expected a table [vm]"));
        CHECK(mistake(kStart).ends_with("there is nothing to do: expected tables [[step]]"));
        CHECK(mistake(kStart + "[[step]]\ninclude = \"none.toml\"\n")
                  .ends_with("open tests/none.toml"));
    }
}

}  // namespace
}  // namespace oriel::app
