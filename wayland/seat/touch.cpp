// SPDX-License-Identifier: MIT
#include "seat/touch.h"

#include <utility>
#include <vector>

namespace oriel::wayland {
namespace {

PicturePoint place(const WindowView& view, wl_fixed_t x, wl_fixed_t y) {
    return to_picture(wl_fixed_to_double(x), wl_fixed_to_double(y), view.shown, view.picture,
                      view.scale);
}

}  // namespace

const wl_touch_listener Touch::kListener{
    .down = [](void* data, wl_touch*, uint32_t serial, uint32_t, wl_surface* surface, int32_t id,
               wl_fixed_t x,
               wl_fixed_t y) { static_cast<Touch*>(data)->down(serial, surface, id, x, y); },
    .up = [](void* data, wl_touch*, uint32_t, uint32_t,
             int32_t id) { static_cast<Touch*>(data)->up(id); },
    .motion = [](void* data, wl_touch*, uint32_t, int32_t id, wl_fixed_t x,
                 wl_fixed_t y) { static_cast<Touch*>(data)->motion(id, x, y); },
    .frame = [](void* data, wl_touch*) { static_cast<Touch*>(data)->frame(); },
    .cancel = [](void* data, wl_touch*) { static_cast<Touch*>(data)->cancel(); },
    .shape = [](void*, wl_touch*, int32_t, wl_fixed_t, wl_fixed_t) {},
    .orientation = [](void*, wl_touch*, int32_t, wl_fixed_t) {},
};

Touch::Touch(InputContext& context, Proxy<wl_touch> proxy, TouchListener& listener)
    : context_{context}, listener_{listener}, proxy_{std::move(proxy)} {
    wl_touch_add_listener(proxy_.get(), &kListener, this);
}

Touch::~Touch() {
    cancel();
}

void Touch::send(int32_t contact, ScanoutId scanout, const PicturePoint& point) {
    context_.sink.touch_at(contact, {scanout, point.x, point.y});
    frame_due_ = true;
}

void Touch::down(uint32_t serial, wl_surface* surface, int32_t id, wl_fixed_t x, wl_fixed_t y) {
    WindowView view;
    if (surface == nullptr || !context_.windows.look(surface, view)) {
        return;
    }
    listener_.touched(view, serial);
    const PicturePoint point = place(view, x, y);
    if (view.dark || !point.inside || fingers_.contains(id) || fingers_.size() >= kMost) {
        return;
    }
    const int32_t contact = context_.contacts.take();
    fingers_[id] = {contact, surface};
    send(contact, view.scanout, point);
}

void Touch::motion(int32_t id, wl_fixed_t x, wl_fixed_t y) {
    const auto it = fingers_.find(id);
    WindowView view;
    if (it != fingers_.end() && context_.windows.look(it->second.surface, view)) {
        send(it->second.contact, view.scanout, place(view, x, y));
    }
}

void Touch::up(int32_t id) {
    const auto it = fingers_.find(id);
    if (it == fingers_.end()) {
        return;
    }
    context_.sink.touch_up(it->second.contact);
    context_.contacts.give_back(it->second.contact);
    fingers_.erase(it);
    frame_due_ = true;
}

void Touch::frame() {
    if (std::exchange(frame_due_, false)) {
        context_.sink.frame();
    }
}

void Touch::cancel(const wl_surface* surface) {
    std::vector<int32_t> contacts;
    std::erase_if(fingers_, [&](const auto& entry) {
        const Finger& finger = entry.second;
        const bool ends = surface == nullptr || finger.surface == surface;
        if (ends) {
            context_.contacts.give_back(finger.contact);
            contacts.push_back(finger.contact);
        }
        return ends;
    });
    if (contacts.empty()) {
        return;
    }
    if (context_.contacts.empty()) {
        context_.sink.touch_cancelled();
    } else {
        // Others' fingers on other screens go on.
        for (const int32_t contact : contacts) {
            context_.sink.touch_up(contact);
        }
    }
    frame_due_ = false;
    context_.sink.frame();
}

}  // namespace oriel::wayland
