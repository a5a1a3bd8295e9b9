// SPDX-License-Identifier: MIT
#pragma once

#include <array>

#include "cli/option_choices.h"
#include "cli/option_table.h"

// A part of the table of options: only option_table.cpp includes it.

namespace oriel::app {

/// Options that running tests has.
constexpr std::array kTestingOptions = [] {
    using Group = OptionGroup;
    using Id = OptionId;
    constexpr CommandSet kTests{CommandId::kTest};
    return std::to_array<OptionRow>({
        {.id = Id::kJobs,
         .group = Group::kTest,
         .commands = kTests,
         .name = "--jobs",
         .argument = "N",
         .fallback = "1",
         .help = "How many tests run at once, 1 to 256 (also -j)",
         .text = "How many tests run at once, 1 to 256. Also `-j`."},
        {.id = Id::kFilter,
         .group = Group::kTest,
         .commands = kTests,
         .name = "--filter",
         .argument = "PATTERN",
         .fallback = "",
         .help = "Only tests whose names this regular expression finds",
         .text = "Only tests in whose names this regular expression finds something."},
        {.id = Id::kListTests,
         .group = Group::kTest,
         .commands = kTests,
         .name = "--list",
         .argument = "",
         .fallback = "",
         .help = "Prints the names of the tests, and runs none",
         .text = "Prints the tests, a line each with name and file, and runs none."},
        {.id = Id::kUpdate,
         .group = Group::kTest,
         .commands = kTests,
         .name = "--update",
         .argument = "",
         .fallback = "",
         .help = "Writes reference pictures that are missing or differ, and says what changes",
         .text = "Writes what is seen in place of each reference picture that is missing or "
                 "differs, once a step's time is over, and prints a line about each of them. Look "
                 "at what the version control shows before you keep it."},
        {.id = Id::kKeepGoing,
         .group = Group::kTest,
         .commands = kTests,
         .name = "--keep-going",
         .argument = "",
         .fallback = "",
         .help = "Runs the other tests, too, when one has failed",
         .text = "Runs the other tests, too, when one has failed. Without this option no further "
                 "one is started; they count as skipped."},
        {.id = Id::kRerunFailed,
         .group = Group::kTest,
         .commands = kTests,
         .name = "--rerun-failed",
         .argument = "",
         .fallback = "",
         .help = "Only tests that did not pass the last time",
         .text = "Only tests that failed or were skipped the last time, as `last-run.json` in the "
                 "folder of `--output` has it."},
        {.id = Id::kSeed,
         .group = Group::kTest,
         .commands = kTests,
         .name = "--seed",
         .argument = "N",
         .fallback = "",
         .help = "Starts the tests in the order that this number gives",
         .text = "Starts the tests in an order that this number gives, and not in that of their "
                 "files. Commands of a test have it as `ORIEL_TEST_SEED`. Reports say which it "
                 "was."},
        {.id = Id::kOutput,
         .group = Group::kTest,
         .commands = kTests,
         .name = "--output",
         .argument = "FOLDER",
         .fallback = "oriel-test",
         .help = "Where reports and pictures go",
         .text = "Where reports and pictures go: `report.html`, `junit.xml`, `results.tap`, "
                 "`last-run.json`, and a folder for each test.",
         .offers = Offers::kFiles},
        {.id = Id::kTap,
         .group = Group::kTest,
         .commands = kTests,
         .name = "--tap",
         .argument = "",
         .fallback = "",
         .help = "Prints TAP (Test Anything Protocol) in place of a line for each test",
         .text = "Prints TAP (Test Anything Protocol, version 13) in place of a line for each "
                 "test."},
        {.id = Id::kTimes,
         .group = Group::kTest,
         .commands = {CommandId::kTrace},
         .name = "--times",
         .argument = "",
         .fallback = "",
         .help = "Compares the frames' times, too",
         .text =
             "Compares the times of frames, too. Those are the same with `--pace virtual` only."},
    });
}();

}  // namespace oriel::app
