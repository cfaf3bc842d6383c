#include "collector/webhook_intake.hpp"

#include <algorithm>

#include <boost/asio/redirect_error.hpp>
#include <fmt/format.h>

namespace gem {

namespace {

/// Of deliveries that are being stored, those whose sender was told that it took too long among them.
constexpr std::size_t most_under_way = 4096;

} // namespace

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

/// What the waiting and the working side share: whichever ends first, the other finds what it needs.
struct WebhookIntake::Storing {
    Storing(asio::any_io_executor const& executor, std::shared_ptr<std::size_t> all)
        : done(executor), under_way(std::move(all)) {
        ++*under_way;
    }
    ~Storing() { --*under_way; }
    Storing(Storing const&) = delete;
    Storing& operator=(Storing const&) = delete;

    asio::steady_timer done;
    std::shared_ptr<std::size_t> under_way;
    std::optional<Result<InsertResult>> result;
};

Async<void> WebhookIntake::run(std::shared_ptr<Storing> storing, DatabaseService& database, Notice before_storing,
                               Event event) {
    std::vector<Event> batch;
    batch.push_back(std::move(event));
    if (before_storing && batch.front().type == "PushEvent") {
        if (auto noted = co_await before_storing(batch); !noted) {
            storing->result = fail(std::move(noted.error()));
            storing->done.cancel();
            co_return;
        }
    }
    storing->result = co_await database.events().insert_events(std::move(batch));
    storing->done.cancel();
}

/// Stores it in a coroutine of its own, which goes on when we have waited long enough: a write that has begun cannot be
/// taken back. Closing the database waits for it.
Async<Result<InsertResult>> WebhookIntake::store(Event event) {
    if (*under_way_ >= most_under_way)
        co_return fail(ErrorCode::unavailable, "too many deliveries wait for the database");
    auto const executor = co_await asio::this_coro::executor;
    auto const storing = std::make_shared<Storing>(executor, under_way_);
    storing->done.expires_after(longest_);
    asio::co_spawn(executor, run(storing, database_, before_storing_, std::move(event)),
                   [storing](std::exception_ptr const& thrown) {
                       if (!thrown) return;
                       storing->result = fail(ErrorCode::internal, "storing a delivery failed");
                       storing->done.cancel();
                   });
    boost::system::error_code ignored;
    if (!storing->result) co_await storing->done.async_wait(asio::redirect_error(asio::use_awaitable, ignored));
    if (!storing->result) {
        co_return fail(ErrorCode::timed_out,
                       fmt::format("the database has not answered in {} seconds; send the delivery again",
                                   std::chrono::duration_cast<seconds>(longest_).count()));
    }
    co_return std::move(*storing->result);
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
    auto result = co_await store(std::move(content->event));
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
