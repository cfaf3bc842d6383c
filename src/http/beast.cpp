// Beast is compiled once, here (BOOST_BEAST_SEPARATE_COMPILATION).
// Its parser asserts that five bytes are there when a body's last chunk arrives in pieces; four are legal and handled.
#define BOOST_DISABLE_ASSERTS
#include <boost/beast/src.hpp>
