// Everything. Engines that only serve need dispatcher.hpp alone.
#pragma once

#include "hone/attention.hpp"
#include "hone/dispatcher.hpp"
#include "hone/error.hpp"
#include "hone/gemm.hpp"
#include "hone/grouped_gemm.hpp"
#include "hone/observer.hpp"
#include "hone/tuner.hpp"
#include "hone/version.hpp"
#include "hone/winner.hpp"
