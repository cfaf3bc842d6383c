// What a server offers: tools, resources, prompts, completion. Filled by whoever knows the questions; the engine serves
// it in both eras.
#pragma once

#include <functional>
#include <map>
#include <set>
#include <string>
#include <vector>

#include "base/async.hpp"
#include "mcp/protocol.hpp"

namespace gem::mcp {

/// Where the messages of one request go while it is worked on. A transport makes one for each request; it lives until
/// the request is answered.
class Channel {
  public:
    virtual ~Channel() = default;
    virtual void send(std::string message) = 0;
    /// Asks the client and waits. Legacy only.
    virtual Async<Outcome> ask(std::string method, Object params) = 0;
    /// Ends the stream for now: the client comes back for the rest. Only where the transport can resume.
    virtual void suspend() {}
    /// Returns when the server is about to stop and what has no end of its own must end.
    virtual Async<void> until_ending() = 0;
};

/// What is known of a client: of a session, or of one request of the modern era.
struct Client {
    Era era = Era::legacy;
    std::string version{};
    Object capabilities{};
    bool may_write = false;             ///< tools that change something are for it
    std::optional<int> log_level{};     ///< least severe message it wants; nothing: none in the modern era
    std::set<std::string> subscribed{}; ///< URIs; legacy
    bool initialized = false;
};

/// One request as those who answer it see it.
class Call {
  public:
    Call(Client const& client, Channel& channel, Object const& params);

    [[nodiscard]] Era era() const { return client_.era; }
    [[nodiscard]] bool may_write() const { return client_.may_write; }
    /// `sampling`, `elicitation`, `roots` …
    [[nodiscard]] bool client_can(std::string_view capability) const;

    /// Does nothing unless the client asked to hear of it. `total` 0: unknown.
    void progress(double done, double total, std::string_view message = {});
    void log(std::string_view level, std::string_view logger, Value data);

    /// Asks the client now (legacy): sampling/createMessage, elicitation/create, roots/list.
    Async<Outcome> ask(std::string method, Object params);
    /// What the client answered to an input request of an earlier round (modern); null if it did not, or nonsense.
    [[nodiscard]] Object const* input(std::string_view name) const;
    [[nodiscard]] std::optional<std::string_view> request_state() const;
    void suspend() { channel_.suspend(); }

  private:
    Client const& client_;
    Channel& channel_;
    Object const& params_;
    Value progress_token_{};
};

/// The argument of `tools/call`; not checked against the schema.
using ToolHandler = std::function<Async<Outcome>(Call&, Object)>;

struct Tool {
    std::string name;
    std::string title{};
    std::string description;
    Object input_schema;
    Object output_schema{}; ///< empty: none
    Object annotations{};
    bool writes = false; ///< listed and called only by clients that may
    ToolHandler call;
};

struct Resource {
    std::string uri;
    std::string name;
    std::string title{};
    std::string description{};
    std::string mime_type = "application/json";
    std::function<Async<Outcome>(Call&, std::string uri)> read;
};

using Variables = std::map<std::string, std::string, std::less<>>;

struct ResourceTemplate {
    std::string uri; ///< with `{variables}`, each a path segment
    std::string name;
    std::string title{};
    std::string description{};
    std::string mime_type = "application/json";
    std::function<Async<Outcome>(Call&, std::string uri, Variables)> read;
};

struct PromptArgument {
    std::string name;
    std::string description;
    bool required = false;
};

struct Prompt {
    std::string name;
    std::string title{};
    std::string description;
    std::vector<PromptArgument> arguments{};
    std::function<Async<Outcome>(Call&, Variables)> get;
};

/// What somebody completes: an argument of a prompt or a variable of a resource template.
struct CompletionQuestion {
    std::string argument;
    std::string prefix;
    Variables known{}; ///< the other arguments, as far as they are given
};

struct Catalog {
    std::string name;
    std::string title{};
    std::string version;
    std::string instructions{};
    std::vector<Tool> tools{};
    std::vector<Resource> resources{};
    std::vector<ResourceTemplate> templates{};
    std::vector<Prompt> prompts{};
    /// All that fits, best first; the engine cuts at what the protocol allows.
    std::function<Async<std::vector<std::string>>(CompletionQuestion)> complete{};
    /// A text that changes when the resource does; nothing: cannot be watched.
    std::function<Async<std::optional<std::string>>(std::string uri)> fingerprint{};
    bool lists_change = false;          ///< tools and prompts may come and go (test servers)
    std::string cache_scope = "public"; ///< `private` where answers depend on who asks
    std::size_t page = 100;             ///< items a list answers at once
};

/// `{"content":[{"type":"text","text":…}]}`, with isError where it is one.
Object text_result(std::string_view text, bool is_error = false);
/// A resource's contents as text.
Object resource_result(std::string_view uri, std::string_view mime_type, std::string_view text);
/// What the variables of a template stand for in `uri`, percent-decoded; nothing if it does not match.
std::optional<Variables> match_template(std::string_view pattern, std::string_view uri);

} // namespace gem::mcp
