// Packs bytes for tests: gzip and zstd.
#pragma once

#include <string>
#include <string_view>

#include <isa-l/igzip_lib.h>
#include <zstd.h>

namespace gem::test {

inline std::string gzipped(std::string_view text) {
    isal_zstream stream{};
    isal_deflate_init(&stream);
    stream.gzip_flag = IGZIP_GZIP;
    stream.end_of_stream = 1;
    std::string out(text.size() + text.size() / 2 + 1024, '\0');
    stream.next_in = reinterpret_cast<unsigned char*>(const_cast<char*>(text.data()));
    stream.avail_in = static_cast<unsigned>(text.size());
    stream.next_out = reinterpret_cast<unsigned char*>(out.data());
    stream.avail_out = static_cast<unsigned>(out.size());
    isal_deflate(&stream);
    out.resize(stream.total_out);
    return out;
}

inline std::string zstd_packed(std::string_view text) {
    std::string out(ZSTD_compressBound(text.size()), '\0');
    out.resize(ZSTD_compress(out.data(), out.size(), text.data(), text.size(), 1));
    return out;
}

} // namespace gem::test
