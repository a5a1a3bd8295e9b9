// SPDX-License-Identifier: MIT
// oriel-documents FOLDER: writes the documents that come from the tables of options and commands
// into the sources in FOLDER. `ninja -C build documents` runs it.
#include <cstdio>
#include <fstream>

#include "documents/documents.h"

int main(int argc, char** argv) {
    if (argc != 2) {
        std::fprintf(stderr, "usage: oriel-documents FOLDER-OF-THE-SOURCES\n");
        return 2;
    }
    for (const oriel::app::Document& document : oriel::app::all_documents()) {
        const std::string path = std::string{argv[1]} + '/' + document.path;
        std::ofstream file{path, std::ios::binary};
        if (!(file << document.text) || !file.flush()) {
            std::fprintf(stderr, "oriel-documents: can't write %s\n", path.c_str());
            return 1;
        }
    }
    return 0;
}
