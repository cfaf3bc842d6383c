// Any bytes as messages to the MCP engine in both eras, alone and in batches, with the product's own tools over a small
// store; as headers, as cursors and as answers to shorten. Never a crash, every reply is a message, and nothing is
// longer than it may be. Run by tools/fuzz.
#include <cstdint>
#include <cstdlib>

#include "base/async.hpp"
#include "base/json_text.hpp"
#include "mcp/batch.hpp"
#include "mcp/engine.hpp"
#include "mcp/headers.hpp"
#include "mcp/tools/product_catalog.hpp"
#include "mcp/tools/shorten.hpp"
#include "support/event_maker.hpp"
#include "support/manual_clock.hpp"
#include "support/reference_database.hpp"

namespace {

using namespace gem;
using namespace gem::mcp;

struct SilentChannel final : mcp::Channel {
    void send(std::string text) override {
        if (!is_json(text)) std::abort();
    }
    Async<Outcome> ask(std::string, Object) override { co_return Object(); }
    Async<void> until_ending() override { co_return; }
};

std::vector<Event> some_events() {
    std::vector<Event> events;
    for (int i = 0; i < 40; ++i) {
        events.push_back(test::make_event(std::to_string(i))
                             .type(std::array{"PushEvent", "WatchEvent", "IssuesEvent", "PullRequestEvent"}[i % 4])
                             .after(minutes(2 * i))
                             .of(i % 3 == 0 ? "acme/tool" : "acme/other", 7 + i % 3)
                             .payload(R"({"action":"opened","commits":[],"number":1})"));
    }
    return events;
}

/// What the product is made of, over a model of the store, with two things of the protocol that no product tool does.
class Product {
  public:
    Product() {
        if (!run_to_end(database_.initialize()) || !run_to_end(database_.events().insert_events(some_events())))
            std::abort();
        catalog_.lists_change = true;
        catalog_.tools.push_back({.name = "t",
                                  .description = "Says what it is told",
                                  .input_schema = Object{{"type", "object"}},
                                  .call = [](Call& call, Object arguments) -> Async<Outcome> {
                                      call.progress(1, 2, "half");
                                      call.log("error", "fuzz", Value(arguments));
                                      auto const* const input = call.input("i");
                                      co_return text_result(to_text(Value(input != nullptr ? *input : arguments)));
                                  }});
        catalog_.templates.push_back({.uri = "t://{a}/{b}",
                                      .name = "t",
                                      .read = [](Call&, std::string uri, Variables variables) -> Async<Outcome> {
                                          co_return resource_result(uri, "text/plain", variables.at("b"));
                                      }});
    }

    void answer(Client& legacy, Message const& request) {
        auto modern = modern_client(request.params);
        SilentChannel channel;
        auto const outcome = run_to_end(engine_.answer(modern ? *modern : legacy, request, channel));
        auto const reply = outcome ? result_text(request.id, *outcome) : error_text(request.id, outcome.error());
        if (!is_json(reply) || hub_.size() != 0) std::abort();
        hub_.prints.clear();
        if (outcome && request.method == "tools/call") check_size(*outcome);
        // As over HTTP, where headers mirror the body.
        http::Request const mirrored{.method = "POST", .headers = {{"mcp-method", request.method}}};
        (void)era_of(mirrored, request);
        (void)check_mirrored(mirrored, request);
        for (auto const& tool : catalog_.tools) (void)check_parameters(mirrored, request, tool);
    }

  private:
    static void check_size(Object const& result) {
        auto const* const structured = get_object(result, "structuredContent");
        if (structured != nullptr && json_size(Value(*structured)) > 1'000'000) std::abort();
    }

    test::ManualClock clock_;
    Log log_{clock_, LogLevel::off, LogFormat::text, [](std::string_view) {}};
    DatabaseService database_{test::make_reference_manager(std::make_shared<test::ReferenceStore>(), clock_)};
    api::Api api_{database_, nullptr, clock_, log_, {}};
    Catalog catalog_ = product_catalog(api_, database_, clock_, {.version = "1"});
    Hub hub_;
    Engine engine_{catalog_, hub_, log_};
};

void take(Client& legacy, std::expected<Message, RpcError> const& message) {
    static Product product;
    if (!message) {
        if (!is_json(error_text({}, message.error()))) std::abort();
        return;
    }
    if (message->kind == Message::Kind::request) product.answer(legacy, *message);
}

void take_line(Client& legacy, std::string_view line) {
    take(legacy, parse_message(line));
    if (!is_list(line)) return;
    auto const batch = parse_batch(line);
    if (!batch) return take(legacy, std::unexpected(batch.error()));
    for (auto const& message : *batch) take(legacy, message);
}

void shorten(std::string_view text) {
    auto parsed = parse_json(text);
    if (!parsed || !parsed->is_object()) return;
    constexpr std::size_t max_bytes = 200;
    auto cursor = ListCursor::parse(get_string(parsed->get_object(), "c").value_or("|"));
    ListCursor from = cursor ? std::move(*cursor) : ListCursor();
    if (!skip_seen(parsed->get_object(), from)) from = {};
    if (fit(parsed->get_object(), max_bytes, from) == Fit::too_small) return;
    if (json_size(*parsed) > max_bytes) std::abort();
}

} // namespace

extern "C" int LLVMFuzzerTestOneInput(std::uint8_t const* data, std::size_t size) {
    std::string_view rest(reinterpret_cast<char const*>(data), size);
    Client legacy{.may_write = true};
    while (!rest.empty()) {
        auto const line = rest.substr(0, rest.find('\n'));
        take_line(legacy, line);
        shorten(line);
        rest.remove_prefix(std::min(rest.size(), line.size() + 1));
    }
    return 0;
}
