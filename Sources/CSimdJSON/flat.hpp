#pragma once

// One small object of plain members, read in a single pass: the body of nearly every request.
//
// simdjson is made for long documents and spends some 1,300 instructions on the shortest one. What
// is not plain here (a nested value, an escape, a letter beyond ASCII, a fraction, a mistake) is
// left to it, so both always agree on what a document means.

#include "csimdjson.h"

#include <array>
#include <cstring>

namespace flat {

struct member {
    csj_text name;
    csj_value value;
};

/// The members of one object.
struct object {
    static constexpr size_t byte_limit = 256;
    static constexpr size_t member_limit = 8;

    member members[member_limit];
    size_t count;
};

/// The bytes that a text may hold here: printable ASCII but `"` and `\`, and but `}`, which ends
/// every document and so every loop over its bytes.
constexpr std::array<bool, 256> plain_bytes() {
    std::array<bool, 256> plain{};
    for (unsigned byte = 0x20; byte < 0x7f; byte++)
        plain[byte] = byte != '"' && byte != '\\' && byte != '}';
    return plain;
}

inline constexpr std::array<bool, 256> is_plain = plain_bytes();

/// Reads from a document whose last byte is `}`.
class reader {
  public:
    explicit reader(const void *bytes) : at(static_cast<const char *>(bytes)) {}

    /// Reads the object; false if something is not plain.
    bool read(object *into, const char *end) {
        into->count = 0;
        if (!take('{')) return false;
        if (take('}')) return at == end;
        do {
            if (into->count == object::member_limit) return false;
            member *next = &into->members[into->count++];
            if (!text(&next->name) || !take(':') || !value(&next->value)) return false;
        } while (take(','));
        return take('}') && at == end;
    }

  private:
    const char *at;

    void skip_blanks() {
        while (*at == ' ' || *at == '\n' || *at == '\t' || *at == '\r') at++;
    }

    /// Goes behind a byte if it comes next.
    bool take(char byte) {
        if (*at != byte) {
            skip_blanks();
            if (*at != byte) return false;
        }
        at++;
        return true;
    }

    bool text(csj_text *into) {
        if (!take('"')) return false;
        const char *start = at;
        const char *end = start;
        while (is_plain[static_cast<unsigned char>(*end)]) end++;
        *into = {start, static_cast<size_t>(end - start)};
        at = end + 1;
        return *end == '"';
    }

    bool value(csj_value *into) {
        skip_blanks();
        switch (*at) {
        case '"': into->kind = CSJ_STRING; return text(&into->text);
        case 't': into->kind = CSJ_TRUE; return word("true");
        case 'f': into->kind = CSJ_FALSE; return word("false");
        case 'n': into->kind = CSJ_NULL; return word("null");
        default: into->kind = CSJ_UNSIGNED; return whole(&into->whole);
        }
    }

    /// Goes behind a word. The bytes behind the document are readable.
    template <size_t size> bool word(const char (&letters)[size]) {
        if (std::memcmp(at, letters, size - 1) != 0) return false;
        at += size - 1;
        return true;
    }

    /// Up to 18 digits, which fit 64 bits; the first is 0 only if it stands alone.
    bool whole(uint64_t *into) {
        const char *start = at;
        const char *end = start;
        uint64_t number = 0;
        for (; *end >= '0' && *end <= '9'; end++)
            number = number * 10 + static_cast<uint64_t>(*end - '0');
        *into = number;
        at = end;
        return end > start && end - start <= 18 && (*start != '0' || end == start + 1);
    }
};

/// Reads a document; false if it is not plain. 64 readable bytes must follow it.
inline bool parse(const void *bytes, size_t count, object *into) {
    const char *end = static_cast<const char *>(bytes) + count;
    if (count < 2 || count > object::byte_limit || end[-1] != '}') return false;
    return reader(bytes).read(into, end);
}

} // namespace flat
