// Terraform and CloudFormation make the tables that `setup create` makes; the policies name only DynamoDB's own
// actions.
#include <filesystem>
#include <fstream>
#include <iterator>

#include <gtest/gtest.h>
#include <simdjson.h>

#include "storage/dynamodb/table_specs.hpp"

namespace gem::dynamodb {

namespace {

using simdjson::dom::element;

simdjson::dom::parser parser;

element read(std::string const& file) {
    std::ifstream in(std::filesystem::path(GEM_SOURCE_DIR) / "deploy" / file, std::ios::binary);
    std::string const text{std::istreambuf_iterator<char>(in), {}};
    element root;
    if (parser.parse(text).get(root) != simdjson::SUCCESS) throw std::runtime_error(file + " is not JSON");
    return root;
}

std::string text(element object, std::string_view pointer) {
    std::string_view found;
    if (object.at_pointer(pointer).get(found) != simdjson::SUCCESS)
        throw std::runtime_error("no text at " + std::string(pointer));
    return std::string(found);
}

std::map<std::string, char> expected_attributes(TableSpec const& spec) {
    std::map<std::string, char> attributes = {{spec.hash.name, spec.hash.type}, {spec.range->name, spec.range->type}};
    for (auto const& index : spec.indexes) {
        attributes[index.hash.name] = index.hash.type;
        attributes[index.range->name] = index.range->type;
    }
    return attributes;
}

std::map<std::string, char> attributes_of(element list, std::string_view name, std::string_view type) {
    std::map<std::string, char> attributes;
    for (auto const one : simdjson::dom::array(list)) attributes[text(one, name)] = text(one, type).front();
    return attributes;
}

std::size_t size_of(element object, std::string_view pointer) {
    simdjson::dom::array array;
    return object.at_pointer(pointer).get(array) == simdjson::SUCCESS ? array.size() : 0;
}

} // namespace

TEST(DeployFiles, terraform_makes_the_tables_that_setup_makes) {
    auto const tables = read("terraform/tables.tf.json").at_pointer("/resource/aws_dynamodb_table").value();
    auto const specs = table_specs();
    EXPECT_EQ(simdjson::dom::object(tables).size(), specs.size());
    for (auto const& spec : specs) {
        SCOPED_TRACE(spec.name);
        element const table = tables.at_key(spec.name).value();
        EXPECT_EQ(text(table, "/name"), "${var.table_prefix}" + spec.name);
        EXPECT_EQ(text(table, "/billing_mode"), "PAY_PER_REQUEST");
        EXPECT_EQ(text(table, "/hash_key"), spec.hash.name);
        EXPECT_EQ(text(table, "/range_key"), spec.range->name);
        EXPECT_EQ(attributes_of(table.at_key("attribute").value(), "/name", "/type"), expected_attributes(spec));
        ASSERT_EQ(size_of(table, "/global_secondary_index"), spec.indexes.size());
        for (auto const& index : spec.indexes) {
            EXPECT_EQ(text(table, "/global_secondary_index/0/name"), index.name);
            EXPECT_EQ(text(table, "/global_secondary_index/0/hash_key"), index.hash.name);
            EXPECT_EQ(text(table, "/global_secondary_index/0/range_key"), index.range->name);
            EXPECT_EQ(text(table, "/global_secondary_index/0/projection_type"), index.projection);
        }
        ASSERT_EQ(size_of(table, "/ttl"), spec.ttl_attribute.empty() ? 0U : 1U);
        if (!spec.ttl_attribute.empty()) EXPECT_EQ(text(table, "/ttl/0/attribute_name"), spec.ttl_attribute);
        for (auto const& [key, value] : spec.tags) EXPECT_EQ(text(table, "/tags/" + key), value);
    }
}

TEST(DeployFiles, cloudformation_makes_the_tables_that_setup_makes) {
    simdjson::dom::object const resources = read("cloudformation/tables.json").at_key("Resources").value();
    std::map<std::string, element> tables;
    for (auto const resource : resources)
        tables[text(resource.value, "/Properties/TableName/Fn::Sub")] = resource.value.at_key("Properties").value();
    auto const specs = table_specs();
    EXPECT_EQ(tables.size(), specs.size());
    for (auto const& spec : specs) {
        SCOPED_TRACE(spec.name);
        auto const found = tables.find("${TablePrefix}" + spec.name);
        ASSERT_NE(found, tables.end());
        auto const table = found->second;
        EXPECT_EQ(text(table, "/BillingMode"), "PAY_PER_REQUEST");
        EXPECT_EQ(text(table, "/KeySchema/0/AttributeName"), spec.hash.name);
        EXPECT_EQ(text(table, "/KeySchema/1/AttributeName"), spec.range->name);
        EXPECT_EQ(attributes_of(table.at_key("AttributeDefinitions").value(), "/AttributeName", "/AttributeType"),
                  expected_attributes(spec));
        ASSERT_EQ(size_of(table, "/GlobalSecondaryIndexes"), spec.indexes.size());
        for (auto const& index : spec.indexes) {
            EXPECT_EQ(text(table, "/GlobalSecondaryIndexes/0/IndexName"), index.name);
            EXPECT_EQ(text(table, "/GlobalSecondaryIndexes/0/KeySchema/0/AttributeName"), index.hash.name);
            EXPECT_EQ(text(table, "/GlobalSecondaryIndexes/0/KeySchema/1/AttributeName"), index.range->name);
            EXPECT_EQ(text(table, "/GlobalSecondaryIndexes/0/Projection/ProjectionType"), index.projection);
        }
        if (!spec.ttl_attribute.empty())
            EXPECT_EQ(text(table, "/TimeToLiveSpecification/AttributeName"), spec.ttl_attribute);
        EXPECT_EQ(text(table, "/Tags/0/Value"), spec.tags.at(text(table, "/Tags/0/Key")));
    }
}

TEST(DeployFiles, no_policy_allows_more_than_dynamodb_on_our_tables) {
    for (auto const* role : {"api-only", "collector", "operator", "setup"}) {
        SCOPED_TRACE(role);
        simdjson::dom::array const statements = read(std::string("iam/") + role + ".json").at_key("Statement").value();
        for (auto const statement : statements) {
            for (auto const action : simdjson::dom::array(statement.at_key("Action").value())) {
                std::string_view const name = action;
                EXPECT_TRUE(name.starts_with("dynamodb:")) << name;
                EXPECT_EQ(name.find('*'), std::string_view::npos) << name;
                if (role == std::string_view("api-only") || role == std::string_view("collector"))
                    EXPECT_NE(name, "dynamodb:Scan") << "no request is answered by a Scan";
            }
            for (auto const resource : simdjson::dom::array(statement.at_key("Resource").value())) {
                std::string_view const name = resource;
                EXPECT_TRUE(name.starts_with("arn:aws:dynamodb:*:*:table/github-events-")) << name;
            }
        }
    }
}

TEST(TableSpecs, a_foreign_key_a_missing_index_and_another_projection_are_told_by_name) {
    auto const wanted = table_specs()[1]; // commits
    TableDescription found{.spec = wanted};
    EXPECT_TRUE(differences(wanted, found).empty());
    found.spec.hash = {.name = "id", .type = 'N'};
    found.spec.range.reset();
    found.spec.indexes.front().projection = "ALL";
    auto const told = differences(wanted, found);
    ASSERT_EQ(told.size(), 2U);
    EXPECT_EQ(told[0], "commits: its keys are hash id (N) and no range, expected hash pk (S) and range sk (S)");
    EXPECT_EQ(told[1], "commits: the index sha-index projects ALL, expected KEYS_ONLY");
    found.spec.indexes.clear();
    EXPECT_EQ(differences(wanted, found).back(), "commits: the index sha-index is missing");
    found.spec.indexes = wanted.indexes;
    found.spec.indexes.push_back({.name = "somebodys-own", .hash = {.name = "x"}});
    EXPECT_EQ(differences(wanted, found).size(), 1U) << "an index of somebody else's is no drift";
}

} // namespace gem::dynamodb
