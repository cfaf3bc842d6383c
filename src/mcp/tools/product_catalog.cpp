#include "mcp/tools/product_catalog.hpp"

#include <algorithm>

#include <fmt/format.h>

#include "domain/event_type.hpp"
#include "mcp/tools/prompts.hpp"
#include "mcp/tools/route_tool.hpp"
#include "mcp/tools/shorten.hpp"
#include "mcp/tools/tool_schema.hpp"

namespace gem::mcp {

namespace {

constexpr std::size_t most_names = 101; // one more than a completion may have

constexpr std::string_view instructions =
    "Figures about GitHub repositories from stored events. Repositories are owner/name. A window is `hours` long and "
    "ends at `until` (RFC 3339, default: of this minute). `bots`: whether figures about people count bots. `coverage` "
    "tells whether every event of a window was seen: with gaps, zeros prove nothing. Null means unknown, never zero. "
    "A long answer has `truncated` and a `cursor`: call again with that `cursor`, or with a larger `max_bytes` "
    "(default 8000, up to 1000000). `fields`: the members of list items to keep.";

/// Resources and completions: what is not a tool.
class Shelf {
  public:
    Shelf(api::Api& api, DatabaseService& database, Clock const& clock)
        : api_(api), database_(database), clock_(clock) {}

    /// The first of `paths` that there is, asked and shortened.
    Async<Outcome> read(std::string uri, std::vector<std::string_view> paths, Given given) const {
        for (auto const path : paths) {
            auto const* const route = find_route(api_, "GET", path);
            if (route == nullptr) continue;
            auto const answer = co_await ask(api_, *route, std::move(given));
            if (answer.is_problem()) {
                bool const clients = answer.status >= 400 && answer.status < 500;
                co_return refuse(clients ? code::invalid_params : code::internal_error, answer.complaint(),
                                 Value(Object{{"uri", uri}}));
            }
            co_return resource_result(uri, "application/json", shortened(answer.body));
        }
        co_return refuse(code::internal_error, "this is not served here", Value(Object{{"uri", uri}}));
    }

    Async<std::vector<std::string>> complete(CompletionQuestion question, bool tell_names) const {
        std::vector<std::string> found;
        auto const prefix = ascii_lower(question.prefix);
        if (question.argument == "event_type") {
            for (auto const& info : monitored_event_types()) {
                if (ascii_lower(info.type).starts_with(prefix)) found.emplace_back(info.type);
            }
            co_return found;
        }
        if (!tell_names) co_return found;
        if (question.argument == "repo" || question.argument == "repos") {
            // Of a list the last name is completed.
            auto const comma = question.prefix.rfind(',');
            auto const before = comma == std::string::npos ? "" : question.prefix.substr(0, comma + 1);
            for (auto& name : co_await names_with(prefix.substr(before.size()))) found.push_back(before + name);
        } else if (question.argument == "owner") {
            for (auto const& name : co_await names_with(prefix)) {
                auto const owner = name.substr(0, name.find('/'));
                if (found.empty() || ascii_lower(found.back()) != ascii_lower(owner)) found.push_back(owner);
            }
        } else if (question.argument == "name") {
            auto const owner = question.known.find("owner");
            if (owner == question.known.end()) co_return found;
            for (auto const& name : co_await names_with(ascii_lower(owner->second) + "/" + prefix))
                found.push_back(name.substr(name.find('/') + 1));
        }
        co_return found;
    }

    Async<std::optional<std::string>> fingerprint(std::string uri) const {
        if (auto const type = match_template("github://events/recent/{event_type}", uri)) {
            auto const now = clock_.now();
            auto page = co_await database_.events().find_events({.repo = std::nullopt,
                                                                 .type = type->at("event_type"),
                                                                 .actor = std::nullopt,
                                                                 .window = TimeWindow::up_to_now(now, hours(23)),
                                                                 .limit = 1,
                                                                 .cursor = std::nullopt});
            if (!page) co_return std::nullopt;
            co_return page->events.empty() ? std::string("none") : page->events.front().id;
        }
        for (auto const pattern :
             {"github://repositories/{owner}/{name}/metrics", "github://repositories/{owner}/{name}/commits"}) {
            auto const names = match_template(pattern, uri);
            if (!names) continue;
            auto const repo = RepoName::parse(names->at("owner") + "/" + names->at("name"));
            if (!repo) co_return std::nullopt;
            auto const hidden = co_await api_.hidden();
            if (!hidden || is_among(*hidden, repo->text())) co_return std::nullopt;
            auto const found = co_await database_.events().find_repository(*repo);
            if (!found) co_return std::nullopt;
            co_return *found ? std::to_string((*found)->total_events) : std::string("none");
        }
        auto const totals = co_await database_.events().totals();
        if (!totals) co_return std::nullopt;
        co_return std::to_string(totals->events);
    }

