// Where the recorded data lies that is never copied into the repository; tests skip with a message when it is not
// there.
#pragma once

#include <cstdlib>
#include <filesystem>
#include <optional>
#include <string>
#include <vector>

#include <zlib.h>

namespace gem::test {

/// GEM_SHARED_DATA, else `<repository>/../shared/data`; nothing when it is not there.
inline std::optional<std::filesystem::path> shared_data() {
    char const* const told = std::getenv("GEM_SHARED_DATA");
    std::filesystem::path const folder =
        told != nullptr ? std::filesystem::path(told) : std::filesystem::path(GEM_SOURCE_DIR) / "../shared/data";
    std::error_code ignored;
    if (!std::filesystem::is_directory(folder, ignored)) return std::nullopt;
    return folder;
}

/// All of a file, gzip or plain.
inline std::string read_gzip(std::filesystem::path const& file) {
    std::string text;
    auto* const stream = gzopen(file.c_str(), "rb");
    if (stream == nullptr) return text;
    std::vector<char> piece(1 << 16);
    for (int size = 0; (size = gzread(stream, piece.data(), static_cast<unsigned>(piece.size()))) > 0;) {
        text.append(piece.data(), static_cast<std::size_t>(size));
    }
    gzclose(stream);
    return text;
}

inline std::vector<std::string> read_gzip_lines(std::filesystem::path const& file) {
    std::vector<std::string> lines;
    auto const text = read_gzip(file);
    for (std::size_t start = 0; start < text.size();) {
        auto const end = std::min(text.find('\n', start), text.size());
        if (end > start) lines.push_back(text.substr(start, end - start));
        start = end + 1;
    }
    return lines;
}

} // namespace gem::test
