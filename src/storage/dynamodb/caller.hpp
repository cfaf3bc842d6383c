// One operation of DynamoDB: signed, sent, checked, tried again, its consumed capacity counted.
#pragma once

#include <functional>
#include <memory>
#include <string>

#include <simdjson.h>

#include "base/clock.hpp"
#include "base/log.hpp"
#include "http/client.hpp"
#include "storage/dynamodb/aws_errors.hpp"
#include "storage/dynamodb/capacity.hpp"
#include "storage/dynamodb/credentials.hpp"
#include "storage/dynamodb/dynamodb_client.hpp"
#include "storage/dynamodb/endpoint.hpp"

namespace gem::dynamodb {

/// An answer of status 200, parsed. Movable; what `root()` returns lives as long as this.
class Answer {
  public:
    /// Nothing if it is not a JSON object.
    static std::optional<Answer> parse(std::string body);
    [[nodiscard]] simdjson::dom::element root() const { return root_; }
    [[nodiscard]] std::string const& body() const { return body_; }

  private:
    std::string body_;
    std::unique_ptr<simdjson::dom::parser> parser_;
    simdjson::dom::element root_;
};

class Caller {
  public:
    Caller(ClientOptions options, Endpoint endpoint, ClientParts parts);
    Async<Outcome<Answer>> run(Call call);

    [[nodiscard]] std::string const& prefix() const { return options_.table_prefix; }
    [[nodiscard]] ClientOptions const& options() const { return options_; }
    /// 0 to 1, for jitter.
    static double random();

  private:
    struct Attempt; // what one try came to
    Async<Attempt> attempt(Call const& call, std::chrono::milliseconds deadline);
    Attempt judge(Call const& call, Result<http::ClientResponse> answer);
    void count(Call const& call, simdjson::dom::element root);
    void count_refused(Call const& call, Failure const& failure);

    ClientOptions options_;
    ClientParts parts_;
    Endpoint endpoint_;
};

} // namespace gem::dynamodb
