// POST /webhook: GitHub's deliveries.
#include <boost/asio/ip/address.hpp>
#include <boost/describe/class.hpp>

#include "api/route.hpp"

namespace gem::api {

namespace {

struct WebhookAnswer {
    std::string status; ///< stored, duplicate, ignored, pong
    std::string delivery;
    std::optional<std::string> event_id;
    std::optional<std::string> event_type;
    json::Absent<std::string> reason; ///< why it was ignored
    UtcTime timestamp{};
};
BOOST_DESCRIBE_STRUCT(WebhookAnswer, (), (status, delivery, event_id, event_type, reason, timestamp))

/// Whether the request was made on this machine, as far as can be told: a proxy here speaks for somebody elsewhere, and
/// a page in a browser for whoever wrote it.
bool is_from_this_machine(http::Request const& request) {
    for (auto const* const name : {"x-forwarded-for", "forwarded", "x-real-ip", "via", "origin"}) {
        if (request.header(name)) return false;
    }
    boost::system::error_code error;
    auto const address = asio::ip::make_address(request.remote_address, error);
    return !error && address.is_loopback();
}

Problem refusal_of(Error const& error) {
    if (error.code == ErrorCode::unauthorized)
        return {.status = 401,
                .error_code = "UNAUTHORIZED",
                .detail = error.message,
                .headers = {{"WWW-Authenticate", "X-Hub-Signature-256"}}};
    if (error.code == ErrorCode::invalid_argument)
        return {.status = 400, .error_code = "MALFORMED_JSON", .detail = error.message};
    return problem_of(error);
}

std::string_view outcome_of(Error const& error) {
    if (error.code == ErrorCode::unauthorized) return "unauthorized";
    return error.code == ErrorCode::invalid_argument ? "malformed" : "failed";
}

Async<Outcome> post_webhook(Context const& context, Arguments const&) {
    if (context.webhooks == nullptr)
        co_return std::unexpected(collector_unavailable("This process takes no webhooks."));
    auto const& request = context.request;
    auto const field = [&](std::string_view name) { return request.header(name).value_or(std::string_view{}); };
    auto receipt = co_await context.webhooks->take({.kind = field("x-github-event"),
                                                    .id = field("x-github-delivery"),
                                                    .content_type = field("content-type"),
                                                    .signature = field("x-hub-signature-256"),
                                                    .body = request.body,
                                                    .from_this_machine = is_from_this_machine(request)});
    if (!receipt) {
        context.metrics.count_delivery(outcome_of(receipt.error()), std::nullopt);
        co_return std::unexpected(refusal_of(receipt.error()));
    }
    context.metrics.count_delivery(to_string(receipt->outcome), receipt->lag);
    WebhookAnswer answer{.status = std::string(to_string(receipt->outcome)),
                         .delivery = std::string(field("x-github-delivery")),
                         .event_id = std::move(receipt->event_id),
                         .event_type = std::move(receipt->event_type),
                         .reason = {},
                         .timestamp = context.now};
    if (!receipt->reason.empty()) answer.reason.value = std::move(receipt->reason);
    co_return Reply::json(answer, receipt->outcome == WebhookReceipt::Outcome::stored ? 202 : 200);
}

} // namespace

void add_webhook_routes(std::vector<Route>& table) {
    table.push_back({.method = "POST",
                     .path = "/webhook",
                     .summary = "A GitHub webhook delivery",
                     .description = "202 when its event is stored and durable; 200 for a ping, a delivery or happening "
                                    "that is known, and what is no event. 401 when it is not signed with a secret of "
                                    "GITHUB_WEBHOOK_SECRET; without one, deliveries come from this machine only.",
                     .parameters = {{.name = "X-GitHub-Event",
                                     .sentence = "The kind of the delivery.",
                                     .required = true,
                                     .max = 64,
                                     .place = ParameterPlace::header,
                                     .example = "push",
                                     .pattern = "^[a-z_]{1,64}$"},
                                    {.name = "X-GitHub-Delivery",
                                     .sentence = "The id of the delivery.",
                                     .required = true,
                                     .max = 64,
                                     .place = ParameterPlace::header,
                                     .example = "72d3162e-cc78-11e3-81ab-4c9367dc0958",
                                     .pattern = "^[0-9a-f-]{36}$"}},
                     .handler = &post_webhook,
                     .answer = answers<WebhookAnswer>("Webhook", 202, {200}),
                     .access = Access::open,
                     .keeping = Keeping::never,
                     .own_body = true,
                     .names_none = true});
}

} // namespace gem::api
