// SPDX-License-Identifier: MIT
// What a broken or hostile VMM, and a hostile guest behind a good one, can send.
#include <doctest/doctest.h>
#include <fcntl.h>
#include <sys/eventfd.h>
#include <sys/resource.h>
#include <sys/socket.h>
#include <unistd.h>

#include <array>
#include <cstring>
#include <string>
#include <vector>

#include "support/bytes.h"
#include "support/echo_machine.h"
#include "support/guest_ram.h"
#include "support/log_lines.h"
#include "support/random.h"
#include "support/vfio_user_client.h"
#include "support/virtio_driver.h"

using namespace oriel;
using namespace oriel::test;
using namespace oriel::vfio_user;
using pci::RegionIndex;

namespace {

Bytes message(const Header& header, std::span<const std::byte> payload = {}) {
    return joined(bytes_of(header), payload);
}

struct Bad : EchoMachine {
    LogLines log;
    VfioUserClient vmm{loop, path};

    Bad() { vmm.negotiate(); }

    int error(Command command, std::span<const std::byte> payload = {},
              std::span<const int> fds = {}) {
        return vmm.call(command, payload, fds).error();
    }
    /// A fresh VMM can attach and gets its answers.
    void still_serves() {
        vmm.disconnect();
        VfioUserClient next{loop, path};
        next.negotiate();
        CHECK(next.device_info().regions == 9);
    }
};

template <class Change>
Bytes access(Change change, size_t data = 0) {
    RegionAccess region{.offset = 0, .region = 2, .count = 4};
    change(region);
    return joined(bytes_of(region), Bytes(data));
}

int open_fds() {
    int count = 0;
    for (int fd = 0; fd < 512; ++fd) {
        count += ::fcntl(fd, F_GETFD) >= 0 ? 1 : 0;
    }
    return count;
}

}  // namespace

TEST_CASE("a header that can't be one ends the connection, and only that") {
    const std::array headers{
        Header{.command = 4, .size = 0},
        Header{.command = 4, .size = 15},
        Header{.command = 4, .size = UINT32_MAX},
        Header{.command = 4, .size = kMaxMessage + 1},
        Header{.command = 4, .size = 32, .flags = 2},
    };
    for (const Header& header : headers) {
        CAPTURE(header.size);
        Bad bad;
        bad.vmm.send_raw(message(header, Bytes(16)));
        CHECK(bad.vmm.closed_by_server());
        REQUIRE(bad.clients.detached.size() == 1);
        CHECK(bad.clients.detached[0].find("not vfio-user") != std::string::npos);
        CHECK(bad.server->stats().malformed == 1);
        bad.still_serves();
    }
}

TEST_CASE("a client that stops in mid-message blocks nobody") {
    for (const size_t length : {size_t{1}, size_t{15}, size_t{16}, size_t{20}, size_t{47}}) {
        CAPTURE(length);
        Bad bad;
        const Bytes whole = message({.command = 5, .size = 48}, Bytes(32));
        bad.vmm.send_raw(std::span{whole}.first(length));
        bad.vmm.settle();
        CHECK(bad.server->attached());
        bad.vmm.disconnect();
        while (bad.loop.dispatch(Nanoseconds{0})) {
        }
        REQUIRE(bad.clients.detached.size() == 1);
        CHECK(bad.clients.detached[0] == "closed the connection in the middle of a message");
        bad.still_serves();
    }
}

TEST_CASE("a message that comes byte by byte is answered") {
    Bad bad;
    const UniqueFd event{::eventfd(0, EFD_CLOEXEC | EFD_NONBLOCK)};
    const IrqSet set{.argsz = 20, .flags = 0x24, .index = 2, .count = 1};
    const Bytes whole = message({.id = 77, .command = 8, .size = 36}, bytes_of(set));
    const int fd = event.get();
    for (size_t i = 0; i < whole.size(); ++i) {
        bad.vmm.send_raw(std::span{whole}.subspan(i, 1),
                         i == 0 ? std::span<const int>{&fd, 1} : std::span<const int>{});
        bad.vmm.settle();
    }
    const auto reply = bad.vmm.receive();
    REQUIRE(reply);
    CHECK(reply->header.id == 77);
    CHECK(reply->error() == 0);
    // The file came with the first byte and belongs to the whole message.
    bad.vmm.expect(Command::kDeviceSetIrqs,
                   bytes_of(IrqSet{.argsz = 20, .flags = 0x21, .index = 2, .count = 1}));
    uint64_t signals = 0;
    CHECK(::read(event.get(), &signals, sizeof signals) == sizeof signals);
}

