// SPDX-License-Identifier: MIT
// A VMM stays attached when the process that serves it ends, and goes on with the next one.
#include <doctest/doctest.h>
#include <unistd.h>

#include <array>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "core/byte_reader.h"
#include "core/state_record.h"
#include "pci/display_function.h"
#include "support/echo_device.h"
#include "support/fake_vga.h"
#include "support/guest_ram.h"
#include "support/kept_descriptors.h"
#include "support/log_lines.h"
#include "support/temp_dir.h"
#include "support/vfio_user_client.h"
#include "support/virtio_driver.h"
#include "vfio_user/attachment.h"
#include "vfio_user/server.h"

using namespace oriel;
using namespace oriel::test;
using namespace oriel::vfio_user;

namespace {

/// A service manager's.
class FakeStore final : public KeptDescriptors {
public:
    void forget(const std::string& name) override {
        REQUIRE(uses[name] > 0);
        KeptDescriptors::forget(name);
    }
    /// The process has ended: this is what the next one gets.
    InheritedDescriptors inherited() {
        uses.clear();
        InheritedDescriptors all;
        for (const auto& [name, fd] : kept) {
            all.add(name, duplicate(fd.get()));
        }
        return all;
    }
    /// Lent; -1 if nothing is kept like that.
    [[nodiscard]] int find(const std::string& part) const {
        for (const auto& [name, fd] : kept) {
            if (name.find(part) != std::string::npos) {
                return fd.get();
            }
        }
        return -1;
    }
};

struct Clients final : ClientListener {
    void client_attached() override { ++attached; }
    void client_resumed() override { ++resumed; }
    void client_detached(const std::string&) override { ++detached; }
    int attached = 0;
    int resumed = 0;
    int detached = 0;
};

/// What ends and starts anew.
struct ServingProcess {
    /// `vga`: its memory is another process', too.
    ServingProcess(EventLoop& loop, const std::string& path, FakeStore& store, FakeVga& vga)
        : function{{loop, memory, device, vga, vga, nullptr, pci::DisplayClass::kVga}},
          attachment{"display", store},
          server{{loop, function, memory, &attachment}, path, &clients} {}

    guest::GuestMemory memory;
    EchoDevice device;
    pci::DisplayFunction function;
    Attachment attachment;
    Clients clients;
    Server server;
};

struct Host {
    void attach() {
        vmm.emplace(loop, path);
        vmm->negotiate();
        vmm->dma_map(0, ram.size(), ram.fd());
        driver.emplace(*vmm, ram);
        driver->start();
    }
    /// The process ends at this instant, and another one takes its place.
    ServingProcess& next() {
        // A destructor is the end that was asked for, which says so in the record.
        auto record = StateRecord::open(duplicate(store.find("record")));
        const uint64_t in_row = record ? record->words()[2] : 0;
        process.reset();
        if (record) {
            record->words()[2] = in_row;
        }
        process = std::make_unique<ServingProcess>(loop, path, store, vga);
        process->server.resume(store.inherited());
        store.forget_unused();
        return *process;
    }

    TempDir dir;
    std::string path = dir.file("vfio.sock");
    ManualClock clock;
    EventLoop loop{clock};
    FakeStore store;
    GuestRam ram{size_t{16} << 20};
    FakeVga vga;
    std::unique_ptr<ServingProcess> process =
        std::make_unique<ServingProcess>(loop, path, store, vga);
    std::optional<VfioUserClient> vmm;
    std::optional<VirtioDriver> driver;
};

std::vector<std::byte> text(const std::string& from) {
    const auto bytes = std::as_bytes(std::span{from});
    return {bytes.begin(), bytes.end()};
}

}  // namespace

TEST_CASE(
    "a VM goes on with the next process: memory, interrupts, registers, what was not answered") {
    Host host;
    host.attach();
    host.process->device.hold = true;
    const auto first = host.driver->submit(0, text("first"), 16);
    const auto second = host.driver->submit(1, text("second"), 16);
    host.vmm->settle();
    REQUIRE(host.process->device.held.size() == 2);
    const uint8_t status = host.driver->status();
    const auto command = host.vmm->read<uint16_t>(pci::RegionIndex::kConfig, 4);

    const LogLines log;
    ServingProcess& next = host.next();
    CHECK(next.server.attached());
    CHECK(next.clients.resumed == 1);
    CHECK(next.clients.attached == 0);
    CHECK(host.driver->status() == status);
    CHECK(host.vmm->read<uint16_t>(pci::RegionIndex::kConfig, 4) == command);
    CHECK(host.driver->wait(first) == text("first"));
    CHECK(host.driver->wait(second) == text("second"));
    CHECK(host.driver->take_interrupts(1) > 0);
    // And as usual from there on, also with the process after that.
    CHECK(host.driver->request(0, text("third"), 16) == text("third"));
    host.next();
    CHECK(host.driver->request(1, text("fourth"), 16) == text("fourth"));
    CHECK(host.driver->take_interrupts(2) > 0);
    CHECK(log.lines.empty());
}

