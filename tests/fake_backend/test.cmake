hone_compile_alone(gemm_test.cpp)
