#include "storage/dynamodb/head_store.hpp"

#include <algorithm>

#include <fmt/format.h>

#include "storage/dynamodb/event_item.hpp"
#include "storage/dynamodb/key_names.hpp"

namespace gem::dynamodb {

namespace {

constexpr std::size_t write_unit = 1024;
constexpr std::size_t room_for_a_page_name = 40;
/// So that a page is far below the 400 KB of an item.
constexpr std::size_t rows_in_a_page = 5'000;
/// More rows than this go into a page at once.
constexpr std::size_t rows_in_a_head = 60;
constexpr std::size_t most_pages = 24;
constexpr std::int64_t small_page = 64'000;
/// Announcements are dropped when there are more: then readers start anew.
constexpr std::size_t most_announced = 160;

Expression as_it_was(Head const& before) {
    if (before.version == 0) return {.text = "attribute_not_exists(#v)", .names = {{"#v", "v"}}};
    return {.text = "#v = :v", .names = {{"#v", "v"}}, .values = {{":v", AttributeValue::number(before.version)}}};
}

bool somebody_was_earlier(Failure const& failure) {
    return failure.kind == Failure::Kind::condition_failed || failure.kind == Failure::Kind::conflict;
}

} // namespace

Async<Result<bool>> HeadStore::replace(Head before, Head next) {
    next.version = before.version + 1;
    if (before.version == 0) co_return co_await create(std::move(next));
    if (before.sealed) {
        auto told = co_await announce(next.unit, next.version);
        if (!told) co_return fail(told.error());
    }
    co_return co_await put(before, next);
}

Async<Result<bool>> HeadStore::put(Head const& before, Head const& next) {
    auto done = co_await context_.client.put(
        {.table = std::string(log_table), .item = to_item(next), .condition = as_it_was(before)});
    if (done) co_return true;
    if (somebody_was_earlier(done.error())) co_return false;
    co_return fail(to_error(done.error()));
}

Async<Result<bool>> HeadStore::create(Head next) {
    auto infos = co_await reader_.infos({next.unit.shard});
    if (!infos) co_return fail(infos.error());
    auto const frontier = (*infos)[next.unit.shard].frontier;
    Head before;
    before.unit = next.unit;
    if (next.unit.hour < frontier) {
        next.sealed = true;
        auto told = co_await announce(next.unit, next.version);
        if (!told) co_return fail(told.error());
        co_return co_await put(before, next);
    }
    // Not sealed: the frontier must not pass while it is made.
    UpdateItem watch{.table = std::string(log_table), .key = info_key(next.unit.shard), .update = "ADD #m :one"};
    watch.expression = {
        .text = "attribute_not_exists(#f) OR #f <= :hour",
        .names = {{"#m", "m"}, {"#f", "f"}},
        .values = {{":one", AttributeValue::number(1)}, {":hour", AttributeValue::number(next.unit.hour)}}};
    std::vector<TransactionPart> parts;
    parts.emplace_back(PutItem{.table = std::string(log_table), .item = to_item(next), .condition = as_it_was(before)});
    parts.emplace_back(std::move(watch));
    auto done = co_await context_.client.transact(std::move(parts));
    if (!done && somebody_was_earlier(done.error())) co_return false;
    if (!done) co_return fail(to_error(done.error()));
    auto const now = to_unix(context_.clock.now()) / 3600;
    if (auto const newest = std::min(next.unit.hour, now); newest - 1 > frontier) {
        auto moved = co_await advance_frontier(next.unit.shard, newest);
        if (!moved) context_.log.debug("frontier_not_moved", {{"reason", moved.error().message}});
    }
    co_return true;
}

Async<Result<void>> HeadStore::announce(Unit unit, std::int64_t version) {
    UpdateItem update{.table = std::string(log_table), .key = info_key(unit.shard), .update = "SET #h = :v"};
    update.expression = {.text = "attribute_not_exists(#h) OR #h < :v",
                         .names = {{"#h", announcement_name(unit.hour)}},
                         .values = {{":v", AttributeValue::number(version)}}};
    auto told = co_await context_.client.update(std::move(update));
    if (!told && told.error().kind == Failure::Kind::condition_failed) co_return Result<void>(); // told already
    if (!told) co_return fail(to_error(told.error()));
    auto const info = read_info(*told);
    if (info.announced.size() <= most_announced) co_return Result<void>();
    co_return co_await prune(unit, info);
}

Async<Result<void>> HeadStore::prune(Unit announced, ShardInfo info) {
    std::vector<Unit> units;
    for (auto const& [hour, version] : info.announced) {
        if (hour != announced.hour && units.size() < most_announced / 2)
            units.push_back({.shard = announced.shard, .hour = hour});
    }
    auto heads = co_await reader_.heads(units);
    if (!heads) co_return fail(heads.error());
    // Readers that find `pruned` grown forget what they remember, and read it anew. What was announced and has not
    // happened yet must stay, and what is announced higher meanwhile is news.
    UpdateItem update{
        .table = std::string(log_table), .key = info_key(announced.shard), .update = "ADD #o :one REMOVE"};
    update.expression = {.text = "attribute_exists(#k)",
                         .names = {{"#k", std::string(hash_name)}, {"#o", "o"}},
                         .values = {{":one", AttributeValue::number(1)}}};
    int dropped = 0;
    for (auto const& unit : units) {
        auto const version = info.announced[unit.hour];
        if ((*heads)[unit].version < version) continue;
        auto const name = fmt::format("#h{}", dropped);
        auto const value = fmt::format(":h{}", dropped);
        update.update += (dropped++ == 0 ? " " : ", ") + name;
        update.expression.names[name] = announcement_name(unit.hour);
        update.expression.values[value] = AttributeValue::number(version);
        update.expression.text += fmt::format(" AND {} = {}", name, value);
    }
    if (dropped == 0) co_return Result<void>();
    auto pruned = co_await context_.client.update(std::move(update));
    if (!pruned && !somebody_was_earlier(pruned.error())) co_return fail(to_error(pruned.error()));
    co_return Result<void>();
}

Async<Result<void>> HeadStore::advance_frontier(int shard, std::int64_t hour) {
    auto const target = hour - 1;
    auto item = co_await context_.client.get({.table = std::string(log_table), .key = info_key(shard)});
    if (!item) co_return fail(to_error(item.error()));
    if (!*item) co_return Result<void>();
    auto const info = read_info(**item);
    if (info.frontier >= target) co_return Result<void>();
    auto const made = integer_or(**item, "m", 0);
    auto heads = co_await reader_.heads_between(shard, info.frontier, target);
    if (!heads) co_return fail(heads.error());
    for (auto const& head : *heads) {
        if (head.sealed) continue;
        auto sealed = head;
        sealed.sealed = true;
        ++sealed.version;
        auto done = co_await put(head, sealed);
        if (!done) co_return fail(done.error());
        if (!*done) co_return Result<void>(); // somebody writes there: the next one will move it
    }
    // A head that was made meanwhile is not sealed: then the count of those made has grown.
    UpdateItem move{.table = std::string(log_table), .key = info_key(shard), .update = "SET #f = :target"};
    move.expression = {
        .text = "#m = :made AND (attribute_not_exists(#f) OR #f < :target)",
        .names = {{"#m", "m"}, {"#f", "f"}},
        .values = {{":made", AttributeValue::number(made)}, {":target", AttributeValue::number(target)}}};
    auto moved = co_await context_.client.update(std::move(move));
    if (!moved && !somebody_was_earlier(moved.error())) co_return fail(to_error(moved.error()));
    co_return Result<void>();
}

Async<Result<PageName>> HeadStore::put_page(Unit unit, LogRows const& rows) {
    auto packed = pack_log_rows(rows);
    PageName page{.id = random_id(), .bytes = static_cast<std::int64_t>(packed.size())};
    auto item = page_key(unit, page.id);
    item["d"] = AttributeValue::binary(std::move(packed));
    auto done = co_await context_.client.put({.table = std::string(log_table), .item = std::move(item)});
    if (!done) co_return fail(to_error(done.error()));
    co_return page;
}

Async<Result<void>> HeadStore::put_pages(Placed& placed, LogRows rows) {
    auto const all = std::make_shared<LogRows const>(std::move(rows));
    for (std::size_t from = 0; from < all->rows.size(); from += rows_in_a_page) {
        LogBuilder builder;
        auto const* const first = all->rows.data() + from;
        builder.add(*all,
                    [&](LogRepo const&, PageRow const& row) { return &row >= first && &row < first + rows_in_a_page; });
        auto page = co_await put_page(placed.next.unit, builder.take());
        if (!page) co_return fail(page.error());
        placed.next.pages.push_back(*page);
        placed.written.push_back(std::move(*page));
    }
    co_return Result<void>();
}

Async<Result<HeadStore::Placed>> HeadStore::place(Head next, LogRows rows) {
    Placed placed{.next = std::move(next), .written = {}, .replaced = {}};
    auto& head = placed.next;
    if (rows.rows.empty()) co_return placed;
    head.events += rows.events();
    if (rows.rows.size() > rows_in_a_head) {
        auto put = co_await put_pages(placed, std::move(rows));
        if (!put) co_return fail(put.error());
        co_return placed;
    }
    LogBuilder builder;
    LogRows former;
    if (!head.rows.empty()) {
        auto before = unpack_log_rows(head.rows);
        if (!before) co_return fail(before.error());
        builder.add(*before);
        former = std::move(*before);
    }
    builder.add(rows);
    auto together = builder.take();
    head.rows = pack_log_rows(together);
    if (size_of(to_item(head)) <= write_unit) co_return placed;
    if (!former.rows.empty() && head.pages.size() < most_pages) {
        // What the head held fits into one write unit as a page, too, and what is new takes its place.
        head.rows = pack_log_rows(rows);
        if (size_of(to_item(head)) + room_for_a_page_name <= write_unit) {
            auto put = co_await put_pages(placed, std::move(former));
            if (!put) co_return fail(put.error());
            co_return placed;
        }
    }
    head.rows.clear();
    if (head.pages.size() >= most_pages) {
        // Many small pages are read dearly: they become one.
        auto small = head;
        std::erase_if(small.pages, [](PageName const& page) { return page.bytes >= small_page; });
        auto opened = co_await reader_.open(small);
        if (!opened) co_return fail(opened.error());
        builder.add(together);
        for (auto const& part : opened->parts) builder.add(*part);
        together = builder.take();
        placed.replaced = small.pages;
        std::erase_if(head.pages, [](PageName const& page) { return page.bytes < small_page; });
    }
    auto put = co_await put_pages(placed, std::move(together));
    if (!put) co_return fail(put.error());
    co_return placed;
}

Async<Result<HeadStore::Placed>> HeadStore::place_alone(Head next, LogRows rows) {
    Placed placed{.next = std::move(next), .written = {}, .replaced = {}};
    placed.replaced = std::move(placed.next.pages);
    placed.next.pages.clear();
    placed.next.rows.clear();
    placed.next.events = rows.events();
    if (rows.rows.size() <= rows_in_a_head) {
        if (!rows.rows.empty()) placed.next.rows = pack_log_rows(rows);
        co_return placed;
    }
    auto put = co_await put_pages(placed, std::move(rows));
    if (!put) co_return fail(put.error());
    co_return placed;
}

Async<void> HeadStore::remove_pages(Unit unit, std::vector<PageName> pages) {
    for (auto const& page : pages)
        (void)co_await context_.client.remove({.table = std::string(log_table), .key = page_key(unit, page.id)});
}

} // namespace gem::dynamodb
