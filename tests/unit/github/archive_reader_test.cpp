// The odd layouts and the damage that real archives have, each made here.
#include "github/archive_reader.hpp"

#include <gtest/gtest.h>

#include "github/record_splitter.hpp"
#include "support/packed.hpp"

namespace gem {
namespace {

std::string event_line(int id, std::string_view filler = "") {
    return fmt::format(
        R"({{"id":"{}","type":"WatchEvent","actor":{{"id":1,"login":"a"}},"repo":{{"id":2,"name":"o/r"}},)"
        R"("payload":{{"action":"started","filler":"{}"}},"public":true,"created_at":"2024-01-01T00:00:00Z"}})",
        id, filler);
}

std::string lines(int count) {
    std::string text;
    for (int i = 1; i <= count; ++i) text += event_line(i) + "\n";
    return text;
}

struct Reading {
    std::vector<std::string> ids;
    ArchiveCounts counts;
    std::vector<BadRecord> bad;
    std::string problem;
};

Reading read(std::string bytes, ArchiveReader::Limits limits = {}) {
    ArchiveReader reader(bytes_in_memory(std::move(bytes)), EventSource::archive, limits);
    Reading reading;
    for (auto batch = reader.next_batch(); !batch.empty(); batch = reader.next_batch()) {
        EXPECT_LE(batch.size(), limits.events);
        for (auto const& event : batch) reading.ids.push_back(event.id);
    }
    reading.counts = reader.counts();
    reading.bad = reader.bad_records();
    if (reader.problem()) reading.problem = reader.problem()->message;
    return reading;
}

std::vector<std::string> ids(std::initializer_list<int> numbers) {
    std::vector<std::string> texts;
    for (int const number : numbers) texts.push_back(std::to_string(number));
    return texts;
}

TEST(ArchiveReader, reads_gzip_zstd_and_plain_text_whatever_the_name) {
    for (auto const& packed :
         {lines(3), test::gzipped(lines(3)), test::zstd_packed(lines(3)), "\xef\xbb\xbf" + lines(3)}) {
        auto const reading = read(packed);
        EXPECT_EQ(reading.ids, ids({1, 2, 3}));
        EXPECT_EQ(reading.counts.events, 3U);
        EXPECT_EQ(reading.counts.input_bytes, packed.size());
        EXPECT_EQ(reading.problem, "");
    }
}

TEST(ArchiveReader, reads_gzip_of_several_members_and_zstd_of_several_frames) {
    auto const one = event_line(1) + "\n" + event_line(2).substr(0, 50);
    auto const two = event_line(2).substr(50) + "\n";
    EXPECT_EQ(read(test::gzipped(one) + test::gzipped("") + test::gzipped(two) + std::string(5, '\0')).ids,
              ids({1, 2}));
    EXPECT_EQ(read(test::zstd_packed(one) + test::zstd_packed("") + test::zstd_packed(two)).ids, ids({1, 2}));
}

TEST(ArchiveReader, reads_objects_however_they_are_laid_out) {
    auto const pretty = [](int id) {
        return fmt::format(
            "{{\n  \"id\": \"{}\",\n  \"type\": \"WatchEvent\",\n  \"repo\": {{\n    \"id\": 2,\n    \"name\": "
            "\"o/r\"\n  }},\n"
            "  \"payload\": {{\n    \"a\": \"}} {{ \\\" [\"\n  }},\n  \"created_at\": \"2024-01-01T00:00:00Z\"\n}}",
            id);
    };
    EXPECT_EQ(read(pretty(1)).ids, ids({1}));
    EXPECT_EQ(read(pretty(1) + "\n" + pretty(2) + pretty(3) + "\n").ids, ids({1, 2, 3}));
    EXPECT_EQ(read("[" + event_line(1) + "," + event_line(2) + "]").ids, ids({1, 2}));
    EXPECT_EQ(read("[\n" + pretty(1) + ",\n" + pretty(2) + "\n]\n[" + pretty(3) + "]").ids, ids({1, 2, 3}));
    EXPECT_EQ(read(event_line(1) + event_line(2) + " " + event_line(3) + "\n" + event_line(4)).ids, ids({1, 2, 3, 4}));
    EXPECT_EQ(read(event_line(1) + ",\n" + event_line(2) + ",\n").ids, ids({1, 2}));
    EXPECT_EQ(read("{\"index\":{}}\r\n" + event_line(1) + "\r\n\r\n{\"index\":{}}\r\n" + event_line(2) + "\r\n").ids,
              ids({1, 2}));
    EXPECT_EQ(read(event_line(1) + "\n\xef\xbb\xbf" + event_line(2)).ids, ids({1, 2}));
}

TEST(ArchiveReader, counts_bad_records_by_line_and_goes_on_behind_them) {
    auto const text = event_line(1) + "\ngarbage\n\n" + event_line(2).substr(0, 60) + "\n" + event_line(3) +
                      "\n{\"id\":\"9\"}\n" + event_line(4);
    auto const reading = read(test::gzipped(text));
    EXPECT_EQ(reading.ids, ids({1, 3, 4}));
    EXPECT_EQ(reading.counts.bad, 3U);
    ASSERT_EQ(reading.bad.size(), 3U);
    EXPECT_EQ(reading.bad[0].line, 2U);
    EXPECT_EQ(reading.bad[0].reason, "expected a JSON object, got \"garbage\"");
    EXPECT_EQ(reading.bad[1].line, 4U);
    EXPECT_EQ(reading.bad[2].line, 6U);
    EXPECT_EQ(reading.problem, "");
}

TEST(ArchiveReader, loses_only_the_broken_element_of_an_array) {
    auto const broken = "{\n  \"id\": \"2\",\n  \"payload\": {\n";
    EXPECT_EQ(
        read("[\n" + event_line(1) + ",\n" + broken + event_line(3) + ",\n5, \"x\", null,\n" + event_line(4) + "]").ids,
        ids({1, 3, 4}));
    auto const open_string = event_line(2, "unclosed").substr(0, 140) + "\n";
    EXPECT_EQ(read("[" + event_line(1) + ",\n" + open_string + event_line(3) + "]").ids, ids({1, 3}));
}

TEST(ArchiveReader, keeps_the_first_bad_records_and_the_number_of_all) {
    std::string text = event_line(1) + "\n";
    for (int i = 0; i < 50; ++i) text += "{}\n";
    auto const reading = read(text);
    EXPECT_EQ(reading.counts.bad, 50U);
    EXPECT_EQ(reading.bad.size(), ArchiveReader::bad_records_kept);
}

TEST(ArchiveReader, stops_at_the_first_bad_record_if_asked) {
    auto const reading = read(event_line(1) + "\n{}\n" + event_line(2), {.stop_at_first_bad = true});
    EXPECT_EQ(reading.ids, ids({1}));
    EXPECT_TRUE(reading.problem.starts_with("line 2: expected")) << reading.problem;
}

TEST(ArchiveReader, gives_what_is_whole_of_a_truncated_gzip_and_says_so) {
    std::string text;
    for (int i = 1; i <= 5000; ++i) text += event_line(i, std::to_string(i * 7919 % 100'003)) + "\n";
    auto const packed = test::gzipped(text);
    auto const reading = read(packed.substr(0, packed.size() / 2));
    EXPECT_GT(reading.ids.size(), 1000U);
    EXPECT_LT(reading.ids.size(), 4000U);
    EXPECT_EQ(reading.counts.bad, 0U);
    EXPECT_NE(reading.problem.find("cut off"), std::string::npos) << reading.problem;
    for (std::size_t cut = 0; cut < 30; ++cut) {
        auto const short_reading = read(packed.substr(0, packed.size() - 1 - cut));
        EXPECT_NE(short_reading.problem.find("cut off"), std::string::npos) << cut;
    }
}

TEST(ArchiveReader, tells_of_a_truncated_zstd) {
    auto const packed = test::zstd_packed(lines(3000));
    EXPECT_NE(read(packed.substr(0, packed.size() - 3)).problem.find("cut off"), std::string::npos);
}

TEST(ArchiveReader, tells_of_a_wrong_checksum_and_of_damage) {
    auto packed = test::gzipped(lines(100));
    packed[packed.size() - 6] = static_cast<char>(packed[packed.size() - 6] ^ 1);
    auto const reading = read(packed);
    EXPECT_EQ(reading.ids.size(), 100U);
    EXPECT_NE(reading.problem.find("checksum"), std::string::npos) << reading.problem;
    auto torn = test::gzipped(lines(2000));
    torn.replace(torn.size() / 2, 40, 40, '\xff');
    EXPECT_NE(read(torn).problem.find("damaged"), std::string::npos);
    EXPECT_NE(read(test::gzipped(lines(2)) + "tail").problem.find("not gzip"), std::string::npos);
}

TEST(ArchiveReader, says_what_is_no_archive) {
    EXPECT_NE(read("<!DOCTYPE html>\n<html><title>404</title></html>").problem.find("is an HTML page, not"),
              std::string::npos);
    EXPECT_NE(read("AASDSADSDFF\x92\xe3H").problem.find("neither gzip nor zstd nor JSON"), std::string::npos);
    EXPECT_EQ(read("").problem, "is empty");
    EXPECT_FALSE(open_file("/no/such/file").has_value());
    EXPECT_EQ(open_file("/").error().code, ErrorCode::invalid_argument);
}

TEST(ArchiveReader, reads_long_lines_and_tells_of_lines_that_are_too_long) {
    auto const long_line = event_line(2, std::string(900'000, 'x'));
    EXPECT_EQ(read(event_line(1) + "\n" + long_line + "\n" + event_line(3)).ids, ids({1, 2, 3}));
    auto const endless = "{\"a\":\"" + std::string(RecordSplitter::longest_record + 100'000, 'x') + "\"}";
    auto const reading = read(test::gzipped(event_line(1) + "\n" + endless + "\n" + event_line(3)));
    EXPECT_EQ(reading.ids, ids({1, 3}));
    ASSERT_EQ(reading.bad.size(), 1U);
    EXPECT_EQ(reading.bad[0].line, 2U);
    EXPECT_NE(reading.bad[0].reason.find("32 MiB"), std::string::npos);
}

TEST(ArchiveReader, gives_batches_within_their_limits) {
    ArchiveReader reader(bytes_in_memory(lines(25)), EventSource::archive, {.events = 10});
    std::vector<std::size_t> sizes;
    for (auto batch = reader.next_batch(); !batch.empty(); batch = reader.next_batch()) sizes.push_back(batch.size());
    EXPECT_EQ(sizes, (std::vector<std::size_t>{10, 10, 5}));
    ArchiveReader by_bytes(bytes_in_memory(lines(25)), EventSource::archive, {.bytes = 50});
    EXPECT_EQ(by_bytes.next_batch().size(), 2U);
}

TEST(ArchiveReader, counts_events_without_a_repository) {
    auto const gist =
        R"({"actor":"a","created_at":"2012-06-14T15:01:42-07:00","payload":{},"public":true,"type":"GistEvent","url":"u"})";
    auto const reading = read(std::string(gist) + "\n" + event_line(1));
    EXPECT_EQ(reading.ids, ids({1}));
    EXPECT_EQ(reading.counts.no_repository, 1U);
    EXPECT_EQ(reading.counts.bad, 0U);
}

} // namespace
} // namespace gem