TEST_CASE("each command, cut to each length, is answered and nothing else happens") {
    Bad bad;
    for (uint16_t command = 0; command < 20; ++command) {
        for (uint32_t length = 0; length <= 48; ++length) {
            if (command == static_cast<uint16_t>(Command::kDeviceReset)) {
                continue;
            }
            CAPTURE(command);
            CAPTURE(length);
            bad.vmm.send(static_cast<Command>(command), Bytes(length));
            REQUIRE(bad.vmm.receive());
        }
    }
    CHECK(bad.server->attached());
    CHECK(bad.memory.range_count() == 0);
    CHECK(bad.vmm.device_info().regions == 9);
}

TEST_CASE("unknown commands, and those this server doesn't have, are not supported") {
    Bad bad;
    for (const int command : {0, 6, 11, 12, 14, 15, 16, 17, 18, 19, 1000}) {
        CHECK(bad.error(static_cast<Command>(command), Bytes(64)) == ENOTSUP);
    }
    CHECK(bad.server->stats().messages[0] == 3);
    CHECK(bad.vmm.device_info().regions == 9);
}

TEST_CASE("a reply that nobody asked for is dropped") {
    Bad bad;
    bad.vmm.send_raw(message({.command = 11, .size = 32, .flags = kTypeReply}, Bytes(16)));
    CHECK(bad.vmm.device_info().regions == 9);
    CHECK(bad.server->stats().malformed == 1);
}

TEST_CASE("the version comes first, once, and is one that both speak") {
    EchoMachine machine;
    const LogLines log;
    VfioUserClient vmm{machine.loop, machine.path};
    CHECK(vmm.call(Command::kDeviceGetInfo, bytes_of(DeviceInfo{})).error() == EINVAL);
    CHECK(vmm.call(Command::kDeviceReset).error() == EINVAL);
    CHECK(vmm.call(Command::kVersion, bytes_of(Version{.major = 1})).error() == EINVAL);
    CHECK(machine.clients.attached == 0);
    vmm.negotiate();
    CHECK(machine.clients.attached == 1);
    CHECK(vmm.call(Command::kVersion, bytes_of(Version{})).error() == EINVAL);
    CHECK(machine.clients.attached == 1);
}

TEST_CASE("accesses outside a region, or to none, are refused") {
    Bad bad;
    const auto read = [&](auto change) { return bad.error(Command::kRegionRead, access(change)); };
    CHECK(read([](auto&) {}) == 0);
    CHECK(read([](auto& a) { a.offset = 0x3ffd; }) == EINVAL);
    CHECK(read([](auto& a) { a.offset = 0x4000; }) == EINVAL);
    CHECK(read([](auto& a) { a.offset = UINT64_MAX; }) == EINVAL);
    CHECK(read([](auto& a) { a.offset = UINT64_MAX - 3; }) == EINVAL);
    CHECK(read([](auto& a) { a.count = 0; }) == EINVAL);
    CHECK(read([](auto& a) { a.count = 0x4001; }) == EINVAL);
    CHECK(read([](auto& a) { a.count = UINT32_MAX; }) == EINVAL);
    for (const uint32_t region : {1U, 3U, 6U, 9U, UINT32_MAX}) {
        CHECK(read([region](auto& a) { a.region = region; }) == EINVAL);
        CHECK(bad.error(Command::kRegionWrite,
                        access([region](auto& a) { a.region = region; }, 4)) == EINVAL);
    }
    CHECK(bad.error(Command::kRegionWrite, access([](auto&) {}, 3)) == EINVAL);
    CHECK(bad.error(Command::kRegionWrite, access([](auto&) {}, 5)) == EINVAL);
    CHECK(bad.error(Command::kRegionWrite, access([](auto& a) { a.offset = 0x3ffe; }, 4)) ==
          EINVAL);
    CHECK(bad.error(Command::kDeviceGetRegionInfo, bytes_of(RegionInfo{.argsz = 32, .index = 9})) ==
          EINVAL);
    CHECK(bad.error(Command::kDeviceGetIrqInfo, bytes_of(IrqInfo{.argsz = 16, .index = 5})) ==
          EINVAL);
}

