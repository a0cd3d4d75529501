/* LD_PRELOAD library: records, in order, what a process does to the files under a directory, so that the
 * replayer can build every state a power loss could leave.
 *
 *   POWERLOSS_DIR   the directory (absolute)        POWERLOSS_LOG   where the record goes
 *
 *   entry := kind u8, inode u64, at u64, size u64, size bytes              (native-endian)
 *     open      inode of the file; at = 1 when it was made by this call; bytes = path
 *     write     at = place in the file; bytes = data
 *     dsync     the same, through an O_DSYNC descriptor: durable when it returns
 *     sync      fsync or fdatasync of the inode (of a directory too)
 *     truncate  at = new size
 *     mkdir, unlink   bytes = path           rename, link   bytes = from, 0x00, to
 *     note      bytes = what the workload says (powerloss_note)
 *
 * LMDB's lock files and the writer's lock are left out: they are made anew. */
#define _GNU_SOURCE
#include <dlfcn.h>
#include <fcntl.h>
#include <pthread.h>
#include <stdarg.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/types.h>
#include <sys/uio.h>
#include <unistd.h>

enum kind { k_open = 1, k_write, k_dsync, k_sync, k_truncate, k_mkdir, k_unlink, k_rename, k_link, k_note };

enum { fds_max = 4096, path_max = 1024 };

static struct {
  int tracked;
  int dsync;
  uint64_t inode;
} fds[fds_max];

static pthread_mutex_t lock = PTHREAD_RECURSIVE_MUTEX_INITIALIZER_NP;
static int log_fd = -1;
static const char* directory;

#define REAL(name) ((__typeof__(&name))real(#name))

static void* real(const char* name) {
  void* found = dlsym(RTLD_NEXT, name);
  if (found == NULL) abort();
  return found;
}

static void put_log(const void* data, size_t size) {
  ssize_t (*const real_write)(int, const void*, size_t) = REAL(write);
  const char* at = data;
  while (size > 0) {
    const ssize_t done = real_write(log_fd, at, size);
    if (done <= 0) abort();
    at += done;
    size -= (size_t)done;
  }
}

__attribute__((constructor)) static void begin(void) {
  const char* const path = getenv("POWERLOSS_LOG");
  directory = getenv("POWERLOSS_DIR");
  if (path == NULL || directory == NULL) return;
  int (*const real_open)(const char*, int, ...) = REAL(open);
  log_fd = real_open(path, O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, 0600);
  if (log_fd < 0) abort();
}

static void record_head(enum kind kind, uint64_t inode, uint64_t at, uint64_t size) {
  unsigned char head[25];
  head[0] = (unsigned char)kind;
  memcpy(head + 1, &inode, 8);
  memcpy(head + 9, &at, 8);
  memcpy(head + 17, &size, 8);
  put_log(head, sizeof head);
}

static void record(enum kind kind, uint64_t inode, uint64_t at, const void* data, size_t size) {
  if (log_fd < 0) return;
  record_head(kind, inode, at, size);
  put_log(data, size);
}

static int is_watched(const char* path) {
  const size_t size = strlen(path);
  if (log_fd < 0 || strncmp(path, directory, strlen(directory)) != 0) return 0;
  if (size >= 5 && strcmp(path + size - 5, "-lock") == 0) return 0;
  return size < 5 || strcmp(path + size - 5, "/lock") != 0;
}

static int is_tracked(int fd) {
  return fd >= 0 && fd < fds_max && fds[fd].tracked;
}

static int open_any(const char* path, int flags, mode_t mode) {
  int (*const real_open)(const char*, int, ...) = REAL(open);
  if (!is_watched(path)) {
    const int fd = real_open(path, flags, mode);
    if (fd >= 0 && fd < fds_max) fds[fd].tracked = 0;
    return fd;
  }
  pthread_mutex_lock(&lock);
  const int is_new = access(path, F_OK) != 0;
  const int fd = real_open(path, flags, mode);
  struct stat status;
  if (fd >= fds_max) abort();
  if (fd >= 0 && fstat(fd, &status) == 0) {
    fds[fd].tracked = 1;
    fds[fd].dsync = (flags & O_DSYNC) != 0;
    fds[fd].inode = status.st_ino;
    record(k_open, status.st_ino, (uint64_t)is_new, path, strlen(path));
    if ((flags & O_TRUNC) != 0 && !is_new) record(k_truncate, status.st_ino, 0, "", 0);
  }
  pthread_mutex_unlock(&lock);
  return fd;
}

static mode_t mode_of(int flags, va_list arguments) {
  return (flags & O_CREAT) != 0 ? va_arg(arguments, mode_t) : 0;
}

int open(const char* path, int flags, ...) {
  va_list arguments;
  va_start(arguments, flags);
  const mode_t mode = mode_of(flags, arguments);
  va_end(arguments);
  return open_any(path, flags, mode);
}

int open64(const char* path, int flags, ...) {
  va_list arguments;
  va_start(arguments, flags);
  const mode_t mode = mode_of(flags, arguments);
  va_end(arguments);
  return open_any(path, flags, mode);
}

int creat(const char* path, mode_t mode) {
  return open_any(path, O_CREAT | O_WRONLY | O_TRUNC, mode);
}

int close(int fd) {
  int (*const real_close)(int) = REAL(close);
  pthread_mutex_lock(&lock);
  if (is_tracked(fd)) fds[fd].tracked = 0;
  const int done = real_close(fd);
  pthread_mutex_unlock(&lock);
  return done;
}

static void record_write(int fd, uint64_t at, const void* data, ssize_t size) {
  if (size > 0) record(fds[fd].dsync ? k_dsync : k_write, fds[fd].inode, at, data, (size_t)size);
}

