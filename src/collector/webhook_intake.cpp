#include "collector/webhook_intake.hpp"

#include <algorithm>

namespace gem {

std::string_view to_string(WebhookReceipt::Outcome outcome) {
    switch (outcome) {
    case WebhookReceipt::Outcome::stored:
        return "stored";
    case WebhookReceipt::Outcome::duplicate:
        return "duplicate";
    case WebhookReceipt::Outcome::ignored:
        return "ignored";
    case WebhookReceipt::Outcome::pong:
        return "pong";
    }
    return "ignored";
}

Async<Result<WebhookReceipt>> WebhookIntake::take(WebhookDelivery delivery) {
    using enum WebhookReceipt::Outcome;
    if (secrets_.empty() && !delivery.from_this_machine)
        co_return fail(ErrorCode::unauthorized,
                       "no secret is set, so deliveries are taken from this machine only: set GITHUB_WEBHOOK_SECRET");
    if (!secrets_.empty() && !secrets_.have_signed(delivery.body, delivery.signature))
        co_return fail(ErrorCode::unauthorized,
                       "X-Hub-Signature-256 is missing or not that of this body: is the webhook's secret one of "
                       "GITHUB_WEBHOOK_SECRET?");
    auto content = reader_.read(delivery.kind, delivery.id, delivery.content_type, delivery.body, clock_.now());
    if (!content) co_return fail(std::move(content.error()));
    using Kind = github::WebhookContent::Kind;
    if (content->kind == Kind::ping) co_return WebhookReceipt{};
    if (content->kind == Kind::ignored)
        co_return WebhookReceipt{.outcome = ignored, .event_id = {}, .event_type = {}, .reason = content->reason};

    WebhookReceipt receipt{.outcome = stored, .event_id = content->event.id, .event_type = content->event.type};
    auto const happened = content->event.created_at;
    if (content->private_repository) {
        auto const noted = co_await private_.note(content->event.repo_name, *content->private_repository);
        if (!noted) co_return fail(noted.error());
    }
    std::vector<Event> batch;
    batch.push_back(std::move(content->event));
    auto result = co_await database_.events().insert_events(std::move(batch));
    if (!result) co_return fail(std::move(result.error()));
    if (!result->rejected.empty())
        co_return fail(ErrorCode::invalid_argument, std::move(result->rejected.front().reason));
    if (result->expired > 0) {
        receipt.outcome = ignored;
        receipt.reason = "it is older than what is kept";
    } else if (result->inserted == 0) {
        receipt.outcome = duplicate;
    } else {
        receipt.lag = std::max(clock_.now() - happened, seconds(0));
    }
    log_.debug("webhook",
               {{"delivery", delivery.id}, {"type", *receipt.event_type}, {"outcome", to_string(receipt.outcome)}});
    co_return receipt;
}

} // namespace gem