TEST_CASE("configuration space ends at its last byte, for reads and writes of any length") {
    Bad bad;
    const auto size = static_cast<uint32_t>(bad.function.region(RegionIndex::kConfig).size);
    const auto error = [&](Command command, uint64_t offset, uint32_t count) {
        const size_t data = command == Command::kRegionWrite ? count : 0;
        return bad.error(command, access(
                                      [&](auto& a) {
                                          a.region = 7;
                                          a.offset = offset;
                                          a.count = count;
                                      },
                                      data));
    };
    for (const Command command : {Command::kRegionRead, Command::kRegionWrite}) {
        CHECK(error(command, 0, size) == 0);
        CHECK(error(command, size - 1, 1) == 0);
        CHECK(error(command, 0, size + 1) == EINVAL);
        for (const uint32_t count : {1U, 2U, 4U, 8U, 64U}) {
            CHECK(error(command, size - count, count) == 0);
            CHECK(error(command, size - count + 1, count) == EINVAL);
            CHECK(error(command, size, count) == EINVAL);
            // Where PCI Express has its extended capabilities.
            CHECK(error(command, 0x100 * ((size + 0xff) / 0x100), count) == EINVAL);
            CHECK(error(command, 0xffc, count) == EINVAL);
        }
    }
}

TEST_CASE("odd lengths and offsets of a register block do no harm") {
    Bad bad;
    Random random{7};
    for (const RegionIndex region :
         {RegionIndex::kBar2, RegionIndex::kBar4, RegionIndex::kBar5, RegionIndex::kConfig}) {
        const uint64_t size = bad.function.region(region).size;
        for (int i = 0; i < 300; ++i) {
            const uint64_t offset = random.below(static_cast<uint32_t>(size));
            const uint64_t length =
                1 + random.below(static_cast<uint32_t>(std::min<uint64_t>(size - offset, 64)));
            Bytes bytes(length);
            for (std::byte& byte : bytes) {
                byte = static_cast<std::byte>(random.below(256));
            }
            bad.vmm.write_region(region, offset, bytes);
            bad.vmm.read_region(region, offset, bytes);
        }
    }
    Bytes whole(0x4000);
    bad.vmm.read_region(RegionIndex::kBar2, 0, whole);
    CHECK(bad.server->attached());
}

TEST_CASE("memory that can't be mapped is refused") {
    Bad bad;
    const GuestRam ram{size_t{1} << 20};
    const auto map = [&](DmaMap request, int fd) {
        request.argsz = sizeof request;
        return bad.error(Command::kDmaMap, bytes_of(request),
                         fd >= 0 ? std::span<const int>{&fd, 1} : std::span<const int>{});
    };
    CHECK(map({.flags = 3, .address = 1, .size = 4096}, ram.fd()) == EINVAL);
    CHECK(map({.flags = 3, .size = 4095}, ram.fd()) == EINVAL);
    CHECK(map({.flags = 3, .size = 2 << 20}, ram.fd()) == EINVAL);
    CHECK(map({.flags = 3, .offset = 1 << 20, .size = 4096}, ram.fd()) == EINVAL);
    CHECK(map({.flags = 3, .offset = UINT64_MAX - 4095, .size = 8192}, ram.fd()) == EINVAL);
    CHECK(map({.flags = 3, .address = UINT64_MAX - 4095, .size = 8192}, ram.fd()) == EINVAL);
    CHECK(map({.flags = 8, .size = 4096}, ram.fd()) == EINVAL);
    const UniqueFd null{::open("/dev/null", O_RDWR | O_CLOEXEC)};
    const UniqueFd event{::eventfd(0, EFD_CLOEXEC)};
    const UniqueFd folder{::open("/proc", O_RDONLY | O_CLOEXEC)};
    for (const int fd : {null.get(), event.get(), folder.get()}) {
        CHECK(map({.flags = 3, .size = 4096}, fd) == EINVAL);
    }
    CHECK(map({.flags = 3, .size = 1 << 20}, ram.fd()) == 0);
    CHECK(map({.flags = 3, .address = 4096, .size = 4096}, ram.fd()) == EINVAL);
    CHECK(bad.memory.range_count() == 1);
    CHECK(bad.vmm.dma_unmap(4096, 4096) == 0);
    CHECK(bad.vmm.dma_unmap(UINT64_MAX, UINT64_MAX) == 0);
    CHECK(bad.memory.range_count() == 1);
}

TEST_CASE("a client that only makes mistakes doesn't fill the log") {
    Bad bad;
    for (int i = 0; i < 100; ++i) {
        CHECK(bad.error(Command::kDmaMap,
                        bytes_of(DmaMap{.argsz = sizeof(DmaMap), .flags = 3, .size = 1})) ==
              EINVAL);
    }
    CHECK(bad.log.lines.size() > 5);
    CHECK(bad.log.lines.size() < 20);
    EchoMachine machine;
    VfioUserClient vmm{machine.loop, machine.path};
    bad.log.lines.clear();
    for (int i = 0; i < 100; ++i) {
        CHECK(vmm.call(Command::kVersion, bytes_of(Version{.major = 1})).error() == EINVAL);
    }
    CHECK(bad.log.lines.size() > 5);
    CHECK(bad.log.lines.size() < 20);
}

