// Numbers and texts one after the other in a string of bytes.
#pragma once

#include <cstdint>
#include <string>
#include <string_view>

namespace gem::dynamodb {

inline void put_number(std::string& out, std::uint64_t value) {
    while (value >= 0x80) {
        out += static_cast<char>(value | 0x80);
        value >>= 7;
    }
    out += static_cast<char>(value);
}

inline void put_text(std::string& out, std::string_view text) {
    put_number(out, text.size());
    out += text;
}

/// Reads what put_number() and put_text() wrote. What does not fit reads as 0 or empty, and good() is false then.
class Unpacker {
  public:
    explicit Unpacker(std::string_view data) : left_(data) {}

    std::uint64_t number() {
        std::uint64_t value = 0;
        for (unsigned shift = 0; shift < 64 && !left_.empty(); shift += 7) {
            auto const next = static_cast<unsigned char>(left_.front());
            left_.remove_prefix(1);
            value |= static_cast<std::uint64_t>(next & 0x7F) << shift;
            if ((next & 0x80) == 0) return value;
        }
        good_ = false;
        return 0;
    }
    std::string_view text() {
        auto const size = number();
        if (size > left_.size()) good_ = false;
        if (!good_) return {};
        auto const text = left_.substr(0, size);
        left_.remove_prefix(size);
        return text;
    }
    /// How many things follow, each at least a byte.
    std::size_t count() {
        auto const count = number();
        if (count > left_.size()) good_ = false;
        return good_ ? count : 0;
    }
    [[nodiscard]] bool good() const { return good_; }
    [[nodiscard]] std::string_view rest() const { return left_; }

  private:
    std::string_view left_;
    bool good_ = true;
};

/// FNV-1a of 64 bits, mixed once more so that every bit of it can be used: for shards and buckets, the same for ever.
inline std::uint64_t stable_hash(std::string_view text) {
    std::uint64_t hash = 14695981039346656037U;
    for (char const c : text) hash = (hash ^ static_cast<unsigned char>(c)) * 1099511628211U;
    hash = (hash ^ hash >> 33) * 0xFF51AFD7ED558CCDU;
    return hash ^ hash >> 33;
}

} // namespace gem::dynamodb
