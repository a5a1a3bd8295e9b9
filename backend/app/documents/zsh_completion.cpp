// SPDX-License-Identifier: MIT
#include <fmt/format.h>

#include <string_view>

#include "cli/option_table.h"
#include "documents/ctl_names.h"
#include "documents/documents.h"
#include "documents/word_list.h"

namespace oriel::app {
namespace {

constexpr std::string_view kTail = R"zsh(
_oriel_names() {
    local -a names
    names=(${${(f)"$(oriel ctl list 2>/dev/null)"}%% *})
    compadd -- $names list
}

# What follows oriel ctl.
_oriel_ctl() {
    local -a words_before specs
    local -i i
    local action
    for ((i = 2; i < CURRENT; i++)); do
        case $words[i] in
        --scanout) i+=1 ;;
        -[0-9.]*) words_before+=("$words[i]") ;;
        -*) ;;
        *) words_before+=("$words[i]") ;;
        esac
    done
    _oriel_ctl_options "${words_before[2]:-$words_before[1]}"
    case $#words_before in
    0) action=_oriel_names ;;
    1) action=_oriel_ctl_commands ;;
    *) _oriel_ctl_argument "$words_before[2]" $(($#words_before - 2)) ;;
    esac
    _arguments $specs "*: :${action:- }"
}

_oriel() {
    if ((CURRENT == 2)); then
        _oriel_commands
        return
    fi
    # Behind "--" is the command line of a VMM.
    local -i dashes=${words[(ie)--]}
    if [[ $words[2] == run ]] && ((dashes < CURRENT)); then
        shift $dashes words
        ((CURRENT -= dashes))
        _normal
        return
    fi
    local command=$words[2]
    shift words
    ((CURRENT--))
    case $command in
    ctl) _oriel_ctl ;;
    *) _oriel_options $command ;;
    esac
}

_oriel "$@"
)zsh";

/// Inside '…' of an argument of _arguments or _describe.
std::string quoted(std::string_view text) {
    std::string escaped;
    for (const char c : text) {
        if (c == '\'') {
            escaped += "'\\''";
        } else if (c == ':' || c == '[' || c == ']' || c == '\\') {
            escaped += '\\';
            escaped += c;
        } else {
            escaped += c;
        }
    }
    return escaped;
}

/// "(auto direct)"
std::string choice_list(std::span<const Choice> choices) {
    std::string list;
    for (const Choice& choice : choices) {
        add_word(list, choice.word);
    }
    return fmt::format("({})", list);
}

/// '--path=[How pictures get to the compositor]:PATH:(auto direct)'
std::string specification(const OptionRow& row) {
    const std::string help = quoted(row.help);
    if (row.argument.empty()) {
        return fmt::format("'{}[{}]'", row.name, help);
    }
    std::string action = " ";
    if (!row.choices.empty()) {
        action = choice_list(row.choices);
    } else if (row.offers == Offers::kFiles) {
        action = "_files";
    }
    return fmt::format("'{}=[{}]:{}:{}'", row.name, help, quoted(row.argument), action);
}

std::string commands() {
    std::string text = "\n_oriel_commands() {\n    local -a choices=(\n";
    for (const CommandRow& row : command_rows()) {
        text += fmt::format("        '{}:{}'\n", row.name, quoted(row.help));
    }
    for (const OptionId id : {OptionId::kHelp, OptionId::kVersion}) {
        text += fmt::format("        '{}:{}'\n", option_row(id).name, quoted(option_row(id).help));
    }
    return text + "    )\n    _describe command choices\n}\n";
}

std::string options() {
    std::string text = "\n_oriel_options() {\n    case $1 in\n";
    for (const CommandRow& command : command_rows()) {
        if (command.id == CommandId::kCtl) {
            continue;
        }
        text += fmt::format("    {})\n        _arguments", command.name);
        for (const OptionRow* row : options_of(command.id)) {
            text += fmt::format(" \\\n            {}", specification(*row));
        }
        text += "\n        ;;\n";
    }
    return text + "    esac\n}\n";
}

std::string ctl_commands() {
    std::string of_vm;
    std::string of_kiosk;
    std::string options;
    std::string arguments;
    for (const CtlRow& row : ctl_rows()) {
        const std::string choice = fmt::format("        '{}:{}'\n", row.name, quoted(row.help));
        if (asks_vm(row)) {
            of_vm += choice;
        }
        if (asks_kiosk(row)) {
            of_kiosk += choice;
        }
        std::string of_row = specification(option_row(OptionId::kHelp));
        for (const OptionId id : row.options) {
            of_row += ' ' + specification(option_row(id));
        }
        options += fmt::format("    {}) specs=({}) ;;\n", row.name, of_row);
        std::string words;
        for (const std::string_view word : row.offered_words) {
            add_word(words, word);
        }
        if (row.offers_files || !words.empty()) {
            arguments += fmt::format("    '{} {}') action={} ;;\n", row.name, row.offered_at,
                                     row.offers_files ? "_files" : fmt::format("'({})'", words));
        }
    }
    return fmt::format(
        "\n_oriel_ctl_commands() {{\n    local -a choices=(\n{}    )\n"
        "    [[ $words_before[1] == {} ]] && choices=(\n{}    )\n"
        "    _describe command choices\n}}\n"
        "\n# Sets specs to the options of a command of ctl.\n_oriel_ctl_options() {{\n    case $1 "
        "in\n{}    esac\n}}\n"
        "\n# Sets action to what completes the argument number $2 (from 0) of a command of ctl.\n"
        "_oriel_ctl_argument() {{\n    case \"$1 $2\" in\n{}    esac\n}}\n",
        of_vm, kKioskName, of_kiosk, options, arguments);
}

}  // namespace

std::string zsh_completion() {
    return fmt::format(
        "#compdef oriel\n# SPDX-License-Identifier: MIT\n# zsh completion for oriel. {}\n{}{}{}{}",
        kOrigin, commands(), options(), ctl_commands(), kTail);
}

}  // namespace oriel::app
