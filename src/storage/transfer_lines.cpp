#include "storage/transfer_lines.hpp"

#include <array>
#include <charconv>

#include <fmt/format.h>
#include <simdjson.h>

#include "base/json.hpp"

namespace gem {

namespace {

constexpr std::string_view json_member = ",\"json\":";

// ---------------------------------------------------------------------------------------------------------------------
// Writing

/// Members of one object, absent ones left out.
class Members {
  public:
    explicit Members(std::string& out) : out_(out) { out_ += '{'; }

    template <class T>
    void put(std::string_view name, T const& value) {
        if constexpr (json::IsOptional<T>::value) {
            if (value) put(name, *value);
        } else {
            begin(name);
            put_value(value);
        }
    }
    template <class T>
    void put_all(T const& record) {
        boost::mp11::mp_for_each<boost::describe::describe_members<T, boost::describe::mod_public>>([&](auto member) {
            if constexpr (!std::is_same_v<std::remove_cvref_t<decltype(record.*member.pointer)>, JsonText>)
                put(member.name, record.*member.pointer);
        });
    }
    void end() { out_ += '}'; }

  private:
    void begin(std::string_view name) {
        if (out_.back() != '{') out_ += ',';
        json::write_string(out_, name);
        out_ += ':';
    }
    template <class T>
    void put_value(T const& value) {
        if constexpr (json::IsFixed<T>::value > 0) {
            // All of its digits, not only those that answers show.
            std::array<char, 32> digits{};
            auto const last = std::to_chars(digits.data(), digits.data() + digits.size(), value.value).ptr;
            out_.append(digits.data(), last);
        } else if constexpr (json::IsVector<T>::value) {
            out_ += '[';
            for (auto const& element : value) {
                if (out_.back() != '[') out_ += ',';
                put_value(element);
            }
            out_ += ']';
        } else if constexpr (json::Described<T>) {
            Members inner(out_);
            inner.put_all(value);
            inner.end();
        } else {
            json::write(out_, value);
        }
    }
    std::string& out_;
};

/// The last member and the end of the line.
void put_json(std::string& out, JsonText const& json) {
    if (json.text().find_first_of("\r\n") == std::string::npos) {
        out += json_member;
        out += json.text();
    } else {
        out += ",\"json_text\":";
        json::write_string(out, json.text());
    }
    out += "}\n";
}

struct EventHead {
    std::string kind = "event";
    std::string id;
    std::string type;
    UtcTime created_at{};
    std::optional<std::int64_t> repo_id;
    std::string repo_name;
    std::optional<std::int64_t> actor_id;
    std::string actor_login;
    std::string source;
    bool is_public = true;
    EventFacts facts;
};
BOOST_DESCRIBE_STRUCT(EventHead, (),
                      (kind, id, type, created_at, repo_id, repo_name, actor_id, actor_login, source, is_public, facts))

struct CommitHead {
    std::string kind = "commit";
    std::string key;
    Commit commit;
    std::optional<CommitSummary> summary;
    std::optional<std::vector<CommitFile>> files;
};
BOOST_DESCRIBE_STRUCT(CommitHead, (), (kind, key, commit, summary, files))

struct StateHead {
    std::string kind = "state";
    std::string key;
};
BOOST_DESCRIBE_STRUCT(StateHead, (), (kind, key))

template <class Row>
struct RowKind;
template <>
struct RowKind<HealthSnapshot> {
    static constexpr std::string_view name = "health";
};
template <>
struct RowKind<DeveloperDay> {
    static constexpr std::string_view name = "developer_day";
};
template <>
struct RowKind<SecurityMetric> {
    static constexpr std::string_view name = "security";
};
template <>
struct RowKind<EventPattern> {
    static constexpr std::string_view name = "pattern";
};
template <>
struct RowKind<DeploymentMetric> {
    static constexpr std::string_view name = "deployment";
};

template <class Row>
constexpr bool has_detail = requires(Row row) { row.detail; };

struct Writer {
    std::string out;

