/*
 * Has a program read files of a folder in place of those of /proc:
 *
 *     LD_PRELOAD=./proc_shim.so PROC_SHIM=/tmp/folder slabtop -o
 *
 * A file that the folder does not have is the real one. Needs no rights, unlike a mount over /proc.
 */
#define _GNU_SOURCE
#include <dlfcn.h>
#include <fcntl.h>
#include <limits.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

static const char *replaced(const char *path, char buffer[PATH_MAX])
{
    const char *folder = getenv("PROC_SHIM");
    if (folder == NULL || strncmp(path, "/proc/", 6) != 0 || strchr(path + 6, '/') != NULL)
        return path;
    snprintf(buffer, PATH_MAX, "%s/%s", folder, path + 6);
    return access(buffer, R_OK) == 0 ? buffer : path;
}

#define OPEN(name)                                                                      \
    int name(const char *path, int flags, ...)                                          \
    {                                                                                   \
        int (*next)(const char *, int, ...) = dlsym(RTLD_NEXT, #name);                  \
        char buffer[PATH_MAX];                                                          \
        va_list list;                                                                   \
        va_start(list, flags);                                                          \
        int mode = flags & O_CREAT ? va_arg(list, int) : 0;                             \
        va_end(list);                                                                   \
        return next(replaced(path, buffer), flags, mode);                               \
    }

#define FOPEN(name)                                                                     \
    FILE *name(const char *path, const char *mode)                                      \
    {                                                                                   \
        FILE *(*next)(const char *, const char *) = dlsym(RTLD_NEXT, #name);            \
        char buffer[PATH_MAX];                                                          \
        return next(replaced(path, buffer), mode);                                      \
    }

OPEN(open)
OPEN(open64)
FOPEN(fopen)
FOPEN(fopen64)
