#pragma once

// JSON bytes to values, by Debian's simdjson 3.0 behind a C interface; a small object of plain
// members by a quicker reader of our own (flat.hpp).
//
// Each thread has one parser. A document lives until the thread parses the next one, and every
// text that is handed out points into it. Nothing here allocates once the parser is warm.

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#ifdef __cplusplus
extern "C" {
#endif

/// What a value is.
enum csj_kind {
    CSJ_OBJECT,
    CSJ_ARRAY,
    CSJ_STRING,
    /// A whole number of 0 to 2^64 - 1; up to 2^53 also one with a fraction of zeroes or an
    /// exponent, which is the same number in JSON Schema.
    CSJ_UNSIGNED,
    /// A whole number below 0.
    CSJ_NEGATIVE,
    /// Any other number with a fraction or an exponent.
    CSJ_REAL,
    CSJ_TRUE,
    CSJ_FALSE,
    CSJ_NULL,
};

/// Decoded UTF-8; it may hold NUL bytes.
struct csj_text {
    const char *start;
    size_t count;
};

/// A value, with a place in the document if it is an object or an array.
struct csj_value {
    enum csj_kind kind;
    union {
        struct csj_text text;
        /// The number itself; the two's complement of a negative one.
        uint64_t whole;
        double real;
        /// Where an object or array is: simdjson's own handle.
        uint64_t place[2];
    };
};

/// A walk through an object or an array.
struct csj_cursor {
    uint64_t next[2];
    uint64_t end[2];
};

/// The deepest nesting that is read.
enum { CSJ_DEPTH_LIMIT = 16 };

/// Reads one document and nothing behind it.
///
/// At least 64 readable bytes must follow `bytes`.
///
/// Returns 0, or a code for `csj_reason`.
int csj_parse(const void *bytes, size_t count, struct csj_value *root);

/// The same by simdjson alone, for a comparison.
int csj_parse_any(const void *bytes, size_t count, struct csj_value *root);

/// What a code of `csj_parse` means, in words.
const char *csj_reason(int code);

/// The beginning of an object.
struct csj_cursor csj_members(const struct csj_value *object);
/// The beginning of an array.
struct csj_cursor csj_elements(const struct csj_value *array);
/// The next member, or false at the end.
bool csj_next_member(struct csj_cursor *cursor, struct csj_text *name, struct csj_value *value);
/// The next element, or false at the end.
bool csj_next_element(struct csj_cursor *cursor, struct csj_value *value);

#ifdef __cplusplus
}
#endif
