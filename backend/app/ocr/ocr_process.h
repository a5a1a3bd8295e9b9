// SPDX-License-Identifier: MIT
#pragma once

#include <filesystem>
#include <memory>
#include <string>

#include "core/clock.h"
#include "core/event_loop.h"
#include "core/result.h"
#include "match/picture_view.h"
#include "net/child_process.h"
#include "ocr/ocr_text.h"

namespace oriel::app {

/// Whoever wants the text of a picture.
class OcrReceiver {
public:
    /// Once after a start() that worked: the text, or why there is none.
    virtual void text_read(Result<OcrText> text) = 0;

protected:
    ~OcrReceiver() = default;
};

/// Text that is in no console font, read by the program tesseract, which guesses: good for what a
/// person may read, not for a verdict on pixels. It runs beside this process; nothing waits for it.
class OcrProcess {
public:
    /// A program that takes longer is killed.
    static constexpr Nanoseconds kPatience{20'000'000'000};
    /// Bytes of its table of words; what is beyond is cut.
    static constexpr size_t kMaxTable = size_t{256} << 10;
    /// Letters of screens are smaller than tesseract likes: pictures up to this many pixels are
    /// magnified three times.
    static constexpr uint64_t kMaxMagnified = uint64_t{2} << 20;

    /// Both are lent and must outlive this.
    OcrProcess(EventLoop& loop, OcrReceiver& receiver, std::string program = "tesseract");
    OcrProcess(const OcrProcess&) = delete;
    OcrProcess& operator=(const OcrProcess&) = delete;
    /// What still runs is killed, and tells nobody.
    ~OcrProcess();

    /// Reads a picture (a part of a frame). An error is one line; where the program is not
    /// installed it says so and names the package. One picture at a time: not while running().
    [[nodiscard]] Result<void> start(const match::PictureView& picture);
    [[nodiscard]] bool running() const { return child_ != nullptr; }

private:
    void ended(const ExitStatus& status);
    [[nodiscard]] Result<OcrText> result(const ExitStatus& status) const;
    void clean_up();

    EventLoop& loop_;
    OcrReceiver& receiver_;
    const std::string program_;
    /// With the picture and the text; empty: there is none.
    std::filesystem::path folder_;
    uint32_t times_ = 1;  ///< how much larger that picture is
    bool late_ = false;
    std::unique_ptr<ChildProcess> child_;
    Timer patience_;
};

}  // namespace oriel::app
