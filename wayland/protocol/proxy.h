// SPDX-License-Identifier: MIT
#pragma once

#include "core/unique_handle.h"

namespace oriel::wayland {

/// How a protocol object is destroyed: `static void destroy(T*)`, with the request that its version
/// has. Each protocol's file in this folder has one for each type of its objects. (The generated
/// functions themselves can't be named in a type: they are inline and have internal linkage.)
template <class T>
struct ProxyTraits;

struct DestroyProxy {
    template <class T>
    void operator()(T* proxy) const {
        ProxyTraits<T>::destroy(proxy);
    }
};
inline constexpr DestroyProxy destroy_proxy;

/// Sole owner of a protocol object.
template <class T>
using Proxy = UniqueHandle<T, destroy_proxy>;

}  // namespace oriel::wayland
