# Compiler, language level, warnings, sanitizers, precompiled header: the same for every room, so that one header serves all.
if(CMAKE_CXX_COMPILER_ID STREQUAL "GNU" AND CMAKE_CXX_COMPILER_VERSION VERSION_LESS 13)
  message(FATAL_ERROR "g++ ${CMAKE_CXX_COMPILER_VERSION} destroys temporaries twice in statements with co_await, which "
                      "corrupts memory without a warning. Use a preset (cmake --preset dev), which takes clang++-19, or g++ 13 or later.")
endif()

set(CMAKE_CXX_STANDARD 23)
set(CMAKE_CXX_STANDARD_REQUIRED ON)
set(CMAKE_CXX_EXTENSIONS OFF)
# One code model everywhere (not -fPIE for programs), so that one precompiled header serves libraries and programs.
add_compile_options(-fPIC)
if(NOT CMAKE_BUILD_TYPE)
  set(CMAKE_BUILD_TYPE Release)
endif()

# Several sources as one translation unit (presets release, asan, tsan): a third of the time for a build from nothing. The
# dev preset compiles each alone, which is quicker after a change and shows a missing include. So names in the unnamed
# namespaces of one room must differ.
set(CMAKE_UNITY_BUILD_BATCH_SIZE 8)

# __FILE__ and debug information must not tell where the tree was built.
add_compile_options(-ffile-prefix-map=${CMAKE_SOURCE_DIR}/=)
# ccache needs the timestamps of a precompiled header left out to share it between checkouts.
if(CMAKE_CXX_COMPILER_ID MATCHES "Clang")
  add_compile_options("$<$<COMPILE_LANGUAGE:CXX>:SHELL:-Xclang -fno-pch-timestamp>")
endif()

find_program(GEM_LLD NAMES ld.lld-19 ld.lld)
if(GEM_LLD)
  add_link_options(-fuse-ld=${GEM_LLD})
endif()

# The preset asan does not optimise: clang takes 21 to 24 s for a unit of eight sources where -O1 takes 59 to 63 s, and
# the instrumented tests wait for disks and sockets anyway.
set(GEM_SANITIZE "" CACHE STRING "Sanitizers, comma-separated, for example address,undefined or thread")
if(GEM_SANITIZE)
  add_compile_options(-fsanitize=${GEM_SANITIZE} -fno-omit-frame-pointer -fno-sanitize-recover=all)
  add_link_options(-fsanitize=${GEM_SANITIZE})
endif()

add_library(gem_options INTERFACE)
target_compile_options(gem_options INTERFACE
  $<$<COMPILE_LANGUAGE:CXX>:-Wall -Wextra -Wpedantic -Wshadow -Wnon-virtual-dtor -Woverloaded-virtual -Wextra-semi -Wunused -Werror>)
# What a program over our headers has to define as well.
set(GEM_PUBLIC_DEFINITIONS BOOST_ASIO_SEPARATE_COMPILATION BOOST_BEAST_SEPARATE_COMPILATION BOOST_ASIO_NO_DEPRECATED
    BOOST_BEAST_USE_STD_STRING_VIEW GEM_VERSION="${PROJECT_VERSION}")
target_compile_definitions(gem_options INTERFACE ${GEM_PUBLIC_DEFINITIONS})
