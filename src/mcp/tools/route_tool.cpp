#include "mcp/tools/route_tool.hpp"

#include <algorithm>

#include <fmt/format.h>
#include <fmt/ranges.h>

#include "mcp/tasks.hpp"
#include "mcp/tools/shorten.hpp"
#include "mcp/tools/tool_schema.hpp"

namespace gem::mcp {

namespace {

constexpr std::size_t deepest_answer = 1024; // payloads of events are kept as they came

using Complaint = std::string; ///< a sentence that tells a model how to mend its call

/// What the arguments ask for beside the endpoint's own parameters.
struct Wishes {
    Given given;
    std::size_t max_bytes = static_cast<std::size_t>(default_max_bytes);
    std::vector<std::string> fields{};
    ListCursor cursor{};
    bool from_cursor = false;
};

/// A primitive as a query would say it; nothing for an object.
std::optional<std::string> as_query(Value const& value) {
    if (value.is_string()) return std::string(std::string_view(value.get_string()));
    if (value.is_bool() || value.is_number()) return to_text(value);
    auto const* const list = value.if_array();
    if (list == nullptr) return std::nullopt;
    std::vector<std::string> parts;
    for (auto const& each : *list) {
        if (!each.is_string()) return std::nullopt;
        parts.emplace_back(std::string_view(each.get_string()));
    }
    return fmt::format("{}", fmt::join(parts, ","));
}

std::optional<std::vector<std::string>> as_names(Value const& value) {
    auto const text = as_query(value);
    if (!text || value.is_number() || value.is_bool()) return std::nullopt;
    std::vector<std::string> names;
    for (std::size_t at = 0; at <= text->size();) {
        auto const comma = std::min(text->find(',', at), text->size());
        if (comma > at) names.push_back(text->substr(at, comma - at));
        at = comma + 1;
    }
    return names;
}

std::optional<std::size_t> as_bytes(Value const& value) {
    std::int64_t bytes = 0;
    if (value.is_int64())
        bytes = value.get_int64();
    else if (value.is_double() && value.get_double() >= 0 && value.get_double() <= most_max_bytes)
        bytes = static_cast<std::int64_t>(value.get_double());
    if (bytes < least_max_bytes || bytes > most_max_bytes) return std::nullopt;
    return static_cast<std::size_t>(bytes);
}

bool takes(api::Route const& route, std::string_view name) {
    return std::ranges::find(route.parameters, name, &api::Parameter::name) != route.parameters.end();
}

std::expected<Wishes, Complaint> read_wishes(api::Route const& route, Object const& arguments) {
    Wishes wishes;
    for (auto const& argument : arguments) {
        std::string_view const name(argument.key());
        auto const& value = argument.value();
        if (value.is_null()) continue;
        if (name == "max_bytes") {
            auto const bytes = as_bytes(value);
            if (!bytes) {
                return std::unexpected(
                    fmt::format("`max_bytes` must be an integer from {} to {}", least_max_bytes, most_max_bytes));
            }
            wishes.max_bytes = *bytes;
        } else if (name == "fields") {
            auto names = as_names(value);
            if (!names) return std::unexpected("`fields` must be a list of names");
            wishes.fields = std::move(*names);
        } else if (name == "cursor" && !takes(route, "cursor")) {
            auto cursor = ListCursor::parse(get_string(arguments, "cursor").value_or(""));
            if (!cursor) return std::unexpected("`cursor` is not one that an earlier answer of this tool gave");
            wishes.cursor = std::move(*cursor);
            wishes.from_cursor = true;
        } else {
            auto text = as_query(value);
            if (!text) return std::unexpected(fmt::format("`{}` must be a text, a number or a list of texts", name));
            wishes.given.emplace_back(name, std::move(*text));
        }
    }
    bool const has_until = std::ranges::find(wishes.given, "until", &Given::value_type::first) != wishes.given.end();
    if (!wishes.cursor.until.empty() && takes(route, "until") && !has_until)
        wishes.given.emplace_back("until", wishes.cursor.until);
    return wishes;
}

/// The end of the window that an answer is about, so that what follows is about the same.
std::string end_of_window(Object const& answer) {
    auto const* const window = get_object(answer, "window");
    return std::string(window == nullptr ? "" : get_string(*window, "to").value_or(""));
}

/// The length of the one list of an answer that the endpoint itself pages.
std::size_t paged_items(Object& answer) {
    std::size_t most = 0;
    for (auto const& place : find_lists(answer)) most = std::max(most, place.items->size());
    return most;
}

Object structured_result(Object answer) {
    auto const text = to_text(Value(answer));
    auto result = text_result(text);
    result["structuredContent"] = std::move(answer);
    return result;
}

Object image_result(ApiAnswer const& answer) {
    Object item{{"type", "image"}, {"data", base64(answer.body)}, {"mimeType", answer.content_type}};
    Object result;
    result["content"] = Array{Value(std::move(item))};
    return result;
}

/// Answers for one tool.
class RouteTool {
  public:
    RouteTool(api::Api& api, ToolRow const& row, api::Route const& route) : api_(api), row_(row), route_(route) {}

