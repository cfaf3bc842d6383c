#include "storage/dynamodb/log_rows.hpp"

#include <gtest/gtest.h>

#include "storage/database_interface.hpp"
#include "support/event_maker.hpp"

namespace gem::dynamodb {

using test::make_event;

TEST(LogRows, come_back_as_they_were_packed) {
    LogBuilder builder;
    builder.add(make_event("1").push(3));
    builder.add(make_event("2").push(std::nullopt).after(seconds(61)));
    builder.add(make_event("3").of("acme/other", 8).by("renovate[bot]", std::nullopt).after(seconds(3599)));
    builder.add(make_event("4").of("", 99).by("", std::nullopt));
    auto const rows = builder.take();
    EXPECT_EQ(rows.events(), 4);
    auto const back = unpack_log_rows(pack_log_rows(rows)).value();
    EXPECT_EQ(back.repos, rows.repos);
    EXPECT_EQ(back.kinds, rows.kinds);
    EXPECT_EQ(back.actors, rows.actors);
    EXPECT_EQ(back.rows, rows.rows);
    EXPECT_EQ(back.repos.front().first, 0U);
    EXPECT_EQ(back.repos.front().last, 61U);
}

TEST(LogRows, of_several_parts_add_up) {
    LogBuilder one;
    one.add(make_event("1").push(3));
    LogBuilder two;
    two.add(make_event("2").by("bob", 1002));
    two.add(make_event("3").push(2).after(seconds(30)));
    LogBuilder both;
    both.add(one.take());
    both.add(two.take());
    EXPECT_TRUE(one.empty());
    auto const rows = both.take();
    EXPECT_EQ(rows.events(), 3);
    ASSERT_EQ(rows.rows.size(), 2U) << "the same minute, kind and actor are one row";
    EXPECT_EQ(rows.repos.front().last, 30U);
}

TEST(LogRows, a_person_is_known_by_id_and_else_by_login_whatever_the_case) {
    LogActor const by_id{.id = 5, .login = "ada"};
    EXPECT_EQ(by_id.person(), (LogActor{.id = 5, .login = "other"}).person());
    EXPECT_EQ((LogActor{.id = {}, .login = "Ada"}).person(), (LogActor{.id = {}, .login = "ada"}).person());
    EXPECT_NE(by_id.person(), (LogActor{.id = {}, .login = "ada"}).person());
}

TEST(LogRows, that_are_damaged_are_told_so) {
    LogBuilder builder;
    for (int i = 0; i < 20; ++i) builder.add(make_event(std::to_string(i)).after(seconds(i * 100)));
    auto const packed = pack_log_rows(builder.take());
    for (std::size_t cut = 0; cut < packed.size(); cut += 7)
        EXPECT_FALSE(unpack_log_rows(std::string_view(packed).substr(0, cut)).has_value()) << cut;
}

} // namespace gem::dynamodb
