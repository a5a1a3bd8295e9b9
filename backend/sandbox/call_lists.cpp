// SPDX-License-Identifier: MIT
#include "call_lists.h"

#include <fcntl.h>
#include <linux/dma-buf.h>
#include <linux/memfd.h>
#include <linux/sched.h>
#include <linux/sockios.h>
#include <linux/udmabuf.h>
#include <sys/ioctl.h>
#include <sys/mman.h>
#include <sys/prctl.h>
#include <sys/socket.h>

#include <cerrno>
#include <csignal>
#include <initializer_list>

namespace oriel::sandbox {
namespace {

using Kind = Condition::Kind;

void allow(FilterList& list, std::initializer_list<const char*> calls) {
    for (const char* const call : calls) {
        list.rules.push_back({.call = call});
    }
}

void allow_values(FilterList& list, const char* call, unsigned argument,
                  std::initializer_list<uint64_t> values) {
    for (const uint64_t value : values) {
        list.rules.push_back({.call = call, .conditions = {{argument, Kind::kEqual, value}}});
    }
}

void deny(FilterList& list, std::initializer_list<const char*> calls) {
    for (const char* const call : calls) {
        list.rules.push_back({.call = call, .answer = Answer::kDeny});
    }
}

void refuse(FilterList& list, int error, std::initializer_list<const char*> calls) {
    for (const char* const call : calls) {
        list.rules.push_back({.call = call, .answer = Answer::kRefuse, .error = error});
    }
}

/// Files: what may be opened is Landlock's to say.
void allow_files(FilterList& list) {
    allow(list, {"read",       "write",  "readv",      "writev",     "pread64",      "pwrite64",
                 "close",      "lseek",  "fstat",      "newfstatat", "statx",        "stat",
                 "lstat",      "access", "faccessat",  "faccessat2", "readlink",     "readlinkat",
                 "open",       "openat", "getdents64", "ftruncate",  "fallocate",    "dup",
                 "dup2",       "dup3",   "pipe2",      "eventfd2",   "memfd_create", "fadvise64",
                 "close_range"});
    // Not F_SETOWN and F_SETSIG, which make the kernel send signals to anybody.
    allow_values(
        list, "fcntl", 1,
        {F_GETFD, F_SETFD, F_GETFL, F_SETFL, F_DUPFD, F_DUPFD_CLOEXEC, F_ADD_SEALS, F_GET_SEALS});
}

/// Memory that is not run.
void allow_memory(FilterList& list, bool library_code) {
    allow(list, {"munmap", "mremap", "madvise", "brk"});
    for (const char* const call : {"mmap", "mprotect"}) {
        list.rules.push_back({.call = call, .conditions = {{2, Kind::kMasked, 0, PROT_EXEC}}});
    }
    if (library_code) {
        // A part of a library's file, which nobody may write to through that mapping.
        list.rules.push_back(
            {.call = "mmap",
             .conditions = {
                 {2, Kind::kMasked, PROT_READ | PROT_EXEC, PROT_READ | PROT_WRITE | PROT_EXEC},
                 {3, Kind::kMasked, MAP_PRIVATE, MAP_SHARED | MAP_PRIVATE | MAP_ANONYMOUS}}});
    }
}

/// Sockets that are there. New ones come from the process outside.
void allow_sockets(FilterList& list) {
    allow(list, {"recvmsg", "sendmsg", "recvfrom", "sendto", "recvmmsg", "sendmmsg", "accept4",
                 "shutdown", "getsockopt", "getsockname", "getpeername"});
    allow_values(list, "socketpair", 0, {AF_UNIX});
    // What libsystemd does to a D-Bus connection; without privileges the kernel refuses FORCE.
    constexpr int kPassProcess = 76;  // SO_PASSPIDFD, of Linux 6.5
    for (const int option : {SO_SNDBUF, SO_RCVBUF, SO_SNDBUFFORCE, SO_RCVBUFFORCE, SO_PASSCRED,
                             SO_PASSSEC, kPassProcess}) {
        list.rules.push_back({.call = "setsockopt",
                              .conditions = {{1, Kind::kEqual, SOL_SOCKET},
                                             {2, Kind::kEqual, static_cast<uint64_t>(option)}}});
    }
}

/// Waiting (also for children of its own), time, and what a program asks about itself.
void allow_waiting(FilterList& list) {
    allow(list, {"epoll_wait",
                 "epoll_pwait",
                 "epoll_pwait2",
                 "epoll_ctl",
                 "epoll_create1",
                 "poll",
                 "ppoll",
                 "timerfd_create",
                 "timerfd_settime",
                 "clock_gettime",
                 "clock_getres",
                 "clock_nanosleep",
                 "nanosleep",
                 "gettimeofday",
                 "futex",
                 "restart_syscall",
                 "rt_sigreturn",
                 "rt_sigprocmask",
                 "rt_sigaction",
                 "sigaltstack",
                 "sched_yield",
                 "time",
                 "select",
                 "pselect6",
                 "getpid",
                 "gettid",
                 "getuid",
                 "geteuid",
                 "getgid",
                 "getegid",
                 "getrandom",
                 "uname",
                 "sysinfo",
                 "getrusage",
                 "sched_getaffinity",
                 "getcpu",
                 "rseq",
                 "exit",
                 "exit_group",
                 "getrlimit",
                 "membarrier",
                 "waitid",
                 "wait4"});
    // Asks, and sets nothing.
    allow_values(list, "prlimit64", 2, {0});
    // abort(), and no signal to anybody else.
    allow_values(list, "tgkill", 0, {kOwnProcess});
    // The name of a mapping, as newer allocators give it.
    allow_values(list, "prctl", 0, {PR_SET_VMA});
}

/// Pictures in the guest's memory.
void allow_pictures(FilterList& list) {
    allow_values(list, "ioctl", 1,
                 {UDMABUF_CREATE, UDMABUF_CREATE_LIST, DMA_BUF_IOCTL_SYNC,
                  // DMA_BUF_IOCTL_EXPORT_SYNC_FILE, _IMPORT_SYNC_FILE, which older headers lack
                  _IOWR(DMA_BUF_BASE, 2, uint64_t), _IOW(DMA_BUF_BASE, 3, uint64_t)});
    // Whether standard error is a terminal; bytes that wait.
    allow_values(list, "ioctl", 1, {TCGETS, FIONREAD});
}

/// Watching for a socket that comes. That tells names, and no contents.
void allow_watching(FilterList& list) {
    allow(list, {"inotify_init1", "inotify_add_watch", "inotify_rm_watch"});
}

/// What libraries of the system try, and go on without: services of the desktop (GTK, which
/// libdecor's plugin may be made with), programs that start those (D-Bus).
void refuse_services(FilterList& list) {
    refuse(list, EACCES, {"socket", "connect", "fork", "vfork", "pidfd_open"});
    // Threads only.
    list.rules.push_back({.call = "clone",
                          .conditions = {{0, Kind::kMasked, 0, CLONE_THREAD}},
                          .answer = Answer::kRefuse,
                          .error = EACCES});
    // Its flags are in memory. The C library takes clone() instead.
    refuse(list, ENOSYS, {"clone3"});
}

/// Caches, which libraries and drivers write where they can.
void refuse_changes(FilterList& list) {
    refuse(list, EACCES,
           {"chmod",        "fchmod",      "fchmodat",  "chown",     "fchown",    "lchown",
            "fchownat",     "setxattr",    "fsetxattr", "lsetxattr", "unlink",    "unlinkat",
            "rename",       "renameat",    "renameat2", "rmdir",     "mkdir",     "mkdirat",
            "mknod",        "mknodat",     "link",      "linkat",    "symlink",   "symlinkat",
            "truncate",     "utimensat",   "utime",     "utimes",    "futimesat", "removexattr",
            "lremovexattr", "fremovexattr"});
}

/// What no library does: the process' last call.
void deny_attacks(FilterList& list) {
    deny(list, {"execve",
                "execveat",
                "ptrace",
                "process_vm_readv",
                "process_vm_writev",
                "process_madvise",
                "kill",
                "tkill",
                "rt_sigqueueinfo",
                "rt_tgsigqueueinfo",
                "pidfd_getfd",
                "pidfd_send_signal",
                "mount",
                "umount2",
                "pivot_root",
                "chroot",
                "setns",
                "unshare",
                "open_by_handle_at",
                "name_to_handle_at",
                "bpf",
                "perf_event_open",
                "userfaultfd",
                "io_uring_setup",
                "io_uring_enter",
                "io_uring_register",
                "keyctl",
                "add_key",
                "request_key",
                "init_module",
                "finit_module",
                "delete_module",
                "kexec_load",
                "kexec_file_load",
                "reboot",
                "swapon",
                "swapoff",
                "settimeofday",
                "clock_settime",
                "clock_adjtime",
                "adjtimex",
                "setuid",
                "setgid",
                "setresuid",
                "setresgid",
                "setreuid",
                "setregid",
                "setgroups",
                "setfsuid",
                "setfsgid",
                "capset",
                "personality",
                "acct",
                "quotactl",
                "sethostname",
                "setdomainname",
                "fsopen",
                "fsmount",
                "fsconfig",
                "fspick",
                "move_mount",
                "open_tree",
                "mount_setattr",
                "memfd_secret",
                "syslog",
                "fanotify_init",
                "ioperm",
                "iopl",
                "modify_ldt",
                "vmsplice"});
    // What makes the kernel signal somebody, or type into a terminal. The kernel looks at 32 bits.
    const auto deny_command = [&list](const char* call, int command) {
        list.rules.push_back(
            {.call = call,
             .conditions = {{1, Kind::kMasked, static_cast<uint32_t>(command), UINT32_MAX}},
             .answer = Answer::kDeny});
    };
    for (const int command : {F_SETOWN, F_SETSIG, F_SETOWN_EX}) {
        deny_command("fcntl", command);
    }
    for (const int command : {FIOSETOWN, SIOCSPGRP, TIOCSTI, TIOCLINUX}) {
        deny_command("ioctl", command);
    }
    list.rules.push_back({.call = "tgkill",
                          .conditions = {{0, Kind::kOther, kOwnProcess}},
                          .answer = Answer::kDeny});
}

FilterList common_list() {
    FilterList list;
    allow_files(list);
    allow_sockets(list);
    allow_waiting(list);
    allow_pictures(list);
    allow_watching(list);
    return list;
}

}  // namespace

FilterList headless_list() {
    FilterList list = common_list();
    allow_memory(list, false);
    return list;
}

FilterList window_list() {
    FilterList list = common_list();
    list.otherwise = Otherwise::kRefuse;
    // libdecor and its plugin are loaded when a compositor has no window frames.
    allow_memory(list, true);
    // The kernel's DRM calls: timelines. Which devices may be opened Landlock says.
    list.rules.push_back({.call = "ioctl", .conditions = {{1, Kind::kMasked, 'd' << 8, 0xff00}}});
    allow_values(list, "ioctl", 1, {FIOCLEX, FIONBIO});
    list.rules.push_back(
        {.call = "clone", .conditions = {{0, Kind::kMasked, CLONE_THREAD, CLONE_THREAD}}});
    allow(list,
          {"set_robust_list", "statfs", "fstatfs", "getcwd", "flock", "getresuid", "getresgid",
           "getppid", "set_tid_address", "sched_getscheduler", "sched_getparam", "mseal"});
    allow_values(list, "prctl", 0, {PR_SET_NAME, PR_GET_NAME});
    refuse_services(list);
    refuse_changes(list);
    deny_attacks(list);
    return list;
}

FilterList driver_list() {
    FilterList list;
    list.otherwise = Otherwise::kAllow;
    refuse_services(list);
    refuse_changes(list);
    refuse(list, EACCES, {"bind", "listen"});
    // They are for other processes, too.
    refuse(list, EACCES,
           {"setpriority", "ioprio_set", "migrate_pages", "move_pages", "sched_setattr"});
    list.rules.push_back({.call = "prlimit64",
                          .conditions = {{2, Kind::kOther, 0}},
                          .answer = Answer::kRefuse,
                          .error = EACCES});
    // Whether two descriptors are the same file: of its own. Mesa asks that.
    for (const unsigned process : {0U, 1U}) {
        list.rules.push_back({.call = "kcmp",
                              .conditions = {{process, Kind::kOther, kOwnProcess}},
                              .answer = Answer::kRefuse,
                              .error = EACCES});
    }
    deny_attacks(list);
    return list;
}

}  // namespace oriel::sandbox
