// A webhook delivery: is it GitHub's, and what does it tell. From header fields and body to an Event with facts.
#pragma once

#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "base/result.hpp"
#include "domain/event.hpp"

namespace gem::github {

/// The secrets with which deliveries may be signed; several while one is being replaced by another.
class WebhookSecrets {
  public:
    explicit WebhookSecrets(std::vector<std::string> secrets) : secrets_(std::move(secrets)) {}
    [[nodiscard]] bool empty() const { return secrets_.empty(); }
    /// Whether `signature` (the header X-Hub-Signature-256: `sha256=` and 64 hex digits in lower case) is that of
    /// `body` by one of the secrets. Takes the same time whichever byte is wrong.
    [[nodiscard]] bool have_signed(std::string_view body, std::string_view signature) const;

  private:
    std::vector<std::string> secrets_;
};

/// The event type of an X-GitHub-Event: `check_run` gives CheckRunEvent, `star` WatchEvent. Empty if `kind` is no name
/// of an event (1 to 60 lower-case letters, digits and `_`).
std::string event_type_of(std::string_view kind);

/// Whether GitHub shows such events of a public repository to everybody. Others (alerts, teams, keys …) are private.
bool is_shown_to_everybody(std::string_view kind);

struct WebhookContent {
    enum class Kind {
        event,
        ping,   ///< GitHub tries out the address
        ignored ///< nothing that happened to a repository, or what another delivery tells too
    };
    Kind kind = Kind::event;
    Event event; ///< of an event
    /// Whether the event's repository is private; nothing if the payload does not tell.
    std::optional<bool> private_repository{};
    std::string reason; ///< why it is ignored
};

/// Turns deliveries into events. Keeps its buffers from call to call. Not thread-safe: one reader a thread.
///
/// The event's id is `wh:<delivery>`; its time the one that the payload gives for what happened, else `received`. What
/// belongs to an account and to no repository is filed under `<account>/.github` and private. A payload that is longer
/// than what can be stored loses its longest members; `left_out_by_collector` names them.
class WebhookReader {
  public:
    WebhookReader();
    ~WebhookReader();
    WebhookReader(WebhookReader const&) = delete;
    WebhookReader& operator=(WebhookReader const&) = delete;

    /// `kind` is X-GitHub-Event, `delivery` X-GitHub-Delivery (1 to 100 letters, digits and `-`), `body` as it came:
    /// JSON, or a form with a field `payload` (`content_type` tells). `invalid_argument` says what was expected.
    Result<WebhookContent> read(std::string_view kind, std::string_view delivery, std::string_view content_type,
                                std::string_view body, UtcTime received);

  private:
    struct Buffers;
    std::unique_ptr<Buffers> buffers_;
};

} // namespace gem::github
