// SPDX-License-Identifier: MIT
//
// A guest of ACRN's own virtio-gpu (acrn_board.h): firmware that writes to its VGA, then a driver.
// Each line of standard input is something that it does, with an answer on standard output:
//
//   start OPTIONS                the device, as acrn-dm makes it
//   firmware FILE                pixels in the VGA's framebuffer
//   driver WIDTH HEIGHT          a virtio-gpu driver takes over, with a resource of that size
//   draw FILE                    pixels there: transfer and flush, until they are answered
//   cursor FILE                  64x64 pixels of a cursor
//   end
#include <sys/mman.h>

#include <array>
#include <chrono>
#include <cstring>
#include <fstream>
#include <iostream>
#include <iterator>
#include <map>
#include <memory>
#include <optional>
#include <sstream>
#include <stdexcept>
#include <string>
#include <thread>
#include <utility>
#include <vector>

#include "acrn_board.h"
#include "support/driver_queue.h"
#include "support/gpu_driver.h"
#include "support/guest_ram.h"

namespace {

using namespace oriel;
using namespace oriel::test;
using namespace std::chrono_literals;

constexpr size_t kRam = size_t{64} << 20;
constexpr auto kPatience = 10s;

// BAR 2 of the device (virtio 1.2, 4.1.4.3; the places are ACRN's).
constexpr uint64_t kCommon = 0x1000;
constexpr uint64_t kDevice = 0x2000;
constexpr uint64_t kNotify = 0x3000;
constexpr uint64_t kNotifyEach = 4;
constexpr uint64_t kDriverFeatureSelect = kCommon + 0x08;
constexpr uint64_t kDriverFeature = kCommon + 0x0c;
constexpr uint64_t kStatus = kCommon + 0x14;
constexpr uint64_t kQueueSelect = kCommon + 0x16;
constexpr uint64_t kQueueSize = kCommon + 0x18;
constexpr uint64_t kQueueEnable = kCommon + 0x1c;
constexpr uint64_t kQueueAddresses = kCommon + 0x20;

/// A GpuDriver's way to that device, which answers on the display thread.
class BoardLink final : public GpuLink {
public:
    explicit BoardLink(GuestRam& ram) : ram_{ram} {
        acrn_board_write(kStatus, 1, 0);
        acrn_board_write(kStatus, 1, 1);
        acrn_board_write(kStatus, 1, 3);
        // VIRTIO_GPU_F_EDID, VIRTIO_F_VERSION_1
        for (const auto& [half, bits] : {std::pair{0U, 2U}, std::pair{1U, 1U}}) {
            acrn_board_write(kDriverFeatureSelect, 4, half);
            acrn_board_write(kDriverFeature, 4, bits);
        }
        acrn_board_write(kStatus, 1, 0xb);
        for (uint16_t index = 0; index < rings_.size(); ++index) {
            start_queue(index);
        }
        acrn_board_write(kStatus, 1, 0xf);
    }

