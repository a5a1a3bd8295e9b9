// SPDX-License-Identifier: MIT
#include "test_run/script_reader.h"

#include <array>
#include <utility>

#include "cli/option_choices.h"
#include "cli/values.h"
#include "test_run/condition_table.h"
#include "test_run/record_table.h"
#include "test_run/step_table.h"
#include "test_run/vm_script_table.h"

namespace oriel::app {
namespace {

constexpr auto kScriptKeys = std::to_array<std::string_view>(
    {"name", "size", "screens", "pace", "trace", "timeout", "step-timeout", "stroke-pause", "fonts",
     "record", "vm", "step"});
/// As `--pace` has them.
constexpr std::array kPaceWords{kPaces[0].word, kPaces[1].word};
static_assert(kPaceWords.size() == kPaces.size());
constexpr size_t kMostFonts = 32;

/// "boot" of "tests/boot.toml"; what can't be in a name is '-'.
std::string name_of(const std::string& file) {
    std::string name = file.substr(file.rfind('/') + 1);
    if (name.ends_with(".toml")) {
        name.resize(name.size() - 5);
    }
    for (char& c : name) {
        if (!valid_name(std::string{'a', c})) {
            c = '-';
        }
    }
    name.resize(std::min(name.size(), kMaxName));
    return valid_name(name) ? name : "test";
}

class RootReader {
public:
    RootReader(const TomlTable& table, Script& script, const ScriptSurroundings& surroundings,
               MistakeList& mistakes)
        : table_{table}, script_{script}, surroundings_{surroundings}, mistakes_{mistakes} {}

    void read_head() {
        table_.check_keys(kScriptKeys);
        if (const auto name = table_.text("name")) {
            script_.name = *name;
            if (!valid_name(*name)) {
                mistakes_.add(table_.where("name"),
                              fmt::format("name: expected 1 to {} letters, digits, '.', '_' or "
                                          "'-', not starting with '.'",
                                          kMaxName));
            }
        }
        if (const auto text = table_.text("size")) {
            const auto size = parse_mode(*text, "size");
            if (size) {
                script_.size = *size;
            } else {
                mistakes_.add(table_.where("size"), size.error().message());
            }
        }
        script_.record = read_record(table_, mistakes_);
        script_.screens =
            static_cast<uint32_t>(table_.number("screens", 1, kMaxScanouts).value_or(1));
        script_.pace =
            static_cast<PaceOption>(kPaces[table_.word("pace", kPaceWords).value_or(0)].value);
        script_.trace = table_.yes_or_no("trace").value_or(false);
        script_.timeout =
            table_.seconds("timeout", kShortestTime, kLongestTime).value_or(script_.timeout);
        script_.step_timeout = table_.seconds("step-timeout", kShortestTime, kLongestTime)
                                   .value_or(script_.step_timeout);
        script_.stroke_pause = table_.seconds("stroke-pause", kShortestTime, kLongestTime)
                                   .value_or(script_.stroke_pause);
        script_.fonts = table_.texts("fonts", kMostFonts).value_or(std::vector<std::string>{});
        for (std::string& font : script_.fonts) {
            const auto whole = with_variables(font, surroundings_);
            if (!whole) {
                mistakes_.add(table_.where("fonts"), whole.error().message());
            }
            font = path_in(script_.folder, whole.value_or(font));
        }
    }

private:
    const TomlTable& table_;
    Script& script_;
    const ScriptSurroundings& surroundings_;
    MistakeList& mistakes_;
};

}  // namespace

ReadScript read_script(std::string_view text, const std::string& file,
                       const ScriptSurroundings& surroundings) {
    ReadScript read;
    Script& script = read.script;
    script.name = name_of(file);
    script.file = file;
    script.folder = folder_of(file);
    std::vector<Mistake> own;
    MistakeList mistakes{own};
    try {
        const toml::table root = toml::parse(text);
        const TomlTable table{root, mistakes};
        RootReader{table, script, surroundings, mistakes}.read_head();
        if (const toml::table* vm = root.get_as<toml::table>("vm")) {
            script.vm =
                read_vm_script(TomlTable{*vm, mistakes}, script.folder, surroundings, mistakes);
        } else {
            mistakes.add(table.where("vm"), "there is no VM: expected a table [vm]");
        }
        if (!table.has("step")) {
            mistakes.add(root.source(), "there is nothing to do: expected tables [[step]]");
        }
        StepReader{surroundings, read.mistakes}.read(root.get("step"), file, script.steps,
                                                     mistakes);
    } catch (const toml::parse_error& error) {
        mistakes.add(error.source(), std::string{error.description()});
    }
    sort_mistakes(own);
    std::vector<ScriptMistake> all;
    all.reserve(own.size() + read.mistakes.size());
    for (Mistake& mistake : own) {
        all.push_back({file, std::move(mistake)});
    }
    all.insert(all.end(), read.mistakes.begin(), read.mistakes.end());
    read.mistakes = std::move(all);
    return read;
}

}  // namespace oriel::app
