// Any bytes as messages to the MCP engine in both eras, and as answers to shorten: never a crash, every reply is a
// message, and nothing is longer than it may be. Build as event_parser_fuzz.
#include <cstdint>
#include <cstdlib>

#include "base/async.hpp"
#include "base/json_text.hpp"
#include "mcp/engine.hpp"
#include "mcp/tools/shorten.hpp"

namespace {

using namespace gem;
using namespace gem::mcp;

struct SilentChannel final : Channel {
    void send(std::string text) override {
        if (!is_json(text)) std::abort();
    }
    Async<Outcome> ask(std::string, Object) override { co_return Object(); }
    Async<void> until_ending() override { co_return; }
};

Catalog make_catalog() {
    Catalog catalog{.name = "fuzz", .version = "1"};
    catalog.lists_change = true;
    catalog.tools.push_back({.name = "t",
                             .description = "Says what it is told",
                             .input_schema = Object{{"type", "object"}},
                             .call = [](Call& call, Object arguments) -> Async<Outcome> {
                                 call.progress(1, 2, "half");
                                 call.log("error", "fuzz", Value(arguments));
                                 auto const* const input = call.input("i");
                                 co_return text_result(to_text(Value(input != nullptr ? *input : arguments)));
                             }});
    catalog.templates.push_back(
        {.uri = "t://{a}/{b}", .name = "t", .read = [](Call&, std::string uri, Variables variables) -> Async<Outcome> {
             co_return resource_result(uri, "text/plain", variables.at("b"));
         }});
    catalog.prompts.push_back({.name = "p",
                               .description = "A prompt",
                               .arguments = {{.name = "a", .description = "An argument", .required = true}},
                               .get = [](Call&, Variables) -> Async<Outcome> { co_return Object(); }});
    catalog.complete = [](CompletionQuestion question) -> Async<std::vector<std::string>> {
        co_return std::vector<std::string>{question.prefix};
    };
    catalog.fingerprint = [](std::string) -> Async<std::optional<std::string>> { co_return "f"; };
    return catalog;
}

void answer(std::string_view line) {
    static SystemClock const clock;
    static Log log(clock, LogLevel::off, LogFormat::text, [](std::string_view) {});
    static Catalog const catalog = make_catalog();
    static Hub hub;
    static Engine engine(catalog, hub, log);
    static Client legacy;
    auto const message = parse_message(line);
    if (!message) {
        if (!is_json(error_text({}, message.error()))) std::abort();
        return;
    }
    if (message->kind != Message::Kind::request) return;
    auto modern = modern_client(message->params);
    SilentChannel channel;
    auto const outcome = run_to_end(engine.answer(modern ? *modern : legacy, *message, channel));
    auto const reply = outcome ? result_text(message->id, *outcome) : error_text(message->id, outcome.error());
    if (!is_json(reply) || hub.size() != 0) std::abort();
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
    while (!rest.empty()) {
        auto const line = rest.substr(0, rest.find('\n'));
        answer(line);
        shorten(line);
        rest.remove_prefix(std::min(rest.size(), line.size() + 1));
    }
    return 0;
}
