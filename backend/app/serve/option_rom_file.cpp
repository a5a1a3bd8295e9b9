// SPDX-License-Identifier: MIT
#include "serve/option_rom_file.h"

#include <fcntl.h>
#include <fmt/format.h>
#include <sys/stat.h>

#include <utility>
#include <vector>

#include "core/log.h"
#include "core/read_up_to.h"
#include "core/result.h"
#include "core/unique_fd.h"
#include "pci/display_function.h"

namespace oriel::app {
namespace {

constexpr const char* kRomArea = "option-rom";
constexpr int kUsageExitCode = 2;

/// The whole file, or one byte more than a ROM may have.
Result<std::vector<std::byte>> read_file(const std::string& file) {
    // Opening a FIFO must not wait for a writer.
    const UniqueFd fd{::open(file.c_str(), O_RDONLY | O_CLOEXEC | O_NONBLOCK)};
    if (!fd.valid()) {
        return system_error("--option-rom {}", file);
    }
    struct stat status = {};
    if (::fstat(fd.get(), &status) != 0) {
        return system_error("--option-rom {}", file);
    }
    if (!S_ISREG(status.st_mode)) {
        return host_error("--option-rom {}: is not a file", file);
    }
    std::vector<std::byte> bytes(pci::OptionRom::kMaxFileSize + 1);
    const ssize_t length = read_up_to(fd.get(), bytes.data(), bytes.size());
    if (length < 0) {
        return system_error("--option-rom {}", file);
    }
    bytes.resize(static_cast<size_t>(length));
    return bytes;
}

}  // namespace

pci::OptionRom load_option_rom(const std::string& file) {
    const auto bytes = read_file(file);
    if (!bytes) {
        throw StartupError{bytes.error(), kUsageExitCode};
    }
    constexpr pci::OptionRom::Ids card = pci::DisplayFunction::kIds;
    auto rom = pci::OptionRom::parse(*bytes, card);
    if (!rom) {
        throw StartupError{fmt::format("--option-rom {}: {}", file, rom.error().message()),
                           kUsageExitCode};
    }
    // log: at the start
    if (rom->made_for() != card) {
        log_info(kRomArea,
                 "{} is for {:04x}:{:04x}: the guest sees it with this card's {:04x}:{:04x}", file,
                 rom->made_for().vendor, rom->made_for().device, card.vendor, card.device);
    }
    // log: at the start
    if (!rom->checksum_was_right()) {
        log_warn(kRomArea, "the checksum of {} was wrong and is corrected: is the file damaged?",
                 file);
    }
    if (rom->images_left_out() > 0) {
        log_info(kRomArea, "{} has {} more image(s) for other firmware: left out", file,
                 rom->images_left_out());
    }
    return std::move(*rom);
}

}  // namespace oriel::app