TEST_CASE("file descriptors where none belong are closed") {
    Bad bad;
    const UniqueFd event{::eventfd(0, EFD_CLOEXEC)};
    const std::vector<int> fds(3, event.get());
    const int before = open_fds();
    CHECK(bad.error(Command::kDeviceGetInfo, bytes_of(DeviceInfo{}), fds) == 0);
    CHECK(bad.error(static_cast<Command>(99), {}, fds) == ENOTSUP);
    CHECK(bad.error(Command::kRegionRead, access([](auto&) {}), fds) == 0);
    CHECK(bad.error(Command::kDmaMap, bytes_of(DmaMap{.argsz = 32, .flags = 3, .size = 4096}),
                    fds) == EINVAL);
    CHECK(bad.error(Command::kDeviceSetIrqs,
                    bytes_of(IrqSet{.argsz = 20, .flags = 0x24, .index = 2, .count = 2}),
                    fds) == EINVAL);
    CHECK(
        bad.error(Command::kDeviceSetIrqs,
                  bytes_of(IrqSet{.argsz = 20, .flags = 0x24, .index = 2, .start = 1, .count = 3}),
                  fds) == EINVAL);
    CHECK(bad.server->stats().unwanted_fds == 18);
    CHECK(open_fds() == before);
}

TEST_CASE("more file descriptors than any message may bring are closed, and the next are fine") {
    Bad bad;
    const UniqueFd event{::eventfd(0, EFD_CLOEXEC)};
    const std::vector<int> many(253, event.get());
    const int before = open_fds();
    for (int i = 0; i < 5; ++i) {
        CHECK(bad.error(Command::kDeviceSetIrqs,
                        bytes_of(IrqSet{.argsz = 20, .flags = 0x24, .index = 2, .count = 253}),
                        many) == EINVAL);
    }
    CHECK(open_fds() == before);
    CHECK(bad.vmm.device_info().regions == 9);
}

TEST_CASE("a process without room for file descriptors refuses the message that brought them") {
    Bad bad;
    const UniqueFd event{::eventfd(0, EFD_CLOEXEC)};
    const std::vector<int> three(3, event.get());
    rlimit limit{};
    REQUIRE(::getrlimit(RLIMIT_NOFILE, &limit) == 0);
    rlimit low = limit;
    low.rlim_cur = static_cast<rlim_t>(::dup(event.get())) + 2;
    ::close(static_cast<int>(low.rlim_cur) - 2);
    REQUIRE(::setrlimit(RLIMIT_NOFILE, &low) == 0);
    const int error =
        bad.error(Command::kDeviceSetIrqs,
                  bytes_of(IrqSet{.argsz = 20, .flags = 0x24, .index = 2, .count = 3}), three);
    REQUIRE(::setrlimit(RLIMIT_NOFILE, &limit) == 0);
    CHECK(error == EINVAL);
    CHECK(bad.vmm.device_info().regions == 9);
}

TEST_CASE("what isn't an eventfd is refused, and one that is full can't block the server") {
    Bad bad;
    std::array<int, 2> pipe_fds{};
    REQUIRE(::pipe2(pipe_fds.data(), O_CLOEXEC) == 0);
    const UniqueFd read_end{pipe_fds[0]};
    const UniqueFd write_end{pipe_fds[1]};
    const UniqueFd full{::eventfd(0, EFD_CLOEXEC)};
    const uint64_t most = UINT64_MAX - 1;
    REQUIRE(::write(full.get(), &most, sizeof most) == sizeof most);
    const UniqueFd null{::open("/dev/null", O_RDONLY | O_CLOEXEC)};
    for (const int fd : {write_end.get(), null.get()}) {
        const IrqSet one{.argsz = 20, .flags = 0x24, .index = 2, .count = 1};
        CHECK(bad.vmm.call(Command::kDeviceSetIrqs, bytes_of(one), std::array{fd}).error() ==
              EINVAL);
    }
    const std::array fds{full.get(), full.get(), full.get()};
    bad.vmm.set_msix(0, fds);
    for (int i = 0; i < 20'000; ++i) {
        bad.vmm.send(Command::kDeviceSetIrqs,
                     bytes_of(IrqSet{.argsz = 20, .flags = 0x21, .index = 2, .count = 3}), {},
                     kFlagNoReply);
    }
    CHECK(bad.vmm.device_info().regions == 9);
}

