/* Preloaded into a process: once armed, its N-th call of one kind fails, or a signal comes there.

   Only files and pipes count, not sockets; what is written to the standard streams is a kind of its own. A process that
   is started by the armed one is not armed. Counts lie in shared memory, so that those of a killed process are known. */
#define _GNU_SOURCE
#include <dlfcn.h>
#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <stdarg.h>
#include <stdio.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <sys/types.h>
#include <unistd.h>

/* in the order of KINDS in forked.py */
enum kind { WRITE, PRINT, SYNC, RENAME, OPEN, FOLDER, FORK, EXEC, PIPE, KINDS };

static long *shared; /* calls of each kind, then whether the failure has come */
static enum kind chosen = KINDS;
static long wanted;
static int how;
static pid_t armed;

long *failing_counts(void) {
    if (!shared) shared = mmap(NULL, (KINDS + 1) * sizeof *shared, PROT_READ | PROT_WRITE, MAP_SHARED | MAP_ANONYMOUS, -1, 0);
    return shared;
}

/* Count from here on. with: an errno, or -SIGNAL; number: from 1, 0 for none. */
void failing_begin(int kind, long number, int with) {
    failing_counts();
    chosen = (enum kind)kind;
    wanted = number;
    how = with;
    armed = getpid();
}

static int fails(enum kind kind) {
    if (!armed) return 0;
    long number = __atomic_add_fetch(&shared[kind], 1, __ATOMIC_SEQ_CST);
    if (kind != chosen || number != wanted) return 0;
    shared[KINDS] = 1;
    if (how < 0) {
        kill(armed, -how);
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

static int writing(int fd) {
    if (!armed) return 0;
    if (fd == 1 || fd == 2) return fails(PRINT);
    return is(fd, S_IFREG) && fails(WRITE);
}

ssize_t write(int fd, const void *from, size_t count) { REAL(write); return writing(fd) ? -1 : real(fd, from, count); }
ssize_t pwrite64(int fd, const void *from, size_t count, off64_t at) {
    REAL(pwrite64);
    return writing(fd) ? -1 : real(fd, from, count, at);
}
ssize_t pwrite(int fd, const void *from, size_t count, off_t at) {
    REAL(pwrite);
    return writing(fd) ? -1 : real(fd, from, count, at);
}
int fsync(int fd) { REAL(fsync); return fails(SYNC) ? -1 : real(fd); }
int fdatasync(int fd) { REAL(fdatasync); return fails(SYNC) ? -1 : real(fd); }
int rename(const char *from, const char *to) { REAL(rename); return fails(RENAME) ? -1 : real(from, to); }
int renameat(int a, const char *from, int b, const char *to) {
    REAL(renameat);
    return fails(RENAME) ? -1 : real(a, from, b, to);
}
int mkdir(const char *path, mode_t mode) { REAL(mkdir); return fails(FOLDER) ? -1 : real(path, mode); }

/* opening counts where it may make a file */
#define MODE(flags) \
    va_list rest; \
    va_start(rest, flags); \
    mode_t mode = va_arg(rest, mode_t); \
    va_end(rest)
#define MAKES(flags) (armed && ((flags) & (O_CREAT | (O_TMPFILE & ~O_DIRECTORY))))
int open(const char *path, int flags, ...) {
    REAL(open);
    MODE(flags);
    return MAKES(flags) && fails(OPEN) ? -1 : real(path, flags, mode);
}
int open64(const char *path, int flags, ...) {
    REAL(open64);
    MODE(flags);
    return MAKES(flags) && fails(OPEN) ? -1 : real(path, flags, mode);
}
int openat(int folder, const char *path, int flags, ...) {
    REAL(openat);
    MODE(flags);
    return MAKES(flags) && fails(OPEN) ? -1 : real(folder, path, flags, mode);
}
int openat64(int folder, const char *path, int flags, ...) {
    REAL(openat64);
    MODE(flags);
    return MAKES(flags) && fails(OPEN) ? -1 : real(folder, path, flags, mode);
}

/* a fork keeps what a vfork promises; the other way round a function could not return in the child */
pid_t fork(void) { REAL(fork); return fails(FORK) ? -1 : real(); }
pid_t vfork(void) { return fork(); }
int execve(const char *path, char *const argv[], char *const env[]) {
    REAL(execve);
    return fails(EXEC) ? -1 : real(path, argv, env);
}
int execv(const char *path, char *const argv[]) { REAL(execv); return fails(EXEC) ? -1 : real(path, argv); }
ssize_t read(int fd, void *to, size_t count) {
    REAL(read);
    if (armed && is(fd, S_IFIFO) && fails(PIPE)) return -1;
    return real(fd, to, count);
}
