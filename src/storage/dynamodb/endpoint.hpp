// Where DynamoDB answers.
#pragma once

#include <string>
#include <string_view>

#include "base/result.hpp"

namespace gem::dynamodb {

struct Endpoint {
    std::string url;       ///< without a slash at its end
    bool plain = false;    ///< http
    bool loopback = false; ///< this machine; never by way of a proxy
};

/// invalid_argument if it is not `http[s]://host[:port]`.
Result<Endpoint> parse_endpoint(std::string url);

/// `https://dynamodb.us-east-1.amazonaws.com`
std::string aws_endpoint(std::string_view region);

} // namespace gem::dynamodb
