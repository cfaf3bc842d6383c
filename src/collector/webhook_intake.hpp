// Takes webhook deliveries in: checks who sent them, stores what they tell.
#pragma once

#include <chrono>
#include <functional>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "base/async.hpp"
#include "base/clock.hpp"
#include "base/log.hpp"
#include "base/result.hpp"
#include "github/webhook.hpp"
#include "storage/database_service.hpp"
#include "storage/private_repositories.hpp"

namespace gem {

/// What came, as it came. Absent header fields are empty.
struct WebhookDelivery {
    std::string_view kind;         ///< X-GitHub-Event
    std::string_view id;           ///< X-GitHub-Delivery
    std::string_view content_type; ///< Content-Type
    std::string_view signature;    ///< X-Hub-Signature-256
    std::string_view body;
    bool from_this_machine = false; ///< sent from here, through no proxy
};

struct WebhookReceipt {
    enum class Outcome {
        stored,
        duplicate, ///< the delivery was seen before, or another source brought the same event
        ignored,
        pong
    };
    Outcome outcome = Outcome::pong;
    std::optional<std::string> event_id;
    std::optional<std::string> event_type;
    std::string reason{};         ///< why it is ignored
    std::optional<seconds> lag{}; ///< stored: from the happening to now, not below zero
};

std::string_view to_string(WebhookReceipt::Outcome outcome);

/// On one thread. What it is given outlives it.
class WebhookIntake {
  public:
    /// Is told of events before they are stored.
    using Notice = std::function<Async<Result<void>>(std::vector<Event>)>;

    /// Without secrets only deliveries from this machine are taken. `before_storing` may be empty.
    WebhookIntake(DatabaseService& database, Clock const& clock, Log& log, std::vector<std::string> secrets,
                  Notice before_storing = {}, std::chrono::milliseconds longest = seconds(8))
        : database_(database), clock_(clock), log_(log), secrets_(std::move(secrets)),
          private_(std::make_shared<PrivateRepositories>(database, clock)), before_storing_(std::move(before_storing)),
          longest_(longest) {}

    /// Returns when the event is durable. `unauthorized`: not signed with one of the secrets, nothing of the body was
    /// looked at; `invalid_argument`: it is no delivery; `timed_out`: the store has not answered in `longest` (GitHub
    /// gives up after ten seconds; what it does is not stopped, so that the same delivery again may be known);
    /// `unavailable`: too many wait for a store that does not answer; others: the store's. `delivery` lives until then.
    Async<Result<WebhookReceipt>> take(WebhookDelivery delivery);
    /// Returns when nothing is being stored any more, those included whose sender was told that it took too long. To be
    /// awaited before what `before_storing` uses goes.
    Async<void> finish();

  private:
    struct Storing;
    Async<Result<InsertResult>> store(github::WebhookContent content);
    static Async<void> run(std::shared_ptr<Storing> storing, github::WebhookContent content);

    DatabaseService& database_;
    Clock const& clock_;
    Log& log_;
    github::WebhookSecrets secrets_;
    github::WebhookReader reader_;
    std::shared_ptr<PrivateRepositories> private_;
    Notice before_storing_;
    std::chrono::milliseconds longest_;
    std::shared_ptr<std::size_t> under_way_ = std::make_shared<std::size_t>(0); ///< those given up, too
};

} // namespace gem
