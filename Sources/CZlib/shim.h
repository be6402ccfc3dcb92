#pragma once
// Debian's zlib1g-dev: reads gzip files, and plain ones as they are.
#include <zlib.h>
