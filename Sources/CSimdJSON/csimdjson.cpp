// The C interface over simdjson's DOM. A DOM element is two words (document, tape index) without
// ownership, so it travels through C as `uint64_t[2]`.

#include "csimdjson.h"
#include "flat.hpp"

#include <cmath>
#include <cstring>
#include <simdjson.h>

using namespace simdjson;

namespace {

static_assert(sizeof(dom::element) == 16 && std::is_trivially_copyable<dom::element>::value);
static_assert(sizeof(dom::object::iterator) == 16 && sizeof(dom::array::iterator) == 16);
static_assert(SIMDJSON_PADDING <= 64, "the caller's padding is 64 bytes");

/// Large enough for nearly every body, so that the parser is made once per thread.
constexpr size_t usual_capacity = 64 * 1024;

struct thread_parser {
    dom::parser parser;
    /// If there is no memory now, the parse fails and says so.
    const error_code allocation = parser.allocate(usual_capacity, CSJ_DEPTH_LIMIT);
};

/// The last document of this thread, if it was plain.
thread_local flat::object flat_object;

/// In the place of a tape index: the first word points into `flat_object`.
constexpr uint64_t flat_mark = ~uint64_t{0};

uint64_t word_of(const flat::member *member) { return reinterpret_cast<uintptr_t>(member); }

template <typename To, typename From> To reinterpret_words(const From &from) {
    static_assert(sizeof(To) == sizeof(From));
    alignas(To) unsigned char bytes[sizeof(To)];
    std::memcpy(bytes, &from, sizeof(To));
    return *reinterpret_cast<To *>(bytes);
}

void fill(const dom::element &element, csj_value *value) {
    switch (element.type()) {
    case dom::element_type::STRING: {
        const std::string_view text = element.get_string().value_unsafe();
        value->kind = CSJ_STRING;
        value->text = {text.data(), text.size()};
        return;
    }
    case dom::element_type::INT64: {
        const int64_t number = element.get_int64().value_unsafe();
        value->kind = number < 0 ? CSJ_NEGATIVE : CSJ_UNSIGNED;
        value->whole = static_cast<uint64_t>(number);
        return;
    }
    case dom::element_type::UINT64:
        value->kind = CSJ_UNSIGNED;
        value->whole = element.get_uint64().value_unsafe();
        return;
    case dom::element_type::DOUBLE: {
        const double number = element.get_double().value_unsafe();
        if (number >= 0 && number <= 9007199254740992.0 && number == std::floor(number)) {
            value->kind = CSJ_UNSIGNED;
            value->whole = static_cast<uint64_t>(number);
        } else {
            value->kind = CSJ_REAL;
            value->real = number;
        }
        return;
    }
    case dom::element_type::BOOL:
        value->kind = element.get_bool().value_unsafe() ? CSJ_TRUE : CSJ_FALSE;
        return;
    case dom::element_type::NULL_VALUE:
        value->kind = CSJ_NULL;
        return;
    case dom::element_type::OBJECT:
    case dom::element_type::ARRAY:
        value->kind = element.is_object() ? CSJ_OBJECT : CSJ_ARRAY;
        std::memcpy(value->place, &element, sizeof(value->place));
        return;
    }
}

template <typename Container> csj_cursor cursor_of(const Container &container) {
    csj_cursor cursor;
    const auto begin = container.begin();
    const auto end = container.end();
    std::memcpy(cursor.next, &begin, sizeof(cursor.next));
    std::memcpy(cursor.end, &end, sizeof(cursor.end));
    return cursor;
}

} // namespace

int csj_parse(const void *bytes, size_t count, csj_value *root) {
    if (!flat::parse(bytes, count, &flat_object)) return csj_parse_any(bytes, count, root);
    root->kind = CSJ_OBJECT;
    root->place[0] = word_of(flat_object.members);
    root->place[1] = flat_mark;
    return 0;
}

int csj_parse_any(const void *bytes, size_t count, csj_value *root) {
    thread_local thread_parser local;
    if (local.allocation != SUCCESS) return local.allocation;
    dom::element element;
    const auto result =
        local.parser.parse(static_cast<const uint8_t *>(bytes), count, /* copies: */ false);
    const error_code code = result.get(element);
    if (code == SUCCESS) { fill(element, root); }
    return code;
}

const char *csj_reason(int code) { return error_message(static_cast<error_code>(code)); }

csj_cursor csj_members(const csj_value *object) {
    if (object->place[1] == flat_mark) {
        const uint64_t end = word_of(flat_object.members + flat_object.count);
        return {{object->place[0], flat_mark}, {end, flat_mark}};
    }
    const auto element = reinterpret_words<dom::element>(object->place);
    return cursor_of(element.get_object().value_unsafe());
}

csj_cursor csj_elements(const csj_value *array) {
    const auto element = reinterpret_words<dom::element>(array->place);
    return cursor_of(element.get_array().value_unsafe());
}

bool csj_next_member(csj_cursor *cursor, csj_text *name, csj_value *value) {
    if (cursor->next[1] == flat_mark) {
        if (cursor->next[0] == cursor->end[0]) return false;
        const auto *member = reinterpret_cast<const flat::member *>(cursor->next[0]);
        *name = member->name;
        *value = member->value;
        cursor->next[0] = word_of(member + 1);
        return true;
    }
    auto next = reinterpret_words<dom::object::iterator>(cursor->next);
    if (!(next != reinterpret_words<dom::object::iterator>(cursor->end))) return false;
    const std::string_view key = next.key();
    *name = {key.data(), key.size()};
    fill(next.value(), value);
    ++next;
    std::memcpy(cursor->next, &next, sizeof(cursor->next));
    return true;
}

bool csj_next_element(csj_cursor *cursor, csj_value *value) {
    auto next = reinterpret_words<dom::array::iterator>(cursor->next);
    if (!(next != reinterpret_words<dom::array::iterator>(cursor->end))) return false;
    fill(*next, value);
    ++next;
    std::memcpy(cursor->next, &next, sizeof(cursor->next));
    return true;
}
