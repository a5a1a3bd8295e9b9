// SPDX-License-Identifier: MIT
#include "documents/documents.h"

#include <doctest/doctest.h>
#include <fmt/format.h>

#include <algorithm>
#include <fstream>
#include <iterator>

#include "cli/help.h"
#include "cli/option_table.h"

namespace oriel::app {
namespace {

std::string read(const std::string& path) {
    std::ifstream file{path, std::ios::binary};
    return {std::istreambuf_iterator<char>{file}, {}};
}

bool has(const std::string& text, const std::string& part) {
    return text.find(part) != std::string::npos;
}

/// roff's hyphens as they are typed.
std::string without_escapes(std::string roff) {
    std::erase(roff, '\\');
    return roff;
}

TEST_SUITE("documents") {
    TEST_CASE("the committed documents are what the tables give") {
        for (const Document& document : all_documents()) {
            CAPTURE(document.path);
            const std::string committed =
                read(std::string{TEST_FOLDER} + "/../../" + document.path);
            INFO("ninja -C build documents writes it");
            const auto [ours, theirs] = std::mismatch(document.text.begin(), document.text.end(),
                                                      committed.begin(), committed.end());
            CHECK(std::string{ours, std::find(ours, document.text.end(), '\n')} ==
                  std::string{theirs, std::find(theirs, committed.end(), '\n')});
            CHECK(document.text.size() == committed.size());
        }
    }

    TEST_CASE("each document has each option, with each of its words") {
        const std::string manual = without_escapes(man_page());
        for (const OptionRow& row : option_rows()) {
            CAPTURE(row.name);
            const std::string name{row.name};
            CHECK(has(manual, "fB" + name + "fR"));
            CHECK(has(options_page(), "#### `" + name + '`'));
            CHECK(has(bash_completion(), name));
            CHECK(has(zsh_completion(), '\'' + name));
            CHECK(has(fish_completion(), "-l " + name.substr(2) + ' '));
            for (const Choice& choice : row.choices) {
                const std::string word{choice.word};
                CHECK(has(manual, "fB" + word + "fR\n"));
                CHECK(has(options_page(), "- `" + word + "`: "));
            }
        }
    }

    TEST_CASE("each document has each command of ctl") {
        for (const CtlRow& row : ctl_rows()) {
            CAPTURE(row.name);
            const std::string name{row.name};
            CHECK(has(without_escapes(man_page()), "fB" + name + "fR"));
            CHECK(has(options_page(), '`' + name + '`'));
            CHECK(has(bash_completion(), name));
            CHECK(has(zsh_completion(), name));
            CHECK(has(fish_completion(), "-a " + name + " -d"));
            CHECK(has(command_help(CommandId::kCtl), name));
        }
    }

    TEST_CASE("each command has a manual, with its own options and no others") {
        const std::vector<Document> pages = command_man_pages();
        for (const CommandRow& row : command_rows()) {
            CAPTURE(row.name);
            const std::string path = fmt::format("data/man/oriel-{}.1", row.name);
            const auto page = std::find_if(pages.begin(), pages.end(),
                                           [&](const Document& one) { return one.path == path; });
            if (row.id == CommandId::kVersion) {
                CHECK(page == pages.end());
                continue;
            }
            REQUIRE(page != pages.end());
            const std::string text = without_escapes(page->text);
            for (const OptionRow& option : option_rows()) {
                CAPTURE(option.name);
                CHECK(has(text, ".TP\nfB" + std::string{option.name} + "fR") ==
                      option.commands.has(row.id));
            }
        }
    }

    TEST_CASE("no line of a manual starts as a request by accident") {
        std::string all = man_page();
        for (const Document& page : command_man_pages()) {
            all += page.text;
        }
        std::string line;
        for (const char c : all) {
            if (c != '\n') {
                line += c;
                continue;
            }
            CAPTURE(line);
            if (line.starts_with('.')) {
                const std::string request = line.substr(1, line.find(' ') - 1);
                const std::vector<std::string> ours{"\\\"", "TH", "SH", "SS", "TP",
                                                    "PP",   "RS", "RE", "nf", "fi"};
                CHECK(std::find(ours.begin(), ours.end(), request) != ours.end());
            }
            CHECK_FALSE(line.starts_with('\''));
            line.clear();
        }
    }
}

}  // namespace
}  // namespace oriel::app