    void operator()(TransferHeader const& header) {
        Members members(out);
        members.put("kind", std::string("github-events-monitor-export"));
        members.put("version", header.version);
        out += "}\n";
    }
    void operator()(TransferCheck const& check) {
        Members members(out);
        members.put("kind", std::string("check"));
        members.put("lines", check.lines);
        members.put("sha256", check.sha256);
        out += "}\n";
    }
    void operator()(TransferEnd const& end) {
        Members members(out);
        members.put("kind", std::string("end"));
        members.put("lines", end.lines);
        members.put("sha256", end.sha256);
        members.put("counts", end.counts);
        out += "}\n";
    }
    void operator()(Event const& event) {
        Members(out).put_all(EventHead{.id = event.id,
                                       .type = event.type,
                                       .created_at = event.created_at,
                                       .repo_id = event.repo_id,
                                       .repo_name = event.repo_name,
                                       .actor_id = event.actor_id,
                                       .actor_login = event.actor_login,
                                       .source = std::string(to_string(event.source)),
                                       .is_public = event.is_public,
                                       .facts = event.facts});
        put_json(out, event.payload);
    }
    void operator()(Filed<CommitRecord> const& filed) {
        Members(out).put_all(CommitHead{
            .key = filed.key, .commit = filed.row.commit, .summary = filed.row.summary, .files = filed.row.files});
        out += "}\n";
    }
    void operator()(StateEntry const& entry) {
        Members(out).put_all(StateHead{.key = entry.key});
        put_json(out, entry.value);
    }
    template <class Row>
    void operator()(Filed<Row> const& filed) {
        Members members(out);
        members.put("kind", std::string(RowKind<Row>::name));
        members.put("key", filed.key);
        members.put_all(filed.row);
        if constexpr (has_detail<Row>)
            put_json(out, filed.row.detail);
        else
            out += "}\n";
    }
};

// ---------------------------------------------------------------------------------------------------------------------
// Reading

using simdjson::dom::element;
using simdjson::dom::object;

template <class T>
bool read_value(element from, T& value);

/// Fills the members that are there; false, and the first one that is not what it should be in `wrong`.
template <class T>
bool read_all(object from, T& record, std::string& wrong) {
    bool good = true;
    boost::mp11::mp_for_each<boost::describe::describe_members<T, boost::describe::mod_public>>([&](auto member) {
        if constexpr (!std::is_same_v<std::remove_cvref_t<decltype(record.*member.pointer)>, JsonText>) {
            element found;
            if (!good || from.at_key(member.name).get(found) != simdjson::SUCCESS) return;
            good = read_value(found, record.*member.pointer);
            if (!good) wrong = member.name;
        }
    });
    return good;
}

template <class T>
bool read_value(element from, T& value) {
    if constexpr (json::IsOptional<T>::value) {
        return read_value(from, value.emplace());
    } else if constexpr (std::is_same_v<T, std::string>) {
        std::string_view text;
        if (from.get(text) != simdjson::SUCCESS) return false;
        value = text;
        return true;
    } else if constexpr (std::is_same_v<T, bool> || std::is_same_v<T, std::int64_t>) {
        return from.get(value) == simdjson::SUCCESS;
    } else if constexpr (json::IsFixed<T>::value > 0) {
        return from.get(value.value) == simdjson::SUCCESS;
    } else if constexpr (std::is_same_v<T, UtcTime>) {
        std::string_view text;
        if (from.get(text) != simdjson::SUCCESS) return false;
        auto const time = parse_time(text);
        if (time) value = *time;
        return time.has_value();
    } else if constexpr (json::IsVector<T>::value) {
        simdjson::dom::array elements;
        if (from.get(elements) != simdjson::SUCCESS) return false;
        for (auto const one : elements) {
            if (!read_value(one, value.emplace_back())) return false;
        }
        return true;
    } else if constexpr (json::IsMap<T>::value) {
        object members;
        if (from.get(members) != simdjson::SUCCESS) return false;
        for (auto const member : members) {
            if (!read_value(member.value, value[std::string(member.key)])) return false;
        }
        return true;
    } else {
        object members;
        std::string wrong;
        return from.get(members) == simdjson::SUCCESS && read_all(members, value, wrong);
    }
}

/// One line taken apart: its members, and the JSON text at its end.
struct Parsed {
    object members;
    std::optional<std::string_view> json;

