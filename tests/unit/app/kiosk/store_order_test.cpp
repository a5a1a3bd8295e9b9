// SPDX-License-Identifier: MIT
#include "kiosk/store_order.h"

#include <doctest/doctest.h>

#include <string>

namespace oriel::app {
namespace {

using Kind = StoreOrder::Kind;

TEST_SUITE("store order") {
    TEST_CASE("a descriptor is stored or removed under its name, in any order of the lines") {
        CHECK(read_store_order("FDSTORE=1\nFDNAME=oriel-display-vmm") ==
              StoreOrder{Kind::kStore, "oriel-display-vmm"});
        CHECK(read_store_order("FDNAME=a.b_c-9\nFDSTOREREMOVE=1\n") ==
              StoreOrder{Kind::kRemove, "a.b_c-9"});
        CHECK(read_store_order("STATUS=well\nFDSTORE=1\nFDNAME=a") ==
              StoreOrder{Kind::kStore, "a"});
    }

    TEST_CASE("what is about something else, or has no name that one could file, is nothing") {
        for (const std::string& message :
             {std::string{}, std::string{"READY=1"}, std::string{"FDSTORE=1"},
              std::string{"FDNAME=a"}, std::string{"FDSTORE=2\nFDNAME=a"},
              std::string{"FDSTORE=1\nFDNAME="}, std::string{"FDSTORE=1\nFDNAME=.notify"},
              std::string{"FDSTORE=1\nFDNAME=other/a"}, std::string{"FDSTORE=1\nFDNAME=a:b"},
              std::string{"FDSTORE=1\nFDNAME=a b"}, std::string{"FDSTORE=1\nFDNAME=a\0b", 20},
              "FDSTORE=1\nFDNAME=" + std::string(kMaxStoredName + 1, 'a')}) {
            CAPTURE(message);
            CHECK_FALSE(read_store_order(message));
        }
        CHECK(read_store_order("FDSTORE=1\nFDNAME=" + std::string(kMaxStoredName, 'a')));
    }
}

}  // namespace
}  // namespace oriel::app
