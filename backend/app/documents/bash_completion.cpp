// SPDX-License-Identifier: MIT
#include <fmt/format.h>

#include <string_view>

#include "cli/option_table.h"
#include "documents/ctl_names.h"
#include "documents/documents.h"
#include "documents/word_list.h"

namespace oriel::app {
namespace {

constexpr std::string_view kHead = R"bash(
# Offers words, or files, that start as the current word does.
_oriel_offer() {
    mapfile -t COMPREPLY < <(compgen -W "$1" -- "$current")
}
_oriel_offer_files() {
    compopt -o filenames 2>/dev/null
    mapfile -t COMPREPLY < <(compgen -f -- "$current")
}
)bash";

constexpr std::string_view kTail = R"bash(
# What follows oriel ctl.
_oriel_ctl() {
    local i word words=()
    for ((i = 2; i < COMP_CWORD; i++)); do
        word=${COMP_WORDS[i]}
        case $word in
        --scanout)
            [ "${COMP_WORDS[i + 1]}" = = ] && i=$((i + 1))
            i=$((i + 1))
            ;;
        -[0-9.]*) words+=("$word") ;;
        -*) ;;
        *) words+=("$word") ;;
        esac
    done
    case ${#words[@]} in
    # compgen -W expands its words: no character of a name may mean something to the shell.
    0) _oriel_offer "list $(oriel ctl list 2>/dev/null | cut -d ' ' -f 1 | tr -cd 'A-Za-z0-9._\n-')" ;;
    1)
        case ${words[0]} in
        list) _oriel_offer "$(_oriel_ctl_options list)" ;;
        *) _oriel_offer "$(_oriel_ctl_commands "${words[0]}")" ;;
        esac
        ;;
    *)
        _oriel_offer "$(_oriel_ctl_options "${words[1]}")"
        case $current in
        -*) ;;
        *) _oriel_ctl_argument "${words[1]}" $((${#words[@]} - 2)) ;;
        esac
        ;;
    esac
}

# The command line of a VMM, whose first word is the number $1.
_oriel_vmm() {
    if declare -F _comp_command_offset >/dev/null; then
        _comp_command_offset "$1"
    elif declare -F _command_offset >/dev/null; then
        _command_offset "$1"
    elif [ "$COMP_CWORD" = "$1" ]; then
        mapfile -t COMPREPLY < <(compgen -c -- "$current")
    else
        _oriel_offer_files
    fi
}

_oriel() {
    local current=${COMP_WORDS[COMP_CWORD]} previous=${COMP_WORDS[COMP_CWORD - 1]} i
    COMPREPLY=()
    # --option=value is three words here.
    if [ "$current" = = ]; then
        current=''
    elif [ "$previous" = = ] && [ "$COMP_CWORD" -gt 2 ]; then
        previous=${COMP_WORDS[COMP_CWORD - 2]}
    fi
    if [ "$COMP_CWORD" = 1 ]; then
        _oriel_offer "$(_oriel_commands)"
        return
    fi
    if [ "${COMP_WORDS[1]}" = run ]; then
        for ((i = 2; i < COMP_CWORD; i++)); do
            if [ "${COMP_WORDS[i]}" = -- ]; then
                _oriel_vmm $((i + 1))
                return
            fi
        done
    fi
    _oriel_value "$previous" && return
    case ${COMP_WORDS[1]} in
    ctl) _oriel_ctl ;;
    *) _oriel_offer "$(_oriel_options "${COMP_WORDS[1]}")" ;;
    esac
}
complete -F _oriel oriel
)bash";

/// "    pattern) action ;;\n"
std::string branch(std::string_view pattern, std::string_view action) {
    return fmt::format("    {}){}{} ;;\n", pattern, action.empty() ? "" : " ", action);
}

template <class Range>
std::string names_of(const Range& rows) {
    std::string names;
    for (const auto& row : rows) {
        add_word(names, row.name);
    }
    return names;
}

std::string options() {
    std::string text = "\n# The options of a command.\n_oriel_options() {\n    case $1 in\n";
    for (const CommandRow& command : command_rows()) {
        std::string names;
        for (const OptionRow* row : options_of(command.id)) {
            add_word(names, row->name);
        }
        if (command.id == CommandId::kRun) {
            names += " --";
        }
        if (command.id != CommandId::kCtl) {
            text += branch(command.name, fmt::format("echo '{}'", names));
        }
    }
    return text + "    esac\n}\n";
}

/// What may follow an option that takes a value.
std::string values() {
    std::string text =
        "\n# Offers what may follow an option; fails for one that takes no value.\n"
        "_oriel_value() {\n    case $1 in\n";
    std::string files;
    std::string anything;
    for (const OptionRow& row : option_rows()) {
        if (!row.choices.empty()) {
            std::string words;
            for (const Choice& choice : row.choices) {
                add_word(words, choice.word);
            }
            text += branch(row.name, fmt::format("_oriel_offer '{}'", words));
        } else if (!row.argument.empty()) {
            std::string& list = row.offers == Offers::kFiles ? files : anything;
            add_word(list, row.name, " | ");
        }
    }
    text += branch(files, "_oriel_offer_files");
    text += branch(anything, "");
    return text + branch("*", "return 1") + "    esac\n    return 0\n}\n";
}

std::string ctl_commands() {
    std::string of_vm;
    std::string of_kiosk;
    std::string options;
    std::string arguments;
    for (const CtlRow& row : ctl_rows()) {
        if (asks_vm(row)) {
            add_word(of_vm, row.name);
        }
        if (asks_kiosk(row)) {
            add_word(of_kiosk, row.name);
        }
        std::string of_row = "--help";
        for (const OptionId id : row.options) {
            of_row += fmt::format(" {}", option_row(id).name);
        }
        options += branch(row.name, fmt::format("echo '{}'", of_row));
        const std::string at = fmt::format("\"{} {}\"", row.name, row.offered_at);
        std::string words;
        for (const std::string_view word : row.offered_words) {
            add_word(words, word);
        }
        if (row.offers_files) {
            arguments += branch(at, "_oriel_offer_files");
        } else if (!words.empty()) {
            arguments += branch(at, fmt::format("_oriel_offer '{}'", words));
        }
    }
    return fmt::format(
        "\n# The commands of ctl for the name $1.\n_oriel_ctl_commands() {{\n"
        "    case $1 in\n    {}) echo '{}' ;;\n    *) echo '{}' ;;\n    esac\n}}\n"
        "\n# The options of a command of ctl.\n_oriel_ctl_options() {{\n    case $1 in\n{}    "
        "esac\n}}\n"
        "\n# Offers the argument number $2 (from 0) of a command of ctl.\n"
        "_oriel_ctl_argument() {{\n    case \"$1 $2\" in\n{}    esac\n}}\n",
        kKioskName, of_kiosk, of_vm, options, arguments);
}

}  // namespace

std::string bash_completion() {
    return fmt::format(
        "# SPDX-License-Identifier: MIT\n# bash completion for oriel. {}\n{}\n"
        "_oriel_commands() {{\n    echo '{} --help --version'\n}}\n{}{}{}{}",
        kOrigin, kHead, names_of(command_rows()), options(), values(), ctl_commands(), kTail);
}

}  // namespace oriel::app
