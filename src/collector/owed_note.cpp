// Reading what pushes owe out of the state.
#include <fmt/format.h>
#include <simdjson.h>

#include "collector/commit_details.hpp"

namespace gem {

namespace {

Result<OwedPush> read_owed_push(simdjson::dom::object object) {
    OwedPush push;
    auto const read = [&](std::string_view key, std::string& out) {
        std::string_view value;
        if (object[key].get_string().get(value) == simdjson::SUCCESS) out = value;
    };
    read("repo", push.repo);
    read("ref", push.ref);
    read("before", push.before);
    read("head", push.head);
    std::int64_t id = 0;
    if (object["repo_id"].get_int64().get(id) == simdjson::SUCCESS) push.repo_id = id;
    std::string time;
    read("pushed_at", time);
    push.pushed_at = parse_time(time).value_or(UtcTime{});
    simdjson::dom::array commits;
    if (object["commits"].get_array().get(commits) == simdjson::SUCCESS) {
        for (auto const one : commits) {
            std::string_view sha;
            if (one.get_string().get(sha) == simdjson::SUCCESS) push.commits.emplace_back(sha);
        }
    }
    if (!RepoName::valid(push.repo) || push.head.empty())
        return fail(ErrorCode::corrupt, "what a push owes names no repository or no commit");
    return push;
}

} // namespace

Result<OwedNote> parse_owed_note(std::string_view text) {
    simdjson::dom::parser parser;
    simdjson::dom::object object;
    if (parser.parse(text.data(), text.size(), true).get_object().get(object) != simdjson::SUCCESS)
        return fail(ErrorCode::corrupt, "what pushes owe is not a JSON object");
    std::vector<simdjson::dom::object> found;
    simdjson::dom::array pushes;
    if (object["pushes"].get_array().get(pushes) == simdjson::SUCCESS) {
        for (auto const one : pushes) {
            if (one.get_object().get(object) != simdjson::SUCCESS)
                return fail(ErrorCode::corrupt, "what a push owes is not a JSON object");
            found.push_back(object);
        }
    } else {
        found.push_back(object);
    }
    OwedNote note;
    for (auto const& one : found) {
        auto push = read_owed_push(one);
        if (!push) return fail(push.error());
        note.pushes.push_back(std::move(*push));
    }
    return note;
}

} // namespace gem
