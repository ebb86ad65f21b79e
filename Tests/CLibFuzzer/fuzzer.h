#pragma once

#include <stddef.h>
#include <stdint.h>

// What libFuzzer gives to a program that has a main of its own (compiler-rt has no header of these for C).
int LLVMFuzzerRunDriver(int *argc, char ***argv, int (*callback)(const uint8_t *data, size_t size));
