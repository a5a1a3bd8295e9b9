// SPDX-License-Identifier: MIT
// Runs a fuzz target without libFuzzer: "PROGRAM COUNT [FOLDER]" feeds it COUNT inputs of random
// bytes, the same in every run, and what is in FOLDER, its corpus; "PROGRAM FILE..." feeds it
// files, for example those that libFuzzer found.
#include <cstdint>
#include <cstdio>
#include <cstdlib>
#include <filesystem>
#include <fstream>
#include <iterator>
#include <string>
#include <system_error>
#include <vector>

#include "support/random.h"

extern "C" int LLVMFuzzerTestOneInput(const uint8_t* data, size_t size);

namespace {

void run_random(uint32_t count) {
    for (uint32_t i = 0; i < count; ++i) {
        oriel::test::Random random{i};
        // Short ones are most likely to end in the middle of something.
        std::vector<uint8_t> bytes(random.below(i % 4 == 0 ? 64 : 4096));
        for (uint8_t& byte : bytes) {
            byte = static_cast<uint8_t>(random());
        }
        LLVMFuzzerTestOneInput(bytes.data(), bytes.size());
    }
    std::printf("%u inputs\n", count);
}

bool run_file(const char* name) {
    std::ifstream file{name, std::ios::binary};
    if (!file) {
        std::fprintf(stderr, "cannot open %s\n", name);
        return false;
    }
    const std::vector<char> bytes{std::istreambuf_iterator<char>{file}, {}};
    LLVMFuzzerTestOneInput(reinterpret_cast<const uint8_t*>(bytes.data()), bytes.size());
    return true;
}

/// A corpus that is empty, or isn't there, has been forgotten.
bool run_folder(const char* name) {
    namespace fs = std::filesystem;
    std::error_code error;
    size_t count = 0;
    for (const auto& file : fs::directory_iterator{name, error}) {
        if (!run_file(file.path().c_str())) {
            return false;
        }
        ++count;
    }
    std::printf("%zu inputs of %s\n", count, name);
    return count > 0;
}

}  // namespace

int main(int argc, char** argv) {
    const std::string first = argc > 1 ? argv[1] : "1000";
    if (argc <= 3 && first.find_first_not_of("0123456789") == std::string::npos) {
        run_random(static_cast<uint32_t>(std::strtoul(first.c_str(), nullptr, 10)));
        return argc < 3 || run_folder(argv[2]) ? 0 : 1;
    }
    for (int i = 1; i < argc; ++i) {
        if (!run_file(argv[i])) {
            return 1;
        }
    }
    return 0;
}
