#include "storage/cursor.hpp"

#include <array>

namespace gem {

namespace {

constexpr std::string_view digits = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_";

std::string to_base64(std::string_view bytes) {
    std::string out;
    std::uint32_t bits = 0;
    int held = 0;
    for (char const c : bytes) {
        bits = bits << 8 | static_cast<unsigned char>(c);
        held += 8;
        while (held >= 6) {
            held -= 6;
            out += digits[bits >> held & 63];
        }
    }
    if (held > 0) out += digits[bits << (6 - held) & 63];
    return out;
}

bool from_base64(std::string_view text, std::string& out) {
    std::uint32_t bits = 0;
    int held = 0;
    for (char const c : text) {
        auto const value = digits.find(c);
        if (value == std::string_view::npos) return false;
        bits = bits << 6 | static_cast<std::uint32_t>(value);
        held += 6;
        if (held >= 8) {
            held -= 8;
            out += static_cast<char>(bits >> held & 255);
        }
    }
    return true;
}

void put_bytes(std::string& out, std::uint64_t value, int count) {
    for (int i = 0; i < count; ++i) out += static_cast<char>(value >> (8 * i) & 255);
}

std::uint64_t take_bytes(std::string_view& in, int count) {
    std::uint64_t value = 0;
    for (int i = 0; i < count; ++i)
        value |= static_cast<std::uint64_t>(static_cast<unsigned char>(in[static_cast<std::size_t>(i)])) << (8 * i);
    in.remove_prefix(static_cast<std::size_t>(count));
    return value;
}

} // namespace

std::uint64_t hash_question(std::vector<std::string_view> const& parts) {
    std::uint64_t hash = 14695981039346656037U;
    auto const add = [&](unsigned char byte) { hash = (hash ^ byte) * 1099511628211U; };
    for (auto const part : parts) {
        for (char const c : part) add(static_cast<unsigned char>(c));
        add(0xFF); // no byte of UTF-8
    }
    return hash;
}

std::string encode_cursor(std::uint64_t question, std::vector<std::string> const& fields) {
    std::string bytes;
    put_bytes(bytes, question, 8);
    for (auto const& field : fields) {
        put_bytes(bytes, field.size(), 2);
        bytes += field;
    }
    return to_base64(bytes);
}

Result<std::vector<std::string>> decode_cursor(std::uint64_t question, std::string_view cursor, std::size_t count) {
    auto const wrong = [](std::string_view why) {
        return fail(ErrorCode::invalid_argument,
                    std::string("cursor: ") + std::string(why) +
                        "; take next_cursor of the former page, with the same other parameters");
    };
    std::string bytes;
    if (cursor.size() > 4096 || !from_base64(cursor, bytes) || bytes.size() < 8)
        return wrong("not a cursor of this program");
    std::string_view in = bytes;
    if (take_bytes(in, 8) != question) return wrong("it belongs to another question");
    std::vector<std::string> fields;
    while (in.size() >= 2) {
        auto const size = take_bytes(in, 2);
        if (size > in.size()) return wrong("damaged");
        fields.emplace_back(in.substr(0, size));
        in.remove_prefix(size);
    }
    if (fields.size() != count || !in.empty()) return wrong("damaged");
    return fields;
}

} // namespace gem
