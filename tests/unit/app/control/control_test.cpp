// SPDX-License-Identifier: MIT
// The control socket: the real server on a real socket, with clients that behave and clients that
// don't.
#include <doctest/doctest.h>
#include <poll.h>
#include <sys/socket.h>
#include <sys/stat.h>

#include <algorithm>
#include <array>
#include <cerrno>
#include <cstdlib>
#include <filesystem>
#include <fstream>
#include <nlohmann/json.hpp>
#include <thread>
#include <vector>

#include "control/control_server.h"
#include "core/memfd.h"
#include "ctl/control_client.h"
#include "net/local_socket.h"

namespace oriel::app {
namespace {

namespace fs = std::filesystem;
using nlohmann::json;

struct TemporaryFolder {
    TemporaryFolder() {
        std::string pattern = fs::temp_directory_path() / "oriel-ctl-XXXXXX";
        REQUIRE(::mkdtemp(pattern.data()) != nullptr);
        path = pattern;
    }
    ~TemporaryFolder() { fs::remove_all(path); }
    fs::path path;
};

struct NoHandler final : ControlHandler {
    ControlReply handle(const std::string&, const json&, UniqueFd&) override {
        return control_error("");
    }
};

struct Bench final : ControlHandler {
    TemporaryFolder folder;
    SystemClock clock;
    EventLoop loop{clock};
    std::string path = folder.path / "vm.sock";
    int handled = 0;
    size_t answer_bytes = 10;
    ControlServer server{loop, path, "vm", *this};

    ControlReply handle(const std::string& command, const json& request, UniqueFd& file) override {
        ++handled;
        if (command == "echo") {
            return {json{{"ok", true}, {"got", request}}.dump(), {}};
        }
        if (command == "take") {
            const UniqueFd taken = std::move(file);
            return {json{{"ok", true}, {"file", taken.valid()}}.dump(), {}};
        }
        if (command == "long") {
            return {json{{"ok", true}, {"x", std::string(answer_bytes, 'x')}}.dump(), {}};
        }
        if (command == "file") {
            return {json{{"ok", true}}.dump(),
                    create_memfd("test", 4096, MemfdSeals::kFixedSize).value()};
        }
        return control_error("unknown command '" + command + "'");
    }

