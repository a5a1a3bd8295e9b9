// SPDX-License-Identifier: MIT
#include "net/listener.h"

#include <doctest/doctest.h>
#include <fcntl.h>
#include <sys/file.h>
#include <sys/socket.h>
#include <sys/un.h>

#include <array>
#include <barrier>
#include <cstring>
#include <filesystem>
#include <memory>
#include <string>
#include <thread>
#include <vector>

#include "core/result.h"
#include "support/temp_dir.h"

using namespace oriel;
using namespace oriel::test;
using namespace oriel;

namespace {

sockaddr_un address_of(const std::string& path) {
    sockaddr_un address{};
    address.sun_family = AF_UNIX;
    std::memcpy(address.sun_path, path.c_str(), path.size() + 1);
    return address;
}

UniqueFd stream_socket() {
    return UniqueFd{::socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0)};
}

/// What a process that was killed leaves.
void leave_dead_socket(const std::string& path) {
    const sockaddr_un address = address_of(path);
    const UniqueFd dead = stream_socket();
    REQUIRE(::bind(dead.get(), reinterpret_cast<const sockaddr*>(&address), sizeof address) == 0);
}

bool answers(const std::string& path) {
    const sockaddr_un address = address_of(path);
    const UniqueFd probe = stream_socket();
    return ::connect(probe.get(), reinterpret_cast<const sockaddr*>(&address), sizeof address) == 0;
}

TEST_CASE("of several that start at once where a dead socket is, one gets the path") {
    constexpr size_t kStarts = 4;
    const TempDir folder;
    const std::string path = folder.file("s");
    for (int round = 0; round < 100; ++round) {
        leave_dead_socket(path);
        std::array<std::unique_ptr<Listener>, kStarts> listeners;
        std::barrier at_once{kStarts};
        std::vector<std::thread> threads;
        for (auto& listener : listeners) {
            threads.emplace_back([&] {
                at_once.arrive_and_wait();
                try {
                    listener = std::make_unique<Listener>(path);
                } catch (const StartupError&) {
                    return;  // in use: the others
                }
            });
        }
        for (std::thread& thread : threads) {
            thread.join();
        }
        size_t serving = 0;
        for (const auto& listener : listeners) {
            serving += listener ? 1 : 0;
        }
        CHECK(serving == 1);
        CHECK(answers(path));
    }
}

TEST_CASE("a folder that somebody keeps locked doesn't keep a server from starting") {
    const TempDir folder;
    const std::string path = folder.file("s");
    const UniqueFd other{::open(std::filesystem::path{path}.parent_path().c_str(),
                                O_RDONLY | O_DIRECTORY | O_CLOEXEC)};
    REQUIRE(::flock(other.get(), LOCK_EX) == 0);
    const Listener listener{path};
    CHECK(answers(path));
}

}  // namespace
