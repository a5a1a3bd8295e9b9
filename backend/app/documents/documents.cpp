// SPDX-License-Identifier: MIT
#include "documents/documents.h"

namespace oriel::app {

std::vector<Document> all_documents() {
    return {{"data/man/oriel.1", man_page()},
            {"data/doc/options.md", options_page()},
            {"data/completions/oriel.bash", bash_completion()},
            {"data/completions/_oriel", zsh_completion()},
            {"data/completions/oriel.fish", fish_completion()}};
}

}  // namespace oriel::app
