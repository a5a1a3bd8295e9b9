// SPDX-License-Identifier: MIT
#pragma once

#include <sys/types.h>

#include <memory>
#include <optional>
#include <vector>

#include "core/mapping.h"
#include "core/result.h"
#include "core/sigbus_guard.h"
#include "core/unique_fd.h"
#include "picture_message.h"
#include "scanout/dmabuf_pixels.h"
#include "scanout/linear_rows.h"

namespace oriel::qemu_dbus {

/// A file is the same one as long as somebody has it open or mapped.
struct FileIdentity {
    dev_t device = 0;
    ino_t inode = 0;
    friend bool operator==(const FileIdentity&, const FileIdentity&) = default;
};

/// Size and identity of a file that QEMU has passed; nothing for what is no memory (QEMU has sent
/// its standard input).
struct SharedFile {
    FileIdentity identity;
    uint64_t size = 0;
    [[nodiscard]] static std::optional<SharedFile> look_at(int fd);
};

/// A picture in memory that QEMU shares (ScanoutMap). It is no dma-buf, so presenters show a copy,
/// of which they bring up to date what they show.
class MappedPixels final : public DmabufPixels {
public:
    /// `fd` is lent; `picture` lies inside the file, which may shrink later.
    [[nodiscard]] static Result<std::shared_ptr<MappedPixels>> map(int fd,
                                                                   const SharedPicture& picture,
                                                                   FileIdentity file);

    [[nodiscard]] bool is(const SharedPicture& picture, FileIdentity file) const {
        return picture_ == picture && file_ == file;
    }
    [[nodiscard]] Size size() const { return picture_.size; }
    /// QEMU says that `damage` (inside the picture) is new.
    void flushed(const Region& damage) { changed(damage); }
    /// The file has shrunk: what was there is gone.
    [[nodiscard]] bool damaged() const { return guard_.damaged(); }

private:
    MappedPixels(const SharedPicture& picture, FileIdentity file, Mapping mapping,
                 SigbusGuard guard, size_t skipped);

    [[nodiscard]] Result<std::vector<UniqueFd>> export_files() const override;
    [[nodiscard]] RowSource* rows() override;

    SharedPicture picture_;
    FileIdentity file_;
    Mapping mapping_;
    SigbusGuard guard_;
    LinearRows rows_;
};

}  // namespace oriel::qemu_dbus
