#include "http/message.hpp"

#include <new>
#include <stdexcept>

#include <boost/describe/class.hpp>
#include <zlib.h>

#include "base/json.hpp"
#include "http/status.hpp"

namespace gem::http {

namespace {

struct Problem {
    std::string_view type;
    std::string_view title;
    unsigned status;
    std::string_view detail;
    std::string_view error_code;
    UtcTime timestamp;
};
BOOST_DESCRIBE_STRUCT(Problem, (), (type, title, status, detail, error_code, timestamp))

std::string compress(std::string_view bytes) {
    constexpr int level = 5;
    constexpr int gzip_framing = 15 + 16;
    constexpr int memory = 8;
    z_stream stream{};
    if (deflateInit2(&stream, level, Z_DEFLATED, gzip_framing, memory, Z_DEFAULT_STRATEGY) != Z_OK)
        throw std::bad_alloc();
    std::string out(deflateBound(&stream, bytes.size()), '\0');
    stream.next_in = reinterpret_cast<Bytef*>(const_cast<char*>(bytes.data()));
    stream.avail_in = static_cast<uInt>(bytes.size());
    stream.next_out = reinterpret_cast<Bytef*>(out.data());
    stream.avail_out = static_cast<uInt>(out.size());
    int const state = deflate(&stream, Z_FINISH);
    out.resize(stream.total_out);
    deflateEnd(&stream);
    if (state != Z_STREAM_END) throw std::runtime_error("zlib could not finish a gzip body");
    return out;
}

} // namespace

std::optional<std::string_view> Request::header(std::string_view name) const {
    for (auto const& [key, value] : headers)
        if (key == name) return value;
    return std::nullopt;
}

std::string const& Body::gzip() const {
    if (!gzip_) gzip_ = compress(bytes_);
    return *gzip_;
}

Response problem(unsigned status, std::string_view error_code, std::string_view detail, UtcTime now) {
    return Response::of(status, "application/problem+json",
                        json::to_string(Problem{.type = "about:blank",
                                                .title = reason_phrase(status),
                                                .status = status,
                                                .detail = detail,
                                                .error_code = error_code,
                                                .timestamp = now}));
}

} // namespace gem::http
