// What each architecture adds to moving tiles: TARGET is 75, 80 or 90. Names say how A and B are
// loaded, or how the result is stored; t: transposed.
#include "tile.cuh"

#if TARGET == 75
TILE(tile_x4_x2, SM75_U32x4_LDSM_N, SM75_U32x2_LDSM_N, true, true)
TILE(tile_t4_x1, SM75_U16x4_LDSM_T, SM75_U32x1_LDSM_N, false, true)
TILE(tile_x2_t2, SM75_U32x2_LDSM_N, SM75_U16x2_LDSM_T, true, false)
#elif TARGET == 80
TILE(tile_x4_x4, SM75_U32x4_LDSM_N, SM75_U32x4_LDSM_N, true, true)
TILE(tile_x1_t2, SM75_U32x1_LDSM_N, SM75_U16x2_LDSM_T, true, false)
TILE(tile_t4_x2, SM75_U16x4_LDSM_T, SM75_U32x2_LDSM_N, false, true)
TILE(tile_t8_t8, SM75_U16x8_LDSM_T, SM75_U16x8_LDSM_T, false, false)
#elif TARGET == 90
STORED(stored_x1, SM90_U32x1_STSM_N, true)
STORED(stored_x2, SM90_U32x2_STSM_N, true)
STORED(stored_x4, SM90_U32x4_STSM_N, true)
STORED(stored_t2, SM90_U16x2_STSM_T, false)
STORED(stored_t4, SM90_U16x4_STSM_T, false)
STORED(stored_t8, SM90_U16x8_STSM_T, false)
#endif
