// SPDX-License-Identifier: MIT
#pragma once

#include <sys/types.h>

#include <map>
#include <string>

#include "core/event_loop.h"
#include "core/unique_fd.h"
#include "kiosk/lasting_process.h"
#include "kiosk/store_order.h"
#include "net/descriptor_store.h"
#include "net/notify_socket.h"

namespace oriel::app {

/// The descriptors that a VM's process with the window leaves with its supervisor, as it would with
/// systemd (FDSTORE of sd_notify(3)): the VMM's connection, the files of the guest's memory and the
/// like. The process that is started next gets them, and goes on with the same VM. None of them is
/// ever used here.
class DescriptorKeeper {
public:
    /// For one VM; what is more is closed.
    static constexpr size_t kMost = 512;
    /// Messages that are read at once.
    static constexpr size_t kMostInATurn = 64;

    /// `path`: where the socket is. `beyond` keeps all of it beyond this process' end, under names
    /// that begin with the VM's; null: nobody does. `loop` and `beyond` are lent and must outlive
    /// this.
    DescriptorKeeper(EventLoop& loop, std::string vm, std::string path, DescriptorStore* beyond);
    DescriptorKeeper(const DescriptorKeeper&) = delete;
    DescriptorKeeper& operator=(const DescriptorKeeper&) = delete;
    /// What is kept beyond this process' end stays there.
    ~DescriptorKeeper();

    /// What a supervisor before this one has left of this VM.
    void take(const InheritedDescriptors& inherited);
    /// For the next process. The descriptors are lent until something is said or cleared. Nothing
    /// where the socket can't be made: then that process keeps nothing.
    [[nodiscard]] ProcessInheritance inheritance();
    /// Only that process is listened to; 0: nobody.
    void listen_to(pid_t process) { process_ = process; }
    /// Reads what a process that has ended has said last.
    void catch_up();
    /// There is something to go on with.
    [[nodiscard]] bool has_any() const { return !kept_.empty(); }
    /// All of it goes: whoever is connected sees the end.
    void clear();
    /// The same, and nobody will say anything more.
    void close();

private:
    /// Whether there was a message.
    [[nodiscard]] bool read_one();
    void obey(const StoreOrder& order, UniqueFd fd);
    void drop(const std::string& name);
    [[nodiscard]] bool open();
    void listen_on(UniqueFd socket);
    [[nodiscard]] std::string name_beyond(const std::string& name) const;

    EventLoop& loop_;
    const std::string vm_;
    const std::string path_;
    DescriptorStore* const beyond_;
    pid_t process_ = 0;
    std::map<std::string, UniqueFd> kept_;
    UniqueFd socket_;
    FdWatch watch_;
    bool told_ = false;  // of a socket that can't be made
};

}  // namespace oriel::app
