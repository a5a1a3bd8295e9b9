// SPDX-License-Identifier: MIT
#pragma once

#include <memory>

namespace oriel {

template <auto Destroy>
struct HandleDeleter {
    template <class T>
    void operator()(T* object) const {
        Destroy(object);
    }
};

/// Sole owner of a C object, for example
/// `using Surface = UniqueHandle<wl_surface, wl_surface_destroy>;`
/// Members of a class are destroyed bottom up: declare a child below what it depends on.
template <class T, auto Destroy>
using UniqueHandle = std::unique_ptr<T, HandleDeleter<Destroy>>;

}  // namespace oriel
