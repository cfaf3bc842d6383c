#include "storage/repo_history.hpp"

#include <algorithm>
#include <map>

#include <fmt/format.h>

#include "storage/stored_json.hpp"

namespace gem {

namespace {

constexpr std::string_view progress_prefix = "history#state#";
constexpr std::string_view page_prefix = "history#page#";
constexpr int most_page_attempts = 3;

std::string progress_key(RepoName const& repo) { return std::string(progress_prefix) + repo.key(); }
std::string pages_of(RepoName const& repo) { return fmt::format("{}{}#", page_prefix, repo.key()); }

template <class Document>
JsonText document_of(Document const& document) {
    return JsonText::already_validated(json::to_string(document));
}

/// Whatever stood there. Nothing else than repeated work can be lost by it.
Async<Result<void>> put_document(MetricsRepository& store, std::string key, JsonText value) {
    std::int64_t version = 0;
    for (int attempt = 0; attempt < most_page_attempts; ++attempt) {
        auto const written = co_await store.put_state({.key = key, .value = value, .version = version});
        if (written) co_return Result<void>{};
        if (written.error().code != ErrorCode::conflict) co_return fail(written.error());
        auto const present = co_await store.get_state(key);
        if (!present) co_return fail(present.error());
        version = *present ? (*present)->version : 0;
    }
    co_return fail(ErrorCode::conflict, "another process writes " + key + " all the time");
}

/// The pages in the order in which they were asked for.
class Gathering {
  public:
    void add(HistoryPage page) {
        for (auto& item : page.items) items_.insert_or_assign(item.number, std::move(item));
        for (auto& answer : page.answers) {
            auto key = std::tuple(answer.number, answer.at, answer.login);
            answers_.insert_or_assign(std::move(key), std::move(answer));
        }
        for (auto& release : page.releases) {
            auto tag = release.tag_name;
            releases_.insert_or_assign(std::move(tag), std::move(release));
        }
    }
    HistoryPage whole() && {
        HistoryPage all;
        for (auto& [number, item] : items_) all.items.push_back(std::move(item));
        for (auto& [key, answer] : answers_) all.answers.push_back(std::move(answer));
        for (auto& [tag, release] : releases_) all.releases.push_back(std::move(release));
        return all;
    }

  private:
    std::map<std::int64_t, HistoryItem> items_;
    std::map<std::tuple<std::int64_t, UtcTime, std::string>, HistoryAnswer> answers_;
    std::map<std::string, HistoryRelease> releases_;
};

/// Whether something was taken out.
bool take_out(HistoryPage& page, std::string const& login) {
    auto const theirs = [&](std::string const& name) { return ascii_lower(name) == login; };
    bool changed = std::erase_if(page.answers, [&](HistoryAnswer const& one) { return theirs(one.login); }) > 0;
    auto const unname = [&](auto& one) {
        if (!theirs(one.author_login)) return;
        one.author_login.clear();
        one.author_id.reset();
        changed = true;
    };
    std::ranges::for_each(page.items, unname);
    std::ranges::for_each(page.releases, unname);
    return changed;
}

} // namespace

bool HistoryProgress::omits(std::string_view name) const {
    return std::ranges::find(omitted, name, &HistoryOmission::part) != omitted.end();
}

Async<Result<std::optional<KeptProgress>>> read_progress(MetricsRepository& store, RepoName repo) {
    auto const entry = co_await store.get_state(progress_key(repo));
    if (!entry) co_return fail(entry.error().within("reading how far the history is"));
    if (!*entry) co_return std::optional<KeptProgress>();
    auto progress = from_stored<HistoryProgress>((*entry)->value, (*entry)->key);
    if (!progress) co_return fail(std::move(progress.error()));
    co_return std::optional<KeptProgress>({.progress = std::move(*progress), .version = (*entry)->version});
}

Async<Result<std::int64_t>> write_progress(MetricsRepository& store, KeptProgress kept) {
    auto const repo = RepoName::parse(kept.progress.repo);
    if (!repo) co_return fail(repo.error());
    co_return co_await store.put_state(
        {.key = progress_key(*repo), .value = document_of(kept.progress), .version = kept.version});
}

Async<Result<void>> write_history_page(MetricsRepository& store, RepoName repo, std::string place, HistoryPage page) {
    co_return co_await put_document(store, pages_of(repo) + place, document_of(page));
}

Async<Result<void>> remove_history_page(MetricsRepository& store, RepoName repo, std::string place) {
    co_return co_await store.remove_state(pages_of(repo) + place);
}

Async<Result<std::int64_t>> remove_history_pages(MetricsRepository& store, RepoName repo) {
    auto const entries = co_await store.list_state(pages_of(repo));
    if (!entries) co_return fail(entries.error().within("looking for a history"));
    for (auto const& entry : *entries) {
        auto const removed = co_await store.remove_state(entry.key);
        if (!removed) co_return fail(removed.error().within("removing a history"));
    }
    co_return std::ssize(*entries);
}

Async<Result<std::int64_t>> remove_histories_before(MetricsRepository& store, UtcTime horizon) {
    auto const entries = co_await store.list_state(std::string(progress_prefix));
    if (!entries) co_return fail(entries.error().within("looking for histories"));
    std::int64_t pages = 0;
    for (auto const& entry : *entries) {
        auto const progress = from_stored<HistoryProgress>(entry.value, entry.key);
        if (!progress) co_return fail(progress.error());
        auto repo = RepoName::parse(progress->repo);
        if (!repo || progress->until >= horizon) continue;
        auto const removed = co_await remove_history_pages(store, std::move(*repo));
        if (!removed) co_return fail(removed.error());
        pages += *removed;
    }
    co_return pages;
}

Async<Result<std::optional<RepoHistory>>> read_history(MetricsRepository& store, RepoName repo, TimeWindow window) {
    auto states = co_await store.list_states({progress_key(repo)});
    if (!states) co_return fail(states.error().within("reading a history"));
    auto const begun = std::ranges::find(states->front(), progress_key(repo), &StateEntry::key);
    if (begun == states->front().end()) co_return std::optional<RepoHistory>();
    auto progress = from_stored<HistoryProgress>(begun->value, begun->key);
    if (!progress) co_return fail(std::move(progress.error()));
    bool const about_it = window.from < progress->until && progress->from < window.to;
    if (!progress->done() || !about_it) co_return std::optional<RepoHistory>();
    auto const pages = co_await store.list_states({pages_of(repo)});
    if (!pages) co_return fail(pages.error().within("reading a history"));
    Gathering gathering;
    for (auto const& entry : pages->front()) {
        auto page = from_stored<HistoryPage>(entry.value, entry.key);
        if (!page) co_return fail(std::move(page.error()));
        gathering.add(std::move(*page));
    }
    co_return std::optional<RepoHistory>({.progress = std::move(*progress), .told = std::move(gathering).whole()});
}

JsonText history_detail() { return JsonText::already_validated(R"({"source":"history"})"); }

Async<Result<std::int64_t>> forget_in_histories(MetricsRepository& store, std::string login) {
    auto const lower = ascii_lower(login);
    auto const entries = co_await store.list_state(std::string(page_prefix));
    if (!entries) co_return fail(entries.error());
    std::int64_t changed = 0;
    for (auto const& entry : *entries) {
        auto page = from_stored<HistoryPage>(entry.value, entry.key);
        if (!page) co_return fail(std::move(page.error()));
        if (!take_out(*page, lower)) continue;
        auto const written = co_await put_document(store, entry.key, document_of(*page));
        if (!written) co_return fail(written.error());
        ++changed;
    }
    co_return changed;
}

} // namespace gem
