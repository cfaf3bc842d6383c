#include "app/ask_health.hpp"

#include <fmt/format.h>

#include "http/client.hpp"

namespace gem {

std::string server_url(Settings const& settings) {
    auto host = settings.api_host;
    if (host == "0.0.0.0") host = "127.0.0.1";
    if (host == "::") host = "::1";
    if (host.find(':') != std::string::npos) host = "[" + host + "]";
    return fmt::format("http://{}:{}", host, settings.api_port);
}

Async<Result<ServerHealth>> ask_health(std::string url, seconds deadline) {
    http::CurlClient client({.connections_per_host = 1, .use_proxy = false});
    while (url.ends_with('/')) url.pop_back();
    auto answer = co_await client.send({.url = url + "/health", .deadline = deadline});
    if (!answer) co_return fail(std::move(answer.error()).within("asking " + url + " how it is"));
    co_return ServerHealth{.healthy = answer->status == 200, .body = std::move(answer->body)};
}

} // namespace gem
