// The OpenAPI document tells all of the route table, and the page at /docs loads nothing from elsewhere.
#include "api/openapi.hpp"

#include <set>

#include <fmt/format.h>

#include "unit/api/api_fixture.hpp"

using gem::test::ApiTest;
using OpenApi = ApiTest;

namespace {

namespace bj = boost::json;
using gem::api::ParameterPlace;

bj::object const* find_parameter(bj::object const& operation, std::string_view name) {
    auto const* const rows = operation.if_contains("parameters");
    if (rows == nullptr) return nullptr;
    for (auto const& row : rows->as_array())
        if (row.at("name").as_string() == name) return &row.as_object();
    return nullptr;
}

/// Calls `visit` for each object of the document.
template <class Visit>
void each_object(bj::value const& value, Visit const& visit) {
    if (auto const* const object = value.if_object()) {
        visit(*object);
        for (auto const& member : *object) each_object(member.value(), visit);
    } else if (auto const* const array = value.if_array()) {
        for (auto const& element : *array) each_object(element, visit);
    }
}

bool leads_somewhere(bj::value const& document, std::string_view reference) {
    boost::system::error_code error;
    return reference.starts_with("#/") && document.find_pointer(reference.substr(1), error) != nullptr;
}

void expect_parameter(bj::object const& operation, gem::api::Parameter const& parameter) {
    if (parameter.place == ParameterPlace::body) {
        auto const& schema = operation.at("requestBody").at("content").at("application/json").at("schema");
        EXPECT_TRUE(schema.at("properties").as_object().contains(parameter.name)) << parameter.name;
        return;
    }
    auto const* const row = find_parameter(operation, parameter.name);
    ASSERT_NE(row, nullptr) << parameter.name;
    EXPECT_EQ(row->at("required").as_bool(), parameter.required);
    EXPECT_EQ(row->at("description").as_string(), parameter.sentence);
    auto const& schema = row->at("schema").as_object();
    if (parameter.default_number) {
        EXPECT_EQ(schema.at("default").as_int64(), *parameter.default_number);
    }
    if (!parameter.default_text.empty()) {
        EXPECT_EQ(schema.at("default").as_string(), parameter.default_text);
    }
    if (parameter.type == gem::api::ParameterType::integer) {
        EXPECT_EQ(schema.at("minimum").as_int64(), parameter.min);
        EXPECT_EQ(schema.at("maximum").as_int64(), parameter.max);
    }
    if (!parameter.choices.empty()) {
        EXPECT_EQ(schema.at("enum").as_array().size(), parameter.choices.size());
    }
    for (auto const alias : parameter.aliases) EXPECT_NE(find_parameter(operation, alias), nullptr) << alias;
}

} // namespace

TEST_F(OpenApi, has_every_route_alias_and_parameter) {
    auto const document = body("/openapi.json");
    std::set<std::string> ids;
    std::size_t operations = 0;
    for (auto const& route : service().routes()) {
        auto paths = route.aliases;
        paths.push_back(route.path);
        for (auto const path : paths) {
            SCOPED_TRACE(fmt::format("{} {}", route.method, path));
            auto const& operation = document.at("paths").at(path).at(gem::ascii_lower(route.method)).as_object();
            for (auto const& parameter : route.parameters) expect_parameter(operation, parameter);
            EXPECT_TRUE(operation.at("responses").as_object().contains(std::to_string(route.answer.status)));
            ids.emplace(operation.at("operationId").as_string());
            ++operations;
        }
    }
    EXPECT_EQ(ids.size(), operations) << "each operation has an id of its own";
}

TEST_F(OpenApi, refers_only_to_what_it_has) {
    auto const document = body("/openapi.json");
    int references = 0;
    each_object(document, [&](bj::object const& object) {
        auto const* const reference = object.if_contains("$ref");
        if (reference == nullptr) return;
        ++references;
        EXPECT_TRUE(leads_somewhere(document, reference->as_string())) << reference->as_string();
    });
    EXPECT_GT(references, 500);
}

TEST_F(OpenApi, names_no_schema_twice) {
    auto const document = body("/openapi.json");
    for (auto const& schema : document.at("components").at("schemas").as_object()) {
        std::string const name(schema.key());
        EXPECT_FALSE(name.back() >= '0' && name.back() <= '9') << name << ": two structs have this name";
    }
}

TEST_F(OpenApi, shows_an_answer_by_its_struct_and_its_example) {
    auto const document = body("/openapi.json");
    auto const& answer = document.at("paths")
                             .at("/metrics/stars")
                             .at("get")
                             .at("responses")
                             .at("200")
                             .at("content")
                             .at("application/json");
    EXPECT_EQ(text(answer.at("schema")), R"({"$ref":"#/components/schemas/Stars"})");
    EXPECT_EQ(answer.at("examples").at("usual").at("value").at("hours").as_int64(), 24);
    auto const& stars = document.at("components").at("schemas").at("Stars").at("properties");
    EXPECT_EQ(text(stars.at("repo")), R"({"type":["string","null"]})");
    EXPECT_EQ(text(stars.at("coverage")), R"({"$ref":"#/components/schemas/Coverage"})");
}

TEST_F(OpenApi, tells_the_refusals_of_a_route) {
    auto const document = body("/openapi.json");
    auto const& remove =
        document.at("paths").at("/repositories/{owner}/{name}").at("delete").at("responses").as_object();
    for (auto const* const status : {"204", "400", "401", "403", "404", "409", "422", "429", "500", "503", "default"})
        EXPECT_TRUE(remove.contains(status)) << status;
    auto const& health = document.at("paths").at("/health").at("get").at("responses").as_object();
    EXPECT_TRUE(health.at("503").at("content").as_object().contains("application/json"));
    EXPECT_FALSE(health.contains("401"));
    EXPECT_FALSE(health.contains("429")) << "health is exempt from the rate limit";
}

TEST_F(OpenApi, is_open_and_has_an_entity_tag) {
    options.access.tokens = *gem::api::TokenList::parse("read:secret");
    auto const first = get("/openapi.json");
    EXPECT_EQ(first.status, 200U);
    EXPECT_FALSE(first.etag.empty());
    EXPECT_EQ(get("/openapi.json").body, first.body) << "made once, sent many times";
    EXPECT_EQ(get("/docs").status, 200U);
}

TEST_F(OpenApi, has_a_page_that_loads_nothing_from_elsewhere) {
    auto const page = get("/docs");
    EXPECT_EQ(page.body->bytes().find("://"), std::string::npos);
    auto const policy = header(page, "Content-Security-Policy").value_or("");
    EXPECT_TRUE(policy.starts_with("default-src 'none'; script-src 'self'; ")) << policy;
    EXPECT_EQ(policy.find("eval"), std::string::npos);
    EXPECT_EQ(get("/docs/rapidoc.js").content_type, "text/javascript; charset=utf-8");
}
