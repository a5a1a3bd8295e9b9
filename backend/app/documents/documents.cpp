// SPDX-License-Identifier: MIT
#include "documents/documents.h"

#include <algorithm>
#include <iterator>

namespace oriel::app {

std::vector<Document> all_documents() {
    std::vector<Document> documents{{"data/man/oriel.1", man_page()},
                                    {"data/doc/options.md", options_page()},
                                    {"data/completions/oriel.bash", bash_completion()},
                                    {"data/completions/_oriel", zsh_completion()},
                                    {"data/completions/oriel.fish", fish_completion()}};
    std::ranges::move(command_man_pages(), std::back_inserter(documents));
    return documents;
}

}  // namespace oriel::app
