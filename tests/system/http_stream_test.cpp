// Bodies that come piece by piece, and what ends them.
#include "system/http_server_fixture.hpp"

namespace {

using namespace gem;
using namespace gem::tests;

constexpr auto three_pieces = "8\r\npiece 1\n\r\n8\r\npiece 2\n\r\n8\r\npiece 3\n\r\n";

std::string get_of(std::string const& path) { return "GET " + path + " HTTP/1.1\r\nHost: x\r\n\r\n"; }

} // namespace

TEST_F(HttpServer, sends_a_stream_in_chunks_and_serves_on_over_the_same_connection) {
    start();
    auto connection = connect();
    connection.send(get_of("/stream") + get_of("/now")); // the second is there before the first is answered
    auto const head = connection.read();
    EXPECT_EQ(head.status, 200);
    EXPECT_EQ(head.headers.at("transfer-encoding"), "chunked");
    EXPECT_EQ(head.headers.at("content-type"), "text/event-stream");
    EXPECT_FALSE(head.headers.contains("content-length"));
    auto const end = std::string(three_pieces) + "0\r\n\r\n";
    EXPECT_EQ(connection.take(end.size()), end);
    EXPECT_EQ(connection.read().body, "{}");
    EXPECT_FALSE(service_.stream_ended.get_future().get());
}

TEST_F(HttpServer, ends_a_stream_for_an_old_client_with_the_connection) {
    start();
    auto connection = connect();
    connection.send("GET /stream HTTP/1.0\r\n\r\n");
    auto const head = connection.read();
    EXPECT_FALSE(head.headers.contains("transfer-encoding"));
    EXPECT_EQ(connection.take(24), "piece 1\npiece 2\npiece 3\n");
    EXPECT_TRUE(connection.at_end());
}

TEST_F(HttpServer, cancels_a_stream_whose_client_has_gone) {
    start();
    {
        auto connection = connect();
        connection.send(get_of("/endless"));
        connection.read();
        EXPECT_EQ(connection.take(39), three_pieces);
    }
    auto ended = service_.stream_ended.get_future();
    ASSERT_EQ(ended.wait_for(10s), std::future_status::ready);
    EXPECT_TRUE(ended.get());
}

TEST_F(HttpServer, ends_a_stream_in_order_when_it_stops) {
    start();
    auto connection = connect();
    connection.send(get_of("/endless"));
    connection.read();
    EXPECT_EQ(connection.take(39), three_pieces);
    shutdown(10s);
    EXPECT_EQ(connection.take(5), "0\r\n\r\n");
    EXPECT_TRUE(connection.at_end());
    EXPECT_FALSE(service_.stream_ended.get_future().get());
}
