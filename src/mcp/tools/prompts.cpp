#include "mcp/tools/prompts.hpp"

#include <fmt/format.h>

namespace gem::mcp {

namespace {

std::string value_of(Variables const& given, std::string_view name, std::string_view fallback) {
    auto const found = given.find(name);
    return found == given.end() || found->second.empty() ? std::string(fallback) : found->second.substr(0, 1000);
}

Object user_prompt(std::string_view description, std::string_view text) {
    Object content{{"type", "text"}, {"text", text}};
    Object message{{"role", "user"}, {"content", std::move(content)}};
    return Object{{"description", description}, {"messages", Array{Value(std::move(message))}}};
}

/// A prompt whose text is made of its arguments.
Prompt prompt(std::string name, std::string title, std::string description, std::vector<PromptArgument> arguments,
              std::string (*text)(Variables const&)) {
    return {.name = std::move(name),
            .title = std::move(title),
            .description = description,
            .arguments = std::move(arguments),
            .get = [description, text](Call&, Variables given) -> Async<Outcome> {
                co_return user_prompt(description, text(given));
            }};
}

} // namespace

std::vector<Prompt> product_prompts() {
    PromptArgument const repo{.name = "repo", .description = "The repository, owner/name", .required = true};
    PromptArgument const hours{.name = "hours", .description = "Length of the window in hours"};
    std::vector<Prompt> prompts;
    prompts.push_back(prompt(
        "analyze_repository_trends", "Analyze a repository's trends",
        "What changed in a repository lately, and whether that is usual", {repo, hours}, [](Variables const& given) {
            return fmt::format("Analyze the trends of {0} over the last {1} hours. Use "
                               "get_event_counts_timeseries, get_repository_activity and detect_event_anomalies "
                               "for it (hours={1}), say what rose, what fell and what is out of the ordinary, and "
                               "quote the figures. Say where `coverage` has gaps: absent events prove nothing "
                               "there.",
                               value_of(given, "repo", "the repository"), value_of(given, "hours", "168"));
        }));
    prompts.push_back(
        prompt("repository_health_assessment", "Assess a repository's health",
               "A repository's health with its reasons and what to do", {repo, hours}, [](Variables const& given) {
                   return fmt::format("Assess the health of {0} over the last {1} hours: get_repository_health_score, "
                                      "get_pr_merge_time, get_issue_first_response and get_repository_change_summary "
                                      "(hours={1}). Explain each score by its `explanation`, name the weakest signals "
                                      "first, and end with at most three things to do.",
                                      value_of(given, "repo", "the repository"), value_of(given, "hours", "168"));
               }));
    prompts.push_back(prompt(
        "compare_repository_activity", "Compare repositories", "Several repositories side by side",
        {{.name = "repos", .description = "Repositories, owner/name, comma-separated", .required = true}, hours},
        [](Variables const& given) {
            return fmt::format("Compare the activity of {0} over the last {1} hours with compare_repositories "
                               "(hours={1}). Make a table of the figures, say who leads where, and what the difference "
                               "in size between the repositories does to the comparison.",
                               value_of(given, "repos", "the repositories"), value_of(given, "hours", "168"));
        }));
    prompts.push_back(prompt(
        "create_monitoring_dashboard_config", "Configure a dashboard", "Panels for a dashboard about repositories",
        {{.name = "repos", .description = "Repositories, owner/name, comma-separated", .required = true},
         {.name = "focus", .description = "What matters, for example releases or security"}},
        [](Variables const& given) {
            return fmt::format(
                "Propose the configuration of a monitoring dashboard for {}, with a focus on {}. Look at "
                "get_event_types_summary for what occurs at all, then list panels as JSON: title, the "
                "tool that feeds it, its arguments, refresh interval in seconds, and the threshold at "
                "which a person should look.",
                value_of(given, "repos", "the repositories"), value_of(given, "focus", "activity"));
        }));
    return prompts;
}

} // namespace gem::mcp
