// Takes webhook deliveries in: checks who sent them, stores what they tell.
#pragma once

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
    /// Without secrets only deliveries from this machine are taken.
    WebhookIntake(DatabaseService& database, Clock const& clock, Log& log, std::vector<std::string> secrets)
        : database_(database), clock_(clock), log_(log), secrets_(std::move(secrets)), private_(database, clock) {}

    /// Returns when the event is durable. `unauthorized`: not signed with one of the secrets, nothing of the body was
    /// looked at; `invalid_argument`: it is no delivery; others: the store's. `delivery` lives until then.
    Async<Result<WebhookReceipt>> take(WebhookDelivery delivery);

  private:
    DatabaseService& database_;
    Clock const& clock_;
    Log& log_;
    github::WebhookSecrets secrets_;
    github::WebhookReader reader_;
    PrivateRepositories private_;
};

} // namespace gem
