#ifndef CTOML_H
#define CTOML_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#ifdef __cplusplus
extern "C" {
#endif

// A TOML document as a flat list: every table, array and value, a parent before its children.

typedef enum {
    CTOML_TABLE,
    CTOML_ARRAY,
    CTOML_STRING,
    CTOML_INTEGER,
    CTOML_FLOAT,
    CTOML_BOOLEAN,
    CTOML_DATE_OR_TIME,
} ctoml_type;

typedef struct {
    ctoml_type type;
    int32_t parent;     // index of the table or array it is in; -1: the root
    const char *key;    // the last key of its path; NULL for elements of arrays and for the root
    size_t key_length;
    const char *text;   // strings as they are, every other value as TOML writes it; NULL for tables and arrays
    size_t text_length;
    int64_t integer;    // integers and booleans
    uint32_t line;      // of the key, or of an element; from 1
    uint32_t column;
    uint32_t value_column;  // where what the key stands for begins, on the same line; the column, of an element
} ctoml_entry;

typedef struct ctoml_document ctoml_document;

// Never NULL unless memory is exhausted; free it with ctoml_free. Entry 0 is the root, if there is no error.
ctoml_document *ctoml_parse(const char *text, size_t length);
void ctoml_free(ctoml_document *document);

size_t ctoml_count(const ctoml_document *document);
const ctoml_entry *ctoml_entry_at(const ctoml_document *document, size_t index);

// NULL: the document is well formed.
const char *ctoml_error(const ctoml_document *document, uint32_t *line, uint32_t *column);

#ifdef __cplusplus
}
#endif

#endif
