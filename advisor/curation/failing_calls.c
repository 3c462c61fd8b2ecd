/* Loaded before everything else into one process: its FAIL_AT-th call of one kind fails, or ends the process.

   FAIL_CALL: write, sync, rename, exec or pipe. FAIL_AT: from 1. FAIL_HOW: an errno, or -SIGNAL.
   FAIL_FIRED: a file that is made when it happens. Only regular files and pipes count, not terminals or sockets. */
#define _GNU_SOURCE
#include <dlfcn.h>
#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <sys/types.h>
#include <sys/uio.h>
#include <unistd.h>

static long left = -1, first;
static int how, ready;
static char call[16], fired[4096];

__attribute__((constructor)) static void begin(void) {
    const char *at = getenv("FAIL_AT"), *what = getenv("FAIL_CALL"), *with = getenv("FAIL_HOW"), *file = getenv("FAIL_FIRED");
    if (!at || !what || !with || !file || strlen(file) >= sizeof fired) return;
    strncpy(call, what, sizeof call - 1);
    strcpy(fired, file);
    how = atoi(with);
    left = first = atol(at);
    /* a child is another process: what it does is not counted */
    unsetenv("FAIL_AT");
    ready = 1;
}

__attribute__((destructor)) static void count(void) {
    char name[4200], text[32];
    if (!ready) return;
    snprintf(name, sizeof name, "%s.count", fired);
    int length = snprintf(text, sizeof text, "%ld", first - left);
    int file = (int)syscall(SYS_openat, AT_FDCWD, name, O_CREAT | O_WRONLY | O_TRUNC, 0600);
    if (file >= 0) {
        syscall(SYS_write, file, text, length);
        syscall(SYS_close, file);
    }
}

static int fails(const char *kind) {
    if (!ready || left <= 0 || strcmp(kind, call) || --left) return 0;
    int saved = (int)syscall(SYS_openat, AT_FDCWD, fired, O_CREAT | O_WRONLY, 0600);
    if (saved >= 0) syscall(SYS_close, saved);
    if (how < 0) {
        kill(getpid(), -how);
        return 0; /* a signal that is handled: the call goes on */
    }
    errno = how;
    return 1;
}

static int is(int fd, mode_t kind) {
    struct stat about;
    return !fstat(fd, &about) && (about.st_mode & S_IFMT) == kind;
}

#define REAL(name) static __typeof__(&name) real; if (!real) real = (__typeof__(&name))dlsym(RTLD_NEXT, #name)

ssize_t write(int fd, const void *from, size_t count) {
    REAL(write);
    if (ready && is(fd, S_IFREG) && fails("write")) return -1;
    return real(fd, from, count);
}
ssize_t pwrite64(int fd, const void *from, size_t count, off64_t at) {
    REAL(pwrite64);
    if (ready && is(fd, S_IFREG) && fails("write")) return -1;
    return real(fd, from, count, at);
}
ssize_t pwrite(int fd, const void *from, size_t count, off_t at) {
    REAL(pwrite);
    if (ready && is(fd, S_IFREG) && fails("write")) return -1;
    return real(fd, from, count, at);
}
int fsync(int fd) { REAL(fsync); return fails("sync") ? -1 : real(fd); }
int fdatasync(int fd) { REAL(fdatasync); return fails("sync") ? -1 : real(fd); }
int rename(const char *from, const char *to) { REAL(rename); return fails("rename") ? -1 : real(from, to); }
int renameat(int a, const char *from, int b, const char *to) {
    REAL(renameat);
    return fails("rename") ? -1 : real(a, from, b, to);
}
int execve(const char *path, char *const argv[], char *const env[]) {
    REAL(execve);
    return fails("exec") ? -1 : real(path, argv, env);
}
ssize_t read(int fd, void *to, size_t count) {
    REAL(read);
    if (ready && is(fd, S_IFIFO) && fails("pipe")) return -1;
    return real(fd, to, count);
}
