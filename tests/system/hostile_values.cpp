#include "system/hostile_values.hpp"

#include <fmt/format.h>

namespace gem::tests {

using api::Parameter;
using api::ParameterType;

namespace {

constexpr std::string_view good_repo = "octo-org/hello-world";

std::vector<Bad> bad_integers(Parameter const& parameter) {
    std::vector<Bad> all;
    for (auto const* text : {"",
                             "abc",
                             "NaN",
                             "nan",
                             "inf",
                             "-Infinity",
                             "1e9",
                             "1.5",
                             "0x1F",
                             "+5",
                             " 5",
                             "5 ",
                             "--1",
                             "1,000",
                             "null",
                             "true",
                             "[1]",
                             "{}",
                             "1;DROP TABLE events",
                             "1' OR '1'='1",
                             "\xD9\xA1\xD9\xA2",
                             "1_000",
                             "0b11",
                             "5%",
                             "½"})
        all.push_back({text, {400}});
    for (auto const* text : {"99999999999999999999", "-99999999999999999999", "9223372036854775808",
                             "340282366920938463463374607431768211456"})
        all.push_back({text, {422}});
    all.push_back({std::to_string(parameter.max + 1), {422}});
    all.push_back({std::to_string(parameter.min - 1), {422}});
    all.push_back({std::string(4000, '9'), {422}});
    all.push_back({std::string(4000, 'x'), {400}});
    return all;
}

std::vector<std::string> bad_repo_names() {
    return {"",
            "octo-org",
            "/",
            "octo-org/",
            "/hello-world",
            "a/b/c",
            "../..",
            "octo-org/..",
            "octo-org/.",
            "octo org/x",
            " octo-org/x",
            "octo-org/x ",
            "octo-org\\x",
            "octo-org/" + std::string(101, 'x'),
            std::string(40, 'o') + "/x",
            std::string(3000, 'o') + "/" + std::string(3000, 'x'),
            "öcto/wörld",
            "o" + std::string("öööööööööööööööööööööööööööööööööööööööööööööööööööö/x"),
            "octo-org/\xF0\x9F\x92\xA9",
            "<script>alert(1)</script>/x",
            "' OR 1=1 --/x",
            "${jndi:ldap://x}/y",
            "octo-org/x;id",
            "octo-org/x?y",
            "octo.org/x",
            "octo-org/x#y",
            "https://github.com/octo-org/x"};
}

} // namespace

std::string encoded(std::string_view text) {
    std::string out;
    for (char const c : text) {
        bool const plain = (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9');
        out += plain ? std::string(1, c) : fmt::format("%{:02X}", static_cast<unsigned char>(c));
    }
    return out;
}

std::string many_letters(std::size_t count) {
    std::string text;
    for (std::size_t i = 0; i < count; ++i) text += "%C3%A4";
    return text;
}

std::string good_value(Parameter const& parameter) {
    switch (parameter.type) {
    case ParameterType::integer:
        return std::to_string(parameter.default_number.value_or(parameter.min));
    case ParameterType::choice:
        return std::string(parameter.choices.front());
    case ParameterType::event_type:
    case ParameterType::event_types:
        return "PushEvent";
    case ParameterType::repo:
        return std::string(good_repo);
    case ParameterType::repos:
        return "octo-org/hello-world,octo-org/spoon-knife";
    case ParameterType::time:
        return "2026-03-02T10:00:00Z";
    case ParameterType::text:
    case ParameterType::cursor:
        break;
    }
    return "a";
}

std::vector<Bad> bad_values_of(Parameter const& parameter) {
    std::vector<Bad> all;
    switch (parameter.type) {
    case ParameterType::integer:
        return bad_integers(parameter);
    case ParameterType::repo:
        for (auto& name : bad_repo_names()) all.push_back({std::move(name), {422}});
        break;
    case ParameterType::repos: {
        for (auto& name : bad_repo_names()) all.push_back({fmt::format("{},{}", good_repo, name), {422}});
        std::string many;
        for (std::int64_t i = 0; i <= parameter.max; ++i) many += fmt::format("{}octo-org/r{}", i > 0 ? "," : "", i);
        all.push_back({many, {422}});
        break;
    }
    case ParameterType::choice:
        for (auto const* text : {"", "no-such", "svg ", "JSON\\", "0", "null", "../json", "json,csv", "ẞ"})
            all.push_back({text, {422}});
        all.push_back({std::string(5000, 'c'), {422}});
        break;
    case ParameterType::event_type:
    case ParameterType::event_types:
        for (auto const* text : {"", "Push Event", "Push1Event", "Push-Event", "*", "%", "'", "PushEvent;", "Пуш"})
            all.push_back({text, {422}});
        all.push_back({std::string(65, 'P'), {422}});
        break;
    case ParameterType::time:
        for (auto const* text :
             {"", "yesterday", "now", "1", "NaN", "2015-01-01", "2015-13-01T00:00:00Z", "2015-02-30T00:00:00Z",
              "2015-01-01T24:30:00Z", "2015-01-01T00:61:00Z", "2015-01-01 00:00:00", "99999-01-01T00:00:00Z",
              "2015-01-01T00:00:00", "2015-01-01T00:00:00ZZ", "-2015-01-01T00:00:00Z", "2015-1-1T0:0:0Z", "1e9",
              "２０１５-01-01T00:00:00Z"})
            all.push_back({text, {400}});
        all.push_back({"9999-12-31T23:59:59Z", {422}});
        all.push_back({"1969-12-31T23:59:59Z", {400, 422}});
        all.push_back({std::string(5000, '1'), {400}});
        break;
    case ParameterType::text:
        all.push_back({"", {422}});
        if (parameter.max < 7000) all.push_back({std::string(static_cast<std::size_t>(parameter.max) + 1, 't'), {422}});
        break;
    case ParameterType::cursor:
        all.push_back({"", {422}});
        // A monitor that is not there comes first.
        for (auto const* text : {"!!!!", "AAAA", "0.0.AAAA", "99999999999999999999.1.AAAA", "NaN.NaN.", "..", "-1.-1.x",
                                 "1451793600.1451880000.", "ä", "../../etc/passwd"})
            all.push_back({text, {404, 422}});
        all.push_back({std::string(4000, 'A'), {404, 422}});
        break;
    }
    return all;
}

} // namespace gem::tests
