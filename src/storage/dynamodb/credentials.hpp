// Whose calls these are: access key, secret and session token, and where they come from.
#pragma once

#include <functional>
#include <memory>
#include <optional>
#include <string>

#include "base/async.hpp"
#include "base/clock.hpp"
#include "base/log.hpp"
#include "base/result.hpp"
#include "base/time.hpp"
#include "http/client.hpp"

namespace gem::dynamodb {

struct Credentials {
    std::string access_key_id;
    std::string secret_access_key;
    std::string session_token{};      ///< empty: none
    std::optional<UtcTime> expires{}; ///< nothing: they do not
    std::string source{};             ///< for a person: `environment`, `profile default`, `EC2 instance role app`
};

/// Where a client gets its credentials from, before each request. For one event loop.
class CredentialsProvider {
  public:
    virtual ~CredentialsProvider() = default;
    /// Good for now. `unauthorized` if there are none, with every source that was tried and what it said; the same if
    /// a source that is configured fails.
    virtual Async<Result<Credentials>> get() = 0;
    /// AWS said that these have expired: the next get() asks the source again.
    virtual void reject(Credentials const& used) = 0;
};

/// Always the same.
std::unique_ptr<CredentialsProvider> fixed_credentials(Credentials credentials);

/// What the chain looks at. Endpoints are other than AWS's only in tests.
struct CredentialSources {
    /// A variable of the environment; nothing if it is not set or empty.
    std::function<std::optional<std::string>(std::string const& name)> variable;
    std::string region = "us-east-1"; ///< whose STS is asked
    std::string container_endpoint = "http://169.254.170.2";
    std::string metadata_endpoint = "http://169.254.169.254";
    std::chrono::milliseconds pause{100}; ///< before an endpoint that did not answer is asked again
};

/// AWS's order: environment; the profile (AWS_PROFILE or `default`) of the shared config and credentials files, with
/// static keys, a web identity or a `credential_process`; web identity (STS); container endpoint (ECS, EKS Pod
/// Identity); EC2 instance metadata (version 2). The first that is configured is taken, also when it fails. Asked once
/// at a time, again five minutes before what it gave expires, or after a reject().
std::unique_ptr<CredentialsProvider> credentials_chain(CredentialSources sources, http::HttpClient& http,
                                                       Clock const& clock, Log& log);

} // namespace gem::dynamodb
