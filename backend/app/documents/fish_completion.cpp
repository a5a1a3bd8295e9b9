// SPDX-License-Identifier: MIT
#include <fmt/format.h>

#include <string_view>

#include "cli/option_table.h"
#include "documents/ctl_names.h"
#include "documents/documents.h"
#include "documents/word_list.h"

namespace oriel::app {
namespace {

constexpr std::string_view kHead = R"fish(
# Whether the command is one of these, and its own options go on.
function __oriel_command
    set -l words (commandline -opc)
    set -q words[2]; and contains -- $words[2] $argv; and not contains -- -- $words
end

# The words that follow oriel ctl, without options.
function __oriel_ctl_words
    set -l words (commandline -opc)
    set -l skip
    for word in $words[3..-1]
        if set -q skip[1]
            set skip
        else if test "$word" = --scanout
            set skip 1
        else if not string match -qr -- '^-[^0-9.]' $word
            printf '%s\n' $word
        end
    end
end

# Whether the word that is being typed is the number $argv[1] (from 0) of these.
function __oriel_ctl_word
    __oriel_command ctl; and test (count (__oriel_ctl_words)) = $argv[1]
end

# Whether it follows the supervisor's name, or a VM's.
function __oriel_ctl_kiosk
    __oriel_ctl_word 1; and test (__oriel_ctl_words)[1] = kiosk
end
function __oriel_ctl_vm
    __oriel_ctl_word 1; and test (__oriel_ctl_words)[1] != kiosk
end

# Whether the command of oriel ctl is one of these.
function __oriel_ctl_command
    __oriel_command ctl; or return
    set -l words (__oriel_ctl_words)
    if set -q words[2]
        contains -- $words[2] $argv
    else
        # A command without a name before it.
        test "$words[1]" = list; and contains -- list $argv
    end
end

# Whether the word that is being typed is the argument number $argv[2] (from 0) of $argv[1].
function __oriel_ctl_argument
    __oriel_ctl_command $argv[1]; and test (count (__oriel_ctl_words)) = (math $argv[2] + 2)
end

function __oriel_names
    oriel ctl list 2>/dev/null | string replace -r ' .*' ''
end

# What completes the command line of a VMM.
function __oriel_vmm
    set -l words (commandline -opc)
    set -l at (contains -i -- -- $words)
    set -l command $words[(math $at + 1)..-1]
    complete -C (string join ' ' -- (string escape -- $command) (commandline -ct))
end
function __oriel_in_vmm
    set -l words (commandline -opc)
    set -q words[2]; and test $words[2] = run; and contains -- -- $words
end

complete -c oriel -f
complete -c oriel -n __oriel_in_vmm -a '(__oriel_vmm)'
)fish";

/// Inside '…'.
std::string quoted(std::string_view text) {
    std::string escaped;
    for (const char c : text) {
        if (c == '\'' || c == '\\') {
            escaped += '\\';
        }
        escaped += c;
    }
    return escaped;
}

/// What stands behind the condition: the option's name, its values and its help.
std::string option(const OptionRow& row) {
    std::string text = fmt::format("-l {}", row.name.substr(2));
    if (row.id == OptionId::kHelp) {
        text += " -s h";
    }
    if (row.offers == Offers::kFiles) {
        text += " -r -F";
    } else if (!row.argument.empty()) {
        text += " -x";
    }
    std::string choices;
    for (const Choice& choice : row.choices) {
        add_word(choices, choice.word);
    }
    if (!choices.empty()) {
        text += fmt::format(" -a '{}'", choices);
    }
    return fmt::format("{} -d '{}'", text, quoted(row.help));
}

std::string line(std::string_view condition, std::string_view what) {
    return fmt::format("complete -c oriel -n '{}' {}\n", condition, what);
}

std::string commands() {
    constexpr std::string_view kFirst = "test (count (commandline -opc)) = 1";
    std::string text = "\n";
    for (const CommandRow& row : command_rows()) {
        text += line(kFirst, fmt::format("-a {} -d '{}'", row.name, quoted(row.help)));
    }
    text += line(kFirst, option(option_row(OptionId::kHelp)));
    return text + line(kFirst, option(option_row(OptionId::kVersion)));
}

std::string options() {
    std::string text = "\n";
    for (const OptionRow& row : option_rows()) {
        const bool of_ctl = row.group == OptionGroup::kCtl;
        std::string names;
        for (const std::string_view name :
             of_ctl ? ctl_commands_with(row.id) : commands_with(row)) {
            names += fmt::format(" {}", name);
        }
        if (of_ctl) {
            text += line("__oriel_ctl_command" + names, option(row));
        } else if (!names.empty()) {
            text += line("__oriel_command" + names, option(row));
        }
    }
    return text;
}

std::string ctl_commands() {
    std::string text = "\n" + line("__oriel_ctl_word 0", "-a '(__oriel_names)' -d VM");
    for (const CtlRow& row : ctl_rows()) {
        const bool of_both = asks_vm(row) && asks_kiosk(row);
        text += line(!row.has_name     ? "__oriel_ctl_word 0"
                     : of_both         ? "__oriel_ctl_word 1"
                     : asks_kiosk(row) ? "__oriel_ctl_kiosk"
                                       : "__oriel_ctl_vm",
                     fmt::format("-a {} -d '{}'", row.name, quoted(row.help)));
    }
    for (const CtlRow& row : ctl_rows()) {
        const std::string condition =
            fmt::format("__oriel_ctl_argument {} {}", row.name, row.offered_at);
        std::string words;
        for (const std::string_view word : row.offered_words) {
            add_word(words, word);
        }
        if (row.offers_files) {
            text += line(condition, "-F");
        } else if (!words.empty()) {
            text += line(condition, fmt::format("-a '{}'", words));
        }
    }
    return text;
}

}  // namespace

std::string fish_completion() {
    return fmt::format("# SPDX-License-Identifier: MIT\n# fish completion for oriel. {}\n{}{}{}{}",
                       kOrigin, kHead, commands(), options(), ctl_commands());
}

}  // namespace oriel::app
