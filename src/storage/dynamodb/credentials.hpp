// Whose calls these are: access key, secret and session token, and where they come from.
#pragma once

#include <memory>
#include <optional>
#include <string>

#include "base/async.hpp"
#include "base/result.hpp"
#include "base/time.hpp"

namespace gem::dynamodb {

struct Credentials {
    std::string access_key_id;
    std::string secret_access_key;
    std::string session_token{};      ///< empty: none
    std::optional<UtcTime> expires{}; ///< nothing: they do not
    std::string source{};             ///< for a person: `environment`, `profile default in ~/.aws/credentials`
};

/// Where a client gets its credentials from, before each request.
class CredentialsProvider {
  public:
    virtual ~CredentialsProvider() = default;
    /// Good for now. `unauthorized` if there are none, with every source that was tried and what it said.
    virtual Async<Result<Credentials>> get() = 0;
    /// AWS said that these have expired or are not known: the next get() asks the source again if it can.
    virtual void reject(Credentials const& used) = 0;
};

/// Always the same.
std::unique_ptr<CredentialsProvider> fixed_credentials(Credentials credentials);

} // namespace gem::dynamodb
