// SPDX-License-Identifier: MIT
#include "compositor_state.h"

#include <fmt/format.h>

#include <algorithm>

namespace oriel::test {
namespace {

constexpr uint32_t kBackdrop = 0xffff00ff;

}  // namespace

std::string difference(const Picture& actual, const Picture& expected) {
    if (actual.size != expected.size) {
        return fmt::format("{}x{} instead of {}x{}", actual.size.width, actual.size.height,
                           expected.size.width, expected.size.height);
    }
    const auto [a, b] =
        std::mismatch(actual.pixels.begin(), actual.pixels.end(), expected.pixels.begin());
    if (a == actual.pixels.end()) {
        return {};
    }
    const auto index = static_cast<size_t>(a - actual.pixels.begin());
    size_t count = 0;
    for (size_t i = index; i < actual.pixels.size(); ++i) {
        count += actual.pixels[i] != expected.pixels[i] ? 1 : 0;
    }
    return fmt::format("{} px differ, the first at {},{}: {:08x} instead of {:08x}", count,
                       index % actual.size.width, index / actual.size.width, *a, *b);
}

uint64_t SurfaceState::frames() const {
    return static_cast<uint64_t>(
        std::count_if(commits.begin(), commits.end(), [](const Commit& c) { return c.attached; }));
}

uint64_t State::count(std::string_view request) const {
    const auto it = requests.find(std::string{request});
    return it == requests.end() ? 0 : it->second;
}

const SurfaceState* State::find(uint64_t number) const {
    const auto it = surfaces.find(number);
    return it == surfaces.end() ? nullptr : &it->second;
}

const SurfaceState* State::surface(size_t window) const {
    return window < windows.size() ? find(windows[window].surface) : nullptr;
}

const SurfaceState* State::content(size_t window) const {
    const SurfaceState* root = surface(window);
    if (root == nullptr) {
        return nullptr;
    }
    const auto top =
        std::find_if(root->stack.rbegin(), root->stack.rend(), [this](uint64_t number) {
            const SurfaceState* candidate = find(number);
            return candidate->alive && candidate->picture;
        });
    return top != root->stack.rend() ? find(*top) : root;
}

PictureRef State::picture(size_t window) const {
    const SurfaceState* surface = content(window);
    return surface != nullptr ? surface->picture : nullptr;
}

uint64_t State::frames(size_t window) const {
    const SurfaceState* surface = content(window);
    return surface != nullptr ? surface->frames() : 0;
}

PictureRef State::cursor_picture() const {
    const SurfaceState* surface = cursor.hidden ? nullptr : find(cursor.surface);
    return surface != nullptr && surface->alive ? surface->picture : nullptr;
}

Picture State::cursor_shown() const {
    if (!cursor_picture()) {
        return {};
    }
    const SurfaceState& surface = *find(cursor.surface);
    Picture target{surface.size, std::vector<uint32_t>(surface.size.area(), kBackdrop)};
    blit(surface, {}, target);
    return target;
}

Picture State::shown(size_t window) const {
    const SurfaceState* root = surface(window);
    if (root == nullptr || !root->picture) {
        return {};
    }
    const WindowState& state = windows[window];
    const Rect visible = state.geometry.value_or(Rect::of(root->size));
    Picture target{visible.size(), std::vector<uint32_t>(visible.size().area(), kBackdrop)};
    draw(*root, Point{-static_cast<int32_t>(visible.x), -static_cast<int32_t>(visible.y)}, target);
    return target;
}

void State::draw(const SurfaceState& surface, Point origin, Picture& target) const {
    // A subsurface without content of its parent isn't shown either (wl_subsurface).
    if (!surface.picture || !surface.alive) {
        return;
    }
    for (const uint64_t number : surface.stack) {
        if (number == surface.number) {
            blit(surface, origin, target);
        } else if (const SurfaceState* child = find(number); child != nullptr) {
            draw(*child, {origin.x + child->position.x, origin.y + child->position.y}, target);
        }
    }
}

namespace {

/// Premultiplied alpha; what is below is opaque.
uint32_t over(uint32_t pixel, uint32_t below) {
    const uint32_t through = 0xff - (pixel >> 24);
    uint32_t mixed = 0xff00'0000;
    for (uint32_t shift = 0; shift < 24; shift += 8) {
        const uint32_t sum = (pixel >> shift & 0xff) + (below >> shift & 0xff) * through / 0xff;
        mixed |= std::min(sum, 0xffU) << shift;
    }
    return mixed;
}

}  // namespace

void State::blit(const SurfaceState& surface, Point origin, Picture& target) const {
    const Picture& from = *surface.picture;
    const SourceRect source = surface.source.value_or(SourceRect{
        0, 0, static_cast<double>(from.size.width), static_cast<double>(from.size.height)});
    for (uint32_t y = 0; y < surface.size.height; ++y) {
        for (uint32_t x = 0; x < surface.size.width; ++x) {
            const int64_t to_x = int64_t{origin.x} + x;
            const int64_t to_y = int64_t{origin.y} + y;
            if (to_x < 0 || to_y < 0 || to_x >= target.size.width || to_y >= target.size.height) {
                continue;
            }
            const double from_x = source.x + (x + 0.5) * source.width / surface.size.width;
            const double from_y = source.y + (y + 0.5) * source.height / surface.size.height;
            const uint32_t pixel =
                from.at(std::min(static_cast<uint32_t>(from_x), from.size.width - 1),
                        std::min(static_cast<uint32_t>(from_y), from.size.height - 1));
            uint32_t& below = target.pixels[static_cast<size_t>(to_y) * target.size.width +
                                            static_cast<size_t>(to_x)];
            below = over(pixel, below);
        }
    }
}

}  // namespace oriel::test
