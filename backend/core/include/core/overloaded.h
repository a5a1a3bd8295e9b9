// SPDX-License-Identifier: MIT
#pragma once

namespace oriel {

/// One callable out of several, for std::visit: each alternative finds its own.
template <class... Callables>
struct Overloaded : Callables... {
    using Callables::operator()...;
};
template <class... Callables>
Overloaded(Callables...) -> Overloaded<Callables...>;

}  // namespace oriel
