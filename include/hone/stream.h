/* The calling convention of library modules on backends with streams (cuda): what a family exports
   that calls a vendor's host library rather than launching a kernel of its own.

   An entry is   int NAME(void* const* args, void* stream);
   args[i] points at the value of the i-th KernelArg, as in hone/cpu.h; pointers are device
   pointers. It enqueues its work on the stream and returns 0, or the library's own status for the
   report. It allocates nothing and waits for nothing, so that it may run while the stream is
   captured.

   A handle or a plan is made beforehand: where the library exports   int NAME_load(void);   the
   backend calls it once per process when a program that names NAME is loaded, with the device's
   context current. */
#ifndef HONE_STREAM_H
#define HONE_STREAM_H

#ifdef __cplusplus
extern "C" {
#endif

typedef int (*hone_stream_entry)(void* const* args, void* stream);
typedef int (*hone_stream_load)(void);

#ifdef __cplusplus
}
#endif
#endif
