/* Writes down what a server does to its data.mdb, so that a cut of the power can be played: which writes
 * came behind the last sync and may be lost, in any combination.
 *
 *     cc -shared -fPIC -o powercut.so powercut.c -ldl
 *     POWERCUT_LOG=log LD_PRELOAD=powercut.so kmemlab serve --data DIR --durability power
 *
 * Each record is a kind, an offset and a length (64 bits each), behind it the bytes of a write. A record
 * is written when what it tells of has been done.
 */
#define _GNU_SOURCE
#include <dlfcn.h>
#include <errno.h>
#include <fcntl.h>
#include <pthread.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/types.h>
#include <sys/uio.h>
#include <unistd.h>

enum { WRITE = 1, SYNC = 2, DURABLE_WRITE = 3, SIZE = 4 };

static pthread_mutex_t lock = PTHREAD_MUTEX_INITIALIZER;

#define REAL(name) ((__typeof__(&name))dlsym(RTLD_NEXT, #name))

static int is_store(int fd) {
    char link[64], path[4096];
    snprintf(link, sizeof link, "/proc/self/fd/%d", fd);
    ssize_t size = readlink(link, path, sizeof path);
    return size >= 9 && !memcmp(path + size - 9, "/data.mdb", 9);
}

static void note(uint64_t kind, off_t offset, const struct iovec *parts, int count) {
    static int log = -1;
    int code = errno;
    uint64_t head[3] = {kind, (uint64_t)offset, 0};
    struct iovec all[65] = {{head, sizeof head}};
    for (int i = 0; i < count && i < 64; i++) {
        all[i + 1] = parts[i];
        head[2] += parts[i].iov_len;
    }
    pthread_mutex_lock(&lock);
    if (log < 0) log = open(getenv("POWERCUT_LOG"), O_WRONLY | O_CREAT | O_APPEND | O_CLOEXEC, 0600);
    if (count > 64 || REAL(writev)(log, all, count + 1) != (ssize_t)(sizeof head + head[2])) abort();
    pthread_mutex_unlock(&lock);
    errno = code;
}

static void note_write(int fd, off_t offset, const struct iovec *parts, int count, ssize_t written) {
    if (written <= 0 || !is_store(fd)) return;
    size_t size = 0;
    for (int i = 0; i < count; i++) size += parts[i].iov_len;
    if (size != (size_t)written) abort(); /* A disk that is full is not what this is for. */
    note(fcntl(fd, F_GETFL) & O_DSYNC ? DURABLE_WRITE : WRITE, offset, parts, count);
}

ssize_t pwrite(int fd, const void *bytes, size_t size, off_t offset) {
    ssize_t written = REAL(pwrite)(fd, bytes, size, offset);
    struct iovec part = {(void *)bytes, size};
    note_write(fd, offset, &part, 1, written);
    return written;
}

ssize_t pwrite64(int fd, const void *bytes, size_t size, off_t offset) { return pwrite(fd, bytes, size, offset); }

ssize_t write(int fd, const void *bytes, size_t size) {
    off_t offset = is_store(fd) ? lseek(fd, 0, SEEK_CUR) : 0;
    ssize_t written = REAL(write)(fd, bytes, size);
    struct iovec part = {(void *)bytes, size};
    note_write(fd, offset, &part, 1, written);
    return written;
}

ssize_t writev(int fd, const struct iovec *parts, int count) {
    off_t offset = is_store(fd) ? lseek(fd, 0, SEEK_CUR) : 0;
    ssize_t written = REAL(writev)(fd, parts, count);
    note_write(fd, offset, parts, count, written);
    return written;
}

int fdatasync(int fd) {
    int code = REAL(fdatasync)(fd);
    if (code == 0 && is_store(fd)) note(SYNC, 0, NULL, 0);
    return code;
}

int fsync(int fd) {
    int code = REAL(fsync)(fd);
    if (code == 0 && is_store(fd)) note(SYNC, 0, NULL, 0);
    return code;
}

int fallocate(int fd, int mode, off_t offset, off_t size) {
    int code = REAL(fallocate)(fd, mode, offset, size);
    if (code == 0 && mode == 0 && is_store(fd)) note(SIZE, offset + size, NULL, 0);
    return code;
}

int fallocate64(int fd, int mode, off_t offset, off_t size) { return fallocate(fd, mode, offset, size); }
