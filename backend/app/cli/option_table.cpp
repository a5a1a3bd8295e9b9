// SPDX-License-Identifier: MIT
#include "cli/option_table.h"

#include <algorithm>
#include <array>
#include <utility>

#include "cli/asking_options.h"
#include "cli/attaching_options.h"
#include "cli/serving_options.h"
#include "cli/testing_options.h"

namespace oriel::app {
namespace {

template <size_t First, size_t Second>
constexpr std::array<OptionRow, First + Second> joined(
    const std::array<OptionRow, First>& first, const std::array<OptionRow, Second>& second) {
    return [&]<size_t... I, size_t... J>(std::index_sequence<I...>, std::index_sequence<J...>) {
        return std::array<OptionRow, First + Second>{first[I]..., second[J]...};
    }
    (std::make_index_sequence<First>{}, std::make_index_sequence<Second>{});
}

constexpr std::array kOptions =
    joined(joined(kAttachingOptions, kServingOptions), joined(kTestingOptions, kAskingOptions));

constexpr bool options_are_in_order() {
    for (size_t i = 0; i < kOptions.size(); ++i) {
        if (static_cast<size_t>(kOptions[i].id) != i) {
            return false;
        }
    }
    return kOptions.size() == kOptionCount;
}
static_assert(options_are_in_order());

}  // namespace

std::span<const OptionRow> option_rows() {
    return kOptions;
}

const OptionRow& option_row(OptionId id) {
    return kOptions[static_cast<size_t>(id)];
}

const OptionRow* find_option(std::string_view name) {
    const auto* it = std::find_if(kOptions.begin(), kOptions.end(),
                                  [name](const OptionRow& row) { return row.name == name; });
    return it == kOptions.end() ? nullptr : it;
}

}  // namespace oriel::app
