// SPDX-License-Identifier: MIT
#include "kiosk/descriptor_keeper.h"

#include <doctest/doctest.h>
#include <sys/stat.h>
#include <unistd.h>

#include <optional>
#include <string>

#include "core/clock.h"
#include "core/descriptor_pair.h"
#include "service/service_manager.h"
#include "support/kept_descriptors.h"
#include "support/log_lines.h"
#include "support/temp_dir.h"

namespace oriel::app {
namespace {

struct ServiceManagersStore final : test::KeptDescriptors {};

/// A keeper, and a process that leaves descriptors with it: this one.
struct Rig {
    ManualClock clock;
    EventLoop loop{clock};
    test::TempDir folder;
    std::string path = folder.file("vm.notify");
    ServiceManagersStore beyond;
    std::optional<DescriptorKeeper> keeper;
    std::optional<ServiceManager> process;
    Pipe pipe = *make_pipe("test");

    explicit Rig(bool with_beyond = false) {
        keeper.emplace(loop, "vm", path, with_beyond ? &beyond : nullptr);
        static_cast<void>(keeper->inheritance());
        keeper->listen_to(::getpid());
        process.emplace(loop, ServiceEnvironment{.socket = path, .stores = true});
    }
    void turns() {
        while (loop.dispatch(Nanoseconds{0})) {
        }
    }
    [[nodiscard]] size_t kept() { return keeper->inheritance().descriptors.size(); }
};

ino_t inode_of(int fd) {
    struct stat status = {};
    REQUIRE(::fstat(fd, &status) == 0);
    return status.st_ino;
}

TEST_SUITE("descriptor keeper") {
    TEST_CASE("the next process gets what the one before has left, under its name") {
        Rig rig;
        rig.process->store("oriel-a", rig.pipe.reader.get());
        rig.process->store("oriel-b", rig.pipe.writer.get());
        rig.turns();
        CHECK(rig.keeper->has_any());
        const ProcessInheritance next = rig.keeper->inheritance();
        REQUIRE(next.descriptors.size() == 2);
        CHECK(next.descriptors[0].first == "oriel-a");
        CHECK(inode_of(next.descriptors[0].second) == inode_of(rig.pipe.reader.get()));
        CHECK(next.descriptors[1].first == "oriel-b");
        CHECK(next.variables[0] == "NOTIFY_SOCKET=" + rig.path);
        CHECK(next.variables[1] == "FDSTORE=512");

        rig.process->forget("oriel-a");
        rig.turns();
        CHECK(rig.kept() == 1);
    }

    TEST_CASE("what a process has said last is heard after its end") {
        Rig rig;
        rig.process->store("oriel-a", rig.pipe.reader.get());
        rig.process.reset();
        CHECK_FALSE(rig.keeper->has_any());
        rig.keeper->catch_up();
        CHECK(rig.keeper->has_any());
    }

    TEST_CASE("cleared, it has nothing open: whoever is connected sees the end") {
        Rig rig;
        rig.process->store("oriel-a", rig.pipe.writer.get());
        rig.turns();
        rig.pipe.writer.reset();
        rig.process.reset();
        rig.keeper->clear();
        char nothing = 0;
        CHECK(::read(rig.pipe.reader.get(), &nothing, 1) == 0);
        CHECK_FALSE(rig.keeper->has_any());
    }

    TEST_CASE("only the VM's own process is listened to") {
        Rig rig;
        rig.keeper->listen_to(::getppid());
        rig.process->store("oriel-a", rig.pipe.reader.get());
        rig.turns();
        CHECK_FALSE(rig.keeper->has_any());
        rig.keeper->listen_to(0);
        rig.process->store("oriel-b", rig.pipe.reader.get());
        rig.turns();
        CHECK_FALSE(rig.keeper->has_any());
    }

    TEST_CASE(
        "a process that stores without an end has its bound, and no more descriptors of ours") {
        Rig rig;
        for (size_t i = 0; i < DescriptorKeeper::kMost + 100; ++i) {
            rig.process->store(fmt::format("oriel-{}", i), rig.pipe.reader.get());
            rig.clock.advance(ServiceManager::kStoreEvery);
            rig.turns();
        }
        CHECK(rig.kept() == DescriptorKeeper::kMost);
        const int next = ::dup(rig.pipe.reader.get());
        for (size_t i = 0; i < 100; ++i) {
            rig.process->store(fmt::format("oriel-more-{}", i), rig.pipe.reader.get());
            rig.clock.advance(ServiceManager::kStoreEvery);
            rig.turns();
        }
        ::close(next);
        const int again = ::dup(rig.pipe.reader.get());
        CHECK(again == next);
        ::close(again);
    }

    TEST_CASE("a supervisor that comes next finds the socket and what was left, of this VM alone") {
        Rig rig{true};
        rig.process->store("oriel-a", rig.pipe.reader.get());
        rig.turns();
        CHECK(rig.beyond.kept.size() == 2);
        REQUIRE(rig.beyond.kept.count("vm/oriel-a") == 1);

        // The supervisor is killed. Its process says something meanwhile.
        InheritedDescriptors inherited;
        for (const auto& [name, fd] : rig.beyond.kept) {
            inherited.add(name, test::duplicate(fd.get()));
        }
        inherited.add("vm2/oriel-z", test::duplicate(rig.pipe.reader.get()));
        rig.keeper.reset();
        CHECK(rig.beyond.kept.size() == 2);
        rig.process->store("oriel-b", rig.pipe.writer.get());

        rig.beyond.uses.clear();
        rig.keeper.emplace(rig.loop, "vm", rig.path, &rig.beyond);
        rig.keeper->take(inherited);
        rig.keeper->listen_to(::getpid());
        rig.turns();
        CHECK(rig.kept() == 2);
        CHECK(rig.beyond.kept.size() == 3);
        rig.keeper->close();
        CHECK(rig.beyond.kept.empty());
        CHECK(::access(rig.path.c_str(), F_OK) != 0);
    }

    TEST_CASE(
        "without room for a socket the VM is shown all the same, and one line says what that "
        "means") {
        const test::LogLines log;
        ManualClock clock;
        EventLoop loop{clock};
        DescriptorKeeper keeper{loop, "vm", "/no/such/folder/vm.notify", nullptr};
        CHECK(keeper.inheritance().variables.empty());
        CHECK(keeper.inheritance().descriptors.empty());
        CHECK(log.count("'vm': its VM ends should its window's process crash: listen on "
                        "/no/such/folder/vm.notify: No such file or directory") == 1);
    }
}

}  // namespace
}  // namespace oriel::app
