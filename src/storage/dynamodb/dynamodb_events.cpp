#include "storage/dynamodb/dynamodb_events.hpp"

#include <set>
#include <span>

#include <boost/asio/bind_cancellation_slot.hpp>
#include <boost/asio/co_spawn.hpp>
#include <fmt/format.h>

#include "storage/dynamodb/dynamodb_events_state.hpp"
#include "storage/payload_codec.hpp"

namespace gem {

using dynamodb::LogRows;
using dynamodb::Operation;

DynamoDBEventsRepository::DynamoDBEventsRepository(dynamodb::DynamoDBContext& context)
    : state_(std::make_unique<State>(context)) {}

DynamoDBEventsRepository::~DynamoDBEventsRepository() = default;

Async<void> DynamoDBEventsRepository::State::store_waiting() {
    std::vector<std::shared_ptr<Waiting>> group;
    {
        std::scoped_lock const lock(waiting_mutex);
        group.swap(waiting);
    }
    // Who waits must not wait for ever, whatever happens here.
    struct Answer {
        std::vector<std::shared_ptr<Waiting>>& group;
        ~Answer() {
            for (auto const& one : group) {
                if (!one->result)
                    one->result =
                        fail(ErrorCode::unavailable, "storing these events was interrupted; store them again");
            }
        }
    } const answer{.group = group};
    std::vector<dynamodb::PreparedBatch const*> batches;
    for (auto const& one : group) batches.push_back(&one->batch);
    std::vector<dynamodb::StoredEvent> stored;
    auto results = co_await writer.store(std::move(batches), stored);
    keep_arrivals(std::move(stored));
    for (std::size_t i = 0; i < group.size(); ++i) {
        if (results)
            group[i]->result = std::move((*results)[i]);
        else
            group[i]->result = fail(results.error());
    }
}

Async<Result<InsertResult>> DynamoDBEventsRepository::State::store(std::vector<Event> batch, bool matching) {
    Operation const operation(context);
    if (!operation) co_return Operation::closed();
    if (batch.empty()) co_return InsertResult{};
    // Owned together with the list and with whoever stores it: this coroutine may be cancelled at any wait.
    auto const mine = std::make_shared<Waiting>();
    mine->batch = dynamodb::prepare_batch(std::move(batch), matching);
    {
        std::scoped_lock const lock(waiting_mutex);
        waiting.push_back(mine);
    }
    struct Leave {
        State& state;
        std::shared_ptr<Waiting> const& waiting;
        ~Leave() {
            std::scoped_lock const lock(state.waiting_mutex);
            std::erase(state.waiting, waiting);
        }
    } const leave{.state = *this, .waiting = mine};
    auto const held = co_await turn.take();
    if (!mine->result) {
        // Not cancelled once it has begun: others would have to store again what may be stored, and could not tell
        // which of their events are new. Each of its requests has a deadline.
        co_await asio::co_spawn(co_await asio::this_coro::executor, store_waiting(),
                                asio::bind_cancellation_slot(asio::cancellation_slot(), asio::use_awaitable));
    }
    if (mine->result) co_return std::move(*mine->result);
    co_return fail(ErrorCode::internal, "the batch was not stored, and nobody said why");
}

void DynamoDBEventsRepository::State::keep_arrivals(std::vector<dynamodb::StoredEvent> stored) {
    std::scoped_lock const lock(arrivals_mutex);
    if (!followed) return;
    thread_local PayloadCodec codec;
    auto const skipped = stored.size() > arrivals_kept_of_a_batch ? stored.size() - arrivals_kept_of_a_batch : 0;
    if (skipped > 0) arrivals.skip(skipped);
    for (auto const& one : std::span(stored).subspan(skipped)) {
        auto event = *one.event;
        if (auto payload = codec.restore(*one.payload))
            event.payload = JsonText::already_validated(std::move(*payload));
        arrivals.add(std::move(event));
    }
}

Async<Result<ArrivalPage>> DynamoDBEventsRepository::arrivals(std::string after, std::size_t limit) {
    Operation const operation(state_->context);
    if (!operation) co_return Operation::closed();
    std::scoped_lock const lock(state_->arrivals_mutex);
    state_->followed = true;
    co_return state_->arrivals.after(after, limit);
}

Async<Result<InsertResult>> DynamoDBEventsRepository::insert_events(std::vector<Event> batch) {
    co_return co_await state_->store(std::move(batch), true);
}

Async<Result<InsertResult>> DynamoDBEventsRepository::restore_events(std::vector<Event> batch) {
    co_return co_await state_->store(std::move(batch), false);
}

Async<Result<EventPage>> DynamoDBEventsRepository::find_events(EventQuery query) {
    Operation const operation(state_->context);
    if (!operation) co_return Operation::closed();
    co_return co_await state_->finder.find(std::move(query));
}

Async<Result<EventFactsList>> DynamoDBEventsRepository::event_facts(RepoName repo, TimeWindow window,
                                                                    std::vector<std::string> types) {
    Operation const operation(state_->context);
    if (!operation) co_return Operation::closed();
    co_return co_await state_->finder.facts(std::move(repo), window, std::move(types));
}

namespace {

std::vector<Tally> tallies_of(dynamodb::Gathered const& gathered) {
    std::map<std::pair<std::string, std::string>, Tally> sums; // sources together
    gathered.for_each([&](LogRows const& rows, PageRow const& row, UtcTime) {
        auto const& kind = rows.kinds[row.kind];
        auto& sum = sums[{kind.type, kind.action}];
        sum.events += row.events;
        sum.distinct_commits += row.commits;
        sum.commits_unknown += row.commits_unknown;
    });
    std::vector<Tally> tallies;
    for (auto& [key, sum] : sums) {
        sum.type = key.first;
        sum.action = key.second;
        tallies.push_back(std::move(sum));
    }
    return tallies;
}

std::vector<std::string> sources_of(dynamodb::Gathered const& gathered) {
    std::set<std::string> names;
    gathered.for_each([&](LogRows const& rows, PageRow const& row, UtcTime) {
        names.emplace(to_string(rows.kinds[row.kind].source));
    });
    return {names.begin(), names.end()};
}

} // namespace

Async<Result<std::vector<Tally>>> DynamoDBEventsRepository::tally(TimeWindow window, std::optional<RepoName> repo) {
    Operation const operation(state_->context);
    if (!operation) co_return Operation::closed();
    auto const gathered = co_await state_->counting.gather(window, std::move(repo));
    if (!gathered) co_return fail(gathered.error());
    co_return tallies_of(*gathered);
}

Async<Result<WindowFigures>> DynamoDBEventsRepository::window_figures(TimeWindow window, std::optional<RepoName> repo,
                                                                      bool with_tallies) {
    Operation const operation(state_->context);
    if (!operation) co_return Operation::closed();
    auto const gathered = co_await state_->counting.gather(window, repo);
    if (!gathered) co_return fail(gathered.error());
    WindowFigures figures{.tallies = {}, .sources = sources_of(*gathered), .repository = {}};
    if (with_tallies) figures.tallies = tallies_of(*gathered);
    if (!repo) co_return figures;
    auto summary = co_await state_->counting.summarize(std::move(*repo), *gathered->sought);
    if (!summary) co_return fail(summary.error());
    figures.repository = std::move(*summary);
    co_return figures;
}

Async<Result<std::vector<BucketTally>>> DynamoDBEventsRepository::tally_series(TimeWindow window, minutes bucket,
                                                                               std::optional<RepoName> repo,
                                                                               std::optional<std::string> type) {
    if (bucket.count() < 1 || bucket.count() > 1440)
        co_return fail(ErrorCode::invalid_argument,
                       fmt::format("bucket: expected 1 to 1440 minutes, got {}", bucket.count()));
    Operation const operation(state_->context);
    if (!operation) co_return Operation::closed();
    auto const gathered = co_await state_->counting.gather(window, std::move(repo));
    if (!gathered) co_return fail(gathered.error());
    std::map<UtcTime, BucketTally> buckets;
    gathered->for_each([&](LogRows const& rows, PageRow const& row, UtcTime minute) {
        auto const& kind = rows.kinds[row.kind];
        if (type && *type != kind.type) return;
        auto const start = minute - minute.time_since_epoch() % seconds(bucket);
        auto& tally = buckets[start];
        tally.bucket_start = start;
        tally.counts[kind.type] += row.events;
    });
    std::vector<BucketTally> series;
    for (auto& [start, tally] : buckets) series.push_back(std::move(tally));
    co_return series;
}

Async<Result<std::vector<std::string>>> DynamoDBEventsRepository::sources(TimeWindow window,
                                                                          std::optional<RepoName> repo) {
    Operation const operation(state_->context);
    if (!operation) co_return Operation::closed();
    auto const gathered = co_await state_->counting.gather(window, std::move(repo));
    if (!gathered) co_return fail(gathered.error());
    co_return sources_of(*gathered);
}

Async<Result<std::vector<RepoActivity>>> DynamoDBEventsRepository::busiest(TimeWindow window, std::size_t limit,
                                                                           bool with_rows) {
    Operation const operation(state_->context);
    if (!operation) co_return Operation::closed();
    co_return co_await state_->counting.busiest(window, limit, with_rows);
}

Async<Result<std::vector<RepoActivity>>> DynamoDBEventsRepository::activity(TimeWindow window,
                                                                            std::vector<RepoName> repos) {
    Operation const operation(state_->context);
    if (!operation) co_return Operation::closed();
    co_return co_await state_->counting.activity(window, std::move(repos));
}

Async<Result<std::optional<RepoSummary>>> DynamoDBEventsRepository::find_repository(RepoName repo) {
    Operation const operation(state_->context);
    if (!operation) co_return Operation::closed();
    co_return co_await state_->counting.summarize(std::move(repo));
}

Async<Result<std::vector<RepoSummary>>> DynamoDBEventsRepository::list_repositories(std::string after,
                                                                                    std::size_t limit) {
    Operation const operation(state_->context);
    if (!operation) co_return Operation::closed();
    co_return co_await state_->counting.list(std::move(after), limit);
}

Async<Result<Totals>> DynamoDBEventsRepository::totals() {
    Operation const operation(state_->context);
    if (!operation) co_return Operation::closed();
    co_return co_await state_->counting.totals();
}

Async<Result<dynamodb::ResolvedName>> DynamoDBEventsRepository::resolve(RepoName name) {
    Operation const operation(state_->context);
    if (!operation) co_return Operation::closed();
    auto sought = co_await state_->names.seek(std::move(name));
    if (!sought) co_return fail(sought.error());
    co_return std::move(sought->resolved);
}

} // namespace gem
