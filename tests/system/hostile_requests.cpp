#include "system/hostile_requests.hpp"

#include <algorithm>

#include <fmt/format.h>

#include "system/hostile_values.hpp"

namespace gem::tests {

namespace {

using api::Parameter;
using api::ParameterPlace;
using api::ParameterType;
using api::Route;

bool is_given(Parameter const& parameter, ParameterPlace place) { return parameter.place == place; }

} // namespace

HostileRequests::HostileRequests(std::vector<api::Route> const& routes, std::uint64_t seed)
    : routes_(routes), random_(seed) {}

std::string HostileRequests::good_path(Route const& route) {
    std::string path(route.path);
    auto const put = [&](std::string_view placeholder, std::string_view value) {
        if (auto const at = path.find(placeholder); at != std::string::npos)
            path.replace(at, placeholder.size(), value);
    };
    put("{owner}", "octo-org");
    put("{name}", "hello-world");
    put("{metric}", "events");
    put("{sha}", "3f1c0a9d5e7b2468ace013579bdf02468ace1357");
    put("{id}", "r-000000000000");
    return path;
}

HostileRequests::Given HostileRequests::good_query(Route const& route) {
    Given query;
    for (auto const& each : route.parameters) {
        if (is_given(each, ParameterPlace::query) && each.required)
            query.emplace_back(each.name, encoded(good_value(each)));
    }
    return query;
}

std::string HostileRequests::with_query(std::string path, Given const& query) {
    char between = '?';
    for (auto const& [name, value] : query) {
        path += fmt::format("{}{}={}", between, name, value);
        between = '&';
    }
    return path;
}

std::string HostileRequests::good_body(Route const& route) {
    std::string body;
    for (auto const& each : route.parameters) {
        if (!is_given(each, ParameterPlace::body) || !each.required) continue;
        body += fmt::format("{}\"{}\":\"{}\"", body.empty() ? "" : ",", each.name, good_value(each));
    }
    return "{" + body + "}";
}

std::vector<std::string> HostileRequests::methods_of(std::string_view path) const {
    std::vector<std::string> methods = {"OPTIONS"};
    for (auto const& route : routes_) {
        if (route.path != path) continue;
        methods.emplace_back(route.method);
        if (route.method == "GET") methods.emplace_back("HEAD");
    }
    return methods;
}

void HostileRequests::add(std::string kind, std::string_view method, std::string const& target,
                          std::vector<int> statuses, std::string const& headers, std::string const& body) {
    auto bytes = fmt::format("{} {} HTTP/1.1\r\nHost: localhost\r\n{}", method, target, headers);
    bool const counted = !body.empty() || method == "POST" || method == "PUT" || method == "PATCH";
    if (counted) bytes += fmt::format("Content-Length: {}\r\n", body.size());
    bytes += "\r\n" + body;
    attacks_.push_back({.kind = std::move(kind),
                        .bytes = std::move(bytes),
                        .statuses = std::move(statuses),
                        .to_head = method == "HEAD"});
}

void HostileRequests::ask(std::string kind, Route const& route, Given const& query, std::vector<int> statuses) {
    bool const head = route.method == "GET" && random_() % 8 == 0;
    bool const with_body = route.method == "POST";
    add(std::move(kind), head ? "HEAD" : route.method, with_query(good_path(route), query), std::move(statuses),
        with_body ? "Content-Type: application/json\r\n" : "", with_body ? good_body(route) : "");
}

void HostileRequests::bad_values(Route const& route, Parameter const& parameter) {
    auto const others = [&] {
        auto query = good_query(route);
        std::erase_if(query, [&](auto const& pair) { return pair.first == parameter.name; });
        return query;
    }();
    auto const label = [&](std::string_view what) { return fmt::format("{} of {}", what, parameter.name); };
    for (auto const& [value, statuses] : bad_values_of(parameter)) {
        auto query = others;
        auto const name = parameter.aliases.empty() || random_() % 2 == 0 ? parameter.name : parameter.aliases.front();
        query.emplace_back(name, encoded(value));
        ask(label("bad value"), route, query, statuses);
    }
    auto twice = others;
    for (int i = 0; i < 2; ++i) twice.emplace_back(parameter.name, encoded(good_value(parameter)));
    ask(label("repetition"), route, twice, {422});
    if (parameter.required) ask(label("lack"), route, others, {422});
    for (auto const* raw : {"%", "%4", "%zz", "%00", "a%0Ab", "%7F", "%FF", "%C0%AF", "%ED%A0%80", "%F5%80%80%80"}) {
        auto query = others;
        query.emplace_back(parameter.name, raw);
        ask(label("bad encoding"), route, query, {400});
    }
}

void HostileRequests::bad_names(Route const& route) {
    std::vector<std::string> const names = {"no_such",
                                            "hourz",
                                            "__proto__",
                                            "constructor",
                                            "repo%5B%5D",
                                            "hours%20",
                                            "%20hours",
                                            "HOURS",
                                            "%F0%9F%92%A9",
                                            "%3Cscript%3E",
                                            "a.b",
                                            "",
                                            "limit%26",
                                            std::string(3000, 'n'),
                                            many_letters(60),
                                            "n" + many_letters(60)};
    for (auto const& name : names) {
        auto query = good_query(route);
        query.emplace_back(name, "1");
        ask("unknown parameter", route, query, {422});
    }
    auto const named = [&](std::string_view name) {
        return std::ranges::any_of(route.parameters, [&](auto const& each) {
            return each.name == name && is_given(each, ParameterPlace::query);
        });
    };
    if (!named("hours") || !named("offset_minutes")) return;
    auto query = good_query(route);
    query.emplace_back("hours", "1");
    query.emplace_back("offset_minutes", "60");
    ask("two windows", route, query, {422});
}

void HostileRequests::bad_encodings(Route const& route) {
    auto const path = good_path(route);
    for (auto const* ending : {"%00", "%0d%0aSet-Cookie:%20a=b", "%", "%2", "%gg", "%ff%fe", "%c0%ae%c0%ae/", "#top"})
        add("bad encoding of the path", route.method, path + ending, {400});
    add("bad encoding of a name", route.method, path + "?%zz=1", {400});
    add("control character in a name", route.method, path + "?%01=1", {400});
}

void HostileRequests::bad_paths(Route const& route) {
    auto const path = good_path(route);
    // These come without a body: a row that wants one may say so first.
    auto const without_body = [&](std::vector<int> statuses) {
        auto const in_body = std::ranges::find(route.parameters, ParameterPlace::body, &Parameter::place);
        if (in_body != route.parameters.end()) statuses.push_back(415);
        return statuses;
    };
    for (auto const* ending :
         {"/", "//", "/..", "/../..", "/%2e%2e/%2e%2e/etc/passwd", "/..%2f..%2f..%2fetc%2fpasswd", ";jsessionid=1",
          "%20", "~", "/.git/config", "\\..\\..\\windows\\win.ini", "/%F0%9F%92%A9", "/index.php", "%252e%252e/"})
        add("path trick", route.method, path + ending, without_body({404, 405, 422}));
    add("path trick", route.method, "/" + path, {404});
    add("path trick", route.method, "/." + path, {404});
    add("path trick", route.method, "/%2e%2e" + path, {404});
    add("path trick", route.method, "/a/.." + path, {404});
    add("path of no length", route.method, "*", {400});
    add("path without a slash", route.method, path.substr(1) + "x", {400});
    add("long path", route.method, path + "/" + std::string(4000, 'p'), {404, 405, 422});
    // Wherever the server cuts what it repeats, it must not cut a character in two.
    add("long path", route.method, "/" + many_letters(150), {404});
    add("long path", route.method, "/a" + many_letters(150), {404});
    auto const open = route.path.find('{');
    if (open == std::string_view::npos) return;
    auto const close = route.path.find('}');
    auto const front = std::string(route.path.substr(0, open));
    auto const back = good_path(route).substr(good_path(route).find('/', open) == std::string::npos
                                                  ? good_path(route).size()
                                                  : good_path(route).find('/', open));
    auto const suffix = std::string(route.path.substr(close + 1, route.path.find('/', close) - close - 1));
    for (auto const* value :
         {"..", ".", "%20", "%2e%2e", "%3Cscript%3E", "a%27%20OR%20%271", "%F0%9F%92%A9", "0", "-1", "NaN", "%2A",
          "a%5Cb", "nul", "*", "%25", "99999999999999999999999999999999999999999999999999999999999999999999"})
        add("bad part of a path", route.method, front + value + suffix + back + "?repo=octo-org%2Fhello-world",
            without_body({404, 422}));
    for (std::size_t const length : {41, 201, 5000})
        add("long part of a path", route.method, front + std::string(length, 'z') + suffix + back,
            without_body({404, 422}));
}

void HostileRequests::bad_methods(Route const& route) {
    auto const allowed = methods_of(route.path);
    for (auto const* method : {"GET", "POST", "PUT", "PATCH", "DELETE", "TRACE", "CONNECT", "BREW", "PROPFIND", "get",
                               "Post", "M-SEARCH", "AVERYVERYVERYLONGMETHODNAME"}) {
        if (std::ranges::find(allowed, method) != allowed.end()) continue;
        add("wrong method", method, good_path(route), {405});
    }
}

void HostileRequests::send_body(std::string kind, Route const& route, std::string const& body,
                                std::vector<int> statuses, std::string const& type) {
    auto const headers = type.empty() ? std::string() : fmt::format("Content-Type: {}\r\n", type);
    add(std::move(kind), route.method, with_query(good_path(route), good_query(route)), std::move(statuses), headers,
        body);
}

void HostileRequests::bad_bodies(Route const& route) {
    for (auto const* type :
         {"", "text/plain", "application/xml", "multipart/form-data; boundary=x", "application/jsonp",
          "application/x-www-form-urlencoded", "json", "*/*", "application/json-seq", ";"})
        send_body("wrong kind of body", route, "{}", {415}, type);
    std::string const deep(200, '[');
    for (auto const& body : std::vector<std::string>{"{",
                                                     "nul",
                                                     R"({"repo":})",
                                                     "{'repo':'a/b'}",
                                                     "[1,2",
                                                     "\"",
                                                     R"({"a":NaN})",
                                                     R"({"a":Infinity})",
                                                     R"({"a":01})",
                                                     R"({"a":1}})",
                                                     "{} x",
                                                     "\xEF\xBB\xBF{}",
                                                     "\xFF\xFE{\0}",
                                                     deep,
                                                     "{\"repo\":\"\xC0\xAF\"}",
                                                     "{\"repo\":\"\xFF\"}",
                                                     "{\"a\":\"\x01\"}",
                                                     R"({"a":"\ud800"})",
                                                     R"({"a":"\x"})",
                                                     "<xml/>",
                                                     "a=1&b=2",
                                                     std::string("{\"a\":\"b\0\"}", 9),
                                                     std::string(60'000, '{')})
        send_body("malformed body", route, body, {400});
    for (auto const* body : {"[]", "1", "\"x\"", "null", "true", "-0.0", "[{}]"})
        send_body("body of another type", route, body, {422});
    for (auto const* body : {R"({"no_such":1})", R"({"__proto__":{}})", R"({"":""})", R"({"repos":["a/b"]})",
                             R"({"id":"x"})", R"({"\u0000":"x"})"})
        send_body("unknown member", route, body, {422});
    send_body("large body", route, fmt::format("{{\"a\":\"{}\"}}", std::string(70'000, 'b')), {413});
    for (auto const& each : route.parameters) {
        if (is_given(each, ParameterPlace::body)) bad_body_members(route, each);
    }
}

void HostileRequests::bad_body_members(Route const& route, Parameter const& parameter) {
    for (auto const* value : {"null", "{}", "[]", "[[]]", "1.5", "1e400", "-1e-400", "18446744073709551616", "[null]",
                              R"([{"a":1}])", R"(["a,b"])"})
        send_body("wrong type of " + std::string(parameter.name), route,
                  fmt::format("{{\"{}\":{}}}", parameter.name, value), {400, 422});
    if (parameter.type == ParameterType::text) {
        send_body("control character", route, fmt::format(R"({{"{}":"a\u0007b"}})", parameter.name), {422});
        return;
    }
    for (auto const& [value, statuses] : bad_values_of(parameter)) {
        bool const plain = value.find_first_of("\"\\") == std::string::npos;
        if (plain)
            send_body("bad member " + std::string(parameter.name), route,
                      fmt::format("{{\"{}\":\"{}\"}}", parameter.name, value), statuses);
    }
}

void HostileRequests::bad_deliveries(Route const& route) {
    auto const deliver = [&](std::string const& headers, std::string const& body, std::vector<int> statuses) {
        add("bad delivery", "POST", good_path(route), std::move(statuses), headers, body);
    };
    std::string const id = "X-GitHub-Delivery: 72d3162e-cc78-11e3-81ab-4c9367dc0958\r\n";
    std::string const push = "X-GitHub-Event: push\r\n";
    std::string const json = "Content-Type: application/json\r\n";
    for (auto const* body : {"", "{", "[]", "null", "1", "\xFF", "{\"a\":NaN}", "[[[[[[", "{} {}"})
        deliver(id + push + json, body, {400});
    for (auto const& headers :
         {json, id + json, push + json, id + "X-GitHub-Event: \r\n" + json, id + "X-GitHub-Event: ../../x\r\n" + json,
          id + "X-GitHub-Event: \xFF\r\n" + json, "X-GitHub-Delivery: \r\n" + push + json,
          "X-GitHub-Delivery: " + std::string(3000, 'd') + "\r\n" + push + json})
        deliver(headers, "{}", {400});
    for (auto const* type : {"", "Content-Type: text/plain\r\n", "Content-Type: application/xml\r\n"})
        deliver(id + push + type, "{\"a\"", {400, 415});
    for (auto const* body : {"payload=", "payload=%", "payload=%7B", "a=1", "payload=%FF", "%zz=1"})
        deliver(id + push + "Content-Type: application/x-www-form-urlencoded\r\n", body, {400});
    for (auto const* foreign : {"Origin: https://evil.example\r\n", "X-Forwarded-For: 8.8.8.8\r\n", "Via: 1.1 x\r\n"})
        deliver(id + push + json + foreign, "{}", {400, 401});
}

void HostileRequests::add_fatal(std::string kind, std::string bytes, std::vector<int> statuses) {
    attacks_.push_back(
        {.kind = std::move(kind), .bytes = std::move(bytes), .statuses = std::move(statuses), .ends = true});
}

void HostileRequests::bad_frames(Route const& route) {
    auto const line = fmt::format("{} {} HTTP/1.1\r\n", route.method, good_path(route));
    auto const head = line + "Host: localhost\r\n";
    for (auto const* rest :
         {"Host: other\r\n\r\n", "Content-Length: -1\r\n\r\n", "Content-Length: abc\r\n\r\n",
          "Content-Length: 99999999999999999999999\r\n\r\n", "Content-Length: 1\r\nContent-Length: 2\r\n\r\nab",
          "Content-Length: 5\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n\r\n", "Transfer-Encoding: gzip\r\n\r\n",
          "Transfer-Encoding: chunked\r\n\r\nzz\r\n", "Transfer-Encoding: chunked\r\n\r\n-1\r\n\r\n",
          "Transfer-Encoding: chunked\r\n\r\nFFFFFFFFFFFFFFFFFF\r\n", "Bad Header\r\n\r\n", "B@d(: x\r\n\r\n",
          "Space : x\r\n\r\n", ": empty\r\n\r\n", "Control: a\x01\x02\r\n\r\n"})
        add_fatal("bad frame", head + rest, {400});
    add_fatal("no host", line + "\r\n", {400});
    auto const path = good_path(route);
    for (auto const& first :
         {fmt::format("{}  {} HTTP/1.1", route.method, path), fmt::format("{} {}", route.method, path),
          fmt::format("{} {} HTTP/1.1 x", route.method, path), fmt::format("GET {} http/1.1", path),
          fmt::format("G{{T {} HTTP/1.1", path), fmt::format("GET {} HTTP/9.9", path),
          fmt::format("GET {} HTTP/x", path), fmt::format("GET {}\x01 HTTP/1.1", path)})
        add_fatal("bad first line", first + "\r\nHost: localhost\r\n\r\n", {400});
    add_fatal("not HTTP", std::string("\x16\x03\x01\x02\x00\x01\x00\x01\xFC\x03\x03\r\n\r\n", 15), {400});
    add_fatal("not HTTP", "PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n", {400});
    add_fatal("noise", noise(64, "\x80\x90\xA0\xFF\x07zZ0{}") + "\r\n\r\n", {400});
}

void HostileRequests::too_much(Route const& route) {
    auto const path = good_path(route);
    add("target too long", route.method, path + "?" + std::string(9000, 'q'), {414});
    auto const head = fmt::format("{} {} HTTP/1.1\r\nHost: localhost\r\n", route.method, path);
    add_fatal("head too long", head + "X-Long: " + std::string(20'000, 'h') + "\r\n\r\n", {431});
    std::string many = head;
    for (int i = 0; i < 2000; ++i) many += fmt::format("X-{}: {}\r\n", i, i);
    add_fatal("too many header fields", many + "\r\n", {431});
    add_fatal("body too long", head + "Content-Length: 99999999\r\n\r\n", {413});
    add_fatal("expectation", head + "Expect: the-unexpected\r\nContent-Length: 5\r\n\r\n", {417});
}

std::string HostileRequests::noise(std::size_t length, std::string_view letters) {
    std::string text;
    for (std::size_t i = 0; i < length; ++i) text += letters[random_() % letters.size()];
    return text;
}

void HostileRequests::attack(Route const& route) {
    for (auto const& each : route.parameters) {
        if (is_given(each, ParameterPlace::query)) bad_values(route, each);
    }
    bad_encodings(route);
    bad_paths(route);
    bad_methods(route);
    // The dashboard keeps where it is in its address, and looks at no body.
    if (route.own_body)
        bad_deliveries(route);
    else if (route.path != "/")
        bad_bodies(route);
    if (route.path != "/") bad_names(route);
    bad_frames(route);
    too_much(route);
}

std::vector<Attack> HostileRequests::make(std::size_t count) {
    attacks_.clear();
    while (attacks_.size() < count) {
        for (auto const& route : routes_) {
            auto const before = attacks_.size();
            attack(route);
            for (auto i = before; i < attacks_.size(); ++i)
                attacks_[i].kind = fmt::format("{} at {} {}", attacks_[i].kind, route.method, route.path);
        }
    }
    std::ranges::shuffle(attacks_, random_);
    attacks_.resize(count);
    return std::move(attacks_);
}

std::vector<Attack> HostileRequests::without_rights(std::string const& read_token) {
    attacks_.clear();
    for (auto const& route : routes_) {
        if (route.access == api::Access::open || route.path == "/") continue; // the dashboard has no data of its own
        auto const target = with_query(good_path(route), good_query(route));
        std::string const body = route.method == "POST" ? good_body(route) : "";
        for (std::string const value :
             {"", "Bearer", "Bearer ", "Bearer wrong", "bearer null", "Basic YWRtaW46YWRtaW4=", "Bearer \x80\xFF",
              "Token x", "Bearer a b", "BearerX"})
            add(fmt::format("without rights at {} {}", route.method, route.path), route.method, target, {401},
                value.empty() ? "" : fmt::format("Authorization: {}\r\n", value), body);
        add(fmt::format("a long token at {} {}", route.method, route.path), route.method, target, {401},
            fmt::format("Authorization: Bearer {}\r\n", std::string(8000, 't')), body);
        if (route.access != api::Access::admin) continue;
        add(fmt::format("may only read at {} {}", route.method, route.path), route.method, target, {403},
            fmt::format("Authorization: Bearer {}\r\n", read_token), body);
    }
    return std::move(attacks_);
}

} // namespace gem::tests
