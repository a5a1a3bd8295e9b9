// SPDX-License-Identifier: MIT
#pragma once

#include <sys/stat.h>

#include <fstream>
#include <string>

#include "support/temp_dir.h"

namespace oriel::app {

/// A program with a QEMU's name that says what it has, and writes down what it was asked.
struct FakeQemu {
    test::TempDir folder;
    std::string path = folder.file("qemu-system-x86_64");

    FakeQemu(const std::string& devices, const std::string& displays,
             const std::string& audio = "none", const std::string& version = "10.0.13") {
        std::ofstream script{path};
        script << "#!/bin/sh\necho \"$*\" >>" << folder.file("asked") << "\ncase $1 in\n"
               << "-device) for d in " << devices
               << "; do echo \"name \\\"$d\\\", bus PCI, desc \\\"a card\\\"\"; done;;\n"
               << "-display) printf 'Available display backend types:\\n'; printf '%s\\n' "
               << displays << ";;\n"
               << "-audiodev) printf 'Available audio drivers:\\n'; printf '%s\\n' " << audio
               << ";;\n-version) echo 'QEMU emulator version " << version
               << " (Debian 1)';;\nesac\n";
        script.close();
        ::chmod(path.c_str(), 0700);
    }
    [[nodiscard]] std::string asked() const {
        std::ifstream file{folder.file("asked")};
        return {std::istreambuf_iterator<char>{file}, {}};
    }
};

}  // namespace oriel::app
