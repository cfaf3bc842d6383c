#include "http/request_parser.hpp"

#include <algorithm>

#include <boost/beast/core/string.hpp>
#include <boost/beast/http/error.hpp>

namespace gem::http {

namespace beast = boost::beast;

namespace {
constexpr std::uint64_t most_reserved = 1024 * 1024;
} // namespace

RequestParser::RequestParser(Request& request, std::vector<Header>& spare, std::uint32_t head_limit,
                             std::uint64_t body_limit)
    : request_(request), spare_(spare), head_limit_(head_limit) {
    eager(true);
    header_limit(head_limit);
    this->body_limit(body_limit);
    for (auto& header : request.headers) spare.push_back(std::move(header));
    request.headers.clear();
    request.query.clear();
    request.method.clear();
    request.target.clear();
    request.path.clear();
    request.body.clear();
}

// Beast holds its limit against what it has not yet consumed, and it consumes field by field: a head that comes in
// small pieces would have none.
void RequestParser::count_head(std::size_t bytes, Error& error) {
    head_size_ += bytes;
    if (head_size_ > head_limit_) error = beast::http::error::header_limit;
}

void RequestParser::on_request_impl(beast::http::verb /*verb*/, View method, View target, int version, Error& error) {
    constexpr std::size_t around = sizeof "  HTTP/1.1\r\n" - 1;
    count_head(method.size() + target.size() + around, error);
    request_.method = method;
    request_.target = target;
    version_ = version;
}

void RequestParser::on_response_impl(int /*status*/, View /*reason*/, int /*version*/, Error& error) {
    error = beast::http::error::bad_method;
}

void RequestParser::on_field_impl(beast::http::field field, View name, View value, Error& error) {
    using Field = beast::http::field;
    count_head(name.size() + value.size() + sizeof ": \r\n" - 1, error);
    // Trailers come after all was decided; nothing here has a use for them.
    if (error || in_trailer_) return;
    if (field == Field::host) {
        ++hosts_;
    } else if (field == Field::expect) {
        bool const known = beast::iequals(value, "100-continue");
        expects_continue_ = expects_continue_ || known;
        expects_unknown_ = expects_unknown_ || !known;
    } else if (field == Field::transfer_encoding) {
        unknown_transfer_ = unknown_transfer_ || !beast::iequals(value, "chunked");
    }
    if (spare_.empty()) {
        request_.headers.emplace_back();
    } else {
        request_.headers.push_back(std::move(spare_.back()));
        spare_.pop_back();
    }
    auto& header = request_.headers.back();
    header.first.resize(name.size());
    std::ranges::transform(name, header.first.begin(),
                           [](char c) { return c >= 'A' && c <= 'Z' ? static_cast<char>(c - 'A' + 'a') : c; });
    header.second = value;
}

void RequestParser::on_header_impl(Error& /*error*/) { in_trailer_ = true; }

void RequestParser::on_body_init_impl(boost::optional<std::uint64_t> const& length, Error& /*error*/) {
    if (length) request_.body.reserve(static_cast<std::size_t>(std::min(*length, most_reserved)));
}

std::size_t RequestParser::on_body_impl(View body, Error& /*error*/) {
    request_.body += body;
    return body.size();
}

void RequestParser::on_chunk_header_impl(std::uint64_t /*size*/, View /*extensions*/, Error& /*error*/) {}

std::size_t RequestParser::on_chunk_body_impl(std::uint64_t /*remaining*/, View body, Error& /*error*/) {
    request_.body += body;
    return body.size();
}

void RequestParser::on_finish_impl(Error& /*error*/) {}

} // namespace gem::http
