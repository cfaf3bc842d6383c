// Each place that AWS's programs look for credentials in.
#pragma once

#include <optional>
#include <string>
#include <string_view>

#include "storage/dynamodb/credentials.hpp"

namespace gem::dynamodb {

/// What a source said: credentials, or why there are none from it. A source that is configured and fails is an Error.
struct SourceAnswer {
    std::optional<Credentials> credentials{};
    std::string none{}; ///< `AWS_ACCESS_KEY_ID is not set`
};
using SourceResult = Result<SourceAnswer>;

SourceResult from_environment(CredentialSources const& sources);
Async<SourceResult> from_profile(CredentialSources const& sources, http::HttpClient& http);
Async<SourceResult> from_web_identity(CredentialSources const& sources, http::HttpClient& http);
Async<SourceResult> from_container(CredentialSources const& sources, http::HttpClient& http);
Async<SourceResult> from_instance(CredentialSources const& sources, http::HttpClient& http);

/// STS's answer to a role and the token in a file.
struct WebIdentity {
    std::string token_file;
    std::string role;
    std::string session_name; ///< empty: one of ours
};
Async<Result<Credentials>> assume_with_web_identity(WebIdentity identity, CredentialSources const& sources,
                                                    http::HttpClient& http);

/// JSON as the container endpoint, the instance metadata and a credential_process write it; the session token's name
/// differs (`Token`, `SessionToken`). `unauthorized` if it is not that; the message has nothing of the text.
Result<Credentials> read_credentials(std::string_view json, std::string_view token_name, std::string source);

/// A whole small file; nothing if it cannot be read.
std::optional<std::string> read_small_file(std::string const& path);

} // namespace gem::dynamodb
