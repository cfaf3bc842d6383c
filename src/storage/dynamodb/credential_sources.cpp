#include "storage/dynamodb/credential_sources.hpp"

#include <fstream>
#include <iterator>

#include <boost/asio/thread_pool.hpp>
#include <curl/curl.h>
#include <fmt/format.h>
#include <simdjson.h>

#include "base/text.hpp"
#include "storage/dynamodb/credential_process.hpp"
#include "storage/dynamodb/profile_file.hpp"

namespace gem::dynamodb {

namespace {

using namespace std::chrono_literals;

constexpr std::size_t largest_answer = std::size_t{64} << 10;

std::unexpected<Error> refuse(std::string message) { return fail(ErrorCode::unauthorized, std::move(message)); }
SourceAnswer none(std::string why) { return {.credentials = {}, .none = std::move(why)}; }

/// A request to an endpoint of this machine or network: never by way of a proxy, which would see secrets.
http::ClientRequest direct(std::string method, std::string url, http::HeaderList headers,
                           std::chrono::milliseconds deadline) {
    return {.method = std::move(method),
            .url = std::move(url),
            .headers = std::move(headers),
            .deadline = deadline,
            .max_body = largest_answer,
            .configure = [](void* easy) { curl_easy_setopt(static_cast<CURL*>(easy), CURLOPT_NOPROXY, "*"); }};
}

/// Sends up to `tries` times while nobody answers, or 5xx.
Async<Result<http::ClientResponse>> send_patiently(http::HttpClient& http, http::ClientRequest request, int tries,
                                                   std::chrono::milliseconds pause) {
    while (true) {
        auto answer = co_await http.send(request);
        bool const again = answer ? answer->status >= 500 : answer.error().retryable;
        if (!again || --tries == 0) co_return answer;
        co_await sleep_for(pause);
    }
}

std::string form_encoded(std::string_view text) {
    std::string out;
    for (char const c : text) {
        bool const plain = (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') || c == '-' ||
                           c == '_' || c == '.' || c == '~';
        if (plain)
            out += c;
        else
            out += fmt::format("%{:02X}", static_cast<unsigned char>(c));
    }
    return out;
}

/// What stands between `<name>` and `</name>`; STS writes nothing there that XML would have to escape.
std::string element_of(std::string_view xml, std::string_view name) {
    auto const open = fmt::format("<{}>", name);
    auto const start = xml.find(open);
    if (start == std::string_view::npos) return {};
    auto const rest = xml.substr(start + open.size());
    return std::string(trimmed(rest.substr(0, std::min(rest.find('<'), rest.size()))));
}

} // namespace

std::optional<std::string> read_small_file(std::string const& path) {
    std::ifstream file(path, std::ios::binary);
    if (!file) return std::nullopt;
    std::string text{std::istreambuf_iterator<char>(file), {}};
    if (file.bad()) return std::nullopt;
    return text;
}

Result<Credentials> read_credentials(std::string_view json, std::string_view token_name, std::string source) {
    simdjson::dom::parser parser;
    simdjson::dom::element root;
    if (parser.parse(json.data(), json.size()).get(root) != simdjson::SUCCESS || !root.is_object()) {
        return refuse(source + ": its answer is not JSON");
    }
    auto const text_at = [&](std::string_view name) {
        std::string_view text;
        if (root[name].get(text) != simdjson::SUCCESS) return std::string();
        return std::string(text);
    };
    Credentials credentials{.access_key_id = text_at("AccessKeyId"),
                            .secret_access_key = text_at("SecretAccessKey"),
                            .session_token = text_at(token_name)};
    if (credentials.access_key_id.empty() || credentials.secret_access_key.empty()) {
        return refuse(source + ": its answer has no AccessKeyId and SecretAccessKey");
    }
    if (auto const expires = text_at("Expiration"); !expires.empty()) {
        credentials.expires = parse_time(expires);
        if (!credentials.expires) return refuse(source + ": its Expiration is not a time");
    }
    credentials.source = std::move(source);
    return credentials;
}

// -- Environment and files -------------------------------------------------------------------------------------------

SourceResult from_environment(CredentialSources const& sources) {
    auto const id = sources.variable("AWS_ACCESS_KEY_ID");
    auto const secret = sources.variable("AWS_SECRET_ACCESS_KEY");
    if (!id && !secret) return none("AWS_ACCESS_KEY_ID is not set");
    if (!id || !secret) {
        return refuse(fmt::format("environment: {} is set, {} is not",
                                  id ? "AWS_ACCESS_KEY_ID" : "AWS_SECRET_ACCESS_KEY",
                                  id ? "AWS_SECRET_ACCESS_KEY" : "AWS_ACCESS_KEY_ID"));
    }
    return SourceAnswer{.credentials = Credentials{.access_key_id = *id,
                                                   .secret_access_key = *secret,
                                                   .session_token = sources.variable("AWS_SESSION_TOKEN").value_or(""),
                                                   .source = "environment"}};
}

namespace {

struct NamedProfile {
    Profile settings;   ///< the credentials file's win
    std::string source; ///< `profile default`
};

/// Nothing, with the reason, if there is no such profile; an error if it was asked for by name.
Result<std::optional<NamedProfile>> load_profile(CredentialSources const& sources, std::string& why) {
    auto const home = sources.variable("HOME").value_or("");
    auto const config = sources.variable("AWS_CONFIG_FILE").value_or(home + "/.aws/config");
    auto const secrets = sources.variable("AWS_SHARED_CREDENTIALS_FILE").value_or(home + "/.aws/credentials");
    auto const wanted = sources.variable("AWS_PROFILE");
    auto const name = wanted.value_or("default");
    std::optional<NamedProfile> found;
    for (auto const* const file : {&config, &secrets}) {
        auto const text = read_small_file(*file);
        if (!text) continue;
        auto profiles = parse_profiles(*text, file == &config);
        auto const entry = profiles.find(name);
        if (entry == profiles.end()) continue;
        if (!found) found.emplace(NamedProfile{.settings = {}, .source = "profile " + name});
        for (auto& [key, value] : entry->second) found->settings[key] = std::move(value);
    }
    if (!found) why = fmt::format("no profile {} in {} or {}", name, secrets, config);
    if (!found && wanted) return refuse("AWS_PROFILE: " + why);
    return found;
}

Async<SourceResult> run_profiles_process(std::string command, std::string source) {
    asio::thread_pool pool(1);
    auto output = co_await run_on(pool, [command] { return run_credential_process(command, 60s); });
    if (!output) co_return fail(output.error().within(source));
    auto credentials = read_credentials(*output, "SessionToken", source + " (credential_process)");
    if (!credentials) co_return fail(std::move(credentials.error()));
    co_return SourceAnswer{.credentials = std::move(*credentials)};
}

} // namespace

Async<SourceResult> from_profile(CredentialSources const& sources, http::HttpClient& http) {
    std::string why;
    auto profile = load_profile(sources, why);
    if (!profile) co_return fail(std::move(profile.error()));
    if (!*profile) co_return none(std::move(why));
    auto const& settings = (*profile)->settings;
    auto const& source = (*profile)->source;
    auto const setting = [&](std::string_view name) {
        auto const found = settings.find(name);
        return found == settings.end() ? std::string() : found->second;
    };
    if (auto token_file = setting("web_identity_token_file"); !token_file.empty()) {
        auto credentials = co_await assume_with_web_identity({.token_file = std::move(token_file),
                                                              .role = setting("role_arn"),
                                                              .session_name = setting("role_session_name")},
                                                             sources, http);
        if (!credentials) co_return fail(credentials.error().within(source));
        co_return SourceAnswer{.credentials = std::move(*credentials)};
    }
    if (!setting("role_arn").empty() || settings.contains("sso_session") || settings.contains("sso_start_url")) {
        co_return refuse(source +
                         ": roles with a source_profile and SSO are not understood here; let the AWS CLI get "
                         "them: credential_process = aws configure export-credentials --profile " +
                         source.substr(source.find(' ') + 1));
    }
    auto const id = setting("aws_access_key_id");
    auto const secret = setting("aws_secret_access_key");
    if (!id.empty() && !secret.empty()) {
        co_return SourceAnswer{.credentials = Credentials{.access_key_id = id,
                                                          .secret_access_key = secret,
                                                          .session_token = setting("aws_session_token"),
                                                          .source = source}};
    }
    if (!id.empty() || !secret.empty()) {
        co_return refuse(source + ": aws_access_key_id and aws_secret_access_key belong together, one is missing");
    }
    if (auto command = setting("credential_process"); !command.empty()) {
        co_return co_await run_profiles_process(std::move(command), source);
    }
    co_return none(source + " has no keys");
}

// -- STS, containers, instances --------------------------------------------------------------------------------------

Async<Result<Credentials>> assume_with_web_identity(WebIdentity identity, CredentialSources const& sources,
                                                    http::HttpClient& http) {
    std::string const source = "web identity";
    if (identity.role.empty()) co_return refuse(source + ": the role is missing (AWS_ROLE_ARN)");
    auto const token = read_small_file(identity.token_file);
    if (!token) co_return refuse(fmt::format("{}: {} cannot be read", source, identity.token_file));
    if (identity.session_name.empty()) identity.session_name = "github-events-monitor";
    auto const endpoint = sources.variable("AWS_ENDPOINT_URL_STS")
                              .value_or(fmt::format("https://sts.{}.amazonaws.com{}", sources.region,
                                                    sources.region.starts_with("cn-") ? ".cn" : ""));
    http::ClientRequest request{
        .method = "POST",
        .url = endpoint + "/",
        .headers = {{"Content-Type", "application/x-www-form-urlencoded"}},
        .body = fmt::format("Action=AssumeRoleWithWebIdentity&Version=2011-06-15&RoleArn={}&RoleSessionName={}"
                            "&WebIdentityToken={}",
                            form_encoded(identity.role), form_encoded(identity.session_name),
                            form_encoded(trimmed(*token))),
        .deadline = 10s,
        .max_body = largest_answer};
    auto const answer = co_await send_patiently(http, std::move(request), 3, sources.pause);
    if (!answer) co_return refuse(fmt::format("{}: STS: {}", source, answer.error().message));
    if (answer->status != 200) {
        co_return refuse(fmt::format("{}: STS refused {} with {} {}: {}", source, identity.role, answer->status,
                                     element_of(answer->body, "Code"), element_of(answer->body, "Message")));
    }
    Credentials credentials{.access_key_id = element_of(answer->body, "AccessKeyId"),
                            .secret_access_key = element_of(answer->body, "SecretAccessKey"),
                            .session_token = element_of(answer->body, "SessionToken"),
                            .expires = parse_time(element_of(answer->body, "Expiration")),
                            .source = fmt::format("{} as {}", source, identity.role)};
    if (credentials.access_key_id.empty() || credentials.secret_access_key.empty() || !credentials.expires) {
        co_return refuse(source + ": what STS answered has no credentials");
    }
    co_return credentials;
}

Async<SourceResult> from_web_identity(CredentialSources const& sources, http::HttpClient& http) {
    auto const file = sources.variable("AWS_WEB_IDENTITY_TOKEN_FILE");
    if (!file) co_return none("AWS_WEB_IDENTITY_TOKEN_FILE is not set");
    auto credentials =
        co_await assume_with_web_identity({.token_file = *file,
                                           .role = sources.variable("AWS_ROLE_ARN").value_or(""),
                                           .session_name = sources.variable("AWS_ROLE_SESSION_NAME").value_or("")},
                                          sources, http);
    if (!credentials) co_return fail(std::move(credentials.error()));
    co_return SourceAnswer{.credentials = std::move(*credentials)};
}

namespace {

/// Whom a container's credentials may be asked from without TLS: this machine, ECS and EKS.
bool may_be_plain(std::string_view url) {
    for (std::string_view const host : {"http://127.", "http://localhost", "http://[::1]", "http://169.254.170.2",
                                        "http://169.254.170.23", "http://[fd00:ec2::23]"}) {
        if (!url.starts_with(host)) continue;
        auto const rest = url.substr(host.size());
        if (host == "http://127." || rest.empty() || rest.front() == ':' || rest.front() == '/') return true;
    }
    return false;
}

} // namespace

Async<SourceResult> from_container(CredentialSources const& sources, http::HttpClient& http) {
    auto const relative = sources.variable("AWS_CONTAINER_CREDENTIALS_RELATIVE_URI");
    auto const full = sources.variable("AWS_CONTAINER_CREDENTIALS_FULL_URI");
    if (!relative && !full) co_return none("AWS_CONTAINER_CREDENTIALS_RELATIVE_URI and …_FULL_URI are not set");
    auto url = relative ? sources.container_endpoint + *relative : *full;
    std::string const source = "container endpoint";
    if (!relative && !url.starts_with("https://") && !may_be_plain(url)) {
        co_return refuse(source + ": AWS_CONTAINER_CREDENTIALS_FULL_URI must be https, or the address of this machine, "
                                  "of ECS or of EKS");
    }
    http::HeaderList headers{{"Accept", "application/json"}};
    auto token = sources.variable("AWS_CONTAINER_AUTHORIZATION_TOKEN");
    if (auto const file = sources.variable("AWS_CONTAINER_AUTHORIZATION_TOKEN_FILE")) {
        token = read_small_file(*file);
        if (!token) co_return refuse(fmt::format("{}: {} cannot be read", source, *file));
    }
    if (token) headers.emplace_back("Authorization", trimmed(*token));
    auto const answer =
        co_await send_patiently(http, direct("GET", std::move(url), std::move(headers), 5s), 3, sources.pause);
    if (!answer) co_return refuse(fmt::format("{}: {}", source, answer.error().message));
    if (answer->status != 200) co_return refuse(fmt::format("{}: it answered {}", source, answer->status));
    auto credentials = read_credentials(answer->body, "Token", source);
    if (!credentials) co_return fail(std::move(credentials.error()));
    co_return SourceAnswer{.credentials = std::move(*credentials)};
}

Async<SourceResult> from_instance(CredentialSources const& sources, http::HttpClient& http) {
    auto const disabled = sources.variable("AWS_EC2_METADATA_DISABLED").value_or("false");
    if (disabled == "true" || disabled == "TRUE" || disabled == "True") {
        co_return none("EC2 instance metadata: AWS_EC2_METADATA_DISABLED is set");
    }
    auto endpoint = sources.variable("AWS_EC2_METADATA_SERVICE_ENDPOINT").value_or(sources.metadata_endpoint);
    while (endpoint.ends_with('/')) endpoint.pop_back();
    auto const token = co_await send_patiently(
        http, direct("PUT", endpoint + "/latest/api/token", {{"X-aws-ec2-metadata-token-ttl-seconds", "21600"}}, 1s), 2,
        sources.pause);
    if (!token)
        co_return none("EC2 instance metadata: nobody answers, so this is no EC2 instance (or a container "
                       "behind more hops than the instance allows)");
    if (token->status != 200) {
        co_return none(fmt::format("EC2 instance metadata: no session token, it answered {}", token->status));
    }
    http::HeaderList const headers{{"X-aws-ec2-metadata-token", token->body}};
    auto const roles = endpoint + "/latest/meta-data/iam/security-credentials/";
    auto const role = co_await send_patiently(http, direct("GET", roles, headers, 1s), 3, sources.pause);
    if (!role) co_return refuse("EC2 instance metadata: " + role.error().message);
    std::string const name(trimmed(std::string_view(role->body).substr(0, role->body.find('\n'))));
    if (role->status == 404 || (role->status == 200 && name.empty())) {
        co_return none("EC2 instance metadata: the instance has no role");
    }
    if (role->status != 200) co_return refuse(fmt::format("EC2 instance metadata: it answered {}", role->status));
    auto const answer = co_await send_patiently(http, direct("GET", roles + name, headers, 1s), 3, sources.pause);
    if (!answer) co_return refuse("EC2 instance metadata: " + answer.error().message);
    if (answer->status != 200) co_return refuse(fmt::format("EC2 instance metadata: it answered {}", answer->status));
    auto credentials = read_credentials(answer->body, "Token", "EC2 instance role " + name);
    if (!credentials) co_return fail(std::move(credentials.error()));
    co_return SourceAnswer{.credentials = std::move(*credentials)};
}

} // namespace gem::dynamodb
