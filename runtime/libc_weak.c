/*
 * What libc's static archive calls only if it is defined. Undefined weak symbols are at address 0, which a call
 * in a program linked at our address cannot encode, so they are defined here, as the nothing they would be.
 */
#include "runtime/log.h"

void __pthread_initialize_minimal(void);
void __call_tls_dtors(void);
_Noreturn void __pthread_unwind(void *);

void __pthread_initialize_minimal(void) {}
void __call_tls_dtors(void) {}
_Noreturn void __pthread_unwind(void *buf)
{
    (void)buf;
    die("thread cancellation in a program without it");
}