TEST_CASE("interrupts that don't exist are refused") {
    Bad bad;
    const auto set = [&](uint32_t index, uint32_t start, uint32_t count, uint32_t flags) {
        return bad.error(
            Command::kDeviceSetIrqs,
            bytes_of(IrqSet{
                .argsz = 20, .flags = flags, .index = index, .start = start, .count = count}));
    };
    CHECK(set(2, 0, 0, 0x21) == 0);
    CHECK(set(0, 0, 0, 0x21) == 0);
    CHECK(set(2, 0, 4, 0x21) == EINVAL);
    CHECK(set(2, 3, 1, 0x24) == EINVAL);
    CHECK(set(2, UINT32_MAX, 2, 0x24) == EINVAL);
    CHECK(set(2, 2, UINT32_MAX, 0x24) == EINVAL);
    CHECK(set(0, 0, 1, 0x24) == EINVAL);
    CHECK(set(5, 0, 0, 0x21) == EINVAL);
    CHECK(set(2, 0, 1, 0x09) == EINVAL);
}

TEST_CASE("a client that asks and never reads is not read from, and can go") {
    Bad bad;
    const RegionAccess big{.region = 0, .count = kMaxTransfer};
    for (int i = 0; i < 64; ++i) {
        bad.vmm.send(Command::kRegionRead, bytes_of(big));
        bad.vmm.settle();
    }
    // One reply is on its way, the rest of the questions wait in the socket.
    const uint64_t read = bad.server->stats().messages[static_cast<size_t>(Command::kRegionRead)];
    CHECK(read >= 1);
    CHECK(read < 8);
    SUBCASE("it reads after all") {
        for (int i = 0; i < 64; ++i) {
            const auto reply = bad.vmm.receive();
            REQUIRE(reply);
            CHECK(reply->payload.size() == sizeof big + kMaxTransfer);
        }
        CHECK(bad.vmm.device_info().regions == 9);
    }
    SUBCASE("it goes") {
        bad.vmm.disconnect();
        while (bad.loop.dispatch(Nanoseconds{0})) {
        }
        CHECK(bad.clients.detached.size() == 1);
        bad.still_serves();
    }
}

TEST_CASE("a guest's broken rings need a reset and never end the process") {
    Bad bad;
    GuestRam ram{size_t{8} << 20};
    bad.vmm.dma_map(0, ram.size(), ram.fd());
    VirtioDriver driver{bad.vmm, ram};
    using Descriptor = DriverQueue::Descriptor;
    const std::array descriptors{
        Descriptor{UINT64_MAX - 8, 64, 0, 0},
        Descriptor{ram.size() - 4, 8, 0, 0},
        Descriptor{0x10000, UINT32_MAX, 0, 0},
        Descriptor{0x10000, 16, DriverQueue::kNext, 0},
        Descriptor{0x10000, 16, DriverQueue::kNext, 60000},
        Descriptor{0x10000, 17, DriverQueue::kIndirect, 0},
    };
    for (const Descriptor& descriptor : descriptors) {
        driver.start();
        driver.queue(0).write_descriptor(0, descriptor);
        driver.queue(0).publish(0);
        driver.kick(0);
        CHECK(driver.wait_interrupt(0));
        CHECK(driver.needs_reset());
    }
    driver.start();
    CHECK(driver.request(0, Bytes(4), 4).size() == 4);
    CHECK(bad.function.virtio().counters().ring_errors == descriptors.size());
}

TEST_CASE("guest memory that shrinks is survived, told once, and fine again after a new start") {
    Bad bad;
    {
        GuestRam ram{size_t{4} << 20};
        bad.vmm.dma_map(0, ram.size(), ram.fd());
        VirtioDriver driver{bad.vmm, ram};
        driver.start();
        CHECK(driver.request(0, Bytes(4), 4).size() == 4);
        ram.shrink(0);
        driver.kick(0);
        bad.vmm.settle();
        CHECK(driver.needs_reset());
        CHECK(bad.log.count("shrank") == 1);
    }
    CHECK(bad.vmm.dma_unmap(0, size_t{4} << 20) > 0);
    GuestRam ram{size_t{4} << 20};
    bad.vmm.dma_map(0, ram.size(), ram.fd());
    VirtioDriver driver{bad.vmm, ram};
    driver.start();
    CHECK(driver.request(0, Bytes(4), 4).size() == 4);
    CHECK_FALSE(driver.needs_reset());
}
