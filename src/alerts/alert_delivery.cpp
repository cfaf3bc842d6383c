// AlertEngine's other half: messages to the receivers that rules name.
#include <fmt/format.h>

#include <boost/asio/redirect_error.hpp>

#include "alerts/alert_engine.hpp"
#include "http/public_address.hpp"
#include "http/signature.hpp"

namespace gem::alerts {

namespace {

constexpr std::size_t most_answer = 64 * 1024; ///< of a receiver; nobody reads it
constexpr int write_tries = 10;

/// RULE of `alert#now#RULE#…`.
std::string rule_of_key(std::string_view key) {
    key.remove_prefix(standing_prefix.size());
    return std::string(key.substr(0, key.find('#')));
}

} // namespace

Async<void> AlertEngine::run_deliveries() {
    asio::steady_timer timer(co_await asio::this_coro::executor);
    wake_ = &timer;
    struct Gone {
        AlertEngine& engine;
        ~Gone() { engine.wake_ = nullptr; }
    } const gone{*this};
    while (true) {
        co_await deliver_due();
        timer.expires_at(asio::steady_timer::time_point::max());
        boost::system::error_code error;
        co_await timer.async_wait(asio::redirect_error(asio::use_awaitable, error));
        auto const cancelled = (co_await asio::this_coro::cancellation_state).cancelled();
        if (cancelled != asio::cancellation_type::none) co_return;
    }
}

Async<void> AlertEngine::deliver_due() {
    std::set<std::string> failing; // rules whose receiver takes nothing now: their other messages wait for a later turn
    while (!due_.empty()) {
        auto const key = *due_.begin();
        due_.erase(due_.begin());
        auto const rule = rule_of_key(key);
        if (failing.contains(rule)) continue;
        auto const taken = co_await deliver(key);
        if (taken && !*taken) failing.insert(rule);
        if (taken) continue;
        ++counts_.errors;
        log_.warn("alert_not_delivered", {{"alert", key}, {"reason", taken.error().message}});
    }
}

Async<Result<bool>> AlertEngine::deliver(std::string key) {
    while (true) {
        auto stored = co_await store_.find_standing(key);
        if (!stored) co_return fail(stored.error());
        if (!*stored) co_return true;
        auto record = std::move((*stored)->record);
        auto const known = rules_.find(record.rule_id);
        if (known == rules_.end()) co_return true; // the next turn closes it
        auto const rule = known->second;
        auto const notice = begin_attempt(record, clock_.now());
        if (!notice) co_return true;
        auto const claimed = co_await store_.put_standing(std::move(record), (*stored)->version);
        if (!claimed && claimed.error().code == ErrorCode::conflict) co_return true; // somebody else has it
        if (!claimed) co_return fail(claimed.error());
        auto problem = co_await send(rule, *notice);
        bool const delivered = problem.empty();
        auto const written = co_await write_outcome(key, *notice, std::move(problem));
        if (!written) co_return fail(written.error());
        if (!delivered) co_return false;
    }
}

Async<std::string> AlertEngine::send(AlertRule const& rule, AlertNotice const& notice) {
    auto const refused = std::make_shared<std::atomic<bool>>(false);
    http::ClientRequest request{.method = "POST",
                                .url = rule.url,
                                .headers = {{"Content-Type", "application/json"},
                                            {"X-Event-Monitor-Event", notice.event},
                                            {"X-Event-Monitor-Delivery", notice.id}},
                                .body = notice.body,
                                .deadline = options_.delivery_deadline,
                                .max_body = most_answer,
                                .body_sink = [](std::string_view) { return true; }};
    if (!rule.secret.empty())
        request.headers.emplace_back("X-Signature-256", http::sha256_signature(rule.secret, notice.body));
    if (!options_.private_addresses) request.configure = http::public_addresses_only(refused);
    auto const answer = co_await client_.send(std::move(request));
    if (*refused)
        co_return fmt::format("{} has a private address; ALERT_ALLOW_PRIVATE_ADDRESSES=1 allows it",
                              shown_url(rule.url));
    if (!answer) co_return answer.error().message;
    if (answer->status >= 200 && answer->status < 300) co_return std::string();
    co_return fmt::format("{} answered {}", shown_url(rule.url), answer->status);
}

Async<Result<void>> AlertEngine::write_outcome(std::string key, AlertNotice const& notice, std::string problem) {
    for (int i = 0; i < write_tries; ++i) {
        auto stored = co_await store_.find_standing(key);
        if (!stored) co_return fail(stored.error());
        if (!*stored) co_return Result<void>{};
        auto record = std::move((*stored)->record);
        auto const alert = record.id;
        auto const came = end_attempt(record, notice.id, problem, clock_.now());
        auto const put = co_await store_.put_standing(std::move(record), (*stored)->version);
        if (!put && put.error().code == ErrorCode::conflict) continue;
        if (!put) co_return fail(put.error());
        if (came == Attempt::delivered) {
            ++counts_.delivered;
            log_.info("alert_delivered", {{"alert", alert}, {"delivery", notice.id}, {"attempt", notice.attempts}});
            co_return Result<void>{};
        }
        ++counts_.failed;
        if (came == Attempt::failed) {
            log_.warn("alert_delivery_failed",
                      {{"alert", alert}, {"delivery", notice.id}, {"attempt", notice.attempts}, {"reason", problem}});
            co_return Result<void>{};
        }
        ++counts_.given_up;
        log_.error("alert_delivery_given_up",
                   {{"alert", alert}, {"delivery", notice.id}, {"attempts", notice.attempts}, {"reason", problem}});
        co_return Result<void>{};
    }
    co_return fail(ErrorCode::conflict, "others kept changing the alert");
}

} // namespace gem::alerts