    [[nodiscard]] UniqueFd connect() const { return connect_local(path).value(); }
    void turn(int turns = 20) {
        for (int i = 0; i < turns; ++i) {
            loop.dispatch(Nanoseconds{0});
        }
    }
    void send(const UniqueFd& client, std::string_view text) {
        REQUIRE(::send(client.get(), text.data(), text.size(), MSG_NOSIGNAL) ==
                static_cast<ssize_t>(text.size()));
        turn();
    }
    /// What there is to read; "" also when the connection is closed.
    std::string read(const UniqueFd& client) {
        std::string all;
        std::array<char, 65536> buffer;
        for (;;) {
            const ssize_t count = ::recv(client.get(), buffer.data(), buffer.size(), MSG_DONTWAIT);
            if (count <= 0) {
                return all;
            }
            all.append(buffer.data(), static_cast<size_t>(count));
            turn(2);
        }
    }
    static bool closed(const UniqueFd& client) {
        char byte = 0;
        return ::recv(client.get(), &byte, 1, MSG_DONTWAIT) == 0;
    }
};

TEST_SUITE("control socket") {
    TEST_CASE("many requests at once are answered in order, a few in each turn of the loop") {
        Bench bench;
        const UniqueFd client = bench.connect();
        std::string requests;
        for (int i = 0; i < 100; ++i) {
            requests += "{\"command\":\"echo\",\"n\":" + std::to_string(i) + "}\n";
        }
        REQUIRE(::send(client.get(), requests.data(), requests.size(), MSG_NOSIGNAL) ==
                static_cast<ssize_t>(requests.size()));
        bench.turn(1);  // it is accepted
        for (int last = 0; bench.handled < 100;) {
            bench.turn(1);
            CHECK(bench.handled <= last + 8);
            REQUIRE(bench.handled > last);
            last = bench.handled;
        }
        const std::string answers = bench.read(client);
        CHECK(std::count(answers.begin(), answers.end(), '\n') == 100);
        CHECK(answers.find("\"n\":98") < answers.find("\"n\":99"));
        CHECK_FALSE(Bench::closed(client));
    }

    TEST_CASE("a request is answered with one line") {
        Bench bench;
        const UniqueFd client = bench.connect();
        bench.send(client, "{\"command\":\"echo\",\"n\":1}\n");
        const std::string answer = bench.read(client);
        CHECK(answer.ends_with("}\n"));
        CHECK(json::parse(answer)["got"]["n"] == 1);
    }

    TEST_CASE("a file comes with the request that it was sent with, and with no other") {
        Bench bench;
        const UniqueFd client = bench.connect();
        const UniqueFd file = create_memfd("test", 4096, MemfdSeals::kNone).value();
        const std::string take = "{\"command\":\"take\"}\n";
        REQUIRE(send_with_fd(client.get(), take, file.get()) == take.size());
        bench.turn();
        CHECK(json::parse(bench.read(client))["file"] == true);
        bench.send(client, take);
        CHECK(json::parse(bench.read(client))["file"] == false);
        // Who doesn't want it leaves it, and it is closed.
        const std::string echo = "{\"command\":\"echo\"}\n";
        REQUIRE(send_with_fd(client.get(), echo, file.get()) == echo.size());
        bench.turn();
        CHECK(json::parse(bench.read(client))["ok"] == true);
        bench.send(client, take);
        CHECK(json::parse(bench.read(client))["file"] == false);
    }

    TEST_CASE("requests in pieces, and several at once, are answered in order") {
        Bench bench;
        const UniqueFd client = bench.connect();
        bench.send(client, "{\"comm");
        bench.send(client, "and\":\"ec");
        CHECK(bench.read(client).empty());
        bench.send(client, "ho\",\"n\":1}\n{\"command\":\"echo\",\"n\":2}\n{\"command\":\"e");
        const std::string answers = bench.read(client);
        CHECK(answers.find("\"n\":1") < answers.find("\"n\":2"));
        CHECK(std::count(answers.begin(), answers.end(), '\n') == 2);
        bench.send(client, "cho\"}\n");
        CHECK(bench.handled == 3);
    }

    TEST_CASE("what isn't a request gets an error and the connection goes on") {
        Bench bench;
        const UniqueFd client = bench.connect();
        for (const char* line :
             {"\n", "nonsense\n", "[1,2]\n", "{\"command\":5}\n", "{}\n", "{\"command\":\"x\"\n",
              "{\"command\":\"no \xff such\"}\n", "{\"command\":\"fly\"}\n"}) {
            CAPTURE(line);
            bench.send(client, line);
            const json answer = json::parse(bench.read(client));
            CHECK(answer["ok"] == false);
            CHECK(answer["error"].is_string());
        }
        bench.send(client, "{\"command\":\"echo\"}\n");
        CHECK(json::parse(bench.read(client))["ok"] == true);
    }

    TEST_CASE("a line that doesn't end is refused and the client dropped") {
        Bench bench;
        const UniqueFd client = bench.connect();
        bench.send(client, std::string(ControlServer::kMaxLine + 1, 'x'));
        CHECK(bench.read(client).find("longer than") != std::string::npos);
        CHECK(Bench::closed(client));
        CHECK(bench.server.client_count() == 0);
        const UniqueFd other = bench.connect();
        bench.send(other, std::string(ControlServer::kMaxLine + 1, ' ') + "\n");
        CHECK(bench.read(other).find("longer than") != std::string::npos);
        CHECK(bench.handled == 0);
    }

    TEST_CASE("a client that vanishes in mid-request or mid-answer is forgotten") {
        Bench bench;
        bench.answer_bytes = 4 << 20;
        {
            const UniqueFd first = bench.connect();
            bench.send(first, "{\"comm");
            const UniqueFd second = bench.connect();
            bench.send(second, "{\"command\":\"long\"}\n");
            CHECK(bench.server.client_count() == 2);
        }
        bench.turn();
        CHECK(bench.server.client_count() == 0);
    }

    TEST_CASE("a client that doesn't read its answers is not read from and holds up nobody" *
              doctest::test_suite("long")) {
        Bench bench;
        bench.answer_bytes = 4 << 20;
        const UniqueFd slow = bench.connect();
        for (int i = 0; i < 20; ++i) {
            bench.send(slow, "{\"command\":\"long\"}\n");
        }
        CHECK(bench.handled == 1);
        const UniqueFd other = bench.connect();
        bench.send(other, "{\"command\":\"echo\"}\n");
        CHECK(json::parse(bench.read(other))["ok"] == true);
        // Its watch must not spin either.
        CHECK_FALSE(bench.loop.dispatch(Nanoseconds{0}));
        // When it reads at last it gets everything.
        int64_t answers = 0;
        for (int i = 0; i < 20'000 && answers < 20; ++i) {
            bench.turn(1);
            const std::string part = bench.read(slow);
            answers += std::count(part.begin(), part.end(), '\n');
        }
        CHECK(answers == 20);
    }

    TEST_CASE("a client that sends and leaves is still heard") {
        Bench bench;
        {
            const UniqueFd client = bench.connect();
            const std::string_view line = "{\"command\":\"echo\"}\n";
            REQUIRE(::send(client.get(), line.data(), line.size(), 0) > 0);
        }
        bench.turn();
        CHECK(bench.handled == 1);
        CHECK(bench.server.client_count() == 0);
    }

    TEST_CASE("a file comes with its answer") {
        Bench bench;
        const UniqueFd client = bench.connect();
        bench.send(client, "{\"command\":\"file\"}\n");
        std::array<char, 256> buffer;
        const auto received = receive_with_fd(client.get(), buffer);
        REQUIRE(received.has_value());
        CHECK(received->fd.valid());
    }

    TEST_CASE("clients beyond the limit are turned away") {
        Bench bench;
        std::vector<UniqueFd> clients;
        for (size_t i = 0; i < ControlServer::kMaxClients; ++i) {
            clients.push_back(bench.connect());
            bench.turn(2);
        }
        const UniqueFd extra = bench.connect();
        bench.turn();
        CHECK(Bench::closed(extra));
        CHECK(bench.server.client_count() == ControlServer::kMaxClients);
    }

    TEST_CASE("the socket is private, and gone with the server") {
        const TemporaryFolder folder;
        const std::string path = folder.path / "a.sock";
        const SystemClock clock;
        EventLoop loop{clock};
        NoHandler handler;
        {
            const ControlServer server{loop, path, "a", handler};
            struct stat status = {};
            REQUIRE(::stat(path.c_str(), &status) == 0);
            CHECK((status.st_mode & 0777) == 0600);
        }
        CHECK_FALSE(fs::exists(path));
    }

    TEST_CASE("another server's socket at its path is left alone at the end") {
        const TemporaryFolder folder;
        const std::string path = folder.path / "a.sock";
        const SystemClock clock;
        EventLoop loop{clock};
        NoHandler handler;
        auto first = std::make_unique<ControlServer>(loop, path, "a", handler);
        // A user tidied up, and somebody else took the name.
        fs::remove(path);
        const ControlServer second{loop, path, "a", handler};
        first.reset();
        CHECK(is_alive(path));
    }

    TEST_CASE("what an answer quotes need not be UTF-8") {
        const json answer = json::parse(control_line({{"ok", true}, {"path", "bad\xffname"}}));
        CHECK(answer["path"] == "bad\xef\xbf\xbdname");
    }

    TEST_CASE("a name in use is exit code 2; what a dead process left is replaced") {
        Bench bench;
        NoHandler handler;
        const auto second = [&](const std::string& path) {
            const ControlServer server{bench.loop, path, "vm", handler};
        };
        try {
            second(bench.path);
            FAIL("took the socket of a live process");
        } catch (const StartupError& error) {
            CHECK(error.exit_code() == 2);
            CHECK(std::string{error.what()} == "the name 'vm' is in use by a running oriel");
        }
        const std::string stale = bench.folder.path / "stale.sock";
        // Closed at once: what a dead process leaves behind.
        CHECK(listen_local(stale).value().valid());
        CHECK(fs::exists(stale));
        CHECK_NOTHROW(second(stale));
        const std::string plain = bench.folder.path / "plain.sock";
        std::ofstream{plain} << "precious";
        CHECK_THROWS_AS(second(plain), StartupError);
        CHECK(fs::file_size(plain) == 8);
        CHECK_THROWS_AS(second(bench.folder.path / std::string(120, 'x')), StartupError);
    }
}

TEST_SUITE("control client") {
    TEST_CASE("without a server the line names the VM") {
        const TemporaryFolder folder;
        const auto answer = control_request(folder.path / "x.sock", "x", {{"command", "stats"}},
                                            std::chrono::milliseconds{10});
        REQUIRE_FALSE(answer.has_value());
        CHECK(answer.error().message().find("'x'") != std::string::npos);
    }

    TEST_CASE("an answer of any shape is an answer or an error, never more") {
        const TemporaryFolder folder;
        const std::string path = folder.path / "x.sock";
        const UniqueFd listener = listen_local(path).value();
        for (const char* line : {"{\"ok\":\"yes\"}", "{\"ok\":1}", "{\"ok\":false,\"error\":5}",
                                 "[true]", "{}", "\xff", "garbage", "{\"ok\":true,\"info\":[1]}"}) {
            CAPTURE(line);
            // Sent before the answer is read: the request waits in the other direction.
            std::thread server{[&] {
                pollfd watched{listener.get(), POLLIN, 0};
                REQUIRE(::poll(&watched, 1, 5000) == 1);
                const UniqueFd client{::accept(listener.get(), nullptr, nullptr)};
                char request[64];
                REQUIRE(::recv(client.get(), request, sizeof request, 0) > 0);
                const std::string answer = std::string{line} + '\n';
                REQUIRE(::send(client.get(), answer.data(), answer.size(), MSG_NOSIGNAL) > 0);
            }};
            const auto answer =
                control_request(path, "x", {{"command", "info"}}, std::chrono::seconds{5});
            server.join();
            if (answer) {
                CHECK(answer->field("info", json::object()).empty());
            } else {
                CHECK_FALSE(answer.error().message().empty());
            }
        }
    }

    TEST_CASE("a client waits while others fill the server's queue") {
        const TemporaryFolder folder;
        const std::string path = folder.path / "x.sock";
        const UniqueFd listener = listen_local(path).value();
        std::vector<UniqueFd> others;
        auto other = connect_local(path);
        for (; other; other = connect_local(path)) {
            others.push_back(std::move(*other));
        }
        REQUIRE(other.error().code == EAGAIN);
        std::thread server{[&] {
            std::this_thread::sleep_for(std::chrono::milliseconds{50});
            // Each of the others has left; the last one is our client.
            for (UniqueFd& left : others) {
                left.reset();
                const UniqueFd gone{::accept(listener.get(), nullptr, nullptr)};
            }
            pollfd watched{listener.get(), POLLIN, 0};
            REQUIRE(::poll(&watched, 1, 5000) == 1);
            const UniqueFd client{::accept(listener.get(), nullptr, nullptr)};
            // One that answers and closes before it has heard the request makes the client's send
            // fail, and then the answer is not read.
            char request[64];
            REQUIRE(::recv(client.get(), request, sizeof request, 0) > 0);
            const std::string answer = json{{"ok", true}}.dump() + '\n';
            REQUIRE(::send(client.get(), answer.data(), answer.size(), MSG_NOSIGNAL) > 0);
        }};
        const auto answer =
            control_request(path, "x", {{"command", "info"}}, std::chrono::seconds{5});
        server.join();
        CHECK(answer.has_value());
    }

    TEST_CASE("a field is what it should be or its default") {
        const json object{{"name", 5}, {"pid", "x"}, {"attached", 1}, {"info", json::array({1})}};
        CHECK(field_of(object, "name", std::string{"?"}) == "?");
        CHECK(field_of(object, "pid", int64_t{7}) == 7);
        CHECK_FALSE(field_of(object, "attached", false));
        CHECK(field_of(object, "info", json::object()).is_object());
        CHECK(field_of(json{5}, "name", std::string{"?"}) == "?");
        const json good{{"name", "a"}, {"pid", 3}, {"attached", true}, {"info", {{"a", 1}}}};
        CHECK(field_of(good, "name", std::string{}) == "a");
        CHECK(field_of(good, "pid", int64_t{0}) == 3);
        CHECK(field_of(good, "attached", false));
        CHECK(field_of(good, "info", json::object()).size() == 1);
    }

    TEST_CASE("a server that doesn't answer is given up") {
        const TemporaryFolder folder;
        const std::string path = folder.path / "x.sock";
        const UniqueFd silent = listen_local(path).value();
        const auto answer =
            control_request(path, "x", {{"command", "stats"}}, std::chrono::milliseconds{10});
        REQUIRE_FALSE(answer.has_value());
        CHECK(answer.error().message().find("does not answer") != std::string::npos);
        CHECK(is_alive(path));
    }
}

}  // namespace
}  // namespace oriel::app
