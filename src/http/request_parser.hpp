// HTTP/1.x requests off the wire, straight into a Request: Beast's parser without its container of fields.
#pragma once

#include <cstdint>
#include <string>
#include <utility>
#include <vector>

#include <boost/beast/http/basic_parser.hpp>

#include "http/message.hpp"

namespace gem::http {

/// Parses one request; made anew for each. `request` is emptied, its buffers are used again.
class RequestParser final : public boost::beast::http::basic_parser<true> {
  public:
    using Header = std::pair<std::string, std::string>;

    /// `spare` holds header strings between requests, so that a busy connection allocates none.
    RequestParser(Request& request, std::vector<Header>& spare, std::uint32_t head_limit, std::uint64_t body_limit);

    [[nodiscard]] unsigned host_headers() const { return hosts_; }
    [[nodiscard]] bool expects_continue() const { return expects_continue_; }
    [[nodiscard]] bool expects_the_unknown() const { return expects_unknown_; }
    /// A Transfer-Encoding other than exactly `chunked`: where the body ends cannot be known.
    [[nodiscard]] bool unknown_transfer() const { return unknown_transfer_; }
    [[nodiscard]] bool is_http11() const { return version_ == 11; }

  private:
    using Error = boost::beast::error_code;
    using View = boost::beast::string_view;

    void count_head(std::size_t bytes, Error& error);

    void on_request_impl(boost::beast::http::verb verb, View method, View target, int version, Error& error) override;
    void on_response_impl(int status, View reason, int version, Error& error) override;
    void on_field_impl(boost::beast::http::field field, View name, View value, Error& error) override;
    void on_header_impl(Error& error) override;
    void on_body_init_impl(boost::optional<std::uint64_t> const& length, Error& error) override;
    std::size_t on_body_impl(View body, Error& error) override;
    void on_chunk_header_impl(std::uint64_t size, View extensions, Error& error) override;
    std::size_t on_chunk_body_impl(std::uint64_t remaining, View body, Error& error) override;
    void on_finish_impl(Error& error) override;

    Request& request_;
    std::vector<Header>& spare_;
    std::size_t head_limit_;
    std::size_t head_size_ = 0;
    unsigned hosts_ = 0;
    int version_ = 11;
    bool in_trailer_ = false;
    bool expects_continue_ = false;
    bool expects_unknown_ = false;
    bool unknown_transfer_ = false;
};

} // namespace gem::http
