// SPDX-License-Identifier: MIT
//
// A guest with blobs, and its VMM: draws to its own memory and shows it through virtio-gpu. Oriel
// is another process, behind vfio-user. It obeys lines from standard input and answers each with
// one line, "ok …" or "error …".
//
// usage: blob-guest SOCKET [unsealed]
//   create ID WIDTH HEIGHT PAGES   a blob resource; PAGES is how its backing lies in guest memory:
//                                  contiguous, pages (each alone), runs (of 2 MiB)
//   draw ID INDEX                  the known picture of tests/e2e/picture.py
//   fill ID COLOUR                 one colour, 0xRRGGBB
//   show ID                        SET_SCANOUT_BLOB
//   flush ID                       RESOURCE_FLUSH, until it is answered
//   destroy ID
//   colours FIRST SECOND COUNT     COUNT frames, each a new colour in the buffer that is not shown,
//                                  drawn only after the frame before was answered
// Times in the answers are microseconds.
#include <fmt/format.h>

#include <algorithm>
#include <chrono>
#include <iostream>
#include <map>
#include <sstream>
#include <stdexcept>
#include <string>
#include <vector>

#include "core/memfd.h"
#include "guest/picture.h"
#include "support/blob_screen.h"
#include "support/gpu_driver.h"
#include "support/virtio_gpu_link.h"

using namespace oriel;

namespace {

namespace wire = gpu::wire;
using test::BlobScreen;
using SteadyClock = std::chrono::steady_clock;

int64_t microseconds_since(SteadyClock::time_point start) {
    return std::chrono::duration_cast<std::chrono::microseconds>(SteadyClock::now() - start)
        .count();
}

class Guest {
public:
    Guest(const std::string& socket, MemfdSeals seals)
        : link_{socket, {.ram_bytes = size_t{512} << 20, .seals = seals}}, driver_{link_} {}

    std::string obey(const std::string& line) {
        std::istringstream words{line};
        std::string verb;
        uint32_t id = 0;
        words >> verb >> id;
        if (verb == "create") {
            Size size;
            std::string pages;
            words >> size.width >> size.height >> pages;
            return create(id, size, pages);
        }
        const auto found = blobs_.find(id);
        if (found == blobs_.end()) {
            throw std::runtime_error{"no such blob in: " + line};
        }
        BlobScreen& blob = found->second;
        if (verb == "draw") {
            uint32_t index = 0;
            words >> index;
            draw(blob, index);
            return "ok";
        }
        if (verb == "fill") {
            uint32_t colour = 0;
            words >> std::hex >> colour;
            fill(blob, colour);
            return "ok";
        }
        if (verb == "show") {
            return show(blob);
        }
        if (verb == "flush") {
            const auto start = SteadyClock::now();
            finish(blob.post_flush());
            return fmt::format("ok {}", microseconds_since(start));
        }
        if (verb == "destroy") {
            check(blob.unref(), "RESOURCE_UNREF");
            blobs_.erase(found);
            return "ok";
        }
        if (verb == "colours") {
            uint32_t second = 0;
            uint32_t count = 0;
            words >> second >> count;
            return colours(blob, blobs_.at(second), count);
        }
        throw std::runtime_error{"unknown: " + line};
    }

private:
    static void check(wire::Type answer, const char* what) {
        check(static_cast<uint32_t>(answer), what);
    }
    static void check(uint32_t answer, const char* what) {
        if (answer != static_cast<uint32_t>(wire::Type::kOkNodata)) {
            throw std::runtime_error{fmt::format("{} was answered with {:#x}", what, answer)};
        }
    }

    std::string create(uint32_t id, Size size, const std::string& name) {
        static const std::map<std::string, test::Pages> kPages{
            {"contiguous", test::Pages::kContiguous},
            {"pages", test::Pages::kScattered},
            {"runs", test::Pages::kLargeRuns}};
        const auto start = SteadyClock::now();
        blobs_.insert_or_assign(id, BlobScreen{driver_, size, {.pages = kPages.at(name)}});
        return fmt::format("ok {}", microseconds_since(start));
    }

    static std::string show(BlobScreen& blob) {
        const auto start = SteadyClock::now();
        check(blob.show_on(0), "SET_SCANOUT_BLOB");
        return fmt::format("ok {}", microseconds_since(start));
    }

    void finish(test::GpuDriver::Token token) {
        check(test::GpuDriver::header_of(driver_.wait(token)).type, "RESOURCE_FLUSH");
    }

    /// Calls visit(bytes, offset in the picture) for each piece of the backing.
    template <class Visit>
    void each_piece(const BlobScreen& blob, Visit&& visit) {
        uint64_t at = 0;
        const uint64_t end = blob.size().area() * 4;
        for (const auto& entry : blob.entries()) {
            const uint64_t length = std::min<uint64_t>(entry.length, end - at);
            visit(link_.bytes(entry.address, length), at);
            at += length;
        }
    }

    void draw(const BlobScreen& blob, uint32_t index) {
        std::vector<uint32_t> picture;
        for (uint32_t y = 0; y < blob.size().height; ++y) {
            for (uint32_t x = 0; x < blob.size().width; ++x) {
                picture.push_back(
                    guest::known_pixel(x, y, blob.size().width, blob.size().height, index));
            }
        }
        each_piece(blob, [&picture](std::span<std::byte> piece, uint64_t at) {
            std::memcpy(piece.data(), picture.data() + at / 4, piece.size());
        });
    }

    void fill(const BlobScreen& blob, uint32_t colour) {
        each_piece(blob, [colour](std::span<std::byte> piece, uint64_t) {
            // The pieces are page-aligned.
            std::fill_n(static_cast<uint32_t*>(static_cast<void*>(piece.data())), piece.size() / 4,
                        colour);
        });
    }

    std::string colours(BlobScreen& first, BlobScreen& second, uint32_t count) {
        const auto start = SteadyClock::now();
        for (uint32_t frame = 0; frame < count; ++frame) {
            BlobScreen& blob = frame % 2 == 0 ? first : second;
            // Neighbours differ in every byte.
            fill(blob, (frame * 0x35'1d'47 + 0x10'20'30) & 0xff'ff'ff);
            show(blob);
            finish(blob.post_flush());
        }
        return fmt::format("ok {}", microseconds_since(start));
    }

    test::VirtioGpuLink link_;
    test::GpuDriver driver_;
    std::map<uint32_t, BlobScreen> blobs_;
};

}  // namespace

int main(int argc, char** argv) {
    if (argc < 2) {
        fmt::print(stderr, "usage: see the head of blob_guest.cpp\n");
        return 2;
    }
    const bool unsealed = argc > 2 && std::string{argv[2]} == "unsealed";
    try {
        Guest guest{argv[1], unsealed ? MemfdSeals::kNone : MemfdSeals::kFixedSize};
        std::cout << "ok\n" << std::flush;
        for (std::string line; std::getline(std::cin, line);) {
            std::cout << guest.obey(line) << '\n' << std::flush;
        }
    } catch (const std::exception& error) {
        std::cout << "error " << error.what() << '\n' << std::flush;
        return 1;
    }
    return 0;
}