    Async<Outcome> call(Call& call, Object arguments) const {
        auto wishes = read_wishes(route_, arguments);
        if (!wishes) co_return text_result(wishes.error(), true);
        if (auto problem = co_await add_watched(*wishes)) co_return text_result(*problem, true);
        if (takes(route_, "format") && route_.answer.schema == nullptr) wishes->given.emplace_back("format", "png");
        if (row_.writes) call.progress(0, 1, "started");
        auto const answer = co_await ask_with_progress(call, wishes->given);
        if (row_.writes) call.progress(1, 1, "done");
        co_return co_await shape(answer, std::move(*wishes));
    }

  private:
    /// A tool that writes may take a while; its client hears every second that it goes on.
    Async<ApiAnswer> ask_with_progress(Call& call, Given given) const {
        if (!row_.writes) co_return co_await ask(api_, route_, std::move(given));
        struct Ticker : std::enable_shared_from_this<Ticker> {
            Ticker(asio::any_io_executor const& executor, Call& whose) : timer(executor), call(whose) {}
            void wait() {
                timer.expires_after(std::chrono::seconds(1));
                // A tick that is on its way when the tool is done finds nobody.
                timer.async_wait([weak = weak_from_this()](boost::system::error_code error) {
                    auto const self = weak.lock();
                    if (error || !self) return;
                    ++self->ticks; // comes near the end, never to it
                    self->call.progress(1.0 - 1.0 / (1 + self->ticks), 1, "working");
                    self->wait();
                });
            }
            asio::steady_timer timer;
            Call& call;
            int ticks = 0;
        };
        auto const ticker = std::make_shared<Ticker>(co_await asio::this_coro::executor, call);
        ticker->wait();
        co_return co_await ask(api_, route_, std::move(given));
    }

    Async<std::optional<Complaint>> add_watched(Wishes& wishes) const {
        bool const named = std::ranges::find(wishes.given, "repos", &Given::value_type::first) != wishes.given.end();
        if (!row_.watched_by_default || named) co_return std::nullopt;
        std::vector<std::string> repos;
        if (auto const* const list = find_route(api_, "GET", "/repositories")) {
            auto const answer = co_await ask(api_, *list, {});
            auto const parsed = parse_json(answer.body, deepest_answer);
            auto const* const entries =
                parsed && parsed->is_object() ? parsed->get_object().if_contains("repositories") : nullptr;
            if (entries != nullptr && entries->is_array()) {
                for (auto const& entry : entries->get_array()) {
                    auto const repo = entry.is_object() ? get_string(entry.get_object(), "repo") : std::nullopt;
                    if (repo && repo->find('/') != std::string_view::npos) repos.emplace_back(*repo);
                }
            }
        }
        auto const limit = std::ranges::find(route_.parameters, "repos", &api::Parameter::name);
        if (limit != route_.parameters.end() && limit->max > 0 && repos.size() > static_cast<std::size_t>(limit->max))
            repos.resize(static_cast<std::size_t>(limit->max));
        if (repos.empty()) co_return "name the repositories in `repos` (owner/name): none is on the watch list";
        wishes.given.emplace_back("repos", fmt::format("{}", fmt::join(repos, ",")));
        co_return std::nullopt;
    }

    Async<Outcome> shape(ApiAnswer const& answer, Wishes wishes) const {
        if (answer.is_problem()) co_return text_result(answer.complaint(), true);
        if (answer.content_type.starts_with("image/")) co_return image_result(answer);
        auto body = prepare(answer, wishes);
        if (!body) co_return text_result(body.error(), true);
        if (takes(route_, "cursor")) co_return co_await shape_paged(std::move(*body), std::move(wishes));
        if (wishes.from_cursor && !skip_seen(*body, wishes.cursor))
            co_return text_result("`cursor` belongs to another question", true);
        wishes.cursor.until = end_of_window(*body);
        if (fit(*body, wishes.max_bytes, wishes.cursor) == Fit::too_small) co_return too_small(*body, wishes);
        co_return structured_result(std::move(*body));
    }

