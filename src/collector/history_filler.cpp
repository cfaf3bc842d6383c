#include "collector/history_filler.hpp"

#include <algorithm>

#include <fmt/format.h>
#include <fmt/ranges.h>

#include "collector/poll_state.hpp"
#include "github/history_parser.hpp"
#include "storage/stored_json.hpp"

namespace gem {

namespace {

/// So many repositories are looked up in the store at once: others wait meanwhile.
constexpr int most_at_once = 20;

HistoryAnswered told_by(github::ApiAnswer const& answer) {
    return {.status = answer.status,
            .http_status = answer.http_status,
            .more = answer.next_page.has_value(),
            .retry_at = answer.retry_at,
            .message = answer.message};
}

/// An answer that is not what it must be is as good as none.
void spoil(HistoryAnswered& answered, Error const& error) {
    answered.status = github::PageStatus::unavailable;
    answered.message = error.message;
}

Result<github::HistoryList> parse_list(std::string_view part, std::string_view body) {
    if (part == "items") return github::parse_issue_list(body);
    if (part == "answers") return github::parse_comment_list(body);
    return github::parse_release_list(body);
}

/// What is older than the window is left where it is.
void keep_the_window(HistoryPage& page, UtcTime from) {
    std::erase_if(page.items, [&](HistoryItem const& item) {
        return item.opened < from && item.closed.value_or(from - seconds(1)) < from;
    });
    std::erase_if(page.answers, [&](HistoryAnswer const& answer) { return answer.at < from || is_bot(answer.login); });
    std::erase_if(page.releases, [&](HistoryRelease const& release) { return release.published < from; });
}

} // namespace

HistoryFiller::HistoryFiller(DatabaseService& database, github::GitHubClient& github, Clock const& clock, Log& log,
                             Options options)
    : database_(database), github_(github), clock_(clock), log_(log), options_(options), plan_(options.limits),
      private_(database, clock) {}

Async<Result<void>> HistoryFiller::follow(std::vector<RepoName> repos) {
    if (!options_.on) co_return Result<void>{};
    std::map<std::string, KeptProgress> ours;
    int unknown = 0;
    for (auto const& repo : repos) {
        if (auto known = ours_.extract(repo.key())) {
            ours.insert(std::move(known));
            continue;
        }
        if (++unknown > most_at_once) continue;
        auto kept = co_await take_up(repo);
        if (!kept) co_return fail(kept.error());
        if (*kept) ours.insert_or_assign(repo.key(), std::move(**kept));
    }
    ours_ = std::move(ours);
    more_to_follow_ = unknown > most_at_once;
    co_return Result<void>{};
}

/// Nothing if it is not to be asked for, or somebody else takes it up in this moment.
Async<Result<std::optional<KeptProgress>>> HistoryFiller::take_up(RepoName repo) {
    using Taken = std::optional<KeptProgress>;
    auto kept = co_await read_progress(database_.metrics(), repo);
    if (!kept) co_return fail(kept.error());
    if (*kept) {
        auto const left_behind = co_await is_left_behind(repo, (*kept)->progress);
        if (!left_behind) co_return fail(left_behind.error());
        if (!*left_behind) co_return kept;
    } else {
        auto const polled = co_await database_.metrics().get_state(poll_key(repo.key()));
        if (!polled) co_return fail(polled.error().within("reading the state of polling"));
        if (!*polled) co_return Taken(); // removed or forgotten by another process: we do not know it yet
    }
    KeptProgress fresh{.progress = plan_.begin(repo.text(), clock_.now()), .version = *kept ? (*kept)->version : 0};
    auto const written = co_await write_progress(database_.metrics(), fresh);
    if (!written && written.error().code == ErrorCode::conflict) co_return Taken(); // next time
    if (!written) co_return fail(written.error().within("beginning a history"));
    fresh.version = *written;
    if (*kept) {
        auto const removed = co_await remove_history_pages(database_.metrics(), std::move(repo));
        if (!removed) co_return fail(removed.error());
    }
    co_return Taken(std::move(fresh));
}

/// Whether nobody polled between its end and the beginning of the present polls: it is of a former arrival.
Async<Result<bool>> HistoryFiller::is_left_behind(RepoName repo, HistoryProgress progress) {
    auto const entry = co_await database_.metrics().get_state(since_key(repo.key()));
    if (!entry) co_return fail(entry.error().within("reading since when a repository is polled"));
    if (!*entry) co_return false;
    auto const polled = from_stored<PolledSince>((*entry)->value, (*entry)->key);
    if (!polled) co_return fail(polled.error());
    co_return progress.until < polled->since;
}

HistoryFiller::Entry const* HistoryFiller::next() const {
    auto const now = clock_.now();
    if (!options_.on || quiet_until_ > now) return nullptr;
    auto const found = std::ranges::find_if(ours_, [&](Entry const& entry) {
        auto const& progress = entry.second.progress;
        return !progress.done() && progress.not_before <= now;
    });
    return found == ours_.end() ? nullptr : &*found;
}

bool HistoryFiller::due() const { return more_to_follow_ || next() != nullptr; }

HistoryFigures HistoryFiller::figures() const {
    auto figures = figures_;
    figures.known = ours_.size();
    figures.unfinished = static_cast<std::size_t>(
        std::ranges::count_if(ours_, [](auto const& entry) { return !entry.second.progress.done(); }));
    return figures;
}

Async<Result<void>> HistoryFiller::work(std::int64_t requests) {
    while (auto const* const entry = next()) {
        if (plan_.cost(entry->second.progress) > requests) break;
        if (auto const advanced = co_await advance(entry->first, requests); !advanced) co_return advanced;
    }
    co_return Result<void>{};
}

/// One answer: what it tells is durable before it is noted that it was asked for.
Async<Result<void>> HistoryFiller::advance(std::string key, std::int64_t& requests) {
    auto const kept = ours_.at(key);
    auto const repo = RepoName::parse(kept.progress.repo);
    if (!repo) co_return fail(repo.error());
    auto step = co_await fetch(*repo, kept.progress, requests);
    auto progress = plan_.after(kept.progress, step.answered, clock_.now());
    if (step.answered.status == github::PageStatus::rate_limited) {
        quiet_until_ = progress.not_before; // of no interest to the next process
        co_return Result<void>{};
    }
    auto const wanted = co_await is_kept(*repo);
    if (!wanted) co_return fail(wanted.error());
    if (!*wanted) {
        ours_.erase(key);
        co_return Result<void>{};
    }
    if (auto const stored = co_await store(*repo, kept.progress, std::move(step)); !stored)
        co_return fail(stored.error().within("storing the history of " + kept.progress.repo));
    auto const written = co_await write_progress(database_.metrics(), {.progress = progress, .version = kept.version});
    if (!written) {
        ours_.erase(key); // to be read anew
        if (written.error().code == ErrorCode::conflict)
            co_return co_await take_back(*repo, plan_.place(kept.progress));
        co_return fail(written.error().within("noting how far the history of " + progress.repo + " is"));
    }
    tell(progress);
    ours_.insert_or_assign(key, KeptProgress{.progress = std::move(progress), .version = *written});
    co_return Result<void>{};
}

/// Whether anybody still wants it: whoever forgets the repository removes how far its history is.
Async<Result<bool>> HistoryFiller::is_kept(RepoName repo) {
    auto const present = co_await read_progress(database_.metrics(), std::move(repo));
    if (!present) co_return fail(present.error());
    co_return present->has_value();
}

/// After somebody else wrote or removed how far it is while we stored an answer: no page stays of what was forgotten.
Async<Result<void>> HistoryFiller::take_back(RepoName repo, std::string place) {
    auto const wanted = co_await is_kept(repo);
    if (!wanted) co_return fail(wanted.error());
    if (*wanted) co_return Result<void>{};
    co_return co_await remove_history_page(database_.metrics(), std::move(repo), std::move(place));
}

Async<github::ApiAnswer> HistoryFiller::ask(RepoName repo, std::string question, std::int64_t& requests) {
    auto answer = co_await github_.get(std::move(repo), std::move(question));
    requests -= static_cast<std::int64_t>(std::max<std::size_t>(answer.asked, 1));
    figures_.requests += answer.asked;
    co_return answer;
}

Async<HistoryFiller::Step> HistoryFiller::fetch(RepoName repo, HistoryProgress progress, std::int64_t& requests) {
    auto const answer = co_await ask(repo, plan_.question(progress), requests);
    Step step{.answered = told_by(answer)};
    if (answer.status != github::PageStatus::fresh) co_return step;
    if (progress.part == "repository") {
        auto const is_private = github::parse_is_private(answer.body);
        if (is_private)
            step.is_private = *is_private;
        else
            spoil(step.answered, is_private.error());
        co_return step;
    }
    std::size_t shown = 0;
    if (progress.part == "deployments") {
        auto list = github::parse_deployment_list(answer.body);
        if (!list) {
            spoil(step.answered, list.error());
            co_return step;
        }
        shown = list->size();
        for (auto& deployment : *list) {
            step.answered.earliest =
                std::min(step.answered.earliest.value_or(deployment.created_at), deployment.created_at);
            if (deployment.created_at >= progress.from) step.deployments.push_back(std::move(deployment));
        }
        co_await fetch_statuses(std::move(repo), step, requests);
    } else {
        auto list = parse_list(progress.part, answer.body);
        if (!list) {
            spoil(step.answered, list.error());
            co_return step;
        }
        shown = list->shown;
        step.answered.latest = list->latest;
        step.answered.earliest = list->earliest;
        step.page = std::move(list->page);
        keep_the_window(step.page, progress.from);
    }
    step.answered.more = step.answered.more || std::cmp_greater_equal(shown, plan_.page_size(progress));
    co_return step;
}

/// The whole page is asked for again when one of them fails.
Async<void> HistoryFiller::fetch_statuses(RepoName repo, Step& step, std::int64_t& requests) {
    for (auto& deployment : step.deployments) {
        auto const answer = co_await ask(
            repo, fmt::format("/deployments/{}/statuses?per_page=100", deployment.deployment_id), requests);
        if (answer.status == github::PageStatus::gone) continue; // deleted meanwhile
        if (answer.status != github::PageStatus::fresh) {
            step.answered = told_by(answer);
            co_return;
        }
        if (auto const applied = github::apply_statuses(answer.body, deployment); !applied) {
            spoil(step.answered, applied.error());
            co_return;
        }
    }
}

Async<Result<void>> HistoryFiller::store(RepoName repo, HistoryProgress const& progress, Step step) {
    if (step.answered.status != github::PageStatus::fresh) co_return Result<void>{};
    if (step.is_private) co_return co_await private_.note(repo.text(), *step.is_private, clock_.now());
    for (auto& deployment : step.deployments) {
        deployment.repo_name = repo.text();
        deployment.detail = history_detail();
        auto const put = co_await database_.metrics().put_deployment(std::move(deployment));
        if (!put) co_return fail(put.error());
    }
    if (step.page.empty()) co_return Result<void>{};
    co_return co_await write_history_page(database_.metrics(), std::move(repo), plan_.place(progress),
                                          std::move(step.page));
}

void HistoryFiller::tell(HistoryProgress const& progress) {
    if (!progress.done()) {
        if (progress.failures > 0)
            log_.debug("history_delayed", {{"repo", progress.repo}, {"until", format_time(progress.not_before)}});
        return;
    }
    ++figures_.finished;
    std::vector<std::string> omitted;
    for (auto const& one : progress.omitted) omitted.push_back(one.part);
    log_.info("history_filled", {{"repo", progress.repo},
                                 {"from", format_time(progress.from)},
                                 {"answers", progress.answers},
                                 {"left_out", fmt::format("{}", fmt::join(omitted, " "))}});
}

} // namespace gem
