#include "CTOML.h"

#include <deque>
#include <new>
#include <sstream>
#include <string>
#include <string_view>
#include <vector>

#define TOML_EXCEPTIONS 0
#define TOML_ENABLE_FORMATTERS 1
#include <toml++/toml.h>

struct ctoml_document {
    std::vector<ctoml_entry> entries;
    std::deque<std::string> texts;  // a deque does not move what entries point into
    std::string error;
    uint32_t line = 0;
    uint32_t column = 0;
};

namespace {

ctoml_type type_of(const toml::node &node) {
    switch (node.type()) {
    case toml::node_type::table: return CTOML_TABLE;
    case toml::node_type::array: return CTOML_ARRAY;
    case toml::node_type::string: return CTOML_STRING;
    case toml::node_type::integer: return CTOML_INTEGER;
    case toml::node_type::floating_point: return CTOML_FLOAT;
    case toml::node_type::boolean: return CTOML_BOOLEAN;
    default: return CTOML_DATE_OR_TIME;
    }
}

void keep(ctoml_document &document, std::string text, const char *&pointer, size_t &length) {
    document.texts.push_back(std::move(text));
    pointer = document.texts.back().data();
    length = document.texts.back().size();
}

std::string text_of(const toml::node &node) {
    if (auto *string = node.as_string()) return string->get();
    std::ostringstream out;
    node.visit([&](const auto &value) { out << value; });
    return out.str();
}

void walk(ctoml_document &document, const toml::node &node, int32_t parent, const toml::key *key) {
    ctoml_entry entry{};
    entry.type = type_of(node);
    entry.parent = parent;
    const toml::source_region &source = key ? key->source() : node.source();
    entry.line = source.begin.line;
    entry.column = source.begin.column;
    entry.value_column = node.source().begin.column;
    if (key) keep(document, std::string(key->str()), entry.key, entry.key_length);
    if (!node.is_table() && !node.is_array()) keep(document, text_of(node), entry.text, entry.text_length);
    if (auto *integer = node.as_integer()) entry.integer = integer->get();
    if (auto *boolean = node.as_boolean()) entry.integer = boolean->get();

    const auto index = static_cast<int32_t>(document.entries.size());
    document.entries.push_back(entry);
    if (auto *table = node.as_table()) {
        for (auto &&[name, child] : *table) walk(document, child, index, &name);
    } else if (auto *array = node.as_array()) {
        for (auto &&child : *array) walk(document, child, index, nullptr);
    }
}

}  // namespace

extern "C" {

ctoml_document *ctoml_parse(const char *text, size_t length) {
    auto *document = new (std::nothrow) ctoml_document;
    if (!document) return nullptr;
    try {
        auto result = toml::parse(std::string_view(text, length));
        if (result) {
            walk(*document, result.table(), -1, nullptr);
        } else {
            document->error = std::string(result.error().description());
            document->line = result.error().source().begin.line;
            document->column = result.error().source().begin.column;
        }
    } catch (...) {
        document->entries.clear();
        delete document;
        return nullptr;
    }
    return document;
}

void ctoml_free(ctoml_document *document) { delete document; }

size_t ctoml_count(const ctoml_document *document) { return document->entries.size(); }

const ctoml_entry *ctoml_entry_at(const ctoml_document *document, size_t index) { return &document->entries[index]; }

const char *ctoml_error(const ctoml_document *document, uint32_t *line, uint32_t *column) {
    if (document->error.empty()) return nullptr;
    *line = document->line;
    *column = document->column;
    return document->error.c_str();
}

}