    template <class T>
    Result<T> record() const {
        T value;
        std::string wrong;
        if (!read_all(members, value, wrong))
            return fail(ErrorCode::corrupt, fmt::format("\"{}\" is not what it should be", wrong));
        return value;
    }
    Result<JsonText> text() const {
        if (json) {
            auto parsed = JsonText::parse(std::string(*json));
            if (!parsed) return fail(ErrorCode::corrupt, "\"json\" is not JSON: " + parsed.error().message);
            return parsed;
        }
        std::string_view escaped;
        if (members.at_key("json_text").get(escaped) != simdjson::SUCCESS)
            return fail(ErrorCode::corrupt, "\"json\" is missing");
        auto parsed = JsonText::parse(std::string(escaped));
        if (!parsed) return fail(ErrorCode::corrupt, "\"json_text\" is not JSON: " + parsed.error().message);
        return parsed;
    }
};

Result<TransferLine> read_event(Parsed const& parsed) {
    auto head = parsed.record<EventHead>();
    if (!head) return fail(head.error());
    auto const source = parse_event_source(head->source);
    if (!source) return fail(ErrorCode::corrupt, "\"source\" is not what it should be");
    auto payload = parsed.text();
    if (!payload) return fail(payload.error());
    return Event{.id = std::move(head->id),
                 .type = std::move(head->type),
                 .created_at = head->created_at,
                 .repo_id = head->repo_id,
                 .repo_name = std::move(head->repo_name),
                 .actor_id = head->actor_id,
                 .actor_login = std::move(head->actor_login),
                 .source = *source,
                 .is_public = head->is_public,
                 .facts = std::move(head->facts),
                 .payload = std::move(*payload)};
}

Result<TransferLine> read_commit(Parsed const& parsed) {
    auto head = parsed.record<CommitHead>();
    if (!head) return fail(head.error());
    return Filed<CommitRecord>{.key = std::move(head->key),
                               .row = {.commit = std::move(head->commit),
                                       .summary = std::move(head->summary),
                                       .files = std::move(head->files)}};
}

template <class Row>
Result<TransferLine> read_row(Parsed const& parsed) {
    auto head = parsed.record<StateHead>();
    auto row = parsed.record<Row>();
    if (!head || !row) return fail(head ? row.error() : head.error());
    if constexpr (has_detail<Row>) {
        auto detail = parsed.text();
        if (!detail) return fail(detail.error());
        row->detail = std::move(*detail);
    }
    return Filed<Row>{.key = std::move(head->key), .row = std::move(*row)};
}

Result<TransferLine> read_state(Parsed const& parsed) {
    auto head = parsed.record<StateHead>();
    if (!head) return fail(head.error());
    auto value = parsed.text();
    if (!value) return fail(value.error());
    return StateEntry{.key = std::move(head->key), .value = std::move(*value), .version = 0};
}

struct EndMembers {
    std::int64_t lines = 0;
    std::string sha256;
    std::map<std::string, std::int64_t> counts;
};
BOOST_DESCRIBE_STRUCT(EndMembers, (), (lines, sha256, counts))

struct HeaderMembers {
    std::int64_t version = 0;
};
BOOST_DESCRIBE_STRUCT(HeaderMembers, (), (version))

Result<TransferLine> read_header(Parsed const& parsed) {
    auto const header = parsed.record<HeaderMembers>();
    if (!header) return fail(header.error());
    return TransferHeader{.version = header->version};
}

Result<TransferLine> read_end(Parsed const& parsed, bool last) {
    auto end = parsed.record<EndMembers>();
    if (!end) return fail(end.error());
    if (!last) return TransferCheck{.lines = end->lines, .sha256 = std::move(end->sha256)};
    return TransferEnd{.lines = end->lines, .sha256 = std::move(end->sha256), .counts = std::move(end->counts)};
}

} // namespace

std::string_view kind_of(TransferLine const& line) {
    constexpr std::array<std::string_view, 11> kinds = {"github-events-monitor-export",
                                                        "check",
                                                        "end",
                                                        "event",
                                                        "commit",
                                                        RowKind<HealthSnapshot>::name,
                                                        RowKind<DeveloperDay>::name,
                                                        RowKind<SecurityMetric>::name,
                                                        RowKind<EventPattern>::name,
                                                        RowKind<DeploymentMetric>::name,
                                                        "state"};
    static_assert(kinds.size() == std::variant_size_v<TransferLine>);
    return kinds.at(line.index());
}

std::string write_line(TransferLine const& line) {
    Writer writer;
    std::visit(writer, line);
    return std::move(writer.out);
}

Result<TransferLine> read_line(std::string_view line) {
    thread_local simdjson::dom::parser parser;
    std::string head(line);
    Parsed parsed;
    // Texts before it cannot hold the marker: their quotes are escaped.
    if (auto const at = line.find(json_member); at != std::string_view::npos && line.ends_with('}')) {
        auto const start = at + json_member.size();
        parsed.json = line.substr(start, line.size() - 1 - start);
        head.resize(at);
        head += '}';
    }
    simdjson::dom::element root;
    std::string_view kind;
    if (parser.parse(head).get(root) != simdjson::SUCCESS || root.get(parsed.members) != simdjson::SUCCESS ||
        parsed.members.at_key("kind").get(kind) != simdjson::SUCCESS)
        return fail(ErrorCode::corrupt, "not a line of an export");
    if (kind == "event") return read_event(parsed);
    if (kind == "commit") return read_commit(parsed);
    if (kind == "health") return read_row<HealthSnapshot>(parsed);
    if (kind == "developer_day") return read_row<DeveloperDay>(parsed);
    if (kind == "security") return read_row<SecurityMetric>(parsed);
    if (kind == "pattern") return read_row<EventPattern>(parsed);
    if (kind == "deployment") return read_row<DeploymentMetric>(parsed);
    if (kind == "state") return read_state(parsed);
    if (kind == "check" || kind == "end") return read_end(parsed, kind == "end");
    if (kind == "github-events-monitor-export") return read_header(parsed);
    return fail(ErrorCode::corrupt, fmt::format("\"{}\" is no kind of line that this version knows", kind));
}

} // namespace gem
