#include "storage/sqlite/sha_column.hpp"

#include <string_view>

namespace gem::sqlite {

namespace {

constexpr std::size_t sha_digits = 40;

int digit(char c) {
    if (c >= '0' && c <= '9') return c - '0';
    if (c >= 'a' && c <= 'f') return c - 'a' + 10;
    return -1;
}

bool pack(std::string_view text, std::string& out) {
    if (text.size() != sha_digits) return false;
    out.resize(sha_digits / 2);
    for (std::size_t i = 0; i < out.size(); ++i) {
        int const high = digit(text[2 * i]);
        int const low = digit(text[2 * i + 1]);
        if (high < 0 || low < 0) return false;
        out[i] = static_cast<char>(high << 4 | low);
    }
    return true;
}

} // namespace

void bind_sha(Statement& statement, int index, std::optional<std::string> const& sha, std::string& scratch) {
    if (!sha)
        statement.bind_null(index);
    else if (pack(*sha, scratch))
        statement.bind_blob(index, scratch);
    else
        statement.bind(index, *sha);
}

std::optional<std::string> read_sha(Statement const& row, int column) {
    if (row.is_null(column)) return std::nullopt;
    if (!row.is_blob(column)) return std::string(row.text(column));
    auto const bytes = row.blob(column);
    static constexpr char hex[] = "0123456789abcdef";
    std::string text;
    for (char const c : bytes) {
        text += hex[static_cast<unsigned char>(c) >> 4];
        text += hex[static_cast<unsigned char>(c) & 15];
    }
    return text;
}

} // namespace gem::sqlite