TEST_CASE("a message that is in the socket when a process ends is answered by the next one, once") {
    Host host;
    host.attach();
    const uint16_t id = host.vmm->send(Command::kDeviceGetInfo, bytes_of(DeviceInfo{.argsz = 16}));
    host.next();
    auto reply = host.vmm->receive();
    REQUIRE(reply);
    CHECK(reply->header.id == id);
    CHECK_FALSE(host.vmm->receive(std::chrono::milliseconds{0}));

    // This one was answered; the process ended before it took it out of the socket.
    const uint16_t answered =
        host.vmm->send(Command::kDeviceGetInfo, bytes_of(DeviceInfo{.argsz = 16}));
    auto record = StateRecord::open(duplicate(host.store.find("record")));
    REQUIRE(record);
    record->words()[1] = uint64_t{answered} + 1;
    host.next();
    const uint16_t after =
        host.vmm->send(Command::kDeviceGetInfo, bytes_of(DeviceInfo{.argsz = 16}));
    reply = host.vmm->receive();
    REQUIRE(reply);
    CHECK(reply->header.id == after);
}

TEST_CASE("a process that ends in the middle of a message ends the connection, with one line") {
    Host host;
    host.attach();
    const Header header{.id = 77, .command = 4, .size = 32, .flags = 0, .error = 0};
    host.vmm->send_raw(bytes_of(header));
    host.vmm->settle();
    const LogLines log;
    ServingProcess& next = host.next();
    CHECK(host.vmm->closed_by_server());
    CHECK(host.store.kept.empty());
    CHECK(log.lines.size() == 1);
    CHECK(log.count("a message had come in part") == 1);
    CHECK(next.clients.resumed == 0);
    // The next VMM finds a card as new.
    host.attach();
    CHECK(host.driver->request(0, text("hello"), 16) == text("hello"));
}

TEST_CASE("whatever is missing or another thing ends the connection, with one line") {
    std::vector<std::string> names;
    {
        Host host;
        host.attach();
        for (const auto& [name, fd] : host.store.kept) {
            names.push_back(name);
        }
    }
    REQUIRE(names.size() >= 6);  // connection, record, two kinds of memory, interrupts
    for (const bool missing : {true, false}) {
        for (size_t i = 0; i < names.size(); ++i) {
            CAPTURE(names[i]);
            Host host;
            host.attach();
            // Inodes are others each time.
            auto it = std::next(host.store.kept.begin(), static_cast<ptrdiff_t>(i));
            if (missing) {
                host.store.kept.erase(it);
            } else {
                it->second = UniqueFd{::open("/dev/null", O_RDWR | O_CLOEXEC)};
            }
            const LogLines log;
            ServingProcess& next = host.next();
            CHECK_FALSE(next.server.attached());
            CHECK(log.count("can't stay attached") == 1);
            CHECK(host.store.kept.empty());
            host.attach();
            CHECK(host.driver->request(0, text("hello"), 16) == text("hello"));
        }
    }
}

TEST_CASE("a VMM that goes, or breaks the protocol, takes along what is kept of it") {
    Host host;
    host.attach();
    CHECK(host.store.kept.size() >= 6);
    host.vmm->disconnect();
    host.vmm->settle();
    CHECK(host.process->clients.detached == 1);
    CHECK(host.store.kept.empty());
    host.attach();
    host.vmm->send_raw(std::vector<std::byte>(16, std::byte{0xff}));
    host.vmm->settle();
    // It sees the end, although somebody else had its connection, too.
    CHECK(host.vmm->closed_by_server());
    CHECK(host.store.kept.empty());
}

TEST_CASE("what is kept of a VMM is bounded by what it has, not by what it does") {
    Host host;
    host.attach();
    const size_t before = host.store.kept.size();
    for (int i = 0; i < 300; ++i) {
        host.vmm->dma_unmap(0, host.ram.size());
        host.vmm->dma_map(0, host.ram.size(), host.ram.fd());
        host.driver->set_up_msix();
    }
    CHECK(host.store.kept.size() == before);
    CHECK(host.store.most <= before + 1);
    CHECK(host.next().server.attached());
}

TEST_CASE("a VM whose guest ends each process is let go after some") {
    Host host;
    host.attach();
    for (uint64_t i = 0; i < Attachment::kMostInRow; ++i) {
        CHECK(host.next().server.attached());
    }
    const LogLines log;
    CHECK_FALSE(host.next().server.attached());
    CHECK(host.vmm->closed_by_server());
    CHECK(log.count("processes in a row") == 1);
}

TEST_CASE("a VM that is taken over now and then stays") {
    Host host;
    host.attach();
    for (int i = 0; i < 20; ++i) {
        host.clock.advance(Nanoseconds{Attachment::kInRow});
        CHECK(host.next().server.attached());
    }
}
