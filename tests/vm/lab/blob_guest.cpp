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
//   hasty FIRST SECOND COUNT       the same for as long, but nothing is waited for: it tears
// Times in the answers are microseconds.
#include <fmt/format.h>

#include <algorithm>
#include <chrono>
#include <deque>
#include <iostream>
#include <map>
#include <sstream>
#include <stdexcept>
#include <string>
#include <thread>
#include <vector>

#include "core/memfd.h"
#include "guest/picture.h"
#include "support/gpu_driver.h"
#include "support/virtio_gpu_link.h"

using namespace oriel;

namespace {

namespace wire = gpu::wire;
using SteadyClock = std::chrono::steady_clock;

constexpr uint32_t kTypeCreateBlob = 0x010c;
constexpr uint32_t kTypeSetScanoutBlob = 0x010d;
constexpr uint32_t kBlobMemGuest = 1;
constexpr uint32_t kBlobFlagShareable = 2;
constexpr uint64_t kRun = uint64_t{2} << 20;
constexpr uint64_t kPage = 4096;

// virtio 1.3, 5.7.6.8.
struct CreateBlob {
    wire::Header header;
    uint32_t resource_id = 0;
    uint32_t blob_mem = kBlobMemGuest;
    uint32_t blob_flags = kBlobFlagShareable;
    uint32_t nr_entries = 0;
    uint64_t blob_id = 0;
    uint64_t size = 0;
};
struct SetScanoutBlob {
    wire::Header header;
    wire::Rect r{};
    uint32_t scanout_id = 0;
    uint32_t resource_id = 0;
    uint32_t width = 0;
    uint32_t height = 0;
    uint32_t format = static_cast<uint32_t>(wire::Format::kB8G8R8X8);
    uint32_t padding = 0;
    uint32_t strides[4] = {};
    uint32_t offsets[4] = {};
};

int64_t microseconds_since(SteadyClock::time_point start) {
    return std::chrono::duration_cast<std::chrono::microseconds>(SteadyClock::now() - start)
        .count();
}

struct Blob {
    uint32_t id = 0;
    Size size;
    /// The backing, piece by piece; each a multiple of a page but the last.
    std::vector<gpu::command::BackingEntry> entries;
};

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
        Blob& blob = found->second;
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
            finish(post(blob));
            return fmt::format("ok {}", microseconds_since(start));
        }
        if (verb == "destroy") {
            check(driver_.unref(blob.id), "RESOURCE_UNREF");
            blobs_.erase(found);
            return "ok";
        }
        if (verb == "colours" || verb == "hasty") {
            uint32_t second = 0;
            uint32_t count = 0;
            words >> second >> count;
            return colours(blob, blobs_.at(second), count, verb == "hasty");
        }
        throw std::runtime_error{"unknown: " + line};
    }