    [[nodiscard]] uint64_t allocate(uint64_t bytes) override { return ram_.allocate(bytes, 4096); }
    [[nodiscard]] std::span<std::byte> bytes(uint64_t address, uint64_t length) override {
        return ram_.at(address, length);
    }
    [[nodiscard]] Token submit(uint16_t queue, std::span<const std::byte> request,
                               uint32_t response_bytes) override {
        // As Linux does it: the entries of a backing are a descriptor of their own. ACRN's device
        // knows no other way.
        const size_t entries = GpuDriver::header_of(request).type ==
                                       static_cast<uint32_t>(wire::Type::kResourceAttachBacking)
                                   ? sizeof(wire::ResourceAttachBacking)
                                   : request.size();
        std::vector<DriverQueue::Buffer> out{
            {ram_.put(request.first(entries)), static_cast<uint32_t>(entries)}};
        if (const auto rest = request.subspan(entries); !rest.empty()) {
            out.push_back({ram_.put(rest), static_cast<uint32_t>(rest.size())});
        }
        const DriverQueue::Buffer in{ram_.allocate(response_bytes), response_bytes};
        DriverQueue& ring = *rings_.at(queue);
        const uint16_t head = ring.add(out, std::span{&in, 1}, DriverQueue::Table::kDirect);
        heads_[{queue, head}] = {++last_token_, in.address};
        acrn_board_write(kNotify + queue * kNotifyEach, 2, queue);
        deadline_ = std::chrono::steady_clock::now() + kPatience;
        return last_token_;
    }
    [[nodiscard]] bool answered(Token token) override {
        for (uint16_t queue = 0; queue < rings_.size(); ++queue) {
            while (const auto used = rings_.at(queue)->take_used()) {
                const auto it = heads_.find({queue, static_cast<uint16_t>(used->head)});
                const auto bytes = ram_.at(it->second.second, used->length);
                answers_[it->second.first] = {bytes.begin(), bytes.end()};
                heads_.erase(it);
            }
        }
        return answers_.contains(token);
    }
    [[nodiscard]] std::optional<std::vector<std::byte>> poll(Token token) override {
        if (!answered(token)) {
            return std::nullopt;
        }
        return std::move(answers_.extract(token).mapped());
    }
    bool pump() override {
        std::this_thread::sleep_for(1ms);
        return !heads_.empty() && std::chrono::steady_clock::now() < deadline_;
    }
    void read_config(uint32_t offset, std::span<std::byte> bytes) override {
        for (std::byte& one : bytes) {
            one = static_cast<std::byte>(acrn_board_read(kDevice + offset++, 1));
        }
    }
    void write_config(uint32_t offset, std::span<const std::byte> bytes) override {
        for (const std::byte one : bytes) {
            acrn_board_write(kDevice + offset++, 1, static_cast<uint64_t>(one));
        }
    }

private:
    void start_queue(uint16_t index) {
        acrn_board_write(kQueueSelect, 2, index);
        const auto size = static_cast<uint16_t>(acrn_board_read(kQueueSize, 2));
        auto& ring = rings_.at(index).emplace(ram_, DriverQueue::Options{.size = size});
        uint64_t at = kQueueAddresses;
        for (const uint64_t address :
             {ring.descriptors(), ring.available_ring(), ring.used_ring()}) {
            acrn_board_write(at, 4, address & 0xffff'ffff);
            acrn_board_write(at + 4, 4, address >> 32U);
            at += 8;
        }
        acrn_board_write(kQueueEnable, 2, 1);
    }

    GuestRam& ram_;
    std::array<std::optional<DriverQueue>, 2> rings_;
    /// By queue and head: the token, and where its answer comes.
    std::map<std::pair<uint16_t, uint16_t>, std::pair<Token, uint64_t>> heads_;
    std::map<Token, std::vector<std::byte>> answers_;
    Token last_token_ = 0;
    std::chrono::steady_clock::time_point deadline_;
};

std::string contents(const std::string& path) {
    std::ifstream file{path, std::ios::binary};
    return {std::istreambuf_iterator<char>{file}, {}};
}

/// The VM: memory first, as the device and the driver use it.
class Vm {
public:
    void start(const std::string& options) {
        void* const ram = ::mmap(nullptr, kRam, PROT_READ | PROT_WRITE, MAP_SHARED, ram_.fd(), 0);
        if (acrn_board_open(options.c_str(), ram, kRam, framebuffer_.data()) != 0) {
            throw std::runtime_error{"ACRN makes no device"};
        }
    }
    void firmware(const std::string& path) {
        const std::string pixels = contents(path);
        std::memcpy(framebuffer_.data(), pixels.data(), pixels.size());
    }
    void driver(Size size) {
        link_.emplace(ram_);
        driver_.emplace(*link_);
        const auto info = driver_->display_info();
        if (info.pmodes[0].enabled == 0 || info.pmodes[0].r.width != size.width ||
            driver_->edid(0).empty()) {
            throw std::runtime_error{"the mode or the EDID is wrong"};
        }
        size_ = size;
        resource_ = driver_->next_id();
        const auto pages = driver_->allocate(size.area() * 4, Pages::kContiguous);
        backing_ = pages.front().address;
        expect(driver_->create_2d(resource_, size));
        expect(driver_->attach_backing(resource_, pages));
        expect(driver_->set_scanout(0, resource_, Rect::of(size)));
    }
    void draw(const std::string& path) {
        const std::string pixels = contents(path);
        std::memcpy(ram_.at(backing_, pixels.size()).data(), pixels.data(), pixels.size());
        expect(driver_->transfer(resource_, Rect::of(size_), 0));
        expect(driver_->flush(resource_, Rect::of(size_)));
    }
    void cursor(const std::string& path) {
        constexpr Size kCursor{64, 64};
        const uint32_t id = driver_->next_id();
        const std::string pixels = contents(path);
        const auto pages = driver_->allocate(kCursor.area() * 4, Pages::kContiguous);
        std::memcpy(ram_.at(pages.front().address, pixels.size()).data(), pixels.data(),
                    pixels.size());
        expect(driver_->create_2d(id, kCursor, wire::Format::kB8G8R8A8));
        expect(driver_->attach_backing(id, pages));
        expect(driver_->transfer(id, Rect::of(kCursor), 0));
        wire::UpdateCursor command{};
        command.header.type = static_cast<uint32_t>(wire::Type::kUpdateCursor);
        command.resource_id = id;
        // ACRN answers it with nothing.
        static_cast<void>(
            driver_->raw(bytes_of(command), sizeof(wire::Header), wire::kCursorQueue));
    }

private:
    static void expect(wire::Type answer) {
        if (answer != wire::Type::kOkNodata) {
            throw std::runtime_error{"ACRN's device refuses a command: " +
                                     std::to_string(static_cast<uint32_t>(answer))};
        }
    }

    GuestRam ram_{kRam};
    std::vector<std::byte> framebuffer_ = std::vector<std::byte>(ACRN_BOARD_FRAMEBUFFER);
    std::optional<BoardLink> link_;
    std::optional<GpuDriver> driver_;
    Size size_;
    uint32_t resource_ = 0;
    uint64_t backing_ = 0;
};

}  // namespace

int main() {
    // It outlives the display thread, which may still answer.
    static Vm& vm = *new Vm;
    try {
        for (std::string line; std::getline(std::cin, line);) {
            std::istringstream words{line};
            std::string what;
            std::string text;
            words >> what >> text;
            if (what == "start") {
                vm.start(text);
            } else if (what == "firmware") {
                vm.firmware(text);
            } else if (what == "driver") {
                Size size;
                std::istringstream{line} >> what >> size.width >> size.height;
                vm.driver(size);
            } else if (what == "draw") {
                vm.draw(text);
            } else if (what == "cursor") {
                vm.cursor(text);
            } else if (what == "end") {
                acrn_board_close();
            }
            std::cout << "done" << std::endl;
        }
    } catch (const std::exception& error) {
        std::cerr << "acrn-guest: " << error.what() << '\n';
        return 1;
    }
    return 0;
}
