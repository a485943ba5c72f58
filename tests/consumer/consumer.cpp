// A project that knows of hone what find_package(hone) tells, and nothing else.
#include <hone/hone.hpp>

int main() { return 0; }