private:
    static void check(wire::Type answer, const char* what) {
        if (answer != wire::Type::kOkNodata) {
            throw std::runtime_error{
                fmt::format("{} was answered with {:#x}", what, static_cast<uint32_t>(answer))};
        }
    }

    /// Guest memory in pieces of `piece` bytes, no two of which are neighbours in ascending order.
    std::vector<gpu::command::BackingEntry> scattered(uint64_t bytes, uint64_t piece) {
        std::vector<gpu::command::BackingEntry> entries;
        const uint64_t count = (bytes + piece - 1) / piece;
        const uint64_t base = link_.allocate(count * piece);
        for (uint64_t i = count; i > 0; --i) {
            entries.push_back({base + (i - 1) * piece, static_cast<uint32_t>(piece)});
        }
        return entries;
    }

    std::string create(uint32_t id, Size size, const std::string& pages) {
        const uint64_t bytes = (size.area() * 4 + kPage - 1) / kPage * kPage;
        Blob blob{.id = id, .size = size, .entries = {}};
        if (pages == "contiguous") {
            blob.entries.push_back({link_.allocate(bytes), static_cast<uint32_t>(bytes)});
        } else if (pages == "pages" || pages == "runs") {
            blob.entries = scattered(bytes, pages == "pages" ? kPage : kRun);
        } else {
            throw std::runtime_error{"pages are contiguous, pages or runs"};
        }
        uint64_t backing = 0;
        for (const auto& entry : blob.entries) {
            backing += entry.length;
        }
        CreateBlob command{.header = {},
                           .resource_id = id,
                           .nr_entries = static_cast<uint32_t>(blob.entries.size()),
                           .size = backing};
        command.header.type = kTypeCreateBlob;
        std::vector<std::byte> request;
        const auto append = [&request](const auto& part) {
            const auto raw = bytes_of(part);
            request.insert(request.end(), raw.begin(), raw.end());
        };
        append(command);
        for (const auto& entry : blob.entries) {
            append(wire::MemEntry{.addr = entry.address, .length = entry.length});
        }
        const auto start = SteadyClock::now();
        check(type_of(driver_.raw(request, sizeof(wire::Header))), "RESOURCE_CREATE_BLOB");
        const int64_t needed = microseconds_since(start);
        blobs_[id] = std::move(blob);
        return fmt::format("ok {}", needed);
    }

    static wire::Type type_of(std::span<const std::byte> answer) {
        return static_cast<wire::Type>(test::GpuDriver::header_of(answer).type);
    }

    std::string show(const Blob& blob) {
        SetScanoutBlob command{.r = {0, 0, blob.size.width, blob.size.height},
                               .resource_id = blob.id,
                               .width = blob.size.width,
                               .height = blob.size.height};
        command.header.type = kTypeSetScanoutBlob;
        command.strides[0] = blob.size.width * 4;
        const auto start = SteadyClock::now();
        check(type_of(driver_.raw(bytes_of(command), sizeof(wire::Header))), "SET_SCANOUT_BLOB");
        return fmt::format("ok {}", microseconds_since(start));
    }

    test::GpuDriver::Token post(const Blob& blob) {
        return driver_.post_flush(blob.id, Rect::of(blob.size));
    }
    void finish(test::GpuDriver::Token token) {
        check(type_of(driver_.wait(token)), "RESOURCE_FLUSH");
    }

    /// Calls visit(bytes, offset in the picture) for each piece of the backing.
    template <class Visit>
    void each_piece(const Blob& blob, Visit&& visit) {
        uint64_t at = 0;
        const uint64_t end = blob.size.area() * 4;
        for (const auto& entry : blob.entries) {
            const uint64_t length = std::min<uint64_t>(entry.length, end - at);
            visit(link_.bytes(entry.address, length), at);
            at += length;
        }
    }

    void draw(const Blob& blob, uint32_t index) {
        std::vector<uint32_t> picture;
        for (uint32_t y = 0; y < blob.size.height; ++y) {
            for (uint32_t x = 0; x < blob.size.width; ++x) {
                picture.push_back(
                    guest::known_pixel(x, y, blob.size.width, blob.size.height, index));
            }
        }
        each_piece(blob, [&picture](std::span<std::byte> piece, uint64_t at) {
            std::memcpy(piece.data(), picture.data() + at / 4, piece.size());
        });
    }

    void fill(const Blob& blob, uint32_t colour) {
        each_piece(blob, [colour](std::span<std::byte> piece, uint64_t) {
            // The pieces are page-aligned.
            std::fill_n(static_cast<uint32_t*>(static_cast<void*>(piece.data())), piece.size() / 4,
                        colour);
        });
    }

    std::string colours(const Blob& first, const Blob& second, uint32_t count, bool hasty) {
        const auto start = SteadyClock::now();
        std::deque<test::GpuDriver::Token> flying;
        for (uint32_t frame = 0; frame < count; ++frame) {
            const Blob& blob = frame % 2 == 0 ? first : second;
            // Neighbours differ in every byte.
            fill(blob, (frame * 0x35'1d'47 + 0x10'20'30) & 0xff'ff'ff);
            show(blob);
            flying.push_back(post(blob));
            while (flying.size() > (hasty ? 30 : 0)) {
                finish(flying.front());
                flying.pop_front();
            }
        }
        for (const auto token : flying) {
            finish(token);
        }
        return fmt::format("ok {}", microseconds_since(start));
    }

    test::VirtioGpuLink link_;
    test::GpuDriver driver_;
    std::map<uint32_t, Blob> blobs_;
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