ssize_t pwrite(int fd, const void* data, size_t size, off_t at) {
  ssize_t (*const real_pwrite)(int, const void*, size_t, off_t) = REAL(pwrite);
  if (!is_tracked(fd)) return real_pwrite(fd, data, size, at);
  pthread_mutex_lock(&lock);
  const ssize_t done = real_pwrite(fd, data, size, at);
  record_write(fd, (uint64_t)at, data, done);
  pthread_mutex_unlock(&lock);
  return done;
}

ssize_t pwrite64(int fd, const void* data, size_t size, off64_t at) {
  return pwrite(fd, data, size, at);
}

ssize_t write(int fd, const void* data, size_t size) {
  ssize_t (*const real_write)(int, const void*, size_t) = REAL(write);
  if (!is_tracked(fd)) return real_write(fd, data, size);
  pthread_mutex_lock(&lock);
  const off_t at = lseek(fd, 0, SEEK_CUR);
  const ssize_t done = real_write(fd, data, size);
  record_write(fd, (uint64_t)at, data, done);
  pthread_mutex_unlock(&lock);
  return done;
}

/* The parts of a vector are pages of their own: each may reach the disk without the others. */
static void record_vector(int fd, uint64_t at, const struct iovec* parts, int count, ssize_t done) {
  for (int i = 0; i < count && done > 0; ++i) {
    const ssize_t size = (ssize_t)parts[i].iov_len < done ? (ssize_t)parts[i].iov_len : done;
    record_write(fd, at, parts[i].iov_base, size);
    at += (uint64_t)size;
    done -= size;
  }
}

ssize_t writev(int fd, const struct iovec* parts, int count) {
  ssize_t (*const real_writev)(int, const struct iovec*, int) = REAL(writev);
  if (!is_tracked(fd)) return real_writev(fd, parts, count);
  pthread_mutex_lock(&lock);
  const off_t at = lseek(fd, 0, SEEK_CUR);
  const ssize_t done = real_writev(fd, parts, count);
  record_vector(fd, (uint64_t)at, parts, count, done);
  pthread_mutex_unlock(&lock);
  return done;
}

ssize_t pwritev(int fd, const struct iovec* parts, int count, off_t at) {
  ssize_t (*const real_pwritev)(int, const struct iovec*, int, off_t) = REAL(pwritev);
  if (!is_tracked(fd)) return real_pwritev(fd, parts, count, at);
  pthread_mutex_lock(&lock);
  const ssize_t done = real_pwritev(fd, parts, count, at);
  record_vector(fd, (uint64_t)at, parts, count, done);
  pthread_mutex_unlock(&lock);
  return done;
}

ssize_t pwritev64(int fd, const struct iovec* parts, int count, off64_t at) {
  return pwritev(fd, parts, count, at);
}

int fdatasync(int fd) {
  int (*const real_sync)(int) = REAL(fdatasync);
  if (!is_tracked(fd)) return real_sync(fd);
  pthread_mutex_lock(&lock);
  record(k_sync, fds[fd].inode, 0, "", 0); /* nothing is really synced: that is what is being played */
  pthread_mutex_unlock(&lock);
  return 0;
}

int fsync(int fd) {
  int (*const real_sync)(int) = REAL(fsync);
  return is_tracked(fd) ? fdatasync(fd) : real_sync(fd);
}

int msync(void* at, size_t size, int flags) {
  (void)at, (void)size, (void)flags;
  abort(); /* nothing of a journal is written through a mapping */
}

int ftruncate(int fd, off_t size) {
  int (*const real_truncate)(int, off_t) = REAL(ftruncate);
  pthread_mutex_lock(&lock);
  const int done = real_truncate(fd, size);
  if (done == 0 && is_tracked(fd)) record(k_truncate, fds[fd].inode, (uint64_t)size, "", 0);
  pthread_mutex_unlock(&lock);
  return done;
}

int ftruncate64(int fd, off64_t size) {
  return ftruncate(fd, size);
}

int mkdir(const char* path, mode_t mode) {
  int (*const real_mkdir)(const char*, mode_t) = REAL(mkdir);
  pthread_mutex_lock(&lock);
  const int done = real_mkdir(path, mode);
  if (done == 0 && is_watched(path)) record(k_mkdir, 0, 0, path, strlen(path));
  pthread_mutex_unlock(&lock);
  return done;
}

int unlink(const char* path) {
  int (*const real_unlink)(const char*) = REAL(unlink);
  pthread_mutex_lock(&lock);
  const int done = real_unlink(path);
  if (done == 0 && is_watched(path)) record(k_unlink, 0, 0, path, strlen(path));
  pthread_mutex_unlock(&lock);
  return done;
}

static int two_paths(enum kind kind, int (*call)(const char*, const char*), const char* from,
                     const char* to) {
  pthread_mutex_lock(&lock);
  const int done = call(from, to);
  if (done == 0 && is_watched(from)) {
    char both[2 * path_max];
    const size_t size = strlen(from) + 1 + strlen(to);
    if (size >= sizeof both) abort();
    memcpy(both, from, strlen(from) + 1);
    memcpy(both + strlen(from) + 1, to, strlen(to));
    record(kind, 0, 0, both, size);
  }
  pthread_mutex_unlock(&lock);
  return done;
}

int rename(const char* from, const char* to) {
  return two_paths(k_rename, REAL(rename), from, to);
}

int link(const char* from, const char* to) {
  return two_paths(k_link, REAL(link), from, to);
}

/* Called by the workload, when it is there. */
void powerloss_note(const char* text) {
  pthread_mutex_lock(&lock);
  record(k_note, 0, 0, text, strlen(text));
  pthread_mutex_unlock(&lock);
}
