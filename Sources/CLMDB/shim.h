#pragma once
// Debian's liblmdb-dev: a map of ordered keys in one file, with transactions.
#include <lmdb.h>
// Swift's Glibc module leaves these out: fstatfs, and what is declared for _GNU_SOURCE only.
#include <sys/vfs.h>

int fallocate(int fd, int mode, off_t offset, off_t length);