    /// The endpoint pages itself: where a page is too long, a shorter one is asked for.
    Async<Outcome> shape_paged(Object body, Wishes wishes) const {
        ListCursor unused;
        auto shortened = body;
        auto const outcome = fit(shortened, wishes.max_bytes, unused);
        if (outcome == Fit::whole) {
            co_return structured_result(std::move(body));
        }
        auto const fitting = outcome == Fit::too_small ? 0 : paged_items(shortened);
        if (fitting == 0) co_return too_small(body, wishes);
        std::erase_if(wishes.given, [](auto const& pair) { return pair.first == "limit"; });
        wishes.given.emplace_back("limit", std::to_string(fitting));
        auto const answer = co_await ask(api_, route_, wishes.given);
        if (answer.is_problem()) co_return text_result(answer.complaint(), true);
        auto page = prepare(answer, wishes);
        if (!page) co_return text_result(page.error(), true);
        auto const* const next = page->if_contains("next_cursor");
        if (next != nullptr && next->is_string()) {
            (*page)["truncated"] = true;
            (*page)["cursor"] = *next;
        }
        if (json_size(Value(*page)) > wishes.max_bytes) co_return too_small(*page, wishes);
        co_return structured_result(std::move(*page));
    }

    std::expected<Object, Complaint> prepare(ApiAnswer const& answer, Wishes const& wishes) const {
        auto parsed = parse_json(answer.body, deepest_answer);
        if (!parsed || !parsed->is_object()) return std::unexpected("the server's answer cannot be read");
        auto body = std::move(parsed->get_object());
        for (auto const name : row_.left_out) body.erase(name);
        if (wishes.fields.empty()) {
            leave_out_dear(body);
        } else {
            auto const known = item_fields(body);
            if (!keep_fields(body, wishes.fields))
                return std::unexpected(fmt::format("`fields` names none of: {}", fmt::join(known, ", ")));
        }
        return body;
    }

    void leave_out_dear(Object& body) const {
        if (row_.dear.empty()) return;
        for (auto const& place : find_lists(body)) {
            for (auto& item : *place.items) {
                if (auto* const object = item.if_object()) {
                    for (auto const name : row_.dear) object->erase(name);
                }
            }
        }
    }

    static Object too_small(Object const& body, Wishes const& wishes) {
        return text_result(fmt::format("the answer does not fit into max_bytes={}; ask with max_bytes={}, or for less "
                                       "(a shorter window, one repository, some `fields`)",
                                       wishes.max_bytes,
                                       std::min<std::size_t>(most_max_bytes, json_size(Value(body)) + 200)),
                           true);
    }

    api::Api& api_;
    ToolRow const& row_;
    api::Route const& route_;
};

std::string description_of(api::Route const& route) {
    std::string text(route.summary);
    if (!text.ends_with('.')) text += '.';
    if (!route.description.empty()) text += fmt::format(" {}", route.description);
    return text;
}

} // namespace

std::string ApiAnswer::error_code() const {
    auto const parsed = parse_json(body);
    auto const* const object = parsed ? parsed->if_object() : nullptr;
    return std::string(object == nullptr ? "" : get_string(*object, "error_code").value_or(""));
}

std::string ApiAnswer::complaint() const {
    auto const parsed = parse_json(body);
    auto const* const object = parsed ? parsed->if_object() : nullptr;
    std::string text(object == nullptr ? "" : get_string(*object, "detail").value_or(""));
    if (text.empty()) text = fmt::format("the server answered {}", status);
    if (retry_after) text += fmt::format(" (try again in {} s)", *retry_after);
    return text;
}

api::Route const* find_route(api::Api const& api, std::string_view method, std::string_view path) {
    for (auto const& route : api.routes()) {
        bool const named = route.path == path || std::ranges::find(route.aliases, path) != route.aliases.end();
        if (route.method == method && named) return &route;
    }
    return nullptr;
}

Async<ApiAnswer> ask(api::Api& api, api::Route const& route, Given given) {
    auto const response = co_await api.ask(route, std::move(given));
    ApiAnswer answer{.status = response.status, .content_type = response.content_type, .body = {}};
    if (response.body) answer.body = response.body->bytes();
    for (auto const& [name, value] : response.headers)
        if (name == "Retry-After") answer.retry_after = value;
    co_return answer;
}

Tool make_tool(api::Api& api, ToolRow const& row, api::Route const& route, bool with_output_schema) {
    auto output = output_schema(row, route);
    Object annotations{{"readOnlyHint", !row.writes}};
    if (row.writes) annotations["destructiveHint"] = row.name.starts_with("stop_");
    annotations["openWorldHint"] = row.name == "collect_events_now";
    Tool tool{.name = std::string(row.name),
              .title = {},
              .description = description_of(route),
              .input_schema = input_schema(row, route, output),
              .output_schema = with_output_schema ? output : Object(),
              .annotations = std::move(annotations),
              .writes = row.writes,
              .call = [tool = RouteTool(api, row, route)](Call& call, Object arguments) -> Async<Outcome> {
                  return tool.call(call, std::move(arguments));
              }};
    return tool;
}

} // namespace gem::mcp