  private:
    static std::string shortened(std::string const& body) {
        auto parsed = parse_json(body, 1024);
        if (!parsed || !parsed->is_object()) return body;
        ListCursor cursor;
        if (fit(parsed->get_object(), static_cast<std::size_t>(4 * default_max_bytes), cursor) != Fit::shortened)
            return body;
        return to_text(*parsed);
    }

    Async<std::vector<std::string>> names_with(std::string prefix) const {
        // list_repositories() goes on after a name: one that is just before all that begin with the prefix.
        std::string after = prefix;
        if (!after.empty()) {
            after.back() = static_cast<char>(after.back() - 1);
            after += "\x7f";
        }
        auto const listed = co_await database_.events().list_repositories(after, most_names);
        std::vector<std::string> names;
        auto const hidden = co_await api_.hidden();
        if (!listed || !hidden) co_return names;
        for (auto const& summary : *listed) {
            auto const name = ascii_lower(summary.repo);
            if (name.starts_with(prefix) && !hidden->contains(name)) names.push_back(summary.repo);
        }
        co_return names;
    }

    api::Api& api_;
    DatabaseService& database_;
    Clock const& clock_;
};

Given repo_given(Variables const& variables) { return {{"repo", variables.at("owner") + "/" + variables.at("name")}}; }

void add_resources(Catalog& catalog, Shelf const& shelf) {
    catalog.resources.push_back(
        {.uri = "github://events/status",
         .name = "status",
         .title = "Status",
         .description = "Health of the server, its database and its collector",
         .read = [shelf](Call&, std::string uri) { return shelf.read(std::move(uri), {"/health"}, {}); }});
    catalog.resources.push_back(
        {.uri = "github://repositories",
         .name = "repositories",
         .title = "Repositories",
         .description = "The watch list with what is known of each repository",
         .read = [shelf](Call&, std::string uri) { return shelf.read(std::move(uri), {"/repositories"}, {}); }});
    catalog.templates.push_back({.uri = "github://events/recent/{event_type}",
                                 .name = "recent-events",
                                 .title = "Recent events of a type",
                                 .description = "The newest stored events of a type, of the last 24 hours",
                                 .read = [shelf](Call&, std::string uri, Variables variables) {
                                     return shelf.read(std::move(uri), {"/events"},
                                                       {{"type", variables.at("event_type")}, {"limit", "50"}});
                                 }});
    catalog.templates.push_back({.uri = "github://repositories/{owner}/{name}/metrics",
                                 .name = "repository-metrics",
                                 .title = "Metrics of a repository",
                                 .description = "Health and activity of a repository",
                                 .read = [shelf](Call&, std::string uri, Variables variables) {
                                     return shelf.read(std::move(uri),
                                                       {"/metrics/repository-health", "/metrics/repository-activity"},
                                                       repo_given(variables));
                                 }});
    catalog.templates.push_back({.uri = "github://repositories/{owner}/{name}/commits",
                                 .name = "repository-commits",
                                 .title = "Recent commits of a repository",
                                 .description = "Commits of the last 24 hours with their summaries",
                                 .read = [shelf](Call&, std::string uri, Variables variables) {
                                     return shelf.read(std::move(uri), {"/commits/recent"}, repo_given(variables));
                                 }});
}

} // namespace

Catalog product_catalog(api::Api& api, DatabaseService& database, Clock const& clock, CatalogOptions options) {
    Catalog catalog{.name = "github-events-monitor",
                    .title = "GitHub Events Monitor",
                    .version = std::move(options.version),
                    .instructions = std::string(instructions)};
    catalog.cache_scope = options.private_answers ? "private" : "public";
    for (auto const& row : tool_table()) {
        auto const* const route = find_route(api, row.method, row.path);
        if (route != nullptr) catalog.tools.push_back(make_tool(api, row, *route, options.output_schemas));
    }
    Shelf const shelf(api, database, clock);
    add_resources(catalog, shelf);
    catalog.prompts = product_prompts();
    catalog.complete = [shelf, tell = options.tell_names](CompletionQuestion question) {
        return shelf.complete(std::move(question), tell);
    };
    catalog.fingerprint = [shelf](std::string uri) { return shelf.fingerprint(std::move(uri)); };
    return catalog;
}

} // namespace gem::mcp
