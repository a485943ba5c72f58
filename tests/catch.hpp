// Catch2, whichever major version is installed, and a skip that both can do.
#pragma once

#if __has_include(<catch2/catch_all.hpp>)
#include <catch2/catch_all.hpp>
using Catch::Approx;
#else
#include <catch2/catch.hpp>
#endif

#include <iostream>

// Leaves the test case because the machine lacks something, with a line that `./dev test` repeats
// at its end: HONE_SKIP("no GPU"). Only directly inside TEST_CASE or SECTION.
#ifdef SKIP
#define HONE_SKIP_LEAVE(reason) SKIP(reason)
#else
#define HONE_SKIP_LEAVE(reason) SUCCEED("skipped")
#endif
#define HONE_SKIP(reason)                                                                          \
    do {                                                                                           \
        std::cout << "skipped: " << Catch::getResultCapture().getCurrentTestName() << ": "         \
                  << (reason) << std::endl;                                                        \
        HONE_SKIP_LEAVE(reason);                                                                   \
        return;                                                                                    \
    } while (false)
