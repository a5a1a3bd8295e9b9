// SPDX-License-Identifier: MIT
#include "recorder/y4m_writer.h"

#include <fmt/format.h>

#include <utility>

#include "recorder/write_all.h"

namespace oriel::app::recorder {

Y4mWriter::Y4mWriter(Size size, uint32_t rate, RecordOutput output)
    : size_{size}, rate_{rate}, output_{std::move(output)}, fitted_{size}, planes_{size} {}

Nanoseconds Y4mWriter::time_of(uint64_t frame) const {
    return Nanoseconds{static_cast<int64_t>(frame * 1'000'000'000 / rate_)};
}

Result<void> Y4mWriter::show(const match::PictureView& picture, Nanoseconds at) {
    if (auto written = write_until(at); !written) {
        return written;
    }
    planes_.convert(fitted_.fit(picture));
    waits_ = true;
    return {};
}

std::optional<Nanoseconds> Y4mWriter::due() const {
    return time_of(next_) + kOnItsWay;
}

Result<void> Y4mWriter::pass(Nanoseconds now) {
    return write_until(now - kOnItsWay + Nanoseconds{1});
}

Result<void> Y4mWriter::finish(Nanoseconds at) {
    // The last picture is in it, however short it was there.
    return write_until(waits_ ? std::max(at, time_of(next_) + Nanoseconds{1}) : at);
}

Result<void> Y4mWriter::write_until(Nanoseconds time) {
    if (!std::exchange(begun_, true)) {
        const std::string head =
            fmt::format("YUV4MPEG2 W{} H{} F{}:1 Ip A1:1 C444 XCOLORRANGE=LIMITED\n", size_.width,
                        size_.height, rate_);
        if (auto written =
                write_all(output_.file.get(), std::as_bytes(std::span{head}), output_.name);
            !written) {
            return written;
        }
    }
    // Whoever reads or stores this is a second behind: the rest is never caught up.
    while (time_of(next_ + rate_) < time) {
        ++next_;
        ++left_out_;
    }
    constexpr std::string_view kFrame = "FRAME\n";
    while (time_of(next_) < time) {
        auto written =
            write_all(output_.file.get(), std::as_bytes(std::span{kFrame}), output_.name);
        if (written) {
            written = write_all(output_.file.get(), std::as_bytes(planes_.bytes()), output_.name);
        }
        if (!written) {
            return written;
        }
        ++next_;
        ++frames_;
        waits_ = false;
    }
    return {};
}

}  // namespace oriel::app::recorder
