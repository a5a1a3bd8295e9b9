// SPDX-License-Identifier: MIT
#include "sasl_client.h"

#include <doctest/doctest.h>

#include <string>

namespace oriel::qemu_dbus {
namespace {

using State = SaslClient::State;

TEST_CASE("a peer authenticates us one line at a time, as the user that made the socket") {
    SaslClient client{1000};
    CHECK(client.take_output() == std::string(1, '\0') + "AUTH EXTERNAL 31303030\r\n");
    CHECK(client.take_output().empty());
    // In two parts.
    client.received("OK 0123456789");
    CHECK(client.take_output().empty());
    client.received("abcdef\r\n");
    CHECK(client.take_output() == "NEGOTIATE_UNIX_FD\r\n");
    CHECK(client.state() == State::kTalking);
    client.received("AGREE_UNIX_FD\r\n");
    CHECK(client.take_output() == "BEGIN\r\n");
    CHECK(client.state() == State::kDone);
}

TEST_CASE("a peer that refuses, or is something else, is told of in one line") {
    for (const std::string answer : {"REJECTED EXTERNAL DBUS_COOKIE_SHA1\r\n", "ERROR\r\n",
                                     "HTTP/1.1 400 Bad\r\n", "\r\n", "AGREE_UNIX_FD\r\n"}) {
        CAPTURE(answer);
        SaslClient client{0};
        client.received(answer);
        CHECK(client.state() == State::kRefused);
        CHECK_FALSE(client.why().empty());
    }
    SaslClient without_files{0};
    without_files.received("OK 00\r\nERROR\r\n");
    CHECK(without_files.why() == "it can't pass file descriptors");
}

TEST_CASE("a peer that sends a line without end, or messages before its turn, is refused") {
    SaslClient endless{0};
    for (int i = 0; i < 1000; ++i) {
        endless.received("x");
    }
    CHECK(endless.state() == State::kRefused);
    SaslClient hasty{0};
    hasty.received("OK 00\r\nAGREE_UNIX_FD\r\nl\1");
    CHECK(hasty.state() == State::kRefused);
}

}  // namespace
}  // namespace oriel::qemu_dbus
