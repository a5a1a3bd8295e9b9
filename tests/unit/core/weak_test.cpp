// SPDX-License-Identifier: MIT
#include "core/weak.h"

#include <doctest/doctest.h>

#include <memory>

namespace oriel {
namespace {

struct Object {
    int value = 7;
    WeakOwner<Object> weak{this};
};

}  // namespace

TEST_CASE("a weak reference leads to its object until that ends") {
    auto object = std::make_unique<Object>();
    const Weak<Object> weak = object->weak.get();
    const Weak<Object> copy = weak;
    REQUIRE(copy.get() == object.get());
    CHECK(copy.get()->value == 7);
    object.reset();
    CHECK(weak.get() == nullptr);
    CHECK(copy.get() == nullptr);
}

TEST_CASE("revoking ends the references so far, and not the later ones") {
    Object object;
    const Weak<Object> before = object.weak.get();
    object.weak.revoke();
    CHECK(before.get() == nullptr);
    CHECK(object.weak.get().get() == &object);
    CHECK(Weak<Object>{}.get() == nullptr);
}

}  // namespace oriel
