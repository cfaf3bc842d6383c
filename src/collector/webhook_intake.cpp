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
    Storing(asio::any_io_executor const& executor, WebhookIntake const& intake)
        : done(executor), under_way(intake.under_way_), database(intake.database_), known_private(intake.private_),
          before_storing(intake.before_storing_) {
        ++*under_way;
    }
    ~Storing() { --*under_way; }
    Storing(Storing const&) = delete;
    Storing& operator=(Storing const&) = delete;

    void end_with(Result<InsertResult> outcome) {
        result = std::move(outcome);
        done.cancel();
    }

    asio::steady_timer done;
    std::shared_ptr<std::size_t> under_way;
    DatabaseService& database;
    std::shared_ptr<PrivateRepositories> known_private;
    Notice before_storing;
    std::optional<Result<InsertResult>> result;
};

Async<void> WebhookIntake::run(std::shared_ptr<Storing> storing, github::WebhookContent content) {
    auto const repo = content.event.repo_name;
    auto const at = content.event.created_at;
    if (content.private_repository) {
        auto noted = co_await storing->known_private->note(repo, *content.private_repository, at);
        if (!noted) co_return storing->end_with(fail(std::move(noted.error())));
    }
    std::vector<Event> batch;
    batch.push_back(std::move(content.event));
    if (storing->before_storing && batch.front().type == "PushEvent") {
        auto noted = co_await storing->before_storing(batch);
        if (!noted) co_return storing->end_with(fail(std::move(noted.error())));
    }
    auto stored = co_await storing->database.events().insert_events(std::move(batch));
    // Once more: whoever forgot the repository meanwhile has removed the mark, but not this event.
    if (stored && stored->inserted > 0 && content.private_repository.value_or(false)) {
        auto noted = co_await storing->known_private->note(repo, true, at);
        if (!noted) co_return storing->end_with(fail(std::move(noted.error())));
    }
    storing->end_with(std::move(stored));
}

/// Stores it in a coroutine of its own, which goes on when we have waited long enough: a write that has begun cannot be
/// taken back. Closing the database waits for it.
Async<Result<InsertResult>> WebhookIntake::store(github::WebhookContent content) {
    if (*under_way_ >= most_under_way)
        co_return fail(ErrorCode::unavailable, "too many deliveries wait for the database");
    auto const executor = co_await asio::this_coro::executor;
    auto const storing = std::make_shared<Storing>(executor, *this);
    storing->done.expires_after(longest_);
    asio::co_spawn(executor, run(storing, std::move(content)), [storing](std::exception_ptr const& thrown) {
        if (thrown) storing->end_with(fail(ErrorCode::internal, "storing a delivery failed"));
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

Async<void> WebhookIntake::finish() {
    while (*under_way_ > 0) co_await sleep_for(std::chrono::milliseconds(10));
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
    auto result = co_await store(std::move(*content));
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
